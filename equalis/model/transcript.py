"""What was recorded while a case was played: the only evidence that the judge sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from equalis.model.outcome import Blame
from equalis.model.values import Record

EMBEDDED = "embedded"


@dataclass(frozen=True, slots=True)
class Message:
    """One HTTP message, as it was on the wire.

    ``line`` is the request or status line; ``headers`` keep order, case and repetition;
    ``body`` is the exact bytes, after redaction of secrets.
    """

    line: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> tuple[str, ...]:
        """Every value of a header, its name compared without case (RFC 9110 §5.1)."""
        wanted = name.lower()
        return tuple(value for key, value in self.headers if key.lower() == wanted)

    def without(self, *names: str) -> tuple[tuple[str, str], ...]:
        """The other headers than these (in small letters)."""
        return tuple(pair for pair in self.headers if pair[0].lower() not in names)


@dataclass(frozen=True, slots=True)
class Tls:
    """The TLS facts of one connection; ``client_certificate`` is DER, empty when none came."""

    version: str
    cipher: str
    client_certificate: bytes = b""


@dataclass(frozen=True, slots=True)
class Peer:
    """Who answered at the far end of a forwarded call: its TLS, and its certificates (DER), its own first."""

    address: str
    version: str
    cipher: str
    chain: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, in the order in which requests began.

    ``service`` is empty for a stranger (an unknown route). ``at`` and ``until`` are the
    environment's clock; ``elapsed`` is monotonic, in microseconds. ``answer`` is None when the
    solution got none. ``redactions`` name what was replaced before anything was kept. ``ours`` when equalis
    itself called, in another party's name.
    """

    number: int
    service: str
    step: str
    at: datetime
    until: datetime
    elapsed: int
    request: Message
    answer: Message | None
    tls: Tls | None = None
    disturbance: str = ""
    redactions: tuple[str, ...] = ()
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Observation:
    """What the user of the solution saw after a step; ``attested`` when a person typed it.

    ``failure`` says that the product crashed, went silent or refused to act, empty otherwise.
    """

    step: str
    action: str
    at: datetime
    fields: Record
    attested: bool = False
    failure: str = ""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """Something that a service committed (``kind``: payment, deposit …) during an exchange."""

    service: str
    kind: str
    exchange: int
    fields: Record


@dataclass(frozen=True, slots=True)
class Handshake:
    """A TLS handshake that did not come about, and the reason that TLS gave."""

    step: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Malformed:
    """A request that was no well-formed HTTP and was answered ``status``, or (0) whose client left before it was whole.

    ``head`` is what is kept of its first bytes, redacted. ``ours`` when equalis itself sent it.
    """

    step: str
    at: datetime
    reason: str
    status: int
    head: bytes = b""
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong unasked, who is to mend it, and how; never the product's doing."""

    blame: Blame
    cause: str
    remedy: str
    step: str = ""


@dataclass(frozen=True, slots=True)
class Transcript:
    """Everything recorded for one case. ``unmet`` maps a step to the wait that ran out; ``holds`` are the seeds that a live
    environment holds, ``services`` those that it has (empty: every one).
    """

    case: str
    environment: str = EMBEDDED
    exchanges: tuple[Exchange, ...] = ()
    observations: tuple[Observation, ...] = ()
    ledger: tuple[LedgerEntry, ...] = ()
    handshakes: tuple[Handshake, ...] = ()
    malformed: tuple[Malformed, ...] = ()
    faults: tuple[Fault, ...] = ()
    unmet: Mapping[str, str] = field(default_factory=dict)
    capabilities: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    complete: bool = True
