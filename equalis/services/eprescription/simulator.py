"""ePrescription: signed prescriptions, their states, and what pharmacies dispense of them (eprescription.md §2).

Everything is read by business fields and written by the binding's templates, so an overlay may put any wire in
the place of FHIR. Transactions after IHE MPD (PHARM-5, 7 and 8), codes of refusal after MyHealth@EU (standard);
the REST form, the state machine and the other codes are modelled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from equalis.model.values import Record, Value, as_text
from equalis.services import answering, security, worlds
from equalis.services.eprescription import issuing
from equalis.services.eprescription.issuing import stop
from equalis.services.eprescription.prescription import Line, Prescription
from equalis.services.port import Call, Entry, RefusalError, Reply, Simulator
from equalis.wire import fhir, matricule, payloads, typed

AUDIENCE = "eprescription"
LARGEST = 1 << 18
"""The bytes that a request may have."""
ISSUES = {400: "invalid", 401: "login", 403: "forbidden", 404: "not-found", 409: "conflict", 410: "deleted", 413: "too-costly"}
"""The issue type (FHIR R4) of each status."""


@dataclass(frozen=True, slots=True)
class State:
    """The products, the professionals, whom nobody may look at, and every prescription by its identifier."""

    products: Mapping[str, Record]
    professionals: Mapping[str, Record]
    without_relation: frozenset[str]
    suspended: frozenset[str]
    prescriptions: Mapping[str, Prescription]


def start(world: Record) -> State:
    """Know the product list and the professionals of the world; nothing is prescribed yet."""
    fhir.ready("Bundle", "MedicationDispense", "Parameters")
    return State(
        {as_text(item["number"]): item for item in worlds.records(world, "products")},
        {as_text(item["ehealthid"]): item for item in worlds.records(world, "professionals")},
        frozenset(worlds.texts(world, "no-care-relation")), frozenset(worlds.texts(world, "suspended")), {},
    )  # fmt: skip


def answer(state: State, call: Call) -> Reply:
    """Authenticate, then serve; every refusal has a code of its own."""
    name = call.operation.name if call.operation else ""
    try:
        caller = security.word(security.bearer(call, AUDIENCE).get("eHealthID"))
        if len(call.message.body) > LARGEST:
            stop("too-costly", f"a request has at most {LARGEST} bytes", 413)
        if call.operation is None or name not in ANSWERS:
            stop("not-found", "no such resource", 404)
        for field in ("request-id", "user"):
            if not call.text(field):
                stop("content", f"the header of {field} is missing")
        if call.text("user") != caller:
            stop("4703", "the user that is named is not the token's", 403)
        if refused := as_text(call.script.get("refuse")):
            stop(refused, as_text(call.script.get("text")) or refused, int(as_text(call.script.get("status") or 403)))
        issuing.entries(call)
        if wrong := payloads.violations(call.binding, call.operation.request, call.request):
            stop("content", wrong[0])
        return ANSWERS[name](state, call, caller)
    except RefusalError as refusal:
        return _refused(state, call, refusal.status, "4703" if ":" in refusal.code else refusal.code, refusal.text)


def refuse(state: State, call: Call, text: str) -> Reply:
    """A refusal in the form of the binding, 400 unless the script orders another status."""
    return _refused(state, call, int(as_text(call.script.get("status") or 400)), "content", text)


def _refused(state: State, call: Call, status: int, code: str, text: str) -> Reply:
    return answering.refused(state, call, status, {"issue": ISSUES.get(status, "exception"), "code": code, "text": text})


def _submit(state: State, call: Call, caller: str) -> Reply:
    issuing.prescriber(call, state.professionals, state.suspended, caller)
    issuing.content(call)
    issuing.signature(call)
    issuing.dates(call)
    issuing.products(call, state.products)
    made = issuing.issued(call, caller)
    if wrong := matricule.problem(made.patient):
        stop("content", wrong)
    _related(state, made.patient)
    if made.id in state.prescriptions:
        stop("duplicate", "a prescription has this identifier already", 409)
    entry = Entry("prescription", {"prescription": made.id, "patient": made.patient, "prescriber": caller, "lines": len(made.lines)})
    return answering.served(_kept(state, made), call, 201, made.fields(typed.luxembourg_day(call.now)), entry)


def _kept(state: State, made: Prescription) -> State:
    return replace(state, prescriptions={**state.prescriptions, made.id: made})


def _related(state: State, patient: str) -> None:
    if patient in state.without_relation:
        stop("4701", "the patient has not consented to a relation of care", 403)


def _search(state: State, call: Call, caller: str) -> Reply:
    patient, number = call.text("patient").rpartition("|")[2], call.text("prescription")
    if caller not in state.professionals:
        stop("4703", "who calls may not read prescriptions", 403)
    if not patient and not number:
        stop("content", "a patient or a prescription is needed")
    _related(state, patient)
    today = typed.luxembourg_day(call.now)
    found = [item for item in state.prescriptions.values() if (not patient or item.patient == patient) and (not number or item.id == number)]
    lines: list[Value] = []
    for item in found:
        _related(state, item.patient)
        listed = item.fields(today)["lines"]
        lines += listed if isinstance(listed, tuple) else ()
    return answering.served(state, call, 200, {"total": len(lines), "lines": tuple(lines)})


def _of_line(state: State, name: str) -> tuple[Prescription, Line]:
    """The prescription of a line, and the line; refused when nobody knows it."""
    found = next(((item, line) for item in state.prescriptions.values() for line in item.lines if line.id == name), None)
    if found is None:
        stop("4105", "no prescription has this line", 404)
    return found


def _cancel(state: State, call: Call, caller: str) -> Reply:
    found, _ = _of_line(state, call.text("line"))
    if found.prescriber != caller:
        stop("4703", "only who prescribed may cancel", 403)
    reason = call.text("reason").strip()
    if not reason:
        stop("content", "a cancellation needs a reason")
    now = found.state(typed.luxembourg_day(call.now))
    if now == "cancelled":
        stop("cancelled", "the prescription is cancelled already", 410)
    if now != "issued":
        stop("4106" if "dispensed" in now else now, f"a prescription that is {now} is not cancelled", 409)
    ended = replace(found, cancelled=reason)
    entry = Entry("cancellation", {"prescription": found.id, "reason": reason})
    return answering.served(_kept(state, ended), call, 200, ended.fields(typed.luxembourg_day(call.now)), entry)


def _dispense(state: State, call: Call, caller: str) -> Reply:
    if state.professionals.get(caller, {}).get("role") != "pharmacist" or call.text("pharmacist") != caller:
        stop("4703", "only a pharmacist dispenses, in the own name", 403)
    found, line = _of_line(state, call.text("line"))
    quantity = call.value("quantity")
    if not isinstance(quantity, Decimal) or quantity <= 0 or quantity != quantity.to_integral_value():
        stop("quantity", "a quantity is a number of whole packs")
    if not call.text("recorded"):
        stop("content", "the moment of recording is missing")
    _dispensable(found, line, quantity, typed.luxembourg_day(call.now))
    if call.text("product") != line.product and not line.substitution:
        stop("substitution", "the prescriber refuses a substitution", 409)
    if call.text("product") != line.product and call.value("substituted") is not True:
        stop("substitution", "another product is a substitution, and not said to be one")
    given, wanted = (state.products.get(number) for number in (call.text("product"), line.product))
    if given is None:
        stop("unknown-product", "no product has this number")
    if wanted is None or given["name"] != wanted["name"]:
        stop("substitution", "a substitute has the same common name", 409)
    after = replace(found, lines=tuple(replace(item, dispensed=item.dispensed + quantity) if item.id == line.id else item for item in found.lines))
    entry = Entry("dispense", {"prescription": found.id, "line": line.id, "product": call.text("product"), "quantity": quantity})
    fields: Record = {"dispense": call.draw("dispense"), "product": call.text("product"), "quantity": quantity, "now": call.now,
              "reference": f"MedicationRequest/{line.id}"}  # fmt: skip
    return answering.served(_kept(state, after), call, 201, fields, entry)


def _dispensable(found: Prescription, line: Line, quantity: Decimal, today: date) -> None:
    """Not cancelled, not over, not too early, not more than is left."""
    if found.cancelled:
        stop("cancelled", "the prescription is cancelled", 410)
    if not line.remaining:
        stop("4106", "everything is dispensed already", 409)
    if today < line.start:
        stop("not-started", "the validity has not begun", 409)
    if today > line.end:
        stop("expired", "the validity is over", 409)
    if quantity > line.remaining:
        stop("over", f"{line.remaining} packs are left", 409)


def _status(state: State, call: Call, caller: str) -> Reply:
    found = state.prescriptions.get(call.text("prescription"))
    if found is None:
        stop("4105", "no prescription has this identifier", 404)
    if caller not in state.professionals:
        stop("4703", "who calls may not read prescriptions", 403)
    _related(state, found.patient)
    return answering.served(state, call, 200, found.fields(typed.luxembourg_day(call.now)))


ANSWERS: Mapping[str, Callable[[State, Call, str], Reply]] = {
    "rx.submit": _submit, "rx.search": _search, "rx.cancel": _cancel, "rx.dispense": _dispense, "rx.status": _status,
}  # fmt: skip

SIMULATOR = Simulator(start, answer, refuse)
