"""What a patient may do: read documents, ask for reimbursement, give and take consent."""

from __future__ import annotations

from dataclasses import replace

from equalis.services import answering
from equalis.services.eadministrative.practitioner import keep_consent, page, read_consent
from equalis.services.eadministrative.state import CONSENT_TYPES, Document, State
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
    found = [item.as_json() for item in state.documents.values() if item.ssn == number]
    return answering.json_reply(state, 200, page(call, found))


def document(state: State, call: Call) -> Reply:
    """Answer one document."""
    return answering.json_reply(state, 200, _known(state, call).as_json())


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
    return answering.json_reply(kept, 200, after.as_json())


def consent(state: State, call: Call) -> Reply:
    """The patient gives a consent of any type."""
    return keep_consent(state, call, read_consent(call, "PATIENT", CONSENT_TYPES))


def consents(state: State, call: Call) -> Reply:
    """Answer every consent in force."""
    number = call.text("patient.matricule")
    found = [state.consent(number, kind, call.now) for kind in CONSENT_TYPES]
    return answering.json_reply(state, 200, [item.as_json() for item in found if item])


def consent_remove(state: State, call: Call) -> Reply:
    """The patient takes a consent back."""
    key = (call.text("patient.matricule"), call.text("type"))
    left = {known: item for known, item in state.consents.items() if known != key}
    entry = Entry("withdrawal", {"matricule": key[0], "type": key[1]})
    return Reply(replace(state, consents=left), 204, (), b"", (entry,))
