"""Calls that equalis makes itself, in the name of another party: a pharmacy that dispenses, a colleague who prescribes.

They go through the gateway over real TLS like the solution's own, so that they are recorded; the certificate of the
other party tells them apart.
"""

from __future__ import annotations

import ssl
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from equalis.gateway.pki import OTHER_PARTY, Pki
from equalis.model.binding import Binding, Half, Operation
from equalis.model.case import Step
from equalis.model.embedded import IDENTIFIERS
from equalis.model.outcome import Blame
from equalis.model.transcript import Message
from equalis.model.values import Record, Value, as_text
from equalis.services import answering
from equalis.wire import jwt
from equalis.wire.bindings import Bindings, read_field
from equalis.wire.opened import Opened
from equalis.wire.unreadable import UnreadableError

if TYPE_CHECKING:
    import httpx

PATIENCE = 30.0
"""Seconds that an answer may take."""
LIFETIME = 300
"""Seconds for which the caller's token is good."""


class CallError(Exception):
    """A call that could not be made or had no answer that can be read; never the product's doing."""

    def __init__(self, blame: Blame, cause: str, remedy: str) -> None:
        """Keep the parts."""
        super().__init__(cause)
        self.blame, self.cause, self.remedy = blame, cause, remedy


@dataclass(frozen=True, slots=True)
class Response:
    """The answer to a call: its HTTP status and every business field that it has."""

    status: int
    fields: Record


class Caller:
    """Writes requests by the templates of the bindings, sends them, and reads the answers."""

    def __init__(self, bindings: Bindings, addresses: Mapping[str, str], pki: Pki) -> None:
        """Open a client with the other party's certificate."""
        import httpx  # noqa: PLC0415 - only a case with a call needs it

        certificate, key = pki.files(OTHER_PARTY)
        context = ssl.create_default_context(cafile=str(pki.authority_file))
        context.load_cert_chain(certificate, key)
        self._bindings, self._addresses, self._pki = bindings, addresses, pki
        self._client = httpx.Client(verify=context, timeout=PATIENCE, trust_env=False)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def call(self, step: Step, inputs: Record, now: datetime) -> Response:
        """Make the call of a step; raises CallError."""
        import httpx  # noqa: PLC0415 - only a case with a call needs it

        operation = self._bindings.operations[step.call][0]
        binding = self._bindings.services[operation.service]
        fields = {**inputs, "now": now, "caller": step.caller, "request-id": str(uuid.uuid4()), "user": as_text(step.caller.get("ehealthid"))}
        try:
            answer = self._sent(binding, operation, fields, now)
        except httpx.HTTPError as error:
            cause = f"the call of {step.call} had no answer: {type(error).__name__}: {error}"
            raise CallError(Blame.ENVIRONMENT, cause, "tell the environment's operator, and play the case again") from None
        headers = tuple((name, value) for name, value in answer.headers.multi_items())
        message = Message(f"HTTP/1.1 {answer.status_code}", headers, answer.content)
        return Response(answer.status_code, _read(binding, operation, message, step.call))

    def _sent(self, binding: Binding, operation: Operation, fields: Record, now: datetime) -> httpx.Response:
        half, rule = operation.request, operation.recognise
        path = rule.path
        for name, field in half.fields.items():
            if field.locator.kind == "path":
                path = path.replace(f"{{{field.locator.expression}}}", quote(as_text(fields.get(name)), safe=""))
        query = {field.locator.expression: as_text(fields[name]) for name, field in half.fields.items()
                 if field.locator.kind == "query" and name in fields and not field.locator.pattern}  # fmt: skip
        headers = {field.locator.expression: as_text(fields[name]) for name, field in half.fields.items()
                   if field.locator.kind == "header" and name in fields and not field.locator.pattern}  # fmt: skip
        headers["Authorization"] = f"Bearer {self._token(fields, operation.service, now)}"
        if half.media:
            headers["Content-Type"] = half.media
        return self._client.request(
            rule.method, f"{self._addresses[operation.service]}{path}", params=query, headers=headers,
            content=answering.filled(binding, half.template, _whole(half, fields)) if half.template else b"",
        )  # fmt: skip

    def _token(self, fields: Record, audience: str, now: datetime) -> str:
        """A bearer token as the IdP of the embedded environment gives it."""
        ehealthid, moment = as_text(fields["user"]), int(now.timestamp())
        claims = {"sub": ehealthid, "eHealthID": ehealthid, "roles": ["PRACTITIONER"], "iss": IDENTIFIERS["idp"],
                  "aud": [audience], "iat": moment, "nbf": moment, "exp": moment + LIFETIME}  # fmt: skip
        return jwt.sign(claims, self._pki.identities["idp"].key_pem)


def _whole(half: Half, fields: Record) -> dict[str, Value]:
    """The fields with every one that a template may ask for: what is not given is nothing."""
    return dict.fromkeys(half.fields) | dict(fields)


def _read(binding: Binding, operation: Operation, message: Message, name: str) -> Record:
    opened = Opened(message)
    found: dict[str, Value] = {}
    for field in operation.answer.fields.values():
        try:
            values = read_field(field, operation.answer, binding, operation, opened)
        except UnreadableError as error:
            cause = f"the answer to {name} cannot be read: {error}"
            raise CallError(Blame.ENVIRONMENT, cause, "show the exchange to the environment's operator") from None
        if values:
            found[field.name] = values if field.many else values[0]
    return found
