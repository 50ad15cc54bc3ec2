"""Prescriptions on the wire: FHIR R4 after HL7 Europe MPD, signed over the very bytes that are sent."""

from __future__ import annotations

import json
import urllib.parse
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from equalis.demo import jws
from equalis.demo.connection import Link
from equalis.demo.fhir_calls import FhirCalls, Slips
from equalis.demo.prescription import Line, Prescription, local_day
from equalis.demo.signing import new_id, zulu
from equalis.demo.transport import Doctor, UnavailableError

MATRICULE, PRODUCT, GROUP = "urn:oid:1.3.182.4.4", "urn:equalis:modelled:product-number", "urn:equalis:modelled:prescription-number"
EHEALTHID = "urn:equalis:modelled:ehealthid"
OK, CREATED = 200, 201
SLIPS = Slips(
    anonymous="rx-anonymous", basic="rx-basic-scheme", no_number="rx-no-request-id", same_number="rx-same-request-id",
    no_user="rx-no-user", practice="rx-user-is-the-practice", plain_json="rx-plain-json",
)  # fmt: skip


class RefusedError(Exception):
    """The service refused: its code and its words."""

    def __init__(self, status: int, code: str, text: str) -> None:
        """Keep the parts."""
        super().__init__(text)
        self.status, self.code = status, code


@dataclass(frozen=True)
class Status:
    """What the service says of a prescription."""

    state: str
    dispensed: float
    remaining: float


class Mpd:
    """The practice's way to the prescription service; each call has its own request id and names its user."""

    def __init__(self, link: Link) -> None:
        """Keep the connection."""
        self._link, self._defects = link, link.defects
        self._calls = FhirCalls(link, "eprescription", SLIPS)

    def submit(self, made: Prescription) -> None:
        """Send a prescription, signed; raises UnavailableError or RefusedError."""
        signed_at = made.issued + timedelta(days=1) if "rx-signature-dated-tomorrow" in self._defects else made.issued
        content = json.dumps(self._document(made), ensure_ascii=False).encode()
        signature = jws.detached(content, self._link.identity, signed_at, self._defects)
        headers = {} if "rx-unsigned" in self._defects else {"X_JWS_Signature": signature}
        self._asked(made.doctor, "POST", "/Bundle", content, **headers)

    def cancel(self, doctor: Doctor, number: str, reason: str) -> None:
        """Cancel a prescription by its first line; raises UnavailableError or RefusedError."""
        body = {"resourceType": "Parameters", "parameter": [{"name": "reason", "valueString": reason}]}
        if "rx-cancel-as-plain-json" in self._defects:
            body = {"reason": reason}
        more = {"User_Agent": "cabinet\r\n fictif"} if "rx-folds-a-header" in self._defects else {}
        self._asked(doctor, "POST", f"/MedicationRequest/{number}-1/$cancel", json.dumps(body, ensure_ascii=False).encode(), **more)

    def status(self, doctor: Doctor, number: str) -> Status:
        """What became of a prescription; raises UnavailableError or RefusedError."""
        task = self._asked(doctor, "GET", f"/Task/{number}")
        try:
            amounts = {"dispensed": 0.0, "remaining": 0.0}
            for item in task["output"]:
                amounts[item["type"]["text"]] += float(item["valueQuantity"]["value"])
            return Status(task["businessStatus"]["coding"][0]["code"], **amounts)
        except (KeyError, TypeError, IndexError):
            message = "the answer cannot be read"
            raise UnavailableError(message, sent=True) from None

    def search(self, doctor: Doctor, matricule: str) -> list[str]:
        """The identifiers of a patient's prescriptions; raises UnavailableError or RefusedError."""
        found = self._asked(doctor, "GET", f"/MedicationRequest?{urllib.parse.urlencode({'patient.identifier': f'{MATRICULE}|{matricule}'})}")
        if "rx-lists-line-ids" in self._defects:
            return [entry["resource"]["id"] for entry in found.get("entry", [])]
        return list(dict.fromkeys(entry["resource"]["groupIdentifier"]["value"] for entry in found.get("entry", [])))

    def _asked(self, doctor: Doctor, method: str, path: str, body: bytes = b"", **more: str) -> Any:
        try:
            status, document = self._calls.ask(doctor, method, path, body, **more)
            if status not in {OK, CREATED}:
                issue = document["issue"][0]
                raise RefusedError(status, issue["details"]["coding"][0]["code"], issue.get("diagnostics", ""))
        except (ValueError, KeyError, TypeError, IndexError):
            message = "the answer cannot be read"
            raise UnavailableError(message, sent=True) from None
        return document

    def _document(self, made: Prescription) -> dict[str, Any]:
        """The Bundle: Composition, patient, prescriber, the weight where it counts, and a MedicationRequest for each line."""
        d = self._defects
        lines = made.lines[:1] if "rx-only-first-line" in d else made.lines
        patient, author = f"urn:uuid:{new_id()}", f"urn:uuid:{new_id()}"
        requests = [self._line(made, line, place) | {"subject": {"reference": patient}} for place, line in enumerate(lines, 1)]
        weight = made.weight if "rx-weight-left-out" not in d else None
        if weight is not None and "rx-weight-rounded" in d:
            weight = round(weight)
        observed = [{"resourceType": "Observation", "status": "final", "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
                     "valueQuantity": {"value": weight, "unit": "kg"}}] if weight is not None else []  # fmt: skip
        composition = {
            "resourceType": "Composition", "status": "final", "date": zulu(made.issued), "title": "Ordonnance",
            "type": {"coding": [{"system": "http://loinc.org", "code": "60593-1" if "rx-wrong-document-type" in d else "57833-6"}]},
            "subject": {"reference": patient}, "author": [{"reference": author}],
        }  # fmt: skip
        named = [(f"urn:uuid:{new_id()}", composition), (patient, self._patient(made)), (author, self._prescriber(made))]
        named += [(f"urn:uuid:{new_id()}", item) for item in (*observed, *requests)]
        bundle = {
            "resourceType": "Bundle", "type": "document", "timestamp": zulu(made.issued), "identifier": {"system": GROUP, "value": made.number},
            "entry": [{"fullUrl": url, "resource": item} for url, item in named],
        }  # fmt: skip
        return _ascii(bundle) if "rx-ascii-only" in d else bundle

    def _patient(self, made: Prescription) -> dict[str, Any]:
        d, person = self._defects, made.patient
        given = person["first_names"].split()
        system = "urn:oid:1.3.182.4" if "rx-wrong-identifier-system" in d else MATRICULE
        number = made.prescriber["matricule"] if "rx-matricule-of-the-prescriber" in d else person["matricule"]
        found: dict[str, Any] = {
            "resourceType": "Patient", "identifier": [{"system": system, "value": number}], "birthDate": person["birth_date"],
            "name": [{"family": person["last_name"], "given": given[:1] if "rx-first-given-name-only" in d else given}],
        }  # fmt: skip
        if "rx-swaps-names" in d:
            found["name"] = [{"family": person["first_names"], "given": [person["last_name"]]}]
        if "rx-birth-date-a-day-off" in d:
            found["birthDate"] = (date.fromisoformat(person["birth_date"]) - timedelta(days=1)).isoformat()
        if "rx-no-birth-date" in d:
            del found["birthDate"]
        return found

    def _prescriber(self, made: Prescription) -> dict[str, Any]:
        d, who = self._defects, made.prescriber
        found: dict[str, Any] = {
            "resourceType": "Practitioner", "identifier": [{"system": EHEALTHID, "value": made.doctor.ehealthid}],
            "name": [{"family": made.doctor.last_name, "given": [made.doctor.first_name]}],
            "qualification": [{"code": {"text": who["qualification"]}}], "telecom": [{"system": "phone", "value": who["contact"]}],
            "address": [{"text": who["address"]}],
        }  # fmt: skip
        for defect, name in (("rx-no-qualification", "qualification"), ("rx-no-contact", "telecom"), ("rx-no-address", "address")):
            if defect in d:
                del found[name]
        if "rx-swaps-prescriber-names" in d:
            found["name"] = [{"family": made.doctor.first_name, "given": [made.doctor.last_name]}]
        for defect, name, value in (("rx-general-qualification", "qualification", {"code": {"text": "Médecin"}}), ("rx-general-address", "address", {"text": "Luxembourg"}),
                                    ("rx-general-contact", "telecom", {"system": "phone", "value": "+352 20 00 00 00"})):  # fmt: skip
            if defect in d:
                found[name] = [value]
        if "rx-prescriber-without-first-name" in d:
            del found["name"][0]["given"]
        return found

    def _line(self, made: Prescription, line: Line, place: int) -> dict[str, Any]:
        d = self._defects
        number = f"{made.number}-{place}" if "rx-identifier-per-line" in d else made.number
        requester = {"identifier": {"system": EHEALTHID, "value": "cabinet" if "rx-requester-is-the-practice" in d else made.doctor.ehealthid}}
        authored = made.issued - timedelta(days=1) if "rx-dated-yesterday" in d else made.issued
        found: dict[str, Any] = {
            "resourceType": "MedicationRequest", "status": "draft" if "rx-sends-draft" in d else "active",
            "intent": "proposal" if "rx-sends-proposal" in d else "order", "groupIdentifier": {"system": GROUP, "value": number},
            "contained": [self._medication(line)], "medicationReference": {"reference": "#m"},
            "authoredOn": zulu(authored), "requester": requester, "dosageInstruction": [self._dosage(line)],
            "dispenseRequest": self._dispensing(made, line), "substitution": self._substitution(line),
        }  # fmt: skip
        if made.renews and "rx-renewal-without-reference" not in d:
            found["priorPrescription"] = {"identifier": {"system": GROUP, "value": made.renews}}
        if "rx-no-intent" in d:
            del found["intent"]
        return found

    def _medication(self, line: Line) -> dict[str, Any]:
        d, product = self._defects, line.product
        coding = {"system": PRODUCT, "code": product.name if "rx-name-for-number" in d else product.number}
        if (line.brand_reason and "rx-brand-left-out" not in d) or "rx-always-names-the-brand" in d:
            coding["display"] = product.brand.split()[0] if "rx-brand-cut" in d else product.brand
        strength = float(product.strength) * (10 if "rx-strength-times-ten" in d else 1)
        found = {
            "resourceType": "Medication", "id": "m", "code": {"coding": [coding], "text": product.brand if "rx-brand-for-common-name" in d else product.name},
            "form": {"text": product.form[:3] if "rx-form-abbreviated" in d else product.form},
            "ingredient": [{"itemCodeableConcept": {"text": product.name},
                            "strength": {"numerator": {"value": int(strength) if strength.is_integer() else strength, "unit": "g" if "rx-unit-in-grams" in d else product.unit},
                                         "denominator": {"value": 1}}}],
        }  # fmt: skip
        if "rx-no-form" in d:
            del found["form"]
        return found

    def _dosage(self, line: Line) -> dict[str, Any]:
        d = self._defects
        found: dict[str, Any] = {
            "text": "selon avis médical" if "rx-vague-posology" in d else line.posology,
            "timing": {"repeat": {"frequency": line.frequency + ("rx-frequency-off-by-one" in d), "period": 2 if "rx-intakes-every-second-day" in d else 1, "periodUnit": "wk" if "rx-intakes-per-week" in d else "d"}},
            "doseAndRate": [{"doseQuantity": {"value": line.dose + ("rx-dose-off-by-one" in d)}}],
        }  # fmt: skip
        if "rx-free-text-only" in d:
            found = {"text": found["text"]}
        return found

    def _dispensing(self, made: Prescription, line: Line) -> dict[str, Any]:
        d = self._defects
        start = local_day(made.issued) if "rx-ignores-deferred-start" in d else made.start
        end = made.end - timedelta(days=1) if "rx-validity-a-day-short" in d else made.end
        repeats: object = 0 if "rx-forgets-renewals" in d else line.repeats + ("rx-one-renewal-more" in d)
        return {
            "validityPeriod": {"start": start.isoformat(), "end": end.isoformat()},
            "numberOfRepeatsAllowed": str(repeats) if "rx-renewals-as-text" in d else repeats,
            "quantity": {"value": line.quantity + ("rx-one-pack-more" in d), "unit": "boîte"},
        }  # fmt: skip

    def _substitution(self, line: Line) -> dict[str, Any]:
        d = self._defects
        allowed = line.substitution and "rx-never-allows-substitution" not in d
        found: dict[str, Any] = {"allowedBoolean": allowed or "rx-always-allows-substitution" in d}
        reason = line.brand_reason or line.reason
        if reason and "rx-fixed-reason" in d:
            reason = "raison médicale"
        if reason and "rx-substitution-without-reason" not in d:
            found["reason"] = {"text": reason}
        return found


def _ascii(value: Any) -> Any:
    """A message whose texts lost what is not ASCII."""
    if isinstance(value, dict):
        return {key: _ascii(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_ascii(item) for item in value]
    return value.encode("ascii", "replace").decode() if isinstance(value, str) else value
