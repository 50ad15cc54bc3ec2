"""The tokens that the platforms want, kept as long as they are valid: assertion, mySecu token, bearer."""

from __future__ import annotations

import base64
import json
import urllib.parse
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from equalis.demo import signing
from equalis.demo.canonical import WSU, Node
from equalis.demo.signing import SAML, SOAP, WSSE, Outline, UntrustedError
from equalis.demo.transport import HTTP_OK, Doctor, FaultError, Transport, UnavailableError

SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
BINDING = "urn:oasis:names:tc:SAML:2.0:bindings"
CONFIRMATION = "urn:oasis:names:tc:SAML:2.0:cm"
CLASSES = "urn:oasis:names:tc:SAML:2.0:ac:classes"
TRUST = "http://docs.oasis-open.org/ws-sx/ws-trust/200512"
TOKEN_TYPE = "http://ws.mySecu.lu/trust/token/bst"  # noqa: S105 - the name of a type
ACS = "https://practice.invalid/equalis-demo"
MARGIN, SKEW, MINUTE = timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=1)


@dataclass
class Authenticated(Transport):
    """Assertions by eHealthID, tokens by provider code, bearers by eHealthID."""

    assertions: dict[str, tuple[bytes, datetime]] = field(default_factory=dict)
    tokens: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    bearers: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    def assertion(self, doctor: Doctor) -> bytes:
        """The IdP's assertion for a doctor, asked for again only when it has expired."""
        known = self.assertions.get(doctor.ehealthid)
        if known and "expired-assertion" in self.defects:
            return known[0]
        if known and known[1] - MARGIN > self.now() and "new-assertion-each-call" not in self.defects:
            return known[0]
        number = "_fixed" if "reused-request-id" in self.defects else f"_{signing.new_id()}"
        answer, root = self.soap(f"{self.services['idp']}/saml", "authenticate", self._request(doctor, number), signed=False)
        found, ends = self._read_assertion(answer, root, number, doctor)
        self.assertions[doctor.ehealthid] = (found, ends)
        return found

    def _request(self, doctor: Doctor, number: str) -> Outline:
        """The signed AuthnRequest."""
        now, d = self.now(), self.defects
        binding = "HTTP-POST" if "post-binding" in d else "SOAP"
        issuer = "urn:practice:demo" if "foreign-issuer" in d else ACS
        comparison = "exact" if "exact-comparison" in d else "minimum"
        context = "Password" if "password-context" in d else "X509"
        method = "holder-of-key" if "holder-of-key" in d else "bearer"
        destination = "https://idp.invalid/saml" if "wrong-destination" in d else f"{self.services['idp']}/saml"
        ehealthid = f"{doctor.code}00" if "code-as-ehealthid" in d else doctor.ehealthid
        form = "basic" if "basic-name-format" in d else "unspecified"
        identity = (
            '<samlp:Extensions><saml:Attribute Name="psEHealthID" '
            f'NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:{form}">'
            f"<saml:AttributeValue>{ehealthid}</saml:AttributeValue></saml:Attribute></samlp:Extensions>"
        )
        subject = f'<saml:Subject><saml:SubjectConfirmation Method="{CONFIRMATION}:{method}"/></saml:Subject>'
        wanted = (
            f'<samlp:RequestedAuthnContext Comparison="{comparison}"><saml:AuthnContextClassRef>{CLASSES}:{context}'
            "</saml:AuthnContextClassRef></samlp:RequestedAuthnContext>"
        )
        middle = (subject, identity) if "shuffled-request" in d else (identity, subject)
        children = "".join((f"<saml:Issuer>{issuer}</saml:Issuer>", *middle, wanted))
        body = (
            f'<samlp:AuthnRequest xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}" ID="{number}" '
            f'IssueInstant="{signing.zulu(now)}" Version="2.0" Destination="{destination}" '
            f'ProtocolBinding="{BINDING}:{binding}" AssertionConsumerServiceURL="{ACS}">{children}'
            "</samlp:AuthnRequest>"
        )
        left_out = (("timestamp", "unsigned-timestamp"), ("token", "unsigned-token"), ("body", "unsigned-request"))
        signed = tuple(name for name, defect in left_out if defect not in d)
        return Outline({"timestamp": signing.timestamp(now)}, body, signed, token=True,
                       direct="x509-data-for-idp" in d, sha1="sha1-signature" in d)  # fmt: skip

    def _read_assertion(self, answer: bytes, root: Node, number: str, doctor: Doctor) -> tuple[bytes, datetime]:
        """The assertion that answers our request, signed by the IdP and valid now."""
        response = root.find(f"{{{SOAP}}}Body", f"{{{SAMLP}}}Response")
        if response is None or not response.all(f"{{{SAML}}}Assertion"):
            if "hides-refused-login" in self.defects:
                return b"", self.now()
            message = response.value(f"{{{SAMLP}}}Status", f"{{{SAMLP}}}StatusMessage") if response else ""
            raise FaultError("saml:Responder", message or "no assertion")
        try:
            found = signing.check_assertion(
                answer, root, self.identity, signed="accepts-unsigned-assertion" not in self.defects,
                known_signer="accepts-foreign-assertion" not in self.defects,
            )  # fmt: skip
        except UntrustedError as error:
            raise UnavailableError(str(error), sent=True) from None
        if response.attributes.get("InResponseTo") != number and "accepts-any-response" not in self.defects:
            message = "the answer is to another request"
            raise UnavailableError(message, sent=True)
        named = [node.value(f"{{{SAML}}}AttributeValue") for node in response.all(f"{{{SAML}}}Attribute") if node.attributes.get("Name") == "psEHealthID"]
        if named != [doctor.ehealthid] and "accepts-other-doctor" not in self.defects and "code-as-ehealthid" not in self.defects:
            message = "the assertion is another doctor's"
            raise UnavailableError(message, sent=True)
        conditions = response.all(f"{{{SAML}}}Conditions")[0]
        if ACS not in [node.text.strip() for node in conditions.all(f"{{{SAML}}}Audience")]:
            message = "the assertion is for another audience"
            raise UnavailableError(message, sent=True)
        starts, ends = (moment(conditions.attributes[name]) for name in ("NotBefore", "NotOnOrAfter"))
        if not starts - MINUTE <= self.now() < ends and "accepts-stale-assertion" not in self.defects:
            message = "the assertion is not valid now"
            raise UnavailableError(message, sent=True)
        return found, ends

    def token(self, doctor: Doctor) -> str:
        """The mySecu token for a doctor, asked for again only when it has expired."""
        d = self.defects
        owner = "" if "one-token-for-all" in d else doctor.code
        known = self.tokens.get(owner)
        if known and "expired-token" in d:
            return known[0]
        late = MINUTE if "token-kept-a-minute" in d else -MARGIN
        if known and known[1] + late > self.now() and "new-token-each-call" not in d:
            return known[0]
        assertion = self.assertion(doctor).decode()
        outline = Outline({"assertion": assertion}, self._token_request(doctor), ("body",),
                          sha1="sha1-signature" in d or "sha1-for-mysecu" in d)  # fmt: skip
        _, root = self.soap(f"{self.services['sts']}/token", f"{TRUST}/RST/Issue", outline)
        if known is None and "two-first-tokens" in d:
            _, root = self.soap(f"{self.services['sts']}/token", f"{TRUST}/RST/Issue", outline)
        found, life = root.all(f"{{{TRUST}}}RequestedSecurityToken"), root.all(f"{{{TRUST}}}Lifetime")
        if not found or not life:
            message = "the STS gave no token"
            raise UnavailableError(message, sent=True)
        starts, ends = (moment(life[0].value(f"{{{WSU}}}{name}")) for name in ("Created", "Expires"))
        if starts - MINUTE > self.now() and "early-token" not in d:
            message = "the token is not valid yet"
            raise UnavailableError(message, sent=True)
        if ends <= self.now() and "late-token" not in d:
            message = "the token is over"
            raise UnavailableError(message, sent=True)
        token = "".join(found[0].value(f"{{{WSSE}}}BinarySecurityToken").split())
        self.tokens[owner] = (token, ends)
        return token

    def _token_request(self, doctor: Doctor) -> str:
        d = self.defects
        kind = "urn:oasis:names:tc:SAML:2.0:assertion" if "wrong-token-type" in d else TOKEN_TYPE
        verb = "Validate" if "asks-to-validate" in d else "Issue"
        address = self.services["sts"] if "token-for-the-sts" in d else f"{self.services['mysecu']}/exchange"
        code = "90999999" if "wrong-provider-claim" in d else doctor.code
        return (
            f'<wst:RequestSecurityToken xmlns:wst="{TRUST}"><wst:TokenType>{kind}</wst:TokenType>'
            f"<wst:RequestType>{TRUST}/{verb}</wst:RequestType>"
            '<wsp:AppliesTo xmlns:wsp="http://schemas.xmlsoap.org/ws/2004/09/policy">'
            '<wsa:EndpointReference xmlns:wsa="http://www.w3.org/2005/08/addressing">'
            f"<wsa:Address>{address}</wsa:Address></wsa:EndpointReference></wsp:AppliesTo>"
            '<wst:Claims Dialect="http://docs.oasis-open.org/wsfed/authorization/200706/authclaims">'
            '<auth:ClaimType xmlns:auth="http://docs.oasis-open.org/wsfed/authorization/200706" '
            f'Uri="urn:equalis:modelled:claim:provider-code"><auth:Value>{code}</auth:Value>'
            "</auth:ClaimType></wst:Claims></wst:RequestSecurityToken>"
        )

    def bearer(self, doctor: Doctor) -> str:
        """The bearer token of eAdministrative, asked for again only when it has expired."""
        owner = "" if "one-bearer-for-all" in self.defects else doctor.ehealthid
        known = self.bearers.get(owner)
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
        self.bearers[owner] = (document["access_token"], ends)
        return str(document["access_token"])


def moment(text: str) -> datetime:
    """An instant of the wires."""
    return datetime.fromisoformat(text.strip())
