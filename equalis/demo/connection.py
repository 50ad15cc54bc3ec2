"""HTTPS with the solution's client certificate, and the tokens that the platforms want."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import tempfile
import urllib.parse
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from equalis.demo import signing
from equalis.demo.canonical import WSU, Node, XmlError, parse
from equalis.demo.defects import Switches
from equalis.demo.signing import SAML, SOAP, WSSE, Identity, Outline, UntrustedError

SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
TRUST = "http://docs.oasis-open.org/ws-sx/ws-trust/200512"
TOKEN_TYPE = "http://ws.mySecu.lu/trust/token/bst"  # noqa: S105 - the name of a type
SYNC = "http://ws.mysecu.lu/generic/sync"
ACS = "https://practice.invalid/equalis-demo"
HTTP_OK, MARGIN = 200, timedelta(seconds=5)


class UnavailableError(Exception):
    """No usable answer: refused connection, time-out, 5xx, or an answer that is not to be trusted.

    ``sent`` is True when the request may have been taken all the same.
    """

    def __init__(self, text: str, *, sent: bool) -> None:
        """Say what happened, and whether the request may have arrived."""
        super().__init__(text)
        self.sent = sent


class FaultError(Exception):
    """A SOAP fault: the platform refused."""

    def __init__(self, code: str, text: str) -> None:
        """Keep the fault's code and text."""
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class Doctor:
    """A professional: eHealthID, provider code, names."""

    ehealthid: str
    code: str
    last_name: str
    first_name: str


@dataclass
class Link:
    """The platforms' addresses, the identity, the clock, and tokens kept until they expire."""

    services: dict[str, str]
    credentials: dict[str, str]
    timeout: float
    defects: Switches
    offset: float = 0.0
    assertions: dict[str, tuple[bytes, datetime]] = field(default_factory=dict)
    tokens: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    bearers: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Load the identity and the TLS context once."""
        parts = self.credentials
        self.identity = Identity.load(parts["certificate"], parts["key"], parts["authority"])
        self._tls = ssl.create_default_context(cadata=parts["authority"])
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2
        if "accepts-any-certificate" in self.defects:
            self._tls.check_hostname = False
            self._tls.verify_mode = ssl.CERT_NONE
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "identity.pem"
            path.touch(0o600)
            path.write_text(parts["certificate"] + parts["key"])
            self._tls.load_cert_chain(path)

    def now(self) -> datetime:
        """The practice's clock."""
        return datetime.now(UTC) + timedelta(seconds=self.offset)

    def send(self, method: str, url: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str], bytes]:
        """One HTTPS request; raises UnavailableError."""
        parts = urllib.parse.urlsplit(url)
        connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=self.timeout, context=self._tls)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        try:
            connection.connect()
        except (OSError, ssl.SSLError) as error:
            message = f"no connection: {error}"
            raise UnavailableError(message, sent=False) from None
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, target, body or None, named)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        except (OSError, http.client.HTTPException) as error:
            message = f"no answer: {error or type(error).__name__}"
            raise UnavailableError(message, sent=True) from None
        finally:
            connection.close()

    def soap(self, url: str, action: str, outline: Outline) -> tuple[bytes, Node]:
        """One signed SOAP call; the checked answer. Raises UnavailableError or FaultError."""
        content = signing.envelope(outline, self.identity)
        status, _, answer = self.send("POST", url, content, SOAPAction=f'"{action}"',
                                      Content_Type="text/xml; charset=utf-8")  # fmt: skip
        try:
            root = self._checked(answer)
        except (UntrustedError, XmlError) as error:
            message = f"HTTP {status}: {error}"
            raise UnavailableError(message, sent=True) from None
        fault = root.find(f"{{{SOAP}}}Body", f"{{{SOAP}}}Fault")
        if fault is not None and "fault-taken-for-success" not in self.defects:
            raise FaultError(fault.value("faultcode"), fault.value("faultstring"))
        return answer, root

    def _checked(self, answer: bytes) -> Node:
        if "accepts-unsigned-answer" in self.defects:
            root = parse(answer)
            signed = root.all(f"{{{signing.DS}}}Signature")
            return signing.check_answer(answer, self.identity) if signed else root
        covers = "accepts-any-signature" not in self.defects
        return signing.check_answer(answer, self.identity, covers_body=covers)

    def assertion(self, doctor: Doctor) -> bytes:
        """The IdP's assertion for a doctor, asked for again only when it has expired."""
        known = self.assertions.get(doctor.ehealthid)
        if known and known[1] - MARGIN > self.now():
            return known[0]
        now = self.now()
        body = (
            f'<samlp:AuthnRequest xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}" ID="_{signing.new_id()}" '
            f'IssueInstant="{signing.zulu(now)}" Version="2.0" Destination="{self.services["idp"]}/saml" '
            f'ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:SOAP" AssertionConsumerServiceURL="{ACS}">'
            f"<saml:Issuer>{ACS}</saml:Issuer><samlp:Extensions>"
            '<saml:Attribute Name="psEHealthID" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified">'
            f"<saml:AttributeValue>{doctor.ehealthid}</saml:AttributeValue></saml:Attribute></samlp:Extensions>"
            '<saml:Subject><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"/></saml:Subject>'
            '<samlp:RequestedAuthnContext Comparison="minimum"><saml:AuthnContextClassRef>'
            "urn:oasis:names:tc:SAML:2.0:ac:classes:X509</saml:AuthnContextClassRef></samlp:RequestedAuthnContext>"
            "</samlp:AuthnRequest>"
        )
        signed = ("token", "body") if "unsigned-timestamp" in self.defects else ("timestamp", "token", "body")
        outline = Outline({"timestamp": signing.timestamp(now)}, body, signed, token=True,
                          sha1="sha1-signature" in self.defects)  # fmt: skip
        answer, root = self.soap(f"{self.services['idp']}/saml", "authenticate", outline)
        response = root.find(f"{{{SOAP}}}Body", f"{{{SAMLP}}}Response")
        if response is None or not response.all(f"{{{SAML}}}Assertion"):
            message = response.value(f"{{{SAMLP}}}Status", f"{{{SAMLP}}}StatusMessage") if response else ""
            raise FaultError("saml:Responder", message or "no assertion")
        try:
            found = signing.check_assertion(answer, root, self.identity)
        except UntrustedError as error:
            raise UnavailableError(str(error), sent=True) from None
        conditions = response.all(f"{{{SAML}}}Conditions")[0]
        starts, ends = (_moment(conditions.attributes[name]) for name in ("NotBefore", "NotOnOrAfter"))
        if not starts - timedelta(minutes=5) <= now < ends:
            message = "the assertion is not valid now"
            raise UnavailableError(message, sent=True)
        self.assertions[doctor.ehealthid] = (found, ends)
        return found

    def token(self, doctor: Doctor) -> str:
        """The mySecu token for a doctor, asked for again only when it has expired."""
        known = self.tokens.get(doctor.code)
        if known and "expired-token" in self.defects:
            return known[0]
        if known and known[1] - MARGIN > self.now() and "new-token-each-call" not in self.defects:
            return known[0]
        assertion = self.assertion(doctor).decode()
        body = (
            f'<wst:RequestSecurityToken xmlns:wst="{TRUST}"><wst:TokenType>{TOKEN_TYPE}</wst:TokenType>'
            f"<wst:RequestType>{TRUST}/Issue</wst:RequestType>"
            '<wsp:AppliesTo xmlns:wsp="http://schemas.xmlsoap.org/ws/2004/09/policy">'
            '<wsa:EndpointReference xmlns:wsa="http://www.w3.org/2005/08/addressing">'
            f"<wsa:Address>{self.services['mysecu']}/exchange</wsa:Address></wsa:EndpointReference></wsp:AppliesTo>"
            '<wst:Claims Dialect="http://docs.oasis-open.org/wsfed/authorization/200706/authclaims">'
            '<auth:ClaimType xmlns:auth="http://docs.oasis-open.org/wsfed/authorization/200706" '
            f'Uri="urn:equalis:modelled:claim:provider-code"><auth:Value>{doctor.code}</auth:Value>'
            "</auth:ClaimType></wst:Claims></wst:RequestSecurityToken>"
        )
        outline = Outline({"assertion": assertion}, body, ("body",), sha1="sha1-signature" in self.defects)
        _, root = self.soap(f"{self.services['sts']}/token", f"{TRUST}/RST/Issue", outline)
        found = root.all(f"{{{TRUST}}}RequestedSecurityToken")
        ends = root.all(f"{{{WSU}}}Expires")
        if not found or not ends:
            message = "the STS gave no token"
            raise UnavailableError(message, sent=True)
        token = "".join(found[0].value(f"{{{WSSE}}}BinarySecurityToken").split())
        self.tokens[doctor.code] = (token, _moment(ends[-1].text))
        return token

    def exchange(self, doctor: Doctor, model: str, business: str) -> Node:
        """One synchronous exchange with mySecu; the element in ResponseInfo. An expired token is renewed once."""
        try:
            return self._exchange(doctor, model, business)
        except FaultError as error:
            if not error.code.endswith("InvalidSecurityToken") or "expired-token" in self.defects:
                raise
            self.tokens.pop(doctor.code, None)
            return self._exchange(doctor, model, business)

    def _exchange(self, doctor: Doctor, model: str, business: str) -> Node:
        token = (f'<wsse:BinarySecurityToken xmlns:wsse="{WSSE}" xmlns:wsu="{WSU}" wsu:Id="mysecu" '
                 f'EncodingType="{signing.BASE64}" ValueType="{TOKEN_TYPE}">{self.token(doctor)}</wsse:BinarySecurityToken>')  # fmt: skip
        body = f'<sync:RequestInfo xmlns:sync="{SYNC}" modelUID="{escape(model)}">{business}</sync:RequestInfo>'
        signed = ("mysecu",) if "unsigned-body" in self.defects else ("body",)
        outline = Outline({"mysecu": token}, body, signed, sha1="sha1-signature" in self.defects)
        _, root = self.soap(f"{self.services['mysecu']}/exchange", "exchange", outline)
        found = root.find(f"{{{SOAP}}}Body", f"{{{SYNC}}}ResponseInfo")
        return found.children[0] if found and found.children else root

    def bearer(self, doctor: Doctor) -> str:
        """The bearer token of eAdministrative, asked for again only when it has expired."""
        known = self.bearers.get(doctor.ehealthid)
        if known and known[1] - MARGIN > self.now():
            return known[0]
        encoded = base64.urlsafe_b64encode(self.assertion(doctor)).rstrip(b"=").decode()
        form = urllib.parse.urlencode({
            "grant_type": "urn:ietf:params:oauth:grant-type:saml2-bearer", "assertion": encoded,
        })  # fmt: skip
        status, _, answer = self.send("POST", f"{self.services['idp']}/oauth2/token", form.encode(),
                                      Content_Type="application/x-www-form-urlencoded")  # fmt: skip
        if status != HTTP_OK:
            message = f"no bearer token: HTTP {status}"
            raise UnavailableError(message, sent=True)
        document = json.loads(answer)
        ends = self.now() + timedelta(seconds=int(document["expires_in"]))
        self.bearers[doctor.ehealthid] = (document["access_token"], ends)
        return str(document["access_token"])

    def rest(self, doctor: Doctor, method: str, path: str, body: bytes = b"", kind: str = "application/json") -> tuple[int, Any]:
        """One call of the REST API; the status and the JSON document (None when there is none)."""
        headers = {"Authorization": f"Bearer {self.bearer(doctor)}", "Accept": "application/json"}
        if body:
            headers["Content_Type"] = kind
        url = f"{self.services['eadministrative']}{path}"
        status, _, answer = self.send(method, url, body, **headers)
        if status >= 500:  # noqa: PLR2004 - the servers' own failures
            message = f"HTTP {status}"
            raise UnavailableError(message, sent=True)
        try:
            return status, json.loads(answer) if answer else None
        except ValueError:
            message = "the answer is not JSON"
            raise UnavailableError(message, sent=True) from None


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.strip())
