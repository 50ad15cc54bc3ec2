"""The two ways to the platforms: mySecu's synchronous exchange and eAdministrative's REST API."""

from __future__ import annotations

import json
import urllib.parse
from typing import Any

from equalis.demo.authenticating import TOKEN_TYPE, Authenticated
from equalis.demo.canonical import WSU, Node
from equalis.demo.signing import BASE64, SOAP, WSSE, Outline
from equalis.demo.transport import Doctor, FaultError, UnavailableError

SYNC = "http://ws.mysecu.lu/generic/sync"
SERVER_ERRORS = 500


class Link(Authenticated):
    """The practice's connection to every platform."""

    def exchange(self, doctor: Doctor, model: str, business: str) -> Node:
        """One synchronous exchange with mySecu; the element in ResponseInfo. An expired token is renewed once."""
        try:
            return self._exchange(doctor, model, business)
        except FaultError as fault:
            if not fault.code.endswith("InvalidSecurityToken") or "expired-token" in self.defects:
                raise
            self.tokens.pop(doctor.code, None)
            return self._exchange(doctor, model, business)

    def _exchange(self, doctor: Doctor, model: str, business: str) -> Node:
        token = (
            f'<wsse:BinarySecurityToken xmlns:wsse="{WSSE}" xmlns:wsu="{WSU}" wsu:Id="mysecu" '
            f'EncodingType="{BASE64}" ValueType="{TOKEN_TYPE}">{self.token(doctor)}</wsse:BinarySecurityToken>'
        )
        d = self.defects
        model = f"{model} (brouillon)" if "model-with-blanks" in d else model
        business = business * 2 if "two-elements" in d else business
        body = f'<sync:RequestInfo xmlns:sync="{SYNC}" modelUID="{model}">{business}</sync:RequestInfo>'
        signed = ("mysecu",) if "unsigned-body" in d else ("body",)
        outline = Outline({"mysecu": token}, body, signed, token="token-reference-for-mysecu" in d,
                          sha1="sha1-signature" in d or "sha1-for-mysecu" in d)  # fmt: skip
        action = "urn:exchange" if "wrong-soap-action" in d else "exchange"
        address = f"{self.services['mysecu']}/exchange"
        if "calls-home" in d:
            self._call_home()
        _, root = self.soap(address, action, outline)
        found = root.find(f"{{{SOAP}}}Body", f"{{{SYNC}}}ResponseInfo")
        return found.children[0] if found and found.children else root

    def _call_home(self) -> None:
        parts = urllib.parse.urlsplit(self.services["mysecu"])
        self.send("GET", f"{parts.scheme}://{parts.netloc}/statistics")

    def rest(self, doctor: Doctor, method: str, path: str, body: bytes = b"", kind: str = "application/json") -> tuple[int, Any]:
        """One call of the REST API; the status and the JSON document (None when there is none)."""
        scheme = "Basic" if "basic-instead-of-bearer" in self.defects else "Bearer"
        headers = {"Authorization": f"{scheme} {self.bearer(doctor)}", "Accept": "application/json"}
        if "no-bearer" in self.defects:
            del headers["Authorization"]
        if body:
            headers["Content_Type"] = kind
        if body and path.endswith("/consent") and "length-and-chunks" in self.defects:
            headers |= {"Content_Length": str(len(body)), "Transfer_Encoding": "chunked"}
        url = f"{self.services['eadministrative']}{path}"
        status, _, answer = self.send(method, url, body, **headers)
        if status >= SERVER_ERRORS:
            message = f"HTTP {status}"
            raise UnavailableError(message, sent=True)
        try:
            return status, json.loads(answer) if answer else None
        except ValueError:
            message = "the answer is not JSON"
            raise UnavailableError(message, sent=True) from None
