"""The eAdministrative REST API: who may call, and where each call goes (ra-pid.md §3)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from equalis.model.values import Record, as_text
from equalis.services import answering, security
from equalis.services.eadministrative import patient, practitioner
from equalis.services.eadministrative.state import State
from equalis.services.port import Call, RefusalError, Reply, Simulator

SSN, EHEALTHID = re.compile(r"[0-9]{13}"), re.compile(r"[0-9]{10}")
AUDIENCE = "eadministrative"
Route = Callable[[State, Call], Reply]

PRACTITIONER: Mapping[str, Route] = {
    "ra.deposit": practitioner.deposit,
    "ra.document": practitioner.document,
    "ra.cancel": practitioner.cancel,
    "ra.documents": practitioner.documents,
    "ra.consent": practitioner.consent,
    "ra.consent-state": practitioner.consent_state,
    "ra.members": practitioner.members,
    "ra.member": practitioner.member,
    "ra.member-add": practitioner.member_add,
    "ra.member-remove": practitioner.member_remove,
}
PATIENT: Mapping[str, Route] = {
    "patient.documents": patient.documents,
    "patient.cns-documents": patient.documents,
    "patient.document": patient.document,
    "patient.pdf": patient.pdf,
    "patient.reimburse": patient.reimburse,
    "patient.consent": patient.consent,
    "patient.consents": patient.consents,
    "patient.consent-state": practitioner.consent_state,
    "patient.consent-remove": patient.consent_remove,
    "patient.person": patient.person,
}


def start(world: Record) -> State:
    """No document yet; consents as the world says."""
    return State(world)


def answer(state: State, call: Call) -> Reply:
    """Authenticate, authorise by role, then answer the route."""
    name = call.operation.name if call.operation else ""
    try:
        claims = security.bearer(call, AUDIENCE)
        role, routes = ("PRACTITIONER", PRACTITIONER) if name in PRACTITIONER else ("PATIENT", PATIENT)
        if name not in routes:
            code = "NOT_FOUND"
            raise RefusalError(code, "no such resource", 404)
        if role not in security.words(claims.get("roles")):
            code = "FORBIDDEN"
            raise RefusalError(code, f"the role {role} is needed", 403)
        _own_resource(state, call, claims, role)
        if refused := as_text(call.script.get("refuse")):
            status = int(as_text(call.script.get("status") or 403))
            raise RefusalError(refused, as_text(call.script.get("text")) or refused, status)
        return routes[name](state, call)
    except RefusalError as refusal:
        return _error(state, call, refusal.status, refusal.code, refusal.text)


def refuse(state: State, call: Call, text: str) -> Reply:
    """An error body with 400 (or what the script orders)."""
    status = int(as_text(call.script.get("status") or 400))
    return _error(state, call, status, "BAD_REQUEST", text)


def _error(state: State, call: Call, status: int, code: str, text: str) -> Reply:
    return answering.refused(state, call, status, {"text": text, "code": code, "now": call.now})


def _own_resource(state: State, call: Call, claims: Mapping[str, Any], role: str) -> None:
    """A practitioner acts under the own eHealthID or that of a team, a patient on the own number."""
    _path_rules(call)
    asked = call.text("ehealthid") if role == "PRACTITIONER" else call.text("patient.matricule")
    own = security.word(claims.get("eHealthID" if role == "PRACTITIONER" else "ssn"))
    if asked and asked != own and (asked, own) not in state.members:
        code = "FORBIDDEN"
        raise RefusalError(code, "this resource is another person's", 403)


def _path_rules(call: Call) -> None:
    """The forms of what stands in a path: a number of 13 digits, an eHealthID of 10."""
    for name, form in (("patient.matricule", SSN), ("ehealthid", EHEALTHID)):
        value = call.text(name)
        if value and form.fullmatch(value) is None:
            code = "BAD_REQUEST"
            raise RefusalError(code, f"{value!r} is no {name}", 400)


SIMULATOR = Simulator(start, answer, refuse)
