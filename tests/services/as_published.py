"""eAdministrative's answers held against the published interface, and a client that reads by its types and by nothing else.

The table is written from the facts that the agency published, not from the binding: who changes one, looks at both.
"""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema

from equalis.demo.connection import Link
from equalis.demo.transport import UnavailableError

INSTANT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"}
TEXT = {"type": "string"}


def _record(required: tuple[str, ...], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": list(required), "properties": properties}


DOCUMENT = _record(
    ("uuid", "status", "docType", "price", "isPaid", "memoireDate", "createAt", "author", "ssn", "file"),
    isPaid={"type": "boolean"}, price={"type": "number"}, practitionerFirstname=TEXT, practitionerLastName=TEXT, uuid=TEXT,
    memoireDate=INSTANT, createAt=INSTANT, author=TEXT, ssn={"type": "string", "pattern": r"^\d{13}$"}, docType={"enum": ["MH", "DR"]},
    status={"enum": ["RECEIVED", "SENT", "REIMBURSEMENT_ASKED", "REIMBURSEMENT_SENT", "CANCEL_ASKED", "CANCELED", "CANCEL_REPLACED"]},
    file={"type": "string", "pattern": "memoireHonoraire"},  # the content, not a name
)  # fmt: skip
CONSENT = _record(("type", "endAt"), type={"enum": ["CNS", "ESANTE", "MH", "CNS_AUTO"]}, endAt=INSTANT, startAt=INSTANT, author=TEXT, ssn=TEXT)
MEMBERS = _record(("eHealthId", "members"), eHealthId=TEXT, members={"type": "array", "items": _record(("identifier",), identifier=TEXT)})
PERSON = _record(("firstname", "lastname", "ssn"), firstname=TEXT, lastname=TEXT, ssn=TEXT)
ERROR = _record(("message", "code", "timestamp"), message=TEXT, code=TEXT, timestamp=INSTANT)
PDF, NOTHING = "application/pdf", ""
TYPES: dict[str, Any] = {"Document": DOCUMENT, "consent": CONSENT, "members": MEMBERS, "person": PERSON,
                         "Documents": {"type": "array", "items": DOCUMENT}, "consents": {"type": "array", "items": CONSENT}}  # fmt: skip

CALLS = (
    ("GET", r"/practitioner/\d{10}/person/\d{13}/document/[^/]+", {200: "Document"}),
    ("PATCH", r"/practitioner/\d{10}/person/\d{13}/document/[^/]+", {200: NOTHING}),
    ("POST", r"/practitioner/\d{10}/person/\d{13}/document", {200: "Document", 204: NOTHING}),
    ("GET", r"/practitioner/\d{10}/documents", {200: "Documents"}),
    ("GET", r"/person/\d{13}/consents", {200: "consents", 204: NOTHING}),
    ("GET", r"/person/\d{13}/consent/[^/]+", {200: "consent"}),
    ("DELETE", r"/person/\d{13}/consent/[^/]+", {200: NOTHING}),
    ("GET", r"/practitioner/\d{13}/consent/[^/]+", {200: "consent"}),
    ("POST", r"/(person|practitioner)/\d{13}/consent", {200: NOTHING, 302: NOTHING}),
    ("GET", r"/person/\d{13}/(cns/)?documents", {200: "Documents"}),
    ("GET", r"/person/\d{13}/document/[^/]+", {200: "Document"}),
    ("PUT", r"/person/\d{13}/document/[^/]+", {200: NOTHING}),
    ("GET", r"/person/\d{13}/document/[^/]+/pdf", {200: PDF}),
    ("(POST|GET|DELETE)", r"/practitioner/\d{10}/member/[^/]+", {200: NOTHING}),
    ("GET", r"/practitioner/\d{10}/members", {200: "members"}),
    ("GET", r"/person/info", {200: "person"}),
)
"""The calls of the published interface: method, path, and what a success is answered with."""
REFUSALS = frozenset({400, 401, 403, 404, 409})


def differences(call: str, status: int, media: str, body: bytes) -> str:
    """How an answer differs from what is published for a call (`GET /person/info`), empty when it does not."""
    method, _, target = call.partition(" ")
    path = target.partition("?")[0]
    success = next((found for verb, form, found in CALLS if re.fullmatch(verb, method) and re.fullmatch(form, path)), None)
    if status in REFUSALS:
        return _typed("a refusal", ERROR, media, body)
    if success is None or status not in success:
        return f"{call} is not answered with {status}"
    wanted = success[status]
    if wanted == NOTHING:
        return f"{call} is answered without a body" if body else ""
    if wanted == PDF:
        return "" if media == PDF and body.startswith(b"%PDF-") else f"{call} is answered with a PDF"
    return _typed(wanted, TYPES[wanted], media, body)


def _typed(name: str, schema: dict[str, Any], media: str, body: bytes) -> str:
    if media.partition(";")[0].strip().lower() != "application/json":
        return f"{name} comes as application/json, not {media!r}"
    try:
        jsonschema.validate(json.loads(body), schema)
    except (ValueError, jsonschema.ValidationError) as error:
        return f"{name}: {str(error).splitlines()[0]}"
    return ""


class StrictLink(Link):
    """A connection that takes an answer of eAdministrative for none unless it is as published (a server's errors aside)."""

    def send(self, method: str, url: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str], bytes]:
        """One HTTPS request; raises UnavailableError."""
        status, found, answer = super().send(method, url, body, **headers)
        prefix = self.services["eadministrative"]
        if url.startswith(prefix) and status < 500:
            media = next((value for name, value in found.items() if name.lower() == "content-type"), "")
            if wrong := differences(f"{method} {url.removeprefix(prefix)}", status, media, answer):
                raise UnavailableError(wrong, sent=True)
        return status, found, answer
