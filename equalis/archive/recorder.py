"""What the gateway and the runner tell, written down as events of one case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from equalis.archive.rundir import RunDirectory
from equalis.model.transcript import Fault, Malformed, Message, Observation, Peer, Tls
from equalis.model.values import Record
from equalis.wire import strict_json, typed


class Committed(Protocol):
    """An entry that a service commits to its ledger."""

    @property
    def kind(self) -> str:
        """What it is: payment, deposit and so on."""

    @property
    def fields(self) -> Record:
        """Its business fields."""


class Redacting(Protocol):
    """Takes secrets out of what is told in words, and out of files."""

    def told(self, value: Any) -> Any:
        """Texts, and lists and records of them, without secrets."""

    def content(self, content: bytes, media: str) -> bytes:
        """A file without secrets."""


class CaseRecorder:
    """Writes every event of a case; ``told`` hears each one too (progress, the reader)."""

    def __init__(
        self, case: str, directory: RunDirectory, told: Callable[[Mapping[str, Any]], None], redactor: Redacting | None = None
    ) -> None:
        """Write into an open run directory; each event names its case, even one that comes too late.

        ``redactor`` sees every event but those of exchanges, whose messages come without secrets.
        """
        self._case, self._directory, self._told, self._redactor = case, directory, told, redactor
        self._over = False

    def event(self, kind: str, /, **fields: Any) -> None:
        """Write one event; whoever listens hears it as it will be read back. What comes after the end says so."""
        if self._redactor is not None and kind not in {"request", "answer"}:
            fields = self._redactor.told(fields)
        if self._over:
            fields["late"] = True
        self._over |= kind == "end"
        line = strict_json.write_line({"event": kind, "case": self._case, **fields})
        self._directory.append(line)
        heard = strict_json.read(line)
        if isinstance(heard, Mapping):
            self._told(heard)

    def request(self, number: int, service: str, step: str, at: datetime, message: Message,
                tls: Tls | None, redactions: tuple[str, ...], *, ours: bool) -> None:  # fmt: skip
        """A request has come in whole; ``ours`` when equalis made it in another party's name."""
        facts = None
        if tls is not None:
            certificate = self._directory.body(tls.client_certificate)
            facts = {"version": tls.version, "cipher": tls.cipher, "certificate": certificate}
        self.event("request", n=number, service=service, step=step, at=at.isoformat(),
                   message=self._message(message), tls=facts, redactions=list(redactions), **({"ours": True} if ours else {}))  # fmt: skip

    def answer(self, number: int, at: datetime, elapsed: int, message: Message | None, disturbance: str) -> None:
        """Its answer went out, or none did."""
        written = self._message(message) if message else None
        self.event("answer", n=number, at=at.isoformat(), elapsed=elapsed, message=written, disturbance=disturbance)

    def peer(self, number: int, peer: Peer) -> None:
        """Who answered a forwarded call; the chain of certificates by digest, the peer's own first."""
        chain = [self._directory.body(certificate) for certificate in peer.chain]
        self.event("peer", n=number, address=peer.address, version=peer.version, cipher=peer.cipher, chain=chain)

    def entry(self, number: int, service: str, entry: Committed) -> None:
        """A service committed something."""
        self.event("ledger", n=number, service=service, kind=entry.kind, fields=typed.to_json(entry.fields))

    def handshake(self, step: str, at: datetime, reason: str) -> None:
        """A TLS handshake did not come about."""
        self.event("handshake", step=step, at=at.isoformat(), reason=reason)

    def malformed(self, item: Malformed) -> None:
        """A request was no well-formed HTTP, or its client left before it was whole; its first bytes by digest."""
        self.event("malformed", step=item.step, at=item.at.isoformat(), reason=item.reason, status=item.status,
                   head=self._directory.body(item.head), **({"ours": True} if item.ours else {}))  # fmt: skip

    def fault(self, fault: Fault) -> None:
        """Something went wrong unasked."""
        self.event("fault", blame=fault.blame.value, cause=fault.cause, remedy=fault.remedy, step=fault.step)

    def observation(self, item: Observation) -> None:
        """What the user saw."""
        self.event("observation", step=item.step, action=item.action, at=item.at.isoformat(),
                   fields=typed.to_json(item.fields), attested=item.attested, failure=item.failure)  # fmt: skip

    def attachment(self, step: str, name: str, media: str, content: bytes) -> None:
        """A file that an operator gave for what was seen, kept by its digest; a picture or a PDF as it is."""
        if self._redactor is not None and not media.startswith(("image/", "application/pdf")):
            content = self._redactor.content(content, media)
        self.event("attachment", step=step, name=name, media=media, size=len(content), body=self._directory.body(content))

    def _message(self, message: Message) -> dict[str, Any]:
        headers = [list(pair) for pair in message.headers]
        return {"line": message.line, "headers": headers, "body": self._directory.body(message.body)}
