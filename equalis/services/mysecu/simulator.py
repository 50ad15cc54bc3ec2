"""The mySecu synchronous exchange: who may call, then RA or PID (ra-pid.md §2.3, §3, §4)."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from typing import Any

from lxml import etree

from equalis.model.values import Record
from equalis.services import answering, security
from equalis.services.mysecu import pid, ra
from equalis.services.mysecu.state import State
from equalis.services.port import Call, RefusalError, Reply, Simulator
from equalis.services.sts.simulator import TOKEN_TYPE
from equalis.wire import jwt, payloads, soap, strict_xml, wssecurity
from equalis.wire.unreadable import UnreadableError
from equalis.wire.xmldsig import BadSignatureError

ACTIONS = frozenset({'"exchange"', "exchange", '""', ""})
"""An empty action says that the address tells the intent (SOAP 1.1 §6.1.1); the agency's own client sends it."""
MODEL = re.compile(r"[\w-]{1,32}")

ANSWERS: dict[str, Callable[[State, Call, str], Reply]] = {
    "pid.simulate": pid.simulate,
    "pid.pay": pid.pay,
    "pid.contest": pid.contest,
    "ra.deposit": ra.deposit,
    "ra.reimburse": ra.reimburse,
    "ra.cancel": ra.cancel,
}


def start(world: Record) -> State:
    """An empty ledger in the given world."""
    return State(world)


def answer(state: State, call: Call) -> Reply:
    """Verify the caller's token, signature and content, then answer the operation."""
    if call.operation is None:
        return answering.soap_fault(state, call, "unknown business element", status=404)
    try:
        root = soap.enveloped(call.request.xml)
        _request_profile(call, root)
        security.signed_parts(call, root, frozenset({"body"}))
        code = _caller(call, wssecurity.opaque_token(root, TOKEN_TYPE))
        if found := payloads.violations(call.binding, call.operation.request, call.request):
            fault = "soap:Client"
            raise RefusalError(fault, f"invalid content: {found[0]}")
        return ANSWERS[call.operation.name](state, call, code)
    except (RefusalError, UnreadableError) as refusal:
        code = getattr(refusal, "code", "soap:Client")
        return answering.soap_fault(state, call, getattr(refusal, "text", str(refusal)), code,
                                    getattr(refusal, "status", 500))  # fmt: skip


def refuse(state: State, call: Call, text: str) -> Reply:
    """A SOAP fault, with the HTTP status that the script orders (500 by default)."""
    status = call.script.get("fault-status", 500)
    return answering.soap_fault(state, call, text, status=int(str(status)))


def _request_profile(call: Call, root: etree._Element) -> None:
    """The frame of a synchronous exchange: soapAction, modelUID, exactly one business element."""
    code = "soap:Client"
    actions = call.message.header("soapaction")
    if not actions or not ACTIONS.issuperset(actions):
        raise RefusalError(code, f"SOAPAction is {', '.join(actions) or 'missing'}, where \"exchange\" or \"\" is due")
    if MODEL.fullmatch(call.text("model")) is None:
        raise RefusalError(code, "modelUID has 1 to 32 letters, digits, _ or -")
    if len(strict_xml.children(soap.content(root))) != 1:
        raise RefusalError(code, "RequestInfo holds exactly one business element")


def _caller(call: Call, token: str) -> str:
    """The provider code in a token: given by the STS, to this client, and valid now."""
    fault = "wsse:InvalidSecurityToken"
    if not token:
        raise RefusalError(fault, "no mySecu token in the Security header")
    try:
        statement = base64.b64decode(token, validate=True).decode()
        claims: dict[str, Any] = dict(jwt.verify(statement, call.peers["sts"].public_pem))
    except (BadSignatureError, ValueError):  # not base64, not text
        raise RefusalError(fault, "this token was not issued by the STS") from None
    if not security.in_force(claims, call.now):
        raise RefusalError(fault, "the token is expired or not yet valid")
    address = call.text("address")
    if address not in security.words(claims.get("aud")):
        raise RefusalError(fault, f"the token is for {', '.join(security.words(claims.get('aud')))}, this is {address}")
    if claims.get("cert") != hashlib.sha256(call.client_certificate).hexdigest():
        raise RefusalError(fault, "the token was issued to another client")
    return "".join(security.words(claims.get("code")))


SIMULATOR = Simulator(start, answer, refuse)
