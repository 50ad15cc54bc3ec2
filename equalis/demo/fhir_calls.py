"""One call of a FHIR service: bearer token, a request id of its own, the user's name, and JSON that comes back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from equalis.demo.connection import SERVER_ERRORS, Link
from equalis.demo.signing import new_id
from equalis.demo.transport import Doctor, UnavailableError


@dataclass(frozen=True)
class Slips:
    """The switches for what a call of one service gets wrong, by what goes wrong."""

    anonymous: str
    basic: str
    no_number: str
    same_number: str
    no_user: str
    practice: str
    plain_json: str


class FhirCalls:
    """The calls of one service."""

    def __init__(self, link: Link, service: str, slips: Slips) -> None:
        """Keep the connection."""
        self._link, self._service, self._slips = link, service, slips
        self._first_id = new_id()

    def ask(self, doctor: Doctor, method: str, path: str, body: bytes = b"", **more: str) -> tuple[int, Any]:
        """The status and the JSON of an answer; raises UnavailableError for a server's error, ValueError for no JSON."""
        d, slips = self._link.defects, self._slips
        number = self._first_id if slips.same_number in d else new_id()
        scheme = "Basic" if slips.basic in d else "Bearer"
        headers = {"Authorization": f"{scheme} {self._link.bearer(doctor)}", "Accept": "application/fhir+json",
                   "X_Request_Id": number, "X_User_Id": doctor.ehealthid} | more  # fmt: skip
        for defect, name in ((slips.no_number, "X_Request_Id"), (slips.no_user, "X_User_Id"), (slips.anonymous, "Authorization")):
            if defect in d:
                del headers[name]
        if slips.practice in d and "X_User_Id" in headers:
            headers["X_User_Id"] = "cabinet"
        if body:
            headers["Content_Type"] = "application/json" if slips.plain_json in d else "application/fhir+json"
        status, _, answer = self._link.send(method, f"{self._link.services[self._service]}{path}", body, **headers)
        if status >= SERVER_ERRORS:
            message = f"HTTP {status}"
            raise UnavailableError(message, sent=True)
        return status, json.loads(answer)
