"""The mySecu STS: WS-Trust 1.3 Issue, for a professional or a platform (ra-pid.md §2.2).

The token that it gives is opaque to a caller; inside, it is a signed statement that mysecu verifies
with the STS's certificate, so that the two services share no state.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import timedelta

from lxml import etree

from equalis.model.embedded import IDENTIFIERS
from equalis.model.values import Record, Value, as_text
from equalis.services import answering, security, worlds
from equalis.services.port import Call, RefusalError, Reply, Simulator
from equalis.wire import jwt, soap, typed, wssecurity
from equalis.wire.saml import ASSERTION

TRUST = "http://docs.oasis-open.org/ws-sx/ws-trust/200512"
ISSUE = f"{TRUST}/Issue"
TOKEN_TYPE = "http://ws.mySecu.lu/trust/token/bst"  # noqa: S105 - the name of a type
BUSINESS_PATH = "/exchange"
LIFETIME_SECONDS = 1800
NONCE_BYTES = 16


@dataclass(frozen=True, slots=True)
class State:
    """Provider codes by eHealthID, platforms by name, and the nonces that were used."""

    codes: dict[str, str]
    platforms: dict[str, str]
    nonces: frozenset[str] = frozenset()


def start(world: Record) -> State:
    """Know the professionals and the platforms of the world."""
    codes = {as_text(item["ehealthid"]): as_text(item["code"]) for item in worlds.records(world, "professionals")}
    platforms = {as_text(item["name"]): as_text(item["secret"]) for item in worlds.records(world, "platforms")}
    return State(codes, platforms)


def answer(state: State, call: Call) -> Reply:
    """Issue a token, or say why not."""
    if call.operation is None:
        return answering.soap_fault(state, call, "unknown request", "wst:InvalidRequest", 404)
    try:
        root = soap.enveloped(call.request.xml)
        _request_profile(call)
        refused = as_text(call.script.get("refuse"))
        if refused:
            code = "wst:RequestFailed"
            raise RefusalError(code, refused)
        header = wssecurity.security(root)
        found = header.find(f"{{{ASSERTION}}}Assertion")
        if found is None:
            state, claims = _platform(state, call, root)
        else:
            claims = _professional(state, call, root, found)
    except RefusalError as refusal:
        return answering.soap_fault(state, call, refusal.text, refusal.code, refusal.status)
    return _issue(state, call, claims)


def refuse(state: State, call: Call, text: str) -> Reply:
    """A SOAP fault."""
    return answering.soap_fault(state, call, text)


def _request_profile(call: Call) -> None:
    """The RequestSecurityToken as WS-Trust 1.3 §4.1 and the profile ask it."""
    code = "wst:InvalidRequest"
    if call.text("request-type") != ISSUE:
        raise RefusalError(code, f"RequestType must be {ISSUE}")
    if call.text("token-type") != TOKEN_TYPE:
        raise RefusalError(code, f"TokenType must be {TOKEN_TYPE}")
    if not call.text("applies-to").endswith(BUSINESS_PATH):
        raise RefusalError(code, "AppliesTo must be the business endpoint")


def _professional(state: State, call: Call, root: etree._Element, found: etree._Element) -> dict[str, str]:
    """A professional: the IdP's assertion, and the claim that names the provider code."""
    security.signed_parts(call, root, frozenset({"body"}))
    assertion = security.assertion(call, etree.tostring(found, with_tail=False), IDENTIFIERS["sts"])
    ehealthid = assertion.attributes.get("psEHealthID", "")
    code = call.text("provider-code")
    if not code or state.codes.get(ehealthid) != code:
        fault = "wst:FailedAuthentication"
        raise RefusalError(fault, f"the provider code {code!r} is not that of {ehealthid}")
    return {"sub": ehealthid, "code": code}


def _platform(state: State, call: Call, root: etree._Element) -> tuple[State, dict[str, str]]:
    """A platform: a UsernameToken (profile 1.0) signed together with the Body."""
    fault = "wst:FailedAuthentication"
    fields = wssecurity.username(root)
    if not fields:
        raise RefusalError(fault, "neither a SAML assertion nor a UsernameToken")
    security.signed_parts(call, root, frozenset({"body", "username-token"}))
    secret = state.platforms.get(fields.get("Username", ""))
    digest = hashlib.sha1((secret or "").encode(), usedforsecurity=False).digest()
    if secret is None or fields.get("Password", "") != base64.b64encode(digest).decode():
        raise RefusalError(fault, "unknown user or wrong password")
    nonce = fields.get("Nonce", "")
    try:
        long_enough = len(base64.b64decode(nonce, validate=True)) == NONCE_BYTES
    except ValueError:
        long_enough = False
    if not long_enough or nonce in state.nonces:
        raise RefusalError(fault, "the nonce has not 16 bytes, or was used before")
    created = typed.parse("instant", fields.get("Created", ""))
    if not fields.get("Created", "").endswith("Z") or abs(created - call.now) > security.SKEW:  # type: ignore[operator]
        raise RefusalError(fault, "Created is not a recent instant in Zulu time")
    return (
        State(state.codes, state.platforms, state.nonces | {nonce}),
        {"sub": fields["Username"], "code": ""},
    )


def _issue(state: State, call: Call, claims: dict[str, str]) -> Reply:
    seconds = typed.duration(call.script.get("lifetime", LIFETIME_SECONDS))
    starts = call.now + timedelta(seconds=typed.duration(call.script.get("starts", 0)))
    expires = starts + timedelta(seconds=seconds)
    statement = claims | {
        "jti": call.draw("token"), "aud": call.text("applies-to"),
        "nbf": int(starts.timestamp()), "exp": int(expires.timestamp()),
        "cert": hashlib.sha256(call.client_certificate).hexdigest(),
    }  # fmt: skip
    token = base64.b64encode(jwt.sign(statement, call.identity.key_pem).encode()).decode()
    fields: dict[str, Value] = {
        "token": token, "token_type": TOKEN_TYPE, "applies_to": call.text("applies-to"),
        "starts": starts, "expires": expires,
    }  # fmt: skip
    content = answering.render(call, "issue-response.xml.j2", fields)
    return answering.soap_reply(state, call, content)


SIMULATOR = Simulator(start, answer, refuse)
