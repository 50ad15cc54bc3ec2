"""`verify` is load, then judge, and compare: offline, without gateway, services or solution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from equalis import __version__
from equalis.archive.bundle import NotAuthenticError, open_bundle
from equalis.archive.container import MANIFEST, SIGNATURE
from equalis.archive.evidence import EvidenceError, Reader, header
from equalis.archive.release import Difference, differences
from equalis.archive.rundir import JUNIT, REPORT, Folder, Recorded, is_input, written
from equalis.archive.seal import Seal
from equalis.cases.conformity import fold
from equalis.cases.loading import Loaded, load_all
from equalis.judge import judge
from equalis.model.outcome import Outcome
from equalis.model.report import Header, Report
from equalis.model.source import MistakesError
from equalis.model.verdict import Verdict, retried
from equalis.reporting import document, junit
from equalis.reporting.text import Lines
from equalis.wire import strict_json
from equalis.wire.strict_yaml import excerpt
from equalis.wire.unreadable import UnreadableError


@dataclass(frozen=True, slots=True)
class Verification:
    """What was recomputed. ``seal`` is None for a run directory, which nothing seals; ``compared`` when the written report has the
    same facts, ``worded`` when it has the same words too; ``differences`` are the files that are other than those of the
    release which made it, None when that release is not known here.
    """

    report: Report
    seal: Seal | None
    recorded: Recorded
    lines: Lines
    compared: bool
    worded: bool
    differences: tuple[Difference, ...] | None


def verify(path: Path) -> Verification:
    """Check a bundle or a run directory and judge it anew; raises NotAuthenticError."""
    files: Mapping[str, bytes]
    if path.is_dir():
        files, seal = Folder(path), None
    else:
        opened = open_bundle(path)
        files, seal = opened.files, opened.seal
    recorded = Recorded(files)
    try:
        report = rejudged(recorded)
    except (EvidenceError, MistakesError) as error:
        message = f"the evidence cannot be judged again: {error}"
        raise NotAuthenticError(message) from None
    lines = lines_of(recorded)
    if seal is not None and not report.complete:
        message = "a sealed bundle holds a run to its end, and this one does not"
        raise NotAuthenticError(message)
    compared = report.complete and (seal is not None or REPORT in files)
    worded = compared and report.header.tool == __version__
    if compared:
        (_compare_bytes if worded else _compare_facts)(files, report, lines)
    if seal is not None:
        _refuse_strangers(files)
    return Verification(report, seal, recorded, lines, compared, worded, differences(inputs(recorded), report.header.tool))


def _refuse_strangers(files: Mapping[str, bytes]) -> None:
    """A sealed file that no run writes is recomputed from nothing, and so is not to be believed."""
    if strangers := [name for name in files if not written(name) and name not in {MANIFEST, SIGNATURE}]:
        message = f"it holds {strangers[0]!r}, which no run writes and nobody can recompute"
        raise NotAuthenticError(message)


def rejudged(recorded: Recorded) -> Report:
    """The report that the evidence comes to; raises EvidenceError or MistakesError."""
    head, verdicts, complete, loaded = reread(recorded)
    return fold(head, loaded.pack.families, verdicts, complete=complete)


def reread(recorded: Recorded) -> tuple[Header, list[Verdict], bool, Loaded]:
    """Judge anew what was recorded: the header, the verdicts of ended cases, whether the run ended."""
    loaded = load_all(inputs(recorded))
    events = recorded.events()
    head = header(next(events, {}))
    reader, verdicts, finished = Reader(head, recorded.body), dict[str, Verdict](), False
    for event in events:
        if "case" in event and event["case"] not in head.plan:
            message = f"an event is of {event['case']}, which the run did not plan"
            raise EvidenceError(message)
        transcript = reader.feed(event)
        finished = event.get("event") == "finished"
        case = loaded.pack.case(transcript.case) if transcript else None
        if transcript is not None and case is not None:
            verdicts[case.name] = _again(verdicts.get(case.name), judge(case, transcript, loaded.bindings))
    complete = finished and set(verdicts) == set(head.plan)
    return head, list(verdicts.values()), complete, loaded


def _again(before: Verdict | None, after: Verdict) -> Verdict:
    """The verdict of a case that may have been played before; raises EvidenceError when that had been judged."""
    if before is None:
        return after
    if before.outcome is not Outcome.INCONCLUSIVE:
        message = f"{after.case} ends twice in the log, and was judged the first time"
        raise EvidenceError(message)
    return retried(before, after)


def inputs(recorded: Recorded) -> dict[str, bytes]:
    """The files of a recording with which it was made: cases, bindings, people."""
    return {name: recorded.files[name] for name in recorded.files if is_input(name)}


def _compare_bytes(files: Mapping[str, bytes], report: Report, lines: Lines) -> None:
    """The recomputed report must be the written one, byte for byte: the same equalis made it."""
    for name, content in ((REPORT, document.render(report)), (JUNIT, junit.render(report, lines))):
        if name not in files or files[name] != content:
            message = f"{name} is not what the evidence comes to (made by this equalis, {report.header.tool})"
            raise NotAuthenticError(message)


def _compare_facts(files: Mapping[str, bytes], report: Report, lines: Lines) -> None:
    """Another version may word a finding otherwise; everything that decides must be the same, in each form of the report."""
    try:
        same = document.decisive(strict_json.read(files.get(REPORT, b""))) == document.decisive(strict_json.read(document.render(report)))
        alike = junit.facts(files.get(JUNIT, b"")) == junit.facts(junit.render(report, lines))
    except UnreadableError as error:
        message = f"{REPORT} or {JUNIT} cannot be read: {error}"
        raise NotAuthenticError(message) from None
    if not same or not alike:
        what = "the verdicts are" if not same else f"what {JUNIT} says is"
        message = f"{what} not what the evidence comes to (made by equalis {report.header.tool}, judged by {__version__})"
        raise NotAuthenticError(message)


def lines_of(recorded: Recorded) -> Lines:
    """The lines of a run's own case files, for excerpts."""
    known: dict[str, tuple[str, ...]] = {}

    def line(path: str, number: int) -> str:
        if path not in known:
            content = recorded.files.get(path, b"")
            known[path] = tuple(content.decode(errors="replace").splitlines())
        return excerpt(known[path], number)

    return line
