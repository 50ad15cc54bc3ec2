"""SERVID: patient identities by FHIR R4, `$match` by traits and search by matricule (idv.md §3).

Sources: IHE PDQm ITI-119 and ITI-78, FHIR R4 Patient/$match (standard); the server's own use of
`$match` and the two headers are published, scores and their thresholds modelled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn

from equalis.model.values import Record, as_text
from equalis.services import answering, security, worlds
from equalis.services.port import Call, RefusalError, Reply, Simulator
from equalis.services.servid.matching import Candidate, candidates
from equalis.wire import fhir, matricule
from equalis.wire.unreadable import UnreadableError

SYSTEM = "urn:oid:1.3.182.4.4"
AUDIENCE = "servid"
DEFAULT_COUNT, MOST = 10, 50
UNAUTHORIZED = 401
LARGEST = 1 << 20
"""The bytes that a request may have."""
TRAITS = {"last_name": "patient.last-name", "birth_date": "patient.birth-date", "sex": "patient.sex",
          "birth_place": "patient.birth-place", "country": "patient.country", "matricule": "patient.matricule"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class State:
    """Everybody whom the service knows, and what the world says of it."""

    world: Record
    population: tuple[Record, ...]


def start(world: Record) -> State:
    """Know the population and the test persons of the case."""
    fhir.ready("Parameters", "Patient")
    return State(world, (*worlds.records(world, "population"), *(
        {"id": f"T{number:04}", "country": "LU", **person} for number, person in enumerate(worlds.records(world, "patients"), 1)
        if "birth_date" in person and not person.get("unknown_to_servid") and not any(known.get("matricule") == person.get("matricule") for known in worlds.records(world, "population"))
    )))  # fmt: skip


def answer(state: State, call: Call) -> Reply:
    """Authenticate, then match or look up; every refusal is an OperationOutcome."""
    name = call.operation.name if call.operation else ""
    try:
        security.bearer(call, AUDIENCE)
        if len(call.message.body) > LARGEST:
            _stop("too-costly", f"a request has at most {LARGEST} bytes", 413)
        if name not in ANSWERS:
            _stop("not-found", "no such resource", 404)
        _headers(call)
        if refused := as_text(call.script.get("refuse")):
            status = int(as_text(call.script.get("status") or 403))
            raise RefusalError(refused, as_text(call.script.get("text")) or refused, status)
        return ANSWERS[name](state, call)
    except RefusalError as refusal:
        code = "login" if refusal.status == UNAUTHORIZED else "security" if ":" in refusal.code else refusal.code
        return outcome(state, call, refusal.status, code, refusal.text)


def refuse(state: State, call: Call, text: str) -> Reply:
    """An OperationOutcome with 400 (or what the script orders)."""
    return outcome(state, call, int(as_text(call.script.get("status") or 400)), "invalid", text)


def outcome(state: State, call: Call, status: int, code: str, text: str) -> Reply:
    """A refusal in the form of the binding: an OperationOutcome (FHIR R4 §2.28) of one issue."""
    return answering.refused(state, call, status, {"issue": code, "text": text})


def _stop(code: str, text: str, status: int) -> NoReturn:
    """Refuse, with a code of the issue-type code system (FHIR R4)."""
    raise RefusalError(code, text, status) from None


def _headers(call: Call) -> None:
    """The two headers that every call carries: its id and its user."""
    for field in ("request-id", "user"):
        if not call.text(field):
            _stop("required", f"the header of {field} is missing", 400)


def _match(state: State, call: Call) -> Reply:
    try:
        wrong = fhir.problems(call.request.content, "Parameters")
    except UnreadableError as error:
        _stop("structure", str(error), 400)
    if wrong:
        _stop("structure", wrong[0], 400)
    traits: dict[str, Any] = {name: call.value(field) for name, field in TRAITS.items()}
    traits["first_names"] = " ".join(as_text(name) for name in call.values("patient.first-names"))
    if not traits["last_name"] or not (traits["birth_date"] or traits["matricule"]):
        _stop("required", "name.family, and birthDate or the national identifier, are needed", 400)
    _number(state, as_text(traits["matricule"]))
    found = _ordered(state, call) or candidates(traits, list(state.population))
    if call.value("only-certain") is True:
        found = [item for item in found if item.grade == "certain"]
    count = call.value("count")
    return _bundle(state, call, found[: min(count if isinstance(count, int) else DEFAULT_COUNT, MOST)])


def _ordered(state: State, call: Call) -> list[Candidate]:
    """The records that the script answers, whatever was asked."""
    wanted = call.script.get("persons", ())
    known = {as_text(person["id"]): person for person in state.population} | {
        as_text(person.get("matricule")): person for person in state.population}  # fmt: skip
    ids = [as_text(item) for item in wanted] if isinstance(wanted, tuple) else []
    score = Decimal(as_text(call.script.get("score", "0.99")))
    return [Candidate(known[name], score) for name in ids if name in known]


def _number(state: State, number: str) -> None:
    if number and (wrong := matricule.problem(number, check_digits=state.world.get("check-digits") is True)):
        _stop("value", wrong, 400)


def _lookup(state: State, call: Call) -> Reply:
    system, found, number = call.text("identifier").partition("|")
    if not found:
        _stop("required", "identifier is system|value", 400)
    if system != SYSTEM:
        _stop("not-found", f"the identifier domain {system} is not known here", 404)
    _number(state, number)
    ordered = _ordered(state, call)
    shown = state.world.get("deprecated") == "shown"
    people = [item.person for item in ordered] or [
        person for person in state.population
        if as_text(person.get("matricule")) == number and (shown or person.get("active", True) is True)
    ]  # fmt: skip
    return _bundle(state, call, [Candidate(person, Decimal(1)) for person in people])


def _bundle(state: State, call: Call, found: list[Candidate]) -> Reply:
    return answering.served(state, call, 200, {"total": len(found), "records": tuple(_fields(item) for item in found)})


def _fields(found: Candidate) -> Record:
    """A record as the templates write it; what is not known of somebody is empty."""
    person = found.person
    texts = ("id", "matricule", "last_name", "sex", "birth_date", "birth_place", "country", "deceased")
    other = as_text(person.get("replaced_by"))
    return {name: as_text(person.get(name)) for name in texts} | {
        "url": f"urn:uuid:{person['id']}", "active": person.get("active", True) is True,
        "first_names": tuple(as_text(person["first_names"]).split()), "replaced_by": f"Patient/{other}" if other else "",
        "score": found.score, "grade": found.grade,
    }  # fmt: skip


ANSWERS: Mapping[str, Callable[[State, Call], Reply]] = {"idv.match": _match, "idv.lookup": _lookup}

SIMULATOR = Simulator(start, answer, refuse)
