"""A sink that says what comes by, for a person who watches (`equalis serve`)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from equalis.model.transcript import Fault, Malformed, Message, Peer, Tls
from equalis.services.port import Entry
from equalis.wire import http_message, payloads
from equalis.wire.bindings import Bindings
from equalis.wire.opened import Opened
from equalis.wire.unreadable import UnknownFieldError, UnreadableError


class Watching:
    """Says each request, what its schema finds wrong with it, and the answer."""

    def __init__(self, bindings: Bindings, say: Callable[[str], None]) -> None:
        """``say`` shows one line."""
        self._bindings, self._say = bindings, say

    def request(self, number: int, service: str, step: str, at: datetime, message: Message,  # noqa: ARG002 - the sink's port
                tls: Tls | None, redactions: tuple[str, ...], *, ours: bool) -> None:  # noqa: ARG002 - the sink's port  # fmt: skip
        """A request, held against its schema."""
        opened = Opened(message)
        operation = self._bindings.recognise(service, opened) if service else None
        name = operation.name if operation else (f"{service}: unknown request" if service else "unknown address")
        certified = "" if tls and tls.client_certificate else " without a client certificate"
        self._say(f"#{number} {http_message.method(message)} {name}{certified}")
        if operation is not None:
            try:
                wrong = payloads.violations(self._bindings.services[service], operation.request, opened)
            except (UnreadableError, UnknownFieldError) as error:
                wrong = [str(error)]
            for text in wrong:
                self._say(f"#{number}   wrong here: {text}")

    def answer(self, number: int, at: datetime, elapsed: int, message: Message | None, disturbance: str) -> None:  # noqa: ARG002 - the sink's port
        """Its answer."""
        said = f"HTTP {http_message.status(message)}" if message else "no answer"
        self._say(f"#{number}   {said} {disturbance} ({elapsed // 1000} ms)")

    def peer(self, number: int, peer: Peer) -> None:
        """Who answered a forwarded call."""
        self._say(f"#{number}   answered by {peer.address} over {peer.version}")

    def entry(self, number: int, service: str, entry: Entry) -> None:
        """Something was committed."""
        self._say(f"#{number}   {service} committed a {entry.kind}")

    def handshake(self, step: str, at: datetime, reason: str) -> None:  # noqa: ARG002 - the sink's port
        """A handshake did not come about."""
        self._say(f"TLS handshake refused: {reason}")

    def malformed(self, item: Malformed) -> None:
        """A request that never came to be one."""
        self._say(f"malformed HTTP: {item.reason} (answered {item.status})" if item.status else f"a request was cut short: {item.reason}")

    def fault(self, fault: Fault) -> None:
        """Something went wrong unasked."""
        self._say(f"fault of {fault.blame.value}: {fault.cause}; {fault.remedy}")
