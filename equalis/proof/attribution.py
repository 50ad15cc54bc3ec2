"""Who is at fault: faults of the environment and of equalis, injected one by one.

Each is played with the conforming solution. None may be counted as KO, none as OK, and each must
name who is to mend it and how.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from equalis.gateway.far import Answered
from equalis.model.outcome import Blame, Outcome
from equalis.model.transcript import Message
from equalis.proof import injections
from equalis.proof.injections import HOST, Answering, Stage
from equalis.runner import RunStoppedError

CASE = "ra-pid/pid-consultation-adulte"
INCOMPLETE = "INCOMPLETE"
"""The outcome of a play that had to be stopped: the run stays unfinished and can be resumed."""
UNREADABLE = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 9\r\n\r\n<a><b></c"

Injecting = Callable[[Stage], AbstractContextManager[Stage]]


@dataclass(frozen=True, slots=True)
class Injection:
    """One fault, who is at fault, and how it is brought about."""

    name: str
    sentence: str
    blame: Blame
    inject: Injecting


@dataclass(frozen=True, slots=True)
class Attributed:
    """What a play with an injected fault came to: outcome, who is blamed, for what, and what is to be done."""

    name: str
    sentence: str
    expected: Blame
    outcome: str
    blamed: str
    cause: str
    remedy: str

    @property
    def right(self) -> bool:
        """Whether it is neither KO nor OK, and blames who is at fault, with a remedy."""
        undecided = self.outcome in {Outcome.INCONCLUSIVE.value, INCOMPLETE}
        return undecided and self.blamed == self.expected.value and bool(self.cause and self.remedy)


def attribute(injection: Injection, stage: Stage, play: Callable[[Stage, Path], tuple[Outcome, list[tuple[Blame, str, str]]]],
              folder: Path) -> Attributed:  # fmt: skip
    """Play with a fault injected, and see who is blamed."""
    with injection.inject(stage) as spoilt:
        try:
            outcome, faults = play(spoilt, folder)
        except RunStoppedError as error:
            told = (INCOMPLETE, error.blame.value, error.cause, error.remedy)
        else:
            blame, cause, remedy = faults[0] if faults else (None, "", "")
            told = (outcome.value, blame.value if blame else "", cause, remedy)
    return Attributed(injection.name, injection.sentence, injection.blame, *told)


def _with(change: Callable[[Stage], Stage]) -> Injecting:
    """An injection that needs nothing to be opened and closed."""

    @contextmanager
    def injecting(stage: Stage) -> Iterator[Stage]:
        yield change(stage)

    return injecting


def _behind(party: str, answer: bytes | None = b"", authority: str = "") -> Injecting:
    """MySecu stands at a real server with the certificate of ``party``."""

    @contextmanager
    def injecting(stage: Stage) -> Iterator[Stage]:
        with injections.peer(stage.pki, party, answer) as port:
            trusted = stage.pki.files(authority)[0].read_bytes() if authority else stage.pki.authority
            yield injections.relayed(stage, HOST, port, trusted, injections.HURRY if answer is None else injections.PATIENCE)

    return injecting


def _answers(service: str, change: Callable[[Answered], Answered]) -> Injecting:
    return _with(lambda stage: replace(stage, far=lambda inner: Answering(inner, service, change)))


def _status(number: int) -> Callable[[Answered], Answered]:
    body = b"Internal Server Error"
    headers = (("Content-Type", "text/plain"), ("Content-Length", str(len(body))))
    return lambda _: Answered(Message(f"HTTP/1.1 {number}", headers, body), ())


def _elsewhere(answered: Answered) -> Answered:
    body = answered.message.body.replace(b"\nEMBEDDED\n", b"\nACCEPTED\n")
    return replace(answered, message=replace(answered.message, body=body))


def _raises(_: Answered) -> Answered:
    message = "an invented defect of a simulator"
    raise LookupError(message)


ENVIRONMENT, CONFIGURATION, CASE_PACK, EQUALIS = Blame.ENVIRONMENT, Blame.CONFIGURATION, Blame.CASE_PACK, Blame.EQUALIS

INJECTIONS = (
    Injection("upstream-down", "Nothing listens at the environment's address.", ENVIRONMENT,
              _with(lambda stage: injections.relayed(stage, HOST, injections.closed_port(), stage.pki.authority))),
    Injection("upstream-certificate-expired", "The environment's certificate has expired.", ENVIRONMENT, _behind("expired-certificate")),
    Injection("upstream-authority-unknown", "The environment's authority is not installed here.", CONFIGURATION, _behind("unknown-authority")),
    Injection("upstream-name-differs", "The environment's certificate has another name than its address.", CONFIGURATION, _behind("wrong-name")),
    Injection("upstream-name-unresolved", "The environment's name is not resolved.", CONFIGURATION,
              _with(lambda stage: injections.relayed(stage, "mysecu.invalid", 443, stage.pki.authority))),
    Injection("upstream-hangs", "The environment takes a call and never answers.", ENVIRONMENT, _behind("gateway", None)),
    Injection("upstream-cuts", "The environment breaks the connection off.", ENVIRONMENT, _behind("gateway")),
    Injection("upstream-unreadable", "The environment answers what cannot be read.", ENVIRONMENT, _behind("gateway", UNREADABLE)),
    Injection("sts-500", "The STS answers HTTP 500 that nobody ordered.", ENVIRONMENT, _answers("sts", _status(500))),
    Injection("mysecu-503", "mySecu answers HTTP 503 that nobody ordered.", ENVIRONMENT, _answers("mysecu", _status(503))),
    Injection("other-environment", "The answers come from another environment.", CONFIGURATION, _answers("mysecu", _elsewhere)),
    Injection("simulator-raises", "An embedded service has a defect.", EQUALIS, _answers("mysecu", _raises)),
    Injection("service-slow", "An embedded service is slower than the product waits.", EQUALIS, _answers("mysecu", injections.slowly)),
    Injection("port-lost", "The gateway loses its port in mid-case.", EQUALIS,
              _with(lambda stage: replace(stage, driver=injections.Unplugging))),
    Injection("driver-crashes", "The driver has a defect.", EQUALIS,
              _with(lambda stage: replace(stage, driver=lambda driver, _: injections.Crashing(driver)))),
    Injection("driver-hangs", "The driver does not come back.", EQUALIS,
              _with(lambda stage: replace(stage, driver=lambda driver, _: injections.Hanging(driver)))),
    Injection("hook-unreachable", "The product's hook is not there before the first case.", CONFIGURATION,
              _with(lambda stage: replace(stage, driver=injections.unreachable))),
    Injection("hook-lacks-action", "The hook does not know an action.", CONFIGURATION,
              _with(lambda stage: replace(stage, driver=lambda driver, _: injections.Lacking(driver)))),
    Injection("hook-mistypes", "The hook answers a word that the contract does not know.", CONFIGURATION,
              _with(lambda stage: replace(stage, driver=lambda driver, _: injections.Mistyping(driver)))),
    Injection("clock-jumps-back", "The clock of the machine is set back by an hour.", CONFIGURATION,
              _with(lambda stage: replace(stage, clock=injections.jumping(-3600)))),
    Injection("clock-jumps-ahead", "The clock of the machine is set ahead by an hour.", CONFIGURATION,
              _with(lambda stage: replace(stage, clock=injections.jumping(3600)))),
    Injection("disk-full", "The disk is full.", CONFIGURATION, _with(lambda stage: replace(stage, directory=injections.FullDisk))),
    Injection("evidence-lost", "Evidence vanishes from the disk.", CONFIGURATION, _with(lambda stage: replace(stage, directory=injections.Forgetful))),
    Injection("field-missing", "A binding lacks a field that a case looks at.", CASE_PACK,
              _with(lambda stage: replace(stage, bindings=injections.without_field(stage.bindings, "pid.simulate", "simulation")))),
    Injection("duration-impossible", "A case names a duration that is none.", CASE_PACK,
              _with(lambda stage: replace(stage, case=injections.demanding(stage.case, "within", {"of": "reception", "at-most": "soon"})))),
    Injection("check-raises", "A check has a defect.", EQUALIS,
              _with(lambda stage: replace(stage, case=injections.demanding(stage.case, "matches", {})))),
)  # fmt: skip


@contextmanager
def nothing(stage: Stage) -> Iterator[Stage]:
    """No fault at all: the same play must be OK, or the table shows nothing."""
    yield stage


CONTROL = Injection("nothing", "Nothing is wrong.", EQUALIS, nothing)
