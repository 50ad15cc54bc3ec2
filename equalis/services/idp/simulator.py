"""The eSanté IdP: SAML 2.0 AuthnRequest over mutual TLS, and a token for the REST services.

Sources: ra-pid.md §2.1 (published); the exchange of an assertion for a bearer token is RFC 7522
(standard), its use here modelled.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from lxml import etree

from equalis.model.embedded import IDENTIFIERS
from equalis.model.values import Record, Value, as_text
from equalis.services import answering, security, worlds
from equalis.services.port import Call, RefusalError, Reply, Simulator
from equalis.wire import jwt, soap, strict_xml, typed, xmldsig_signing
from equalis.wire.saml import ASSERTION

BINDING = "urn:oasis:names:tc:SAML:2.0:bindings:SOAP"
X509 = "urn:oasis:names:tc:SAML:2.0:ac:classes:X509"
BEARER_GRANT = "urn:ietf:params:oauth:grant-type:saml2-bearer"
PATIENT_GRANT = "urn:equalis:modelled:grant:test-patient"
TOKEN_SECONDS = 1800
REST_SERVICES = ("eadministrative", "servid", "eprescription")
"""The services that take the bearer token (modelled: one for all)."""
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
ORDER = ("Issuer", "Extensions", "Subject", "RequestedAuthnContext")
EHEALTHID = re.compile(r"[0-9]{10}")


@dataclass(frozen=True, slots=True)
class State:
    """The professionals whom the IdP knows, by eHealthID, and the patients, by number."""

    professionals: dict[str, Record]
    patients: frozenset[str] = frozenset()


def start(world: Record) -> State:
    """Know the professionals of the world."""
    numbers = [as_text(item["matricule"]) for item in worlds.records(world, "patients") if "matricule" in item]
    return State({as_text(item["ehealthid"]): item for item in worlds.records(world, "professionals")}, frozenset(numbers))


def answer(state: State, call: Call) -> Reply:
    """Answer an AuthnRequest or a token request."""
    name = call.operation.name if call.operation else ""
    try:
        if name == "idp.authenticate":
            return _authenticate(state, call)
        if name == "idp.token":
            return _patient_token(state, call) if call.text("grant-type") == PATIENT_GRANT else _token(state, call)
    except RefusalError as refusal:
        if name == "idp.token":
            error = {"error": "invalid_grant", "error_description": refusal.text}
            return answering.json_reply(state, 400, error)
        return _fault(state, refusal.text, refusal.code, refusal.status)
    return _fault(state, "unknown request", status=404)


def refuse(state: State, call: Call, text: str) -> Reply:
    """A SOAP fault, or an OAuth error for the token endpoint."""
    if call.operation and call.operation.name == "idp.token":
        error = {"error": "invalid_request", "error_description": text}
        return answering.json_reply(state, 400, error)
    return _fault(state, text, status=int(as_text(call.script.get("fault-status", 500))))


def _fault(state: State, text: str, code: str = "soap:Client", status: int = 500) -> Reply:
    return answering.plain_soap(state, answering.fault_element(text, code), status)


def _authenticate(state: State, call: Call) -> Reply:
    root = soap.enveloped(call.request.xml)
    security.signed_parts(call, root, frozenset({"timestamp", "token", "body"}))
    security.fresh_timestamp(call, root)
    _request_profile(call)
    ehealthid = call.text("ehealthid")
    known = state.professionals.get(ehealthid)
    refused = as_text(call.script.get("refuse"))
    minutes = typed.duration(call.script.get("lifetime", 300))
    starts = call.now + timedelta(seconds=typed.duration(call.script.get("starts", 0)))
    fields: dict[str, Value] = {
        "response.id": f"_{call.draw('response')}",
        "assertion.id": f"_{call.draw('assertion')}",
        "request.id": as_text(call.script.get("in-response-to")) or call.text("id"),
        "recipient": call.text("issuer"),
        "now": call.now,
        "starts": starts,
        "expires": starts + timedelta(seconds=minutes),
        "issuer": IDENTIFIERS["idp"],
        "audiences": tuple(dict.fromkeys((call.text("issuer"), IDENTIFIERS["sts"]))),
        "ehealthid": as_text(call.script.get("assertion.ehealthid")) or ehealthid,
        "matricule": as_text(known.get("matricule")) if known else "",
        "refused": refused or ("" if known else "unknown eHealthID"),
    }
    content = answering.render(call, "authn-response.xml.j2", fields)
    response = strict_xml.parse(content)
    for assertion in response.findall(f"{{{ASSERTION}}}Assertion"):
        _sign(call, response, assertion)
    return answering.plain_soap(state, etree.tostring(response))


def _sign(call: Call, response: etree._Element, assertion: etree._Element) -> None:
    """Sign the assertion; the script may order ``signature: missing | broken | other-element | stranger``."""
    order, identity = call.script.get("signature"), answering.signer(call)
    if order == "missing":
        return
    decoy = ""
    if order == "other-element":
        decoy = f"_{call.draw('decoy')}"
        etree.SubElement(response, f"{{{ASSERTION}}}Advice", ID=decoy)
    xmldsig_signing.sign_enveloped(assertion, identity.key_pem, identity.certificate, decoy)
    if order == "broken":
        answering.broken(assertion)


def _request_profile(call: Call) -> None:
    """The AuthnRequest as the IdP's profile asks it (ra-pid.md §2.1)."""
    wanted = {
        "version": "2.0",
        "protocol-binding": BINDING,
        "comparison": "minimum",
        "authn-context": X509,
        "acs": call.text("issuer"),
        "destination": call.text("address"),
        "confirmation": BEARER,
    }
    for name, value in wanted.items():
        if call.text(name) != value:
            code, text = "soap:Client", f"AuthnRequest: {name} is {call.text(name)!r}, not {value!r}"
            raise RefusalError(code, text)
    code = "soap:Client"
    if not call.text("id"):
        raise RefusalError(code, "AuthnRequest: no ID")
    if EHEALTHID.fullmatch(call.text("ehealthid")) is None:
        raise RefusalError(code, "AuthnRequest: psEHealthID has 10 digits")
    instant = call.value("instant")
    if not isinstance(instant, datetime) or abs(instant - call.now) > security.SKEW:
        raise RefusalError(code, "AuthnRequest: IssueInstant is not now")
    if tuple(map(as_text, call.values("order"))) != ORDER:
        raise RefusalError(code, f"AuthnRequest: its children are not {', '.join(ORDER)}, in this order")


def _token(state: State, call: Call) -> Reply:
    """Exchange an assertion for a bearer token (RFC 7522 §2.1)."""
    security.client(call)
    if call.text("grant-type") != BEARER_GRANT:
        error = {"error": "unsupported_grant_type", "error_description": f"use {BEARER_GRANT}"}
        return answering.json_reply(state, 400, error)
    encoded = call.text("assertion")
    try:
        content = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except (ValueError, binascii.Error):
        code = "invalid_grant"
        raise RefusalError(code, "the assertion is not base64url") from None
    found = security.assertion(call, content, IDENTIFIERS["sts"])
    ehealthid = found.attributes.get("psEHealthID", "")
    return _bearer(state, call, {"sub": ehealthid, "eHealthID": ehealthid, "roles": ["PRACTITIONER"]})


def _patient_token(state: State, call: Call) -> Reply:
    """A test patient's token (modelled): how patients log in is not the solution's matter."""
    security.client(call)
    number = call.text("patient")
    if number not in state.patients:
        code = "invalid_grant"
        raise RefusalError(code, f"no test patient {number!r}")
    return _bearer(state, call, {"sub": number, "ssn": number, "roles": ["PATIENT"]})


def _bearer(state: State, call: Call, own: dict[str, object]) -> Reply:
    seconds = int(typed.duration(call.script.get("lifetime", TOKEN_SECONDS)))
    now = int(call.now.timestamp())
    claims = own | {
        "iss": IDENTIFIERS["idp"], "aud": list(REST_SERVICES), "iat": now, "nbf": now, "exp": now + seconds,
    }  # fmt: skip
    token = jwt.sign(claims, call.identity.key_pem)
    reply = {"access_token": token, "token_type": "Bearer", "expires_in": seconds}
    return answering.json_reply(state, 200, reply)


SIMULATOR = Simulator(start, answer, refuse)
