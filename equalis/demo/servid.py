"""Asking SERVID who a patient is: FHIR R4, `$match` by traits and search by matricule."""

from __future__ import annotations

import json
import urllib.parse
from dataclasses import dataclass, replace
from typing import Any

from equalis.demo.connection import Link
from equalis.demo.fhir_calls import FhirCalls, Slips
from equalis.demo.traits import Traits
from equalis.demo.transport import HTTP_OK, Doctor, UnavailableError

SYSTEM = "urn:oid:1.3.182.4.4"
BIRTH_PLACE = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace"
SLIPS = Slips(
    anonymous="anonymous-to-servid", basic="basic-to-servid", no_number="no-request-number", same_number="reused-request-number",
    no_user="no-user-named", practice="user-is-the-practice", plain_json="plain-json-to-servid",
)  # fmt: skip
MOST = 10
CERTAIN = 0.95


@dataclass(frozen=True)
class Found:
    """One record that SERVID answered."""

    id: str
    traits: Traits
    score: float
    active: bool
    deceased: bool

    @property
    def line(self) -> str:
        """The record as a choice on the screen."""
        return f"{self.traits.last_name} {self.traits.first_names} · {self.traits.birth_date} · {self.traits.birth_place} · {self.traits.matricule}"


class RefusedSearchError(Exception):
    """SERVID refused the question itself."""


class Servid:
    """The practice's way to SERVID; each question has its own request id and names its user."""

    def __init__(self, link: Link) -> None:
        """Keep the connection."""
        self._calls, self._defects = FhirCalls(link, "servid", SLIPS), link.defects

    def match(self, doctor: Doctor, traits: Traits) -> list[Found]:
        """Search by traits; raises UnavailableError or RefusedSearchError."""
        d = self._defects
        certain = {"valueBoolean": "false"} if "asks-certain-as-text" in d else {"valueBoolean": False}
        parameters: list[dict[str, Any]] = [
            {"name": "resource", "resource": _patient(self._searched(traits), self._written(traits))},
            {"name": "onlyCertainMatches", **certain}, {"name": "count", "valueInteger": MOST},
        ]  # fmt: skip
        body = json.dumps({"resourceType": "Parameters", "parameter": parameters}, ensure_ascii=False).encode()
        return self._asked(doctor, "POST", "/Patient/$match", body)

    def look_up(self, doctor: Doctor, number: str) -> list[Found]:
        """Search by matricule; raises UnavailableError or RefusedSearchError."""
        system = "" if "identifier-without-system" in self._defects else f"{SYSTEM}|"
        system = "urn:oid:1.3.182.4|" if "wrong-identifier-system" in self._defects else system
        query = urllib.parse.urlencode({"identifier": f"{system}{number}"})
        more = {"Accept-Language ": "fr"} if "blank-before-colon" in self._defects else {}
        return self._asked(doctor, "GET", f"/Patient?{query}", b"", **more)

    def _searched(self, traits: Traits) -> Traits:
        """The traits that are searched by: the strict ones, as they were typed."""
        d = self._defects
        if traits.used_name and "sends-used-name" in d:
            traits = replace(traits, last_name=traits.used_name)
        if "searches-without-sex" in d:
            traits = replace(traits, sex="")
        if "sex-as-letter" in d:
            traits = replace(traits, sex=traits.sex[:1].upper())
        if "swaps-place-and-country" in d:
            traits = replace(traits, birth_place=traits.country, country=traits.birth_place)
        if "searches-without-place" in d:
            traits = replace(traits, birth_place="", country="")
        if not traits.matricule and "zeros-for-number" in d:
            traits = replace(traits, matricule="0" * 13)
        if "searches-first-name-only" in d:
            traits = replace(traits, first_names=traits.first_names.split()[0].split("-")[0])
        return traits

    def _written(self, traits: Traits) -> str:
        """The birth date as it is sent: an unknown day or month is not invented."""
        if "writes-dates-locally" in self._defects:
            return ".".join(reversed(traits.birth_date.split("-")))
        if len(traits.birth_date) < len("2026-11-24") and "invents-birth-day" in self._defects:
            return (traits.birth_date + "-01-01")[:10]
        return traits.birth_date

    def _asked(self, doctor: Doctor, method: str, path: str, body: bytes = b"", **more: str) -> list[Found]:
        try:
            status, document = self._calls.ask(doctor, method, path, body, **more)
            if status != HTTP_OK:
                raise RefusedSearchError(document["issue"][0].get("diagnostics", ""))
            return [_found(entry) for entry in document.get("entry", []) if entry["resource"]["resourceType"] == "Patient"]
        except (ValueError, KeyError, TypeError, IndexError, StopIteration):
            message = "the answer of SERVID cannot be read"
            raise UnavailableError(message, sent=True) from None


def _patient(traits: Traits, birth_date: str) -> dict[str, Any]:
    place = {"city": traits.birth_place, "country": traits.country}
    made: dict[str, Any] = {
        "resourceType": "Patient", "name": [{"use": "official", "family": traits.last_name, "given": traits.first_names.split()}],
        "gender": traits.sex or None, "birthDate": birth_date or None,
        "extension": [{"url": BIRTH_PLACE, "valueAddress": {key: value for key, value in place.items() if value}}] if any(place.values()) else None,
        "identifier": [{"system": SYSTEM, "value": traits.matricule}] if traits.matricule else None,
    }  # fmt: skip
    return {key: value for key, value in made.items() if value is not None}


def _found(entry: dict[str, Any]) -> Found:
    record = entry["resource"]
    name = next(item for item in record["name"] if item.get("use", "official") == "official")
    places = [item["valueAddress"] for item in record.get("extension", []) if item.get("url") == BIRTH_PLACE]
    place = places[0] if places else {}
    numbers = [item["value"] for item in record.get("identifier", []) if item.get("system") == SYSTEM]
    traits = Traits(
        last_name=name["family"], first_names=" ".join(name["given"]), birth_date=record["birthDate"], sex=record["gender"],
        birth_place=place.get("city", ""), country=place.get("country", ""), matricule=numbers[0] if numbers else "",
    )  # fmt: skip
    score = float(entry.get("search", {}).get("score", 0))
    return Found(record["id"], traits, score, record.get("active", True) is True, "deceasedDateTime" in record)
