"""RA over mySecu's synchronous exchange: deposit, reimbursement consent, cancellation, replacement."""

from __future__ import annotations

from dataclasses import replace
from xml.sax.saxutils import escape

from equalis.demo.canonical import Node
from equalis.demo.connection import Link
from equalis.demo.memoire import CNS, Memoire, new_uuid
from equalis.demo.transport import FaultError, UnavailableError

DEPOSIT, CONSENT = "2022_CNS_MEMHON_DEPOT-V1", "2022_CNS_MEMHON_REMBCONS-V1"
CANCELLATION = "2022_CNS_MEMHON_ANNUL-V1"
DONE_BEFORE = frozenset({"DUPLICATE", "ALREADY_ASKED", "ALREADY_CANCELLED"})
"""Anomalies that say, after a lost answer, that the call had been taken."""

Screen = dict[str, object]


class Exchanging:
    """The RA part of the practice, at mySecu."""

    def __init__(self, link: Link) -> None:
        """Keep the connection."""
        self._link, self._defects = link, link.defects

    def deposit(self, memoire: Memoire) -> Screen:
        """Deposit a mémoire."""
        d = self._defects
        if "announces-without-depositing" in d:
            return {"state": "deposited", "memoire": memoire.uuid}
        screen = self._told(memoire, DEPOSIT, memoire.xml(), "deposited")
        if "deposits-twice" in d:
            again = replace(memoire, uuid=new_uuid())
            self._told(again, DEPOSIT, again.xml(), "deposited")
        return screen

    def reimburse(self, memoire: Memoire, secu: str) -> Screen:
        """Send the patient's consent to the reimbursement."""
        d = self._defects
        if "announces-without-asking" in d:
            return {"state": "asked", "memoire": memoire.uuid}
        secu = memoire.uuid if "cites-own-uuid" in d else secu
        number = "1955032007746" if "reimburses-other-patient" in d else memoire.patient["matricule"]
        prefix = "" if "unqualified-consent" in d else "cns:"
        element = (
            f'<cns:consentement xmlns:cns="{CNS}"><{prefix}UUIDSecu>{escape(secu)}</{prefix}UUIDSecu>'
            f"<{prefix}idenitifiantUnique>{number}</{prefix}idenitifiantUnique></cns:consentement>"
        )
        return self._told(memoire, CONSENT, element, "asked")

    def cancel(self, memoire: Memoire, reason: str, replacement: str = "") -> Screen:
        """Cancel a mémoire, simply or for a replacement that was deposited first."""
        d = self._defects
        if "announces-without-cancelling" in d:
            return {"state": "cancelled", "memoire": memoire.uuid}
        text = escape(reason.strip()[:200] or "annulation")
        text = {True: ""}.get("cancel-without-reason" in d, text)
        text = text * 30 if "reason-too-long" in d else text
        cancelled = new_uuid() if "cancels-unknown-document" in d else memoire.uuid
        replacing = f"<cns:UUIDDocumentRemplacant>{replacement}</cns:UUIDDocumentRemplacant>" if replacement else ""
        if replacement and "replaces-with-itself" in d:
            replacing = f"<cns:UUIDDocumentRemplacant>{cancelled}</cns:UUIDDocumentRemplacant>"
        kind = 2 if replacement else 1
        if replacement and "replaces-as-simple-cancellation" in d:
            replacing, kind = "", 1
        parts = f"{replacing}<cns:UUIDDocumentAnnule>{cancelled}</cns:UUIDDocumentAnnule>"
        if "unqualified-cancellation" in d:
            parts = parts.replace("cns:", "")
        element = (
            f'<cns:annulationMemoireHonoraire xmlns:cns="{CNS}"><cns:UUIDPrestataire>{new_uuid()}</cns:UUIDPrestataire>'
            f"{parts}<cns:TypeAnnulation>{kind}</cns:TypeAnnulation><cns:Motif>{text}</cns:Motif></cns:annulationMemoireHonoraire>"
        )
        return self._told(memoire, CANCELLATION, element, "cancelled")

    def replace(self, old: Memoire, new: Memoire) -> Screen:
        """Deposit the corrected mémoire, then cancel the first one for it."""
        if "replaces-with-old-acts" in self._defects:
            new = replace(new, acts=old.acts)
        screen = self.deposit(new)
        if screen["state"] != "deposited" or "replaces-without-cancelling" in self._defects:
            return screen
        cancelled = self.cancel(old, "correction", new.uuid)
        return screen if cancelled["state"] == "cancelled" else cancelled

    def _told(self, memoire: Memoire, model: str, element: str, done: str) -> Screen:
        """One message and what the user sees of it; a lost answer is followed by the same message."""
        d = self._defects
        model = "MEMHON" if "own-model-names" in d else model
        for last in (False, True):
            try:
                answer = self._link.exchange(memoire.doctor, model, element)
            except FaultError as error:
                return {"state": done if "return-not-read" in d else "refused", "memoire": memoire.uuid, "message": str(error)}
            except UnavailableError as error:
                if not error.sent:
                    raise
                if last or "return-not-read" in d:
                    state = done if "return-not-read" in d else "unknown"
                    return {"state": state, "memoire": memoire.uuid, "message": str(error)}
            else:
                return self._returned(memoire, answer, done)
        return {}

    def _returned(self, memoire: Memoire, answer: Node, done: str) -> Screen:
        d = self._defects
        anomalies = [node.value("code") for node in answer.children if node.tag == "anomalies"]
        before = set(anomalies) <= DONE_BEFORE and "duplicate-taken-for-failure" not in d
        state = done if before or "return-not-read" in d else "refused"
        if anomalies and not before and "duplicate-taken-for-failure" in d and "DUPLICATE" in anomalies:
            again = replace(memoire, uuid=new_uuid())
            return self._told(again, DEPOSIT, again.xml(), done)
        types = [node.value("type") for node in answer.children if node.tag == "anomalies"]
        named = types if "shows-return-types" in d else anomalies
        shown = [] if "hides-return-anomalies" in d else named
        secu = answer.value(f"{{{CNS}}}UuidSecu")
        return {"state": state, "memoire": memoire.uuid, "secu": secu, "anomalies": shown}
