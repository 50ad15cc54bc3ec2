"""What a patient may do: read documents, ask for reimbursement, give and take consent."""

from __future__ import annotations

from dataclasses import replace

from equalis.model.values import as_text
from equalis.services import answering, worlds
from equalis.services.eadministrative.practitioner import keep_consent, listed, read_consent
from equalis.services.eadministrative.state import CONSENT_TYPES, Consent, Document, State
from equalis.services.port import Call, Entry, RefusalError, Reply


def _known(state: State, call: Call) -> Document:
    if state.consent(call.text("patient.matricule"), "ESANTE", call.now) is None:
        code = "FORBIDDEN"
        raise RefusalError(code, "the patient has not consented (ESANTE)", 403)
    found = state.documents.get(call.text("document"))
    if found is None or found.ssn != call.text("patient.matricule"):
        code = "NOT_FOUND"
        raise RefusalError(code, "no such document", 404)
    return found


def documents(state: State, call: Call) -> Reply:
    """Answer the patient's documents, a page at a time."""
    number = call.text("patient.matricule")
    return listed(state, call, [item for item in state.documents.values() if item.ssn == number])


def document(state: State, call: Call) -> Reply:
    """Answer one document."""
    return answering.served(state, call, 200, _known(state, call).fields())


def pdf(state: State, call: Call) -> Reply:
    """Answer a minimal PDF that names the mémoire."""
    found = _known(state, call)
    body = f"%PDF-1.4\n% EMBEDDED {found.uuid}\n%%EOF\n".encode()
    return Reply(state, 200, (("Content-Type", "application/pdf"),), body)


def reimburse(state: State, call: Call) -> Reply:
    """Ask for the reimbursement of a document; it needs the CNS consent."""
    found = _known(state, call)
    if state.consent(found.ssn, "CNS", call.now) is None:
        code = "FORBIDDEN"
        raise RefusalError(code, "the patient has not consented (CNS)", 403)
    if found.status not in {"RECEIVED", "SENT"}:
        code = "FORBIDDEN"
        raise RefusalError(code, f"not in state {found.status}", 403)
    after = replace(found, status="REIMBURSEMENT_ASKED")
    kept = replace(state, documents=state.documents | {after.uuid: after})
    return Reply(kept, 200, (), b"")


def consent(state: State, call: Call) -> Reply:
    """The patient gives a consent of any type."""
    return keep_consent(state, call, read_consent(call, "PATIENT", CONSENT_TYPES))


def consents(state: State, call: Call) -> Reply:
    """Answer every consent in force, 204 when there is none."""
    number = call.text("patient.matricule")
    found = [item.fields() for kind in CONSENT_TYPES if (item := state.consent(number, kind, call.now))]
    return answering.served(state, call, 200, {"consents": tuple(found)}) if found else Reply(state, 204, (), b"")


def consent_remove(state: State, call: Call) -> Reply:
    """The patient takes a consent back; 404 when none is in force."""
    number, kind = call.text("patient.matricule"), call.text("type")
    if state.consent(number, kind, call.now) is None:
        code = "NOT_FOUND"
        raise RefusalError(code, "no such consent in force", 404)
    ended = Consent(number, kind, call.now, call.now, "PATIENT")
    entry = Entry("withdrawal", {"matricule": number, "type": kind})
    return Reply(replace(state, consents=state.consents | {(number, kind): ended}), 200, (), b"", (entry,))


def person(state: State, call: Call) -> Reply:
    """Answer who the token's patient is."""
    number = call.text("token.ssn")
    found = next((item for item in worlds.records(state.world, "patients") if as_text(item.get("matricule")) == number), None)
    if found is None:
        code = "NOT_FOUND"
        raise RefusalError(code, "no such person", 404)
    return answering.served(state, call, 200, {"first_name": as_text(found.get("first_name") or found.get("first_names")),
                                               "last_name": found["last_name"], "ssn": number})  # fmt: skip
