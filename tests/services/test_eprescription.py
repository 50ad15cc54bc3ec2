"""The prescription service, seen by an independent FHIR client over real TLS; and what hostile input gets from it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import BaseFHIRError, OperationOutcome, ResourceNotFound

from equalis.cases.families import persons
from equalis.cases.loading import Loaded
from equalis.clock import Clock
from equalis.demo.connection import Link
from equalis.demo.defects import Switches
from equalis.demo.jws import detached
from equalis.demo.mpd import Mpd
from equalis.demo.prescription import Line, Prescription, local_day
from equalis.demo.signing import Identity
from equalis.demo.transport import Doctor
from equalis.gateway.environment import Environment
from equalis.gateway.pki import Pki
from equalis.gateway.watching import Watching
from equalis.model.case import Step
from equalis.model.source import Source
from equalis.wire import fhir
from tests.pace import PATIENCE

DOCTOR, PHARMACY = Doctor("1000000017", "90123456", "Exemple", "Marie"), Doctor("1000000058", "90567890", "Officine", "Jeanne")
PRODUCT = {"number": "9900001", "name": "amoxicilline", "brand": "Amoxilux 500 mg", "form": "gélule", "strength": "500", "unit": "mg"}
RECORDED = "http://hl7.org/fhir/5.0/StructureDefinition/extension-MedicationDispense.recorded"
NONE = Switches()


@dataclass
class Place:
    """An open environment, a way in, and what was said of each exchange."""

    environment: Environment
    link: Link
    keys: Pki
    loaded: Loaded
    said: list[str] = field(default_factory=list)

    def prescription(self, **more: Any) -> tuple[Prescription, dict[str, Any]]:
        """A prescription as the demo makes it, and its Bundle."""
        people = self.loaded.pack.families["eprescription"].people
        line = Line.read({"product": PRODUCT, "quantity": 2, "posology": "1 gélule trois fois par jour", "dose": 1, "frequency": 3} | more)
        now = datetime.now(UTC)
        today = local_day(now)
        made = Prescription(str(uuid.uuid4()), DOCTOR, dict(people["generaliste"]), dict(people["adulte"]), (line,), now, today, today + timedelta(days=90))  # type: ignore[arg-type]
        return made, Mpd(self.link)._document(made)

    def client(self, who: Doctor = DOCTOR, **headers: str) -> SyncFHIRClient:
        certificate, key = self.keys.files("solution")
        return SyncFHIRClient(
            self.environment.addresses["eprescription"], authorization=f"Bearer {self.link.bearer(who)}",
            extra_headers={"X-Request-Id": str(uuid.uuid4()), "X-User-Id": who.ehealthid, **headers},
            requests_config={"verify": str(self.keys.authority_file), "cert": (str(certificate), str(key))},
        )  # fmt: skip

    def signed(self, document: dict[str, Any]) -> str:
        """The signature over the bytes that the client will write."""
        return detached(json.dumps(document, allow_nan=False).encode(), self.link.identity, datetime.now(UTC), NONE)

    def submitted(self, **more: Any) -> str:
        """The identifier of a prescription that an independent client submitted."""
        made, document = self.prescription(**more)
        self.client(DOCTOR, **{"X-JWS-Signature": self.signed(document)}).execute("Bundle", method="post", data=document)
        return made.number

    def send(self, body: bytes, path: str = "/Bundle", method: str = "POST", headers: dict[str, str] | None = None, *, signed: bool = True) -> tuple[int, Any]:
        found = {"Authorization": f"Bearer {self.link.bearer(DOCTOR)}", "X-Request-Id": "r1", "X-User-Id": DOCTOR.ehealthid, "Content-Type": "application/fhir+json"}
        if signed:
            found["X-JWS-Signature"] = detached(body, self.link.identity, datetime.now(UTC), NONE)
        named = {name.replace("-", "_"): value for name, value in (found | (headers or {})).items() if value}
        status, _, answer = self.link.send(method, self.environment.addresses["eprescription"] + path, body, **named)
        return status, json.loads(answer)


@pytest.fixture(scope="module")
def opened(loaded: Loaded, keys: Pki) -> Iterator[Place]:
    """One environment for the module."""
    environment = Environment(loaded.bindings, keys, b"c" * 32, Clock().now, PATIENCE)
    yield Place(environment, Link(environment.addresses, environment.credentials, PATIENCE, NONE), keys, loaded)
    environment.close()


@pytest.fixture
def place(opened: Place) -> Iterator[Place]:
    """The environment, started anew."""
    people = persons(opened.loaded.pack.families["eprescription"].people)
    worlds = {name: {**opened.loaded.defaults.get(name, {}), **people} for name in opened.loaded.bindings.services}
    opened.said.clear()
    opened.environment.begin_case(Watching(opened.loaded.bindings, opened.said.append), worlds)
    opened.environment.begin_step(Step("s", "", Source("")))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield opened


def dispense(number: str, packs: int, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationDispense", "status": "completed", "extension": [{"url": RECORDED, "valueDateTime": datetime.now(UTC).isoformat()}],
        "medicationCodeableConcept": {"coding": [{"code": "9900001"}]}, "quantity": {"value": packs, "unit": "boîte"},
        "performer": [{"actor": {"identifier": {"value": PHARMACY.ehealthid}}}], "authorizingPrescription": [{"reference": f"MedicationRequest/{number}-1"}],
    } | more  # fmt: skip


def test_any_fhir_client_can_submit_search_dispense_and_read_the_state(place: Place) -> None:
    """Fhirpy submits a signed Bundle, finds its line, dispenses in two parts, and reads the Task after each."""
    number = place.submitted()
    client, pharmacy = place.client(), place.client(PHARMACY)
    assert client.reference("Task", number).to_resource()["businessStatus"]["coding"][0]["code"] == "issued"
    (found,) = pharmacy.resources("MedicationRequest").search(**{"patient.identifier": "1985031421294"}).fetch()
    assert (found.id, found["groupIdentifier"]["value"], found["dispenseRequest"]["quantity"]["value"]) == (f"{number}-1", number, 2)
    states = []
    for quantity in (1, 1):
        answer = pharmacy.execute("MedicationDispense", method="post", data=dispense(number, quantity))
        assert answer["resourceType"] == "MedicationDispense"
        states.append(client.reference("Task", number).to_resource()["businessStatus"]["coding"][0]["code"])
    assert states == ["partially-dispensed", "dispensed"]
    with pytest.raises(OperationOutcome, match="4106"):
        pharmacy.execute("MedicationDispense", method="post", data=dispense(number, 1))
    with pytest.raises(ResourceNotFound):
        client.reference("Task", "nobody").to_resource()
    assert client.resources("MedicationRequest").search(**{"patient.identifier": "1955032007746"}).fetch() == []


def test_a_cancellation_needs_a_reason_its_author_and_nothing_dispensed(place: Place) -> None:
    """400, 403, 200; then 410 for the second one; 409 after a dispense; 404 for a line that nobody knows."""
    number = place.submitted()
    path = f"/MedicationRequest/{number}-1/$cancel"

    def cancel(path: str, reason: str, who: Doctor = DOCTOR) -> tuple[int, str]:
        body = json.dumps({"resourceType": "Parameters", "parameter": [{"name": "reason", "valueString": reason}]}).encode()
        status, answer = place.send(body, path, headers={"Authorization": f"Bearer {place.link.bearer(who)}", "X-User-Id": who.ehealthid}, signed=False)
        return status, answer["issue"][0]["details"]["coding"][0]["code"] if "issue" in answer else answer["businessStatus"]["coding"][0]["code"]

    assert cancel(path, " ") == (400, "content")
    assert cancel(path, "erreur", PHARMACY) == (403, "4703")
    assert cancel(path, "erreur") == (200, "cancelled")
    assert cancel(path, "erreur") == (410, "cancelled")
    with pytest.raises(ResourceNotFound, match="deleted"):
        place.client(PHARMACY).execute("MedicationDispense", method="post", data=dispense(number, 1))
    other = place.submitted()
    place.client(PHARMACY).execute("MedicationDispense", method="post", data=dispense(other, 1))
    assert cancel(f"/MedicationRequest/{other}-1/$cancel", "erreur") == (409, "4106")
    assert cancel("/MedicationRequest/nobody-1/$cancel", "erreur") == (404, "4105")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"quantity": {"value": 3}}, "over"), ({"quantity": {"value": 0}}, "quantity"), ({"quantity": {"value": 0.5}}, "quantity"),
        ({"extension": None}, "content"), ({"performer": [{"actor": {"identifier": {"value": DOCTOR.ehealthid}}}]}, "4703"),
        ({"medicationCodeableConcept": {"coding": [{"code": "9900002"}]}, "substitution": {"wasSubstituted": True}}, "substitution"),
    ],
)  # fmt: skip
def test_a_pharmacy_is_refused_for_what_it_may_not_dispense(place: Place, more: dict[str, Any], code: str) -> None:
    """Over the quantity, no whole packs, not recorded, in another's name, a substitution that is refused."""
    number = place.submitted(substitution=False, substitution_reason="allergie")
    body = {key: value for key, value in dispense(number, 1, **more).items() if value is not None}
    with pytest.raises(BaseFHIRError, match=code):
        place.client(PHARMACY).execute("MedicationDispense", method="post", data=body)
    assert place.client().reference("Task", number).to_resource()["businessStatus"]["coding"][0]["code"] == "issued"


def test_a_substitute_has_the_same_common_name_and_is_said_to_be_one(place: Place) -> None:
    """Another pack of amoxicilline, but not metformine, and not in silence."""
    number, pharmacy = place.submitted(), place.client(PHARMACY)
    other = {"medicationCodeableConcept": {"coding": [{"code": "9900002"}]}}
    for body in (dispense(number, 1, **other), dispense(number, 1, medicationCodeableConcept={"coding": [{"code": "9900022"}]}, substitution={"wasSubstituted": True})):
        with pytest.raises(BaseFHIRError, match="substitut"):
            pharmacy.execute("MedicationDispense", method="post", data=body)
    assert pharmacy.execute("MedicationDispense", method="post", data=dispense(number, 1, **other, substitution={"wasSubstituted": True}))["id"]


def test_what_it_answers_is_valid_fhir_itself(place: Place) -> None:
    """Bundles, MedicationDispense and OperationOutcome hold against the same models that judge the product."""
    _, document = place.prescription()
    answers = [place.send(json.dumps(document).encode()), place.send(b"{}"), place.send(b"", "/MedicationRequest?patient.identifier=1985031421294", "GET", signed=False)]
    number = document["identifier"]["value"]
    answers.append(place.send(json.dumps(dispense(number, 1)).encode(), "/MedicationDispense", headers={"Authorization": f"Bearer {place.link.bearer(PHARMACY)}", "X-User-Id": PHARMACY.ehealthid}, signed=False))
    assert [status for status, _ in answers] == [201, 400, 200, 201]
    for _, answer in answers:
        assert fhir.problems(json.dumps(answer).encode(), answer["resourceType"]) == []


def forged(place: Place, body: bytes, algorithm: str) -> str:
    """A signature with the algorithm none, or with HS256 keyed by the public key that the certificate shows."""
    head = {"alg": algorithm, "x5c": [place.link.identity.encoded], "sigT": datetime.now(UTC).isoformat()}
    first, content = (base64.urlsafe_b64encode(part).rstrip(b"=") for part in (json.dumps(head).encode(), body))
    value = b"" if algorithm == "none" else hmac.digest(place.keys.identities["solution"].public_pem, first + b"." + content, hashlib.sha256)
    return f"{first.decode()}..{base64.urlsafe_b64encode(value).rstrip(b'=').decode()}"


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS512", "PS384"])
def test_a_forged_or_unlisted_algorithm_is_refused(place: Place, algorithm: str) -> None:
    """Alg none and HS256 with the public key as secret never get through; nor does what is not listed."""
    body = json.dumps(place.prescription()[1]).encode()
    status, answer = place.send(body, headers={"X-JWS-Signature": forged(place, body, algorithm)})
    assert (status, answer["issue"][0]["details"]["coding"][0]["code"]) == (400, "signature")
    assert f"the algorithm {algorithm} is none of" in answer["issue"][0]["diagnostics"]
    assert place.send(body)[0] == 201


def changed(document: dict[str, Any], kind: str, **parts: Any) -> dict[str, Any]:
    """The Bundle with other parts in every resource of a kind; None leaves a part out."""
    entries = [
        {"resource": {key: value for key, value in (entry["resource"] | (parts if entry["resource"]["resourceType"] == kind else {})).items() if value is not None}}
        for entry in document["entry"]
    ]
    return document | {"entry": entries}


REQUEST, PATIENT = "MedicationRequest", "Patient"
TOMORROW = (datetime.now(UTC) + timedelta(days=1)).isoformat()


@pytest.mark.parametrize(
    ("kind", "parts", "code"),
    [
        (PATIENT, {"birthDate": None}, "content"), (PATIENT, {"identifier": [{"system": "urn:oid:9.9", "value": "1985031421294"}]}, "content"),
        (PATIENT, {"identifier": [{"system": "urn:oid:1.3.182.4.4", "value": "1985031421284"}]}, "content"),
        (PATIENT, {"name": [{"family": "x" * (5 << 20), "given": ["y"]}]}, "too-costly"), ("Practitioner", {"telecom": None}, "content"),
        (REQUEST, {"groupIdentifier": None}, "content"), (REQUEST, {"dosageInstruction": [{"text": "au besoin"}]}, "posology"),
        (REQUEST, {"dosageInstruction": None}, "posology"), (REQUEST, {"authoredOn": TOMORROW}, "signature-date"), (REQUEST, {"intent": "wish"}, "content"), (REQUEST, {"intent": "proposal"}, "content"), (REQUEST, {"status": "draft"}, "content"),
        (REQUEST, {"groupIdentifier": {"system": "urn:x", "value": "a/b"}}, "content"),
        (REQUEST, {"requester": {"identifier": {"value": "1000000025"}}}, "4703"), ("Composition", {"type": {"coding": [{"system": "http://loinc.org", "code": "60593-1"}]}}, "content"),
    ],
)  # fmt: skip
def test_a_prescription_is_refused_for_each_thing_that_it_lacks(place: Place, kind: str, parts: dict[str, Any], code: str) -> None:
    """The minimum content, the identifiers, the size, the dates, the codes, the requester: each has its code, and hurts nothing."""
    _, document = place.prescription()
    status, answer = place.send(json.dumps(changed(document, kind, **parts)).encode())
    assert (status, answer["issue"][0]["details"]["coding"][0]["code"]) == ({"4703": 403, "too-costly": 413}.get(code, 400), code)
    assert place.send(json.dumps(document).encode())[0] == 201


MANY = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": {"resourceType": "Patient"}}] * 10_000}).encode()
SMALL = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": {"resourceType": "A"}}] * 5_000}).encode()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"<Bundle/>", 400, "content"), (b"", 400, "content"), (b'{"resourceType": "Patient"}', 400, "content"),
        (b'{"resourceType": "Bundle", "resourceType": "Patient"}', 400, "content"), (MANY, 413, "too-costly"), (SMALL, 413, "too-costly"),
        (b'{"resourceType": "Bundle", "type": "document", "entry": [{"resource": {"resourceType": "Foo"}}]}', 400, "content"),
        (b'{"resourceType": "Bundle", "entry": ' + b"[" * 3000 + b"]" * 3000 + b"}", 400, "content"), (b"\xff\xfe", 400, "content"),
        (b'{"resourceType": "Bundle", "entry": 7}', 400, "content"), (b'{"resourceType": "Bundle", "entry": [null]}', 400, "content"),
    ],
    ids=["xml", "empty", "patient", "twice", "many", "small", "foreign", "nested", "bytes", "number", "null"],
)  # fmt: skip
def test_hostile_input_gets_a_refusal_in_the_services_form_and_hurts_nothing(place: Place, body: bytes, status: int, code: str) -> None:
    """An OperationOutcome with the right code, recorded; the next good prescription is taken."""
    got, document = place.send(body)
    assert (got, document["resourceType"], document["issue"][0]["details"]["coding"][0]["code"]) == (status, "OperationOutcome", code)
    assert document["issue"][0]["diagnostics"]
    assert place.said
    assert place.submitted()


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Authorization": ""}, 401, "UNAUTHORIZED"), ({"Authorization": "Bearer x.y.z"}, 401, "UNAUTHORIZED"), ({"X-Request-Id": ""}, 400, "content"),
        ({"X-User-Id": ""}, 400, "content"), ({"X-User-Id": "1000000025"}, 403, "4703"), ({"X-JWS-Signature": ""}, 400, "signature"), ({"X-JWS-Signature": "a.b"}, 400, "signature"),
        ({"X-JWS-Signature": "e30..e30"}, 400, "signature"),
    ],
)  # fmt: skip
def test_a_prescription_is_refused_for_its_token_its_headers_and_its_signature(place: Place, headers: dict[str, str], status: int, code: str) -> None:
    """No or a forged token, no request id, no user, no signature, or something that is none."""
    got, answer = place.send(json.dumps(place.prescription()[1]).encode(), headers=headers)
    assert (got, answer["issue"][0]["details"]["coding"][0]["code"]) == (status, code)


def test_a_signature_over_other_bytes_or_by_another_key_is_refused(place: Place) -> None:
    """The same document with other blanks, and a certificate that is not the caller's."""
    _, document = place.prescription()
    body = json.dumps(document).encode()
    assert place.send(body, headers={"X-JWS-Signature": place.signed(document)})[0] == 201
    _, document = place.prescription()
    indented = json.dumps(document, indent=1).encode()
    status, answer = place.send(indented, headers={"X-JWS-Signature": place.signed(document)})
    assert (status, "does not hold over the body" in answer["issue"][0]["diagnostics"]) == (400, True)
    certificate, key = place.keys.files("servid")
    other = Identity.load(certificate.read_text(), key.read_text(), place.keys.authority.decode())
    status, answer = place.send(indented, headers={"X-JWS-Signature": detached(indented, other, datetime.now(UTC), NONE)})
    assert (status, "another certificate" in answer["issue"][0]["diagnostics"]) == (400, True)


def test_the_product_list_is_made_up_and_holds_what_the_cases_need(loaded: Loaded) -> None:
    """At least 60 products, seven-digit numbers, several strengths, narcotics, discontinued ones, every class."""
    found = loaded.defaults["eprescription"]["products"]
    assert isinstance(found, tuple)
    products = [item for item in found if isinstance(item, dict)]
    assert len({item["number"] for item in products}) == len(found) >= 60
    assert all(len(str(item["number"])) == 7 and str(item["number"]).isdigit() for item in products)
    assert {item["reimbursed"] for item in products} == {0, 40, 80, 100}
    assert sum(item.get("narcotic") is True for item in products) >= 3
    assert sum(item.get("discontinued") is True for item in products) >= 2
    assert len({item["strength"] for item in products if item["name"] == "lévothyroxine"}) >= 3
