"""RA over the synchronous exchange: deposit, reimbursement consent, cancellation (ra-pid.md §3)."""

from __future__ import annotations

from dataclasses import replace

from equalis.model.values import Value, as_text
from equalis.services import answering
from equalis.services.mysecu.state import Memoire, State, anomaly
from equalis.services.port import Call, Entry, Reply, scripted
from equalis.wire import matricule

CANCELLED = frozenset({"CANCELED", "CANCEL_REPLACED"})
WITH_REPLACEMENT = 2


def deposit(state: State, call: Call, provider: str) -> Reply:
    """Take a mémoire in; the same UUID twice is an anomaly and commits nothing."""
    uuid, number = call.text("memoire.uuid"), call.text("patient.matricule")
    found = _refused(call)
    if provider and call.text("provider.code") != provider:  # a platform deposits for any provider
        found.append(("PROVIDER_MISMATCH", "the provider code is not that of the token"))
    checked = state.world.get("check-digits") is True
    if wrong := matricule.problem(number, check_digits=checked):
        found.append(("PATIENT_UNKNOWN", wrong))
    if uuid in state.memoires:
        found.append(("DUPLICATE", "this mémoire was deposited before"))
    known = state.memoires.get(uuid) or Memoire(uuid, call.draw("secu"), call.text("provider.code"), number)
    if found:
        return _returned(state, call, known, found)
    kept = replace(state, memoires=state.memoires | {uuid: known})
    entry = Entry("deposit", {"memoire": uuid, "matricule": number, "secu": known.secu})
    return _returned(kept, call, known, found, entry)


def reimburse(state: State, call: Call, provider: str) -> Reply:
    """Note the patient's consent to the reimbursement of a mémoire."""
    found = _refused(call)
    known = next((item for item in state.memoires.values() if item.secu == call.text("secu")), None)
    if known is None or provider not in {"", known.provider} or known.state in CANCELLED:
        found.append(("MEMOIRE_UNKNOWN", "no such mémoire"))
    elif known.state == "REIMBURSEMENT_ASKED":
        found.append(("ALREADY_ASKED", "the reimbursement was asked for before"))
    elif known.matricule != call.text("patient.matricule"):
        found.append(("PATIENT_MISMATCH", "the mémoire is another patient's"))
    if known is None or found:
        return _returned(state, call, known or Memoire("", "", provider, ""), found)
    after = replace(known, state="REIMBURSEMENT_ASKED")
    kept = replace(state, memoires=state.memoires | {known.uuid: after})
    entry = Entry("consent", {"memoire": known.uuid, "matricule": known.matricule})
    return _returned(kept, call, after, found, entry)


def cancel(state: State, call: Call, provider: str) -> Reply:
    """Cancel a mémoire, simply or with a replacement that was deposited first."""
    found = _refused(call)
    known = state.memoires.get(call.text("cancelled"))
    replacement = call.text("replacement")
    if known is None or provider not in {"", known.provider}:
        found.append(("MEMOIRE_UNKNOWN", "no such mémoire"))
    elif known.state in CANCELLED:
        found.append(("ALREADY_CANCELLED", "this mémoire is already cancelled"))
    replaces = call.value("kind") == WITH_REPLACEMENT
    if replaces != bool(replacement):
        found.append(("REPLACEMENT_MISMATCH", "TypeAnnulation and UUIDDocumentRemplacant disagree"))
    if known is None or found:
        return _returned(state, call, known or Memoire("", "", provider, ""), found)
    after = replace(known, state="CANCEL_REPLACED" if replaces else "CANCELED")
    kept = replace(state, memoires=state.memoires | {known.uuid: after})
    kind = "replacement" if replaces else "cancellation"
    entry = Entry(kind, {"memoire": known.uuid, "replacement": replacement})
    return _returned(kept, call, after, found, entry)


def _refused(call: Call) -> list[tuple[str, str]]:
    code = as_text(call.script.get("refuse"))
    return [(code, as_text(call.script.get("text")) or "refused by the scenario")] if code else []


def _returned(
    state: State, call: Call, memoire: Memoire, found: list[tuple[str, str]], *entries: Entry
) -> Reply:
    fields: dict[str, Value] = {
        "model": call.text("model"),
        "uuid": memoire.uuid or call.text("memoire.uuid"),
        "secu": memoire.secu or call.text("secu"),
        "anomalies": tuple(anomaly(index, *item) for index, item in enumerate(found, start=1)),
    }
    content = answering.render(call, "memoire-return.xml.j2", scripted(call, fields))
    return answering.soap_reply(state, call, content, entries=entries)
