"""Simulator fidelity: the requests of a live recording, asked of the embedded services; where their answers differ.

The embedded services begin each case in its world, trust the identity provider that the recording shows, draw the identifiers
that the live ones drew, and read a live token as the one that they would have given for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from equalis.archive.evidence import Reader, header
from equalis.archive.rundir import Recorded
from equalis.cases.families import worlds
from equalis.cases.loading import Loaded
from equalis.cases.plain import texts
from equalis.gateway.embedded import Embedded
from equalis.gateway.pki import Pki
from equalis.model.embedded import ANSWERED
from equalis.model.transcript import EMBEDDED, Exchange, Message, Transcript
from equalis.model.values import as_text
from equalis.services.port import Identity
from equalis.wire import http_message, saml
from equalis.wire.bindings import Bindings, Reading
from equalis.wire.unreadable import UnreadableError

NEVER_ARRIVED = frozenset({"cut-before", "hang-before"})
GARBLED = "garble"
"""What the product got then is not what the service said."""
OPAQUE = 40
"""From this length on a text without blanks is a token, an identifier or a signature, not a business value."""
_IDENTIFIER = re.compile(r"_?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
UNTOLD = frozenset({"environment"})
"""Fields that are another environment's by nature."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of one answer: what the live service said and what the embedded one says; ``at`` is ``case #exchange``."""

    operation: str
    field: str
    live: str
    embedded: str
    at: str


@dataclass
class Drift:
    """How many answers were compared, how many never reached the product as they were, how many are a live-only
    service's, and what differs.
    """

    compared: int = 0
    unanswered: int = 0
    live_only: int = 0
    differences: list[Difference] = field(default_factory=list)


class NotLiveError(Exception):
    """A recording of the embedded environment: there is nothing to compare it with."""


def drift(recorded: Recorded, loaded: Loaded, pki: Pki) -> Drift:
    """Replay every case of a live recording; raises NotLiveError, EvidenceError."""
    events = recorded.events()
    head = header(next(events, {}))
    if head.environment == EMBEDDED:
        message = "the run was made with the embedded environment"
        raise NotLiveError(message)
    reader, answered, found = Reader(head, recorded.body), set[int](), dict[str, Drift]()
    for event in events:
        if event.get("event") == "case":
            answered = set()
        elif event.get("event") == "peer":
            answered.add(event["n"])
        transcript = reader.feed(event)
        case = loaded.pack.case(transcript.case) if transcript else None
        if transcript is not None and case is not None:
            given = {**case.given, "world": (*texts(case.given.get("world")), *head.switches)}
            begun = worlds(loaded.pack.families[case.family], given, loaded.defaults)
            embedded = Embedded(loaded.bindings, pki, bytes.fromhex(head.challenge), head.environment, peers=dict(pki.identities))
            embedded.reset(begun)
            found[case.name] = Drift()  # a case that was played again counts as it was played last
            _Replay(embedded, loaded.bindings, found[case.name], frozenset(answered)).play(transcript)
    differences = [item for each in found.values() for item in each.differences]
    played = found.values()
    return Drift(sum(each.compared for each in played), sum(each.unanswered for each in played), sum(each.live_only for each in played), differences)


@dataclass
class _Replay:
    """One case, exchange after exchange; ``answered`` are those that somebody at the far end answered."""

    embedded: Embedded
    bindings: Bindings
    found: Drift
    answered: frozenset[int]
    tokens: dict[str, str] = field(default_factory=dict)

    def play(self, transcript: Transcript) -> None:
        """Ask again what arrived, and compare what was answered."""
        for exchange in transcript.exchanges:
            if exchange.number in self.answered and exchange.disturbance not in NEVER_ARRIVED:
                self._exchange(exchange, transcript.case)

    def _exchange(self, exchange: Exchange, case: str) -> None:
        if exchange.service not in ANSWERED:
            self.found.live_only += 1
            return
        live = self.bindings.reading(exchange)
        certificate = exchange.tls.client_certificate if exchange.tls else b""
        answered = self.embedded.reply(exchange.service, self._translated(exchange.request), certificate, exchange.at, {}, _drawn(live))
        if exchange.answer is None or exchange.disturbance == GARBLED:
            self.found.unanswered += 1
            return
        again = self.bindings.reading(replace(exchange, answer=answered.message))
        self.found.compared += 1
        name = live.operation.name if live.operation else f"{exchange.service}: unknown request"
        self.found.differences += [Difference(name, *told, f"{case} #{exchange.number}") for told in _differing(live, again)]
        self._learn(live, again)

    def _translated(self, request: Message) -> Message:
        """A request whose live tokens are those that the embedded services gave for them."""
        headers, body = request.headers, request.body
        for token, own in self.tokens.items():
            headers = tuple((name, value.replace(token, own)) for name, value in headers)
            body = body.replace(token.encode(), own.encode())
        return replace(request, headers=headers, body=body)

    def _learn(self, live: Reading, again: Reading) -> None:
        """The tokens that stand for one another, and whose assertions are good here."""
        for one, other in _pairs(live, again):
            if one != other and _token(one) and _token(other):
                self.tokens[one] = other
        issuer = _issuer(live) if live.exchange.service == "idp" else None
        if issuer is not None:
            own = self.embedded.peers["idp"]
            self.embedded.peers["idp"] = Identity(own.key_pem, issuer, own.public_pem)


def _values(reading: Reading, name: str) -> tuple[str, ...]:
    """A field of an answer as texts; what cannot be read says so."""
    try:
        return tuple(map(as_text, reading.values(f"answer.{name}")))
    except UnreadableError as error:
        return (f"unreadable: {error}",)


def _drawn(live: Reading) -> dict[str, str]:
    """The identifiers of a live answer under the names by which the embedded services draw them."""
    names = live.operation.answer.fields if live.operation and live.exchange.answer else ()
    return {name: values[0] for name in names if (values := _values(live, name)) and _IDENTIFIER.fullmatch(values[0])}


def _pairs(live: Reading, again: Reading) -> Iterator[tuple[str, str]]:
    for name in live.operation.answer.fields if live.operation else ():
        yield from zip(_values(live, name), _values(again, name), strict=False)


def _differing(live: Reading, again: Reading) -> Iterator[tuple[str, str, str]]:
    """Each field that differs, with both values."""
    heads = [_head(reading.exchange.answer) for reading in (live, again)]
    for name, one, other in zip(("HTTP status", "Content-Type"), *heads, strict=True):
        if one != other:
            yield name, one, other
    for name, known in live.operation.answer.fields.items() if live.operation else ():
        one, other = _values(live, name), _values(again, name)
        if name in UNTOLD or known.locator.kind == "status" or one == other:
            continue
        alike = len(one) == len(other) and all(known.type == "instant" or (_opaque(a) and _opaque(b)) for a, b in zip(one, other, strict=True))
        if not alike:
            yield f"answer.{name}", ", ".join(one) or "nothing", ", ".join(other) or "nothing"


def _issuer(live: Reading) -> bytes | None:
    """Who signed the assertion of an answer."""
    if live.answer is None or live.operation is None or live.operation.answer.body != "xml":
        return None
    try:
        return saml.signer(live.answer.xml)
    except UnreadableError:
        return None


def _opaque(text: str) -> bool:
    return _IDENTIFIER.fullmatch(text) is not None or _token(text)


def _token(text: str) -> bool:
    return len(text) >= OPAQUE and " " not in text


def _head(message: Message | None) -> tuple[str, str]:
    """The status and the media type of an answer."""
    if message is None:
        return "", ""
    return str(http_message.status(message)), "".join(message.header("content-type")).partition(";")[0].strip().lower()
