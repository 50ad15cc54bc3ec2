"""SERVID, seen by an independent FHIR client over real TLS; and what hostile input gets from it."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import OperationOutcome, ResourceNotFound

from equalis.cases.families import persons
from equalis.cases.loading import Loaded
from equalis.clock import Clock
from equalis.demo.connection import Link
from equalis.demo.defects import Switches
from equalis.demo.transport import Doctor
from equalis.gateway.environment import Environment
from equalis.gateway.pki import Pki
from equalis.gateway.watching import Watching
from equalis.model.case import Step
from equalis.model.source import Source
from equalis.services.servid.matching import candidates
from equalis.wire import fhir
from equalis.wire.matricule import problem
from tests.pace import PATIENCE

DOCTOR = Doctor("1000000017", "90123456", "Exemple", "Marie")
SYSTEM = "urn:oid:1.3.182.4.4"
BIRTH_PLACE = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace"
ANNA = {"last_name": "Weber", "first_names": "Anna", "birth_date": "1985-03-14", "sex": "female", "birth_place": "Luxembourg", "country": "LU"}


@dataclass
class Place:
    """An open environment, a way in with a token, and what was said of each exchange."""

    environment: Environment
    link: Link
    said: list[str]
    keys: Pki

    @property
    def headers(self) -> dict[str, str]:
        return {"X-Request-Id": "r1", "X-User-Id": DOCTOR.ehealthid}

    def client(self) -> SyncFHIRClient:
        certificate, key = self.keys.files("solution")
        return SyncFHIRClient(
            self.environment.addresses["servid"], authorization=f"Bearer {self.link.bearer(DOCTOR)}", extra_headers=self.headers,
            requests_config={"verify": str(self.keys.authority_file), "cert": (str(certificate), str(key))},
        )  # fmt: skip

    def send(self, body: bytes, path: str = "/Patient/$match", method: str = "POST", **headers: str) -> tuple[int, Any]:
        found = {"Authorization": f"Bearer {self.link.bearer(DOCTOR)}", **self.headers, "Content-Type": "application/fhir+json"} | headers
        named = {name.replace("-", "_"): value for name, value in found.items() if value}
        status, _, answer = self.link.send(method, self.environment.addresses["servid"] + path, body, **named)
        return status, json.loads(answer)


@pytest.fixture(scope="module")
def opened(loaded: Loaded, keys: Pki) -> Iterator[Place]:
    """One environment for the module."""
    environment = Environment(loaded.bindings, keys, b"c" * 32, Clock().now, PATIENCE)
    link = Link(environment.addresses, environment.credentials, PATIENCE, Switches())
    yield Place(environment, link, [], keys)
    environment.close()


@pytest.fixture
def place(opened: Place, loaded: Loaded) -> Place:
    """The environment, started anew."""
    people = {**loaded.pack.families["ra-pid"].people, **loaded.pack.families["idv"].people}
    worlds = {name: {**loaded.defaults.get(name, {}), **persons(people)} for name in loaded.bindings.services}
    opened.said.clear()
    opened.environment.begin_case(Watching(loaded.bindings, opened.said.append), worlds)
    opened.environment.begin_step(Step("s", "", Source("")))
    return opened


def parameters(traits: dict[str, str], count: int | None = None, certain: bool | None = None) -> dict[str, Any]:
    place = {key: traits[name] for key, name in (("city", "birth_place"), ("country", "country")) if name in traits}
    patient: dict[str, Any] = {"resourceType": "Patient", "name": [{"family": traits["last_name"], "given": traits["first_names"].split()}]}
    for key, name in (("birthDate", "birth_date"), ("gender", "sex")):
        if name in traits:
            patient[key] = traits[name]
    if place:
        patient["extension"] = [{"url": BIRTH_PLACE, "valueAddress": place}]
    listed: list[dict[str, Any]] = [{"name": "resource", "resource": patient}]
    listed += [{"name": "onlyCertainMatches", "valueBoolean": certain}] if certain is not None else []
    listed += [{"name": "count", "valueInteger": count}] if count is not None else []
    return {"resourceType": "Parameters", "parameter": listed}


def test_any_fhir_client_can_match_and_search(place: Place) -> None:
    """Fhirpy gets a searchset with a score from $match, and one Patient from a search by identifier."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        client = place.client()
        bundle = client.execute("Patient/$match", method="post", data=parameters(ANNA))
        found = client.resources("Patient").search(identifier=f"{SYSTEM}|1985031421294").fetch()
        none = client.resources("Patient").search(identifier=f"{SYSTEM}|1990043007780").fetch()
        with pytest.raises(ResourceNotFound):
            client.resources("Patient").search(identifier="urn:oid:9.9|1").fetch()
        with pytest.raises(OperationOutcome):
            client.execute("Patient/$match", method="post", data={"resourceType": "Patient"})
    assert bundle["type"] == "searchset"
    assert [(entry["resource"]["id"], entry["search"]["score"]) for entry in bundle["entry"]] == [("P0001", 1.0)]
    assert [patient["name"][0]["family"] for patient in found] == ["Weber"]
    assert none == []


def test_the_official_name_is_searched_wherever_it_stands(place: Place) -> None:
    """`use` tells which name is meant; the order of names means nothing (FHIR R4, HumanName). A media type has no case."""
    document = parameters(ANNA)
    names = document["parameter"][0]["resource"]["name"]
    names[:0] = [{"use": "old", "family": "Autrefois", "given": ["Ann"]}, {"use": "nickname", "given": ["Nanni"]}]
    for spoken in (names, [{key: value for key, value in name.items() if key != "use" or value != "official"} for name in names]):
        document["parameter"][0]["resource"]["name"] = spoken
        status, found = place.send(json.dumps(document).encode(), **{"Content-Type": "Application/FHIR+JSON; charset=utf-8"})
        assert (status, [entry["resource"]["id"] for entry in found["entry"]]) == (200, ["P0001"])


def test_what_it_answers_is_valid_fhir_itself(place: Place) -> None:
    """Bundle and OperationOutcome hold against the same models that judge the product."""
    for body in (parameters(ANNA), parameters({"last_name": "Nobody", "first_names": "No", "birth_date": "2001-01-01"}), {"resourceType": "Patient"}):
        _, document = place.send(json.dumps(body).encode())
        assert fhir.problems(json.dumps(document).encode(), document["resourceType"]) == []


def test_homonyms_are_graded_probable_and_only_certain_ones_can_be_asked_for(place: Place) -> None:
    """Three women of one name and birth date: none is certain, unless the birth place tells them apart."""
    alike = {"last_name": "Muller", "first_names": "Marie", "birth_date": "1970-06-02", "sex": "female"}
    _, several = place.send(json.dumps(parameters(alike)).encode())
    assert [entry["search"]["score"] for entry in several["entry"]] == [0.9, 0.9, 0.9]
    assert {entry["search"]["extension"][0]["valueCode"] for entry in several["entry"]} == {"probable"}
    _, two = place.send(json.dumps(parameters(alike, count=2)).encode())
    assert two["total"] == 2
    _, certain = place.send(json.dumps(parameters(alike, certain=True)).encode())
    assert certain["total"] == 0
    _, one = place.send(json.dumps(parameters({**alike, "birth_place": "Wiltz", "country": "LU"}, certain=True)).encode())
    assert [entry["resource"]["id"] for entry in one["entry"]] == ["P0003"]


NESTED = b'{"resourceType": "Parameters", "parameter": ' + b"[" * 3000 + b"]" * 3000 + b"}"
MANY = json.dumps({"resourceType": "Bundle", "type": "batch", "entry": [{"resource": {"resourceType": "Patient"}}] * 10_000}).encode()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"<Parameters/>", 400, "structure"), (b"", 400, "structure"), (b'{"resourceType": "Patient"}', 400, "structure"),
        (b'{"resourceType": "Parameters", "resourceType": "Patient"}', 400, "structure"), (NESTED, 400, "structure"), (MANY, 400, "structure"),
        (b'{"resourceType": "Parameters", "parameter": NaN}', 400, "structure"),
        (json.dumps(parameters({**ANNA, "last_name": "x" * (5 << 20)})).encode(), 413, "too-costly"),
        (json.dumps(parameters({**ANNA, "sex": "F"})).encode(), 400, "structure"),
        (json.dumps(parameters({**ANNA, "birth_date": "14.03.1985"})).encode(), 400, "structure"),
        (json.dumps(parameters({"last_name": "Weber", "first_names": "Anna"})).encode(), 400, "required"),
    ],
    ids=["xml", "empty", "patient", "twice", "nested", "many", "nan", "long", "sex", "date", "little"],
)  # fmt: skip
def test_hostile_or_wrong_input_gets_an_operation_outcome_and_hurts_nothing(place: Place, body: bytes, status: int, code: str) -> None:
    """The right refusal in its own form, recorded; the next good question is answered."""
    got, document = place.send(body)
    assert (got, document["resourceType"], document["issue"][0]["code"]) == (status, "OperationOutcome", code)
    assert document["issue"][0]["diagnostics"]
    assert place.said
    assert place.send(json.dumps(parameters(ANNA)).encode())[0] == 200


@pytest.mark.parametrize(
    ("path", "headers", "status", "code"),
    [
        (f"/Patient?identifier={SYSTEM}%7C1990010112384", {}, 400, "value"), ("/Patient?identifier=1985031421294", {}, 400, "required"),
        (f"/Patient?identifier={SYSTEM}%7C1985031421294", {"Authorization": ""}, 401, "login"),
        (f"/Patient?identifier={SYSTEM}%7C1985031421294", {"Authorization": "Bearer x.y.z"}, 401, "login"),
        (f"/Patient?identifier={SYSTEM}%7C1985031421294", {"X-Request-Id": ""}, 400, "required"), ("/Patient/P0001", {}, 404, "not-found"),
    ],
)  # fmt: skip
def test_a_search_is_refused_for_its_number_its_token_and_its_headers(
    place: Place, path: str, headers: dict[str, str], status: int, code: str
) -> None:
    """Wrong check digits, no system, no or a forged token, no request id, another resource."""
    got, document = place.send(b"", path, "GET", **headers)
    assert (got, document["issue"][0]["code"]) == (status, code)


def test_a_merged_record_is_not_active_and_a_dead_person_is_said_to_be_so(place: Place) -> None:
    """active=false with its replacement; deceasedDateTime."""
    _, merged = place.send(b"", f"/Patient?identifier={SYSTEM}%7C1962061855512", "GET")
    record = merged["entry"][0]["resource"]
    assert (record["active"], record["link"][0]["other"]["reference"]) == (False, "Patient/P0017")
    _, dead = place.send(b"", f"/Patient?identifier={SYSTEM}%7C1937030377995", "GET")
    assert dead["entry"][0]["resource"]["deceasedDateTime"] == "2025-11-02"


def test_the_population_is_made_up_and_holds_the_hard_ones(loaded: Loaded) -> None:
    """At least 300 people; every number is valid; unknown birth days, old numbers, none at all, merged, dead."""
    found = loaded.defaults["servid"]["population"]
    assert isinstance(found, tuple)
    people = [person for person in found if isinstance(person, dict)]
    assert len(people) == len(found) >= 300
    numbers = [str(person["matricule"]) for person in people if "matricule" in person]
    assert [number for number in numbers if problem(number)] == []
    assert len(set(numbers)) == len(numbers)
    assert {len(str(person["birth_date"])) for person in people} == {4, 7, 10}
    assert {len(number) for number in numbers} == {11, 13}
    assert any("matricule" not in person for person in people)
    assert any(person.get("active") is False for person in people)
    assert any("deceased" in person for person in people)


@pytest.mark.parametrize(
    ("last", "first", "best"),
    [
        ("STRAUSS", "Marie Claire", "P0012"), ("Goncalves", "Joao Antonio", "P0013"), ("dangelo", "GIULIO", "P0009"),
        ("O Brien", "Zoe", "P0010"), ("Schmit Putz", "Georges", "P0008"), ("Ferreira Da Silva", "Beatriz", ""),
    ],
)  # fmt: skip
def test_names_are_found_however_they_are_written_but_not_in_another_order(loaded: Loaded, last: str, first: str, best: str) -> None:
    """Accents, case, hyphens, apostrophes and ß do not count; swapped family names do."""
    population = [person for person in loaded.defaults["servid"]["population"] if isinstance(person, dict)]  # type: ignore[union-attr]
    known = next((person for person in population if person["id"] == best), {})
    traits = {"last_name": last, "first_names": first, "birth_date": str(known.get("birth_date", "1991-11-05"))}
    found = candidates(traits, population)  # type: ignore[arg-type]
    assert (found[0].person["id"] if found and found[0].grade == "certain" else "") == best
