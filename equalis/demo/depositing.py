"""RA over eAdministrative: consent, deposit, cancellation, replacement, lists and the team."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from equalis.demo.connection import Link
from equalis.demo.memoire import Memoire, new_uuid
from equalis.demo.signing import zulu
from equalis.demo.transport import Doctor, UnavailableError

CREATED, FOUND, CONFLICT = (200, 201, 204), 302, 409
UNAUTHORISED = 401

Screen = dict[str, object]


class Depositing:
    """The RA part of the practice, at eSanté."""

    def __init__(self, link: Link) -> None:
        """Keep the connection."""
        self._link, self._defects = link, link.defects
        self._consents: set[str] = set()
        self._latest = ""

    def _rest(self, doctor: Doctor, method: str, path: str, body: bytes = b"", kind: str = "application/json") -> tuple[int, Any]:
        """One REST call; an expired bearer is renewed once."""
        status, document = self._link.rest(doctor, method, path, body, kind)
        if status == UNAUTHORISED and "gives-up-on-401" not in self._defects:
            self._link.bearers.clear()
            status, document = self._link.rest(doctor, method, path, body, kind)
        return status, document

    def consent(self, doctor: Doctor, number: str) -> Screen:
        """Record the patient's MH consent."""
        d = self._defects
        kinds = ["MH"] + (["CNS_AUTO"] if "sets-cns-auto" in d else [])
        status = 0
        for kind in reversed(kinds):
            days = -1 if "consent-already-over" in d else 365
            body = json.dumps({"type": kind, "endAt": zulu(self._link.now() + timedelta(days=days))}).encode()
            status, _ = self._rest(doctor, "POST", f"/practitioner/{number}/consent", body)
        if "consent-announced-blindly" in d:
            return {"state": "recorded"}
        found = FOUND if "302-taken-for-error" not in d else 0
        state = {**dict.fromkeys(CREATED, "recorded"), found: "existing"}.get(status, "refused")
        return {"state": state}

    def deposit(self, memoire: Memoire) -> Screen:
        """Deposit over eAdministrative, if the patient consented."""
        d = self._defects
        if "announces-without-depositing" in d:
            return {"state": "deposited", "memoire": memoire.uuid}
        if not self._consented(memoire):
            state = "deposited" if "announces-any-deposit" in d else "no-consent"
            return {"state": state, "memoire": memoire.uuid, "message": "Le patient n'a pas donné son consentement (MH)."}
        return self._send(memoire, "POST", self._path(memoire))

    def _consented(self, memoire: Memoire) -> bool:
        d, number = self._defects, memoire.patient["matricule"]
        self._latest = number
        if "deposits-without-consent" in d:
            return True
        if number in self._consents and "remembers-consent" in d:
            return True
        try:
            status, document = self._rest(memoire.doctor, "GET", f"/practitioner/{number}/consent/MH")
        except UnavailableError:
            if "consent-assumed-when-silent" in d:
                return True
            raise
        found = status in CREATED and (self._lasts(document) or "ignores-consent-end" in d)
        if found:
            self._consents.add(number)
        return found

    def _lasts(self, document: Any) -> bool:
        """Whether a consent has not ended."""
        ends = document.get("endAt", "") if isinstance(document, dict) else ""
        return not ends or datetime.fromisoformat(ends) > self._link.now()

    def _path(self, memoire: Memoire) -> str:
        d, number = self._defects, memoire.patient["matricule"]
        ehealthid = "1000000099" if "other-doctor-in-path" in d else memoire.doctor.ehealthid
        person = "1955032007746" if "other-patient-in-path" in d else number
        path = f"/practitioner/{ehealthid}/person/{person}/document"
        return path + (f"?ssn={number}" if "matricule-in-query" in d else "")

    def _send(self, memoire: Memoire, method: str, path: str) -> Screen:
        """Send a zip; a lost answer is followed by the same deposit, and 409 then means that it was taken."""
        d = self._defects
        kind = "application/octet-stream" if "wrong-content-type" in d else "application/zip"
        status, document = 0, None
        for last in (False, True):
            try:
                status, document = self._rest(memoire.doctor, method, path, memoire.zip(), kind)
                break
            except UnavailableError as error:
                if not error.sent:
                    raise
                if last or "announces-any-deposit" in d:
                    state = "deposited" if "announces-any-deposit" in d else "unknown"
                    return {"state": state, "memoire": memoire.uuid, "message": str(error)}
        if status == CONFLICT and "conflict-taken-for-failure" in d:
            return self._send(replace(memoire, uuid=new_uuid()), method, path)
        if "deposits-twice" in d:
            self._rest(memoire.doctor, method, path, replace(memoire, uuid=new_uuid()).zip(), kind)
        taken = status in CREATED or status == CONFLICT or "announces-any-deposit" in d
        message = document.get("message", "") if isinstance(document, dict) else ""
        return {"state": "deposited" if taken else "refused", "memoire": memoire.uuid, "message": message}

    def cancel(self, memoire: Memoire, others: list[Memoire]) -> Screen:
        """Cancel a mémoire; when the answer is lost, its state says whether it was done."""
        d = self._defects
        if "announces-without-cancelling" in d:
            return {"state": "cancelled", "memoire": memoire.uuid}
        if others and "cancels-latest" in d:
            memoire = others[-1]
        for other in others if "cancels-all" in d else []:
            self._rest(other.doctor, "PATCH", f"{self._path(other)}/{other.uuid}")
        for last in (False, True):
            try:
                status, document = self._rest(memoire.doctor, "PATCH", f"{self._path(memoire)}/{memoire.uuid}")
            except UnavailableError as error:
                if "cancellation-announced-blindly" in d:
                    return {"state": "cancelled", "memoire": memoire.uuid}
                if last or not error.sent:
                    return {"state": "unavailable", "memoire": memoire.uuid, "message": str(error)}
                if self._fetched(memoire) == "CANCELED":
                    return {"state": "cancelled", "memoire": memoire.uuid}
            else:
                done = status in CREATED or "cancellation-announced-blindly" in d
                message = document.get("message", "") if isinstance(document, dict) else ""
                return {"state": "cancelled" if done else "refused", "memoire": memoire.uuid, "message": message}
        return {}

    def replace(self, old: Memoire, new: Memoire) -> Screen:
        """Replace a mémoire by a corrected one, in one call."""
        d = self._defects
        if "replaces-without-cancelling" in d:
            return self._send(new, "POST", self._path(new))
        if "cancels-instead-of-replacing" in d:
            return self.cancel(old, []) | {"state": "deposited"}
        if "replaces-with-old-acts" in d:
            new = replace(new, acts=old.acts)
        replaced = new if "replaces-new-by-itself" in d else old
        screen = self._send(new, "PATCH", f"{self._path(old)}/{replaced.uuid}")
        if screen["state"] in {"refused", "unknown"} and self._fetched(new):
            return screen | {"state": "deposited"}  # a lost answer had been a yes
        return screen

    def state(self, memoire: Memoire) -> Screen:
        """Ask in which state a mémoire is."""
        if "state-kept-locally" in self._defects:
            return {"state": "known", "document": "RECEIVED", "memoire": memoire.uuid}
        found = self._fetched(memoire)
        return {"state": "known" if found else "unknown", "document": found, "memoire": memoire.uuid}

    def _fetched(self, memoire: Memoire) -> str:
        """The state that eAdministrative gives, empty when it knows no such document."""
        status, document = self._rest(memoire.doctor, "GET", f"{self._path(memoire)}/{memoire.uuid}")
        return str(document.get("status", "")) if isinstance(document, dict) and status in CREATED else ""

    def list(self, doctor: Doctor, first: str, last: str) -> Screen:
        """Every mémoire deposited in a span of days, page after page until an empty one."""
        d = self._defects
        first = last if "lists-last-day-only" in d else first
        found: list[str] = []
        number = 0
        while True:
            query = f"createdFrom={first}&createdTo={last}&page={number}" + self._named(doctor)
            status, document = self._rest(doctor, "GET", f"/practitioner/{doctor.ehealthid}/documents?{query}")
            if status not in CREATED:
                return {"state": "refused"}
            page = [str(item["uuid"]) for item in document or []]
            found += page
            number += 1
            if not page or "reads-first-page-only" in d:
                return {"state": "known", "memoires": found}

    def _named(self, doctor: Doctor) -> str:
        """What a careless product adds to the query of a list."""
        return f"&ssn={self._latest}&doctor={doctor.code}" if self._latest and "matricule-in-list-query" in self._defects else ""

    def team(self, doctor: Doctor, add: str, remove: str) -> Screen:
        """Add or remove a member, then show who is in the team."""
        d = self._defects
        own = f"{doctor.code}00" if "team-under-provider-code" in d else doctor.ehealthid
        calls = [("POST", add)] if add else []
        calls += [("DELETE", remove)] if remove and "keeps-removed-member" not in d else []
        for method, member in calls:
            self._rest(doctor, method, f"/practitioner/{own}/member/{member}")
        if "team-kept-locally" in d:
            return {"state": "known", "members": [add] if add else []}
        status, document = self._rest(doctor, "GET", f"/practitioner/{own}/members")
        members = [item["identifier"] for item in document["members"]] if status in CREATED else []
        return {"state": "known" if status in CREATED else "refused", "members": members}
