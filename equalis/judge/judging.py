"""`judge(case, transcript, bindings)`: the only place where a verdict comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from equalis.judge.checks import CHECKS
from equalis.judge.explanation import chained, explained
from equalis.judge.judgement import UNREADABLE, Judgement
from equalis.judge.obstacles import Course
from equalis.judge.selection import AnswerUnreadableError, Scene, Subject, described
from equalis.judge.waits import Vain, answered_for, held, vain
from equalis.model import embedded
from equalis.model.case import INVENTED, Case, Expectation
from equalis.model.outcome import Blame, Level, Outcome, worst
from equalis.model.transcript import EMBEDDED, Fault, Transcript
from equalis.model.verdict import Finding, Verdict
from equalis.wire.bindings import Bindings
from equalis.wire.unreadable import UnknownFieldError, UnreadableError

_JUMP = 10 * 60 * 1000
"""Milliseconds: a case whose record spans more has moved its clock; then the exchanges alone are counted."""


def judge(case: Case, transcript: Transcript, bindings: Bindings) -> Verdict:
    """Judge a case on what was recorded; total: whatever the transcript holds, a verdict comes back.

    A Fault makes the case INCONCLUSIVE whatever else was found; only what the product itself did
    or did not do can be KO; a SHOULD is reported and never folds.
    """
    try:
        return replace(_judged(case, transcript, bindings), milliseconds=_took(transcript))
    except Exception as error:  # noqa: BLE001 - total: a defect of ours is a Fault, never a KO
        fault = _own(f"the judge failed: {type(error).__name__}: {error}")
        return Verdict(case.name, case.title, Outcome.INCONCLUSIVE, (), (fault,), f"equalis: {fault.cause}")


def _judged(case: Case, transcript: Transcript, bindings: Bindings) -> Verdict:
    reason = not_applicable(case, transcript)
    if reason:
        return Verdict(case.name, case.title, Outcome.NOT_APPLICABLE, (), reason=reason)
    unmet = tuple(f"{step}: {wait}" for step, wait in sorted(transcript.unmet.items()))
    if not transcript.complete and not transcript.faults:
        reason = "the case was not played to its end"
        return Verdict(case.name, case.title, Outcome.INCONCLUSIVE, (), reason=reason, unmet=unmet)
    faults = list(transcript.faults)
    findings = _findings(case, transcript, bindings, faults)
    if faults:
        held = tuple(replace(item, outcome=Outcome.INCONCLUSIVE) for item in findings)
        reason = f"{faults[0].blame.value}: {faults[0].cause}"
        return Verdict(case.name, case.title, Outcome.INCONCLUSIVE, held, tuple(faults), reason, unmet)
    outcome = worst(item.outcome for item in findings if item.level is Level.MUST)
    return Verdict(case.name, case.title, outcome, tuple(findings), unmet=unmet)


def _took(transcript: Transcript) -> int:
    """The milliseconds from the first to the last thing that was recorded, on the environment's clock without its jumps."""
    exchanges = sum(exchange.elapsed for exchange in transcript.exchanges) // 1000
    moments = [moment for item in transcript.exchanges for moment in (item.at, item.until)] + [item.at for item in transcript.observations]
    span = int((max(moments) - min(moments)).total_seconds() * 1000) if moments else 0
    return span if span < _JUMP else exchanges


def not_applicable(case: Case, transcript: Transcript) -> str:
    """Why a case does not apply to this solution and environment, empty when it does."""
    environment = EMBEDDED if transcript.environment == EMBEDDED else "live"
    if case.only_in and environment not in case.only_in:
        return f"only in {', '.join(case.only_in)}; this is {environment}"
    if reason := _not_embedded(case) if environment == EMBEDDED else _not_live(case, transcript):
        return reason
    needs = (*case.needs, "clock") if case.pauses else case.needs
    missing = [need for need in needs if need not in transcript.capabilities]
    if missing:
        return f"the solution does not declare the capability {', '.join(missing)}"
    return ""


def _not_embedded(case: Case) -> str:
    """What a case speaks with and no embedded service answers, empty when all is answered."""
    lacking = [name for name in case.services if name not in embedded.ANSWERED]
    lacking += [name for name in case.operations if name not in embedded.OPERATIONS]
    return f"the embedded environment has no {', '.join(lacking)}, which is live-only" if lacking else ""


def _not_live(case: Case, transcript: Transcript) -> str:
    """What a case asks for and this live environment cannot give, empty when it can."""
    if case.pauses:
        return "the clock of a live environment cannot be moved"
    if any(orders for step in case.steps for orders in step.script.values()):
        return "its answers are scripted, which only the embedded services obey"
    if any(step.call for step in case.steps):
        return "equalis plays another party in it, for whom only the embedded environment has credentials"
    if transcript.services and (lacking := [name for name in case.services if name not in transcript.services]):
        return f"the environment has no {', '.join(lacking)}"
    if case.invented and INVENTED not in transcript.holds:
        return f"it writes its persons itself, whom the environment does not know (it does not hold {INVENTED})"
    if missing := [name for name in case.seeds if name not in transcript.holds]:
        return f"the environment does not hold {', '.join(missing)}"
    return ""


def _findings(case: Case, transcript: Transcript, bindings: Bindings, faults: list[Fault]) -> list[Finding]:
    try:
        scene = Scene(case, transcript, bindings)
        waits = vain(scene)
    except Exception as error:  # noqa: BLE001 - total: a defect of ours is a Fault, never a KO
        faults.append(_own(f"the transcript cannot be opened: {type(error).__name__}: {error}"))
        return []
    judgements = [_judgement(expectation, scene, waits, faults) for expectation in case.expectations]
    found = answered_for([_finding(*pair) for pair in zip(case.expectations, judgements, strict=True)], case.expectations, waits)
    return _explained(found, case.expectations, judgements, scene)


def _explained(findings: list[Finding], case: Sequence[Expectation], judgements: Sequence[Judgement], scene: Scene) -> list[Finding]:
    """The findings with what explains them: an ornament, without which they still stand."""
    if all(item.outcome is not Outcome.KO for item in findings):
        return findings
    try:
        course = Course(scene)
        told = [
            replace(item, why=explained(judgement if item.outcome is judgement.outcome else Judgement(item.outcome, item.expected, item.actual), expectation, course))
            for item, expectation, judgement in zip(findings, case, judgements, strict=True)
        ]
        return chained(told, course)
    except Exception:  # noqa: BLE001 - the verdict does not hang on its explanation
        return findings


def _judgement(expectation: Expectation, scene: Scene, waits: tuple[Vain, ...], faults: list[Fault]) -> Judgement:
    """Judge one expectation; whatever goes wrong is put where it belongs."""
    try:
        return held(_checked(expectation, scene), expectation, scene, waits)
    except UnreadableError as error:
        return Judgement(Outcome.KO, "bytes that can be read", f"{UNREADABLE}{error}")
    except AnswerUnreadableError as error:
        faults.append(_environment(str(error)))
        return Judgement(Outcome.INCONCLUSIVE, "an answer that can be read", str(error))
    except UnknownFieldError as error:
        remedy = "run `equalis lint` on the case and complete the binding"
        faults.append(Fault(Blame.CASE_PACK, f"{expectation.source}: {error}", remedy))
        return Judgement(Outcome.INCONCLUSIVE, "a field of the binding", str(error))
    except Exception as error:  # noqa: BLE001 - total: a defect of ours is a Fault, never a KO
        cause = f"check {expectation.check} at {expectation.source}: {type(error).__name__}: {error}"
        faults.append(_own(cause))
        return Judgement(Outcome.INCONCLUSIVE, "a judgement", cause)


def _checked(expectation: Expectation, scene: Scene) -> Judgement:
    """Select, then check; nothing selected is KO unless the check counts."""
    check = CHECKS[expectation.check]
    subjects = scene.select(expectation.select)
    if not subjects and not check.counts:
        selection = described(expectation.select)
        return Judgement(Outcome.KO, f"{selection} to be there", f"no {selection}")
    return check.function(subjects, expectation, scene)


def _finding(expectation: Expectation, judgement: Judgement) -> Finding:
    subjects = judgement.subjects
    return Finding(
        expectation=expectation.id,
        requirement=expectation.requirement,
        level=expectation.level,
        outcome=judgement.outcome,
        sentence=expectation.sentence,
        expected=judgement.expected,
        actual=judgement.actual,
        source=expectation.source,
        exchanges=tuple(sorted({item.order for item in subjects if item.order})),
        expected_at=judgement.expected_at,
        actual_at=subjects[0].label if subjects else "",
        correlation=_correlation(subjects),
        attested=any(item.attested for item in subjects),
    )


def _correlation(subjects: tuple[Subject, ...]) -> str:
    """The Correlation-ID of the last exchange that has one."""
    for subject in reversed(subjects):
        if subject.reading is None or subject.reading.exchange.answer is None:
            continue
        try:
            found = subject.reading.values("answer.correlation")
        except Exception:  # noqa: BLE001, S112 - an ornament of the finding: without it, it still stands
            continue
        if found:
            return str(found[0])
    return ""


def _own(cause: str) -> Fault:
    return Fault(Blame.EQUALIS, cause, "report it to the makers of equalis with the run directory")


def _environment(cause: str) -> Fault:
    return Fault(Blame.ENVIRONMENT, cause, "show the exchange to the environment's operator")
