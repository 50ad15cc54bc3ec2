"""RA: consent, deposit, cancellation, replacement; over eAdministrative or over mySecu."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from xml.sax.saxutils import escape

from equalis.demo.canonical import Node
from equalis.demo.connection import Doctor, FaultError, Link, UnavailableError
from equalis.demo.memoire import CNS, Memoire, new_uuid
from equalis.demo.signing import zulu

CREATED, FOUND, CONFLICT = (200, 201), 302, 409
UNAUTHORISED = 401
DEPOSIT, CONSENT = "2022_CNS_MEMHON_DEPOT-V1", "2022_CNS_MEMHON_REMBCONS-V1"
CANCELLATION = "2022_CNS_MEMHON_ANNUL-V1"


class Depositing:
    """The RA part of the practice."""

    def __init__(self, link: Link) -> None:
        """Keep the connection."""
        self._link, self._defects = link, link.defects

    def _rest(self, doctor: Doctor, method: str, path: str, body: bytes = b"", kind: str = "application/json") -> tuple[int, object]:
        """One REST call; an expired bearer is renewed once."""
        status, document = self._link.rest(doctor, method, path, body, kind)
        if status == UNAUTHORISED:
            self._link.bearers.clear()
            status, document = self._link.rest(doctor, method, path, body, kind)
        return status, document

    def consent(self, doctor: Doctor, number: str) -> dict[str, object]:
        """Record the patient's MH consent."""
        kinds = ["MH"] + (["CNS_AUTO"] if "sets-cns-auto" in self._defects else [])
        status = 0
        for kind in reversed(kinds):
            ends = zulu(self._link.now() + timedelta(days=365))
            body = json.dumps({"type": kind, "endAt": ends}).encode()
            status, _ = self._rest(doctor, "POST", f"/practitioner/{number}/consent", body)
        state = {**dict.fromkeys(CREATED, "recorded"), FOUND: "existing"}.get(status, "refused")
        return {"state": state}

    def deposit(self, memoire: Memoire) -> dict[str, object]:
        """Deposit over eAdministrative, if the patient consented."""
        doctor, number = memoire.doctor, memoire.patient["matricule"]
        if "deposits-without-consent" not in self._defects:
            status, _ = self._rest(doctor, "GET", f"/practitioner/{number}/consent/MH")
            if status not in CREATED:
                message = "Le patient n'a pas donné son consentement (MH)."
                return {"state": "no-consent", "memoire": memoire.uuid, "message": message}
        return self._send(memoire, "POST", self._path(memoire))

    def _path(self, memoire: Memoire) -> str:
        path = f"/practitioner/{memoire.doctor.ehealthid}/person/{memoire.patient['matricule']}/document"
        return path + (f"?ssn={memoire.patient['matricule']}" if "matricule-in-query" in self._defects else "")

    def _send(self, memoire: Memoire, method: str, path: str) -> dict[str, object]:
        """Send a zip; a lost answer is followed by the same deposit, and 409 then means that it was taken."""
        name = f"{memoire.patient.get('last_name', 'patient')}.xml" if "wrong-file-name" in self._defects else ""
        content = memoire.zip(name=name, twice="two-files-in-zip" in self._defects)
        try:
            status, document = self._rest(memoire.doctor, method, path, content, "application/zip")
        except UnavailableError as error:
            if not error.sent:
                raise
            status, document = self._rest(memoire.doctor, method, path, content, "application/zip")
        if status == CONFLICT and "conflict-taken-for-failure" in self._defects:
            return self._send(replace(memoire, uuid=new_uuid()), method, path)
        taken = status in CREATED or status == CONFLICT
        message = document.get("message", "") if isinstance(document, dict) else ""
        return {"state": "deposited" if taken else "refused", "memoire": memoire.uuid, "message": message}

    def cancel(self, memoire: Memoire) -> dict[str, object]:
        """Cancel a mémoire at eAdministrative."""
        status, document = self._rest(memoire.doctor, "PATCH", f"{self._path(memoire)}/{memoire.uuid}")
        message = document.get("message", "") if isinstance(document, dict) else ""
        return {"state": "cancelled" if status in CREATED else "refused", "memoire": memoire.uuid, "message": message}

    def replace(self, old: Memoire, new: Memoire) -> dict[str, object]:
        """Replace a mémoire by a corrected one, in one call."""
        if "replaces-without-cancelling" in self._defects:
            return self._send(new, "POST", self._path(new))
        return self._send(new, "PATCH", f"{self._path(old)}/{old.uuid}")

    def state(self, memoire: Memoire) -> dict[str, object]:
        """Ask in which state a mémoire is."""
        status, document = self._rest(memoire.doctor, "GET", f"{self._path(memoire)}/{memoire.uuid}")
        found = document.get("status", "") if isinstance(document, dict) and status in CREATED else ""
        return {"state": "known" if found else "unknown", "document": found, "memoire": memoire.uuid}

    def deposit_mysecu(self, memoire: Memoire) -> dict[str, object]:
        """Deposit over the synchronous exchange."""
        return self._mysecu(memoire, DEPOSIT, memoire.xml(), "deposited")

    def reimburse(self, memoire: Memoire, secu: str) -> dict[str, object]:
        """Send the patient's consent to the reimbursement."""
        element = (
            f'<cns:consentement xmlns:cns="{CNS}"><cns:UUIDSecu>{escape(secu)}</cns:UUIDSecu>'
            f"<cns:idenitifiantUnique>{memoire.patient['matricule']}</cns:idenitifiantUnique></cns:consentement>"
        )
        return self._mysecu(memoire, CONSENT, element, "asked")

    def cancel_mysecu(self, memoire: Memoire, reason: str) -> dict[str, object]:
        """Cancel over the synchronous exchange."""
        text = "" if "cancel-without-reason" in self._defects else escape(reason.strip()[:200] or "annulation")
        element = (
            f'<cns:annulationMemoireHonoraire xmlns:cns="{CNS}"><cns:UUIDPrestataire>{new_uuid()}</cns:UUIDPrestataire>'
            f"<cns:UUIDDocumentAnnule>{memoire.uuid}</cns:UUIDDocumentAnnule><cns:TypeAnnulation>1</cns:TypeAnnulation>"
            f"<cns:Motif>{text}</cns:Motif></cns:annulationMemoireHonoraire>"
        )
        return self._mysecu(memoire, CANCELLATION, element, "cancelled")

    def _mysecu(self, memoire: Memoire, model: str, element: str, done: str) -> dict[str, object]:
        try:
            answer = self._link.exchange(memoire.doctor, model, element)
        except FaultError as error:
            return {"state": "refused", "memoire": memoire.uuid, "message": str(error)}
        anomalies = _anomalies(answer)
        state = "refused" if anomalies else done
        return {"state": state, "memoire": memoire.uuid, "secu": answer.value(f"{{{CNS}}}UuidSecu"), "anomalies": anomalies}


def _anomalies(answer: Node) -> list[str]:
    return [node.value("code") for node in answer.children if node.tag == "anomalies"]
