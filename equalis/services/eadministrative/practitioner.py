"""What a practitioner may do: deposit, look, cancel, replace, record consent (ra-pid.md §3)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from lxml import etree

from equalis.model.values import as_text
from equalis.services import answering
from equalis.services.eadministrative.state import CONSENT_TYPES, OPEN, Consent, Document, State
from equalis.services.port import Call, Entry, RefusalError, Reply, scripted
from equalis.wire import instants, matricule, payloads
from equalis.wire.unreadable import UnreadableError

FILE_NAME = re.compile(r"F90\d{6}[2-9]\d{3}[0-1]\d_MED_MHM_\d{3}_[0-3]\d01_([0-9a-fA-F-]{36})\.xml\Z")
PAGE = 20
CENT = Decimal("0.01")
MOST_EURO = Decimal(10) ** 9
"""More than any mémoire is worth (modelled)."""


def deposit(state: State, call: Call) -> Reply:
    """Take one mémoire in: 400 for its form, 403 for whose it is, 409 for the same one again."""
    found = _document(state, call)
    if found.uuid in state.documents:
        code = "CONFLICT"
        raise RefusalError(code, "this UUID was deposited before", 409)
    kept = replace(state, documents=state.documents | {found.uuid: found})
    entry = Entry("deposit", {"memoire": found.uuid, "matricule": found.ssn})
    return answering.served(kept, call, 200, found.fields(), entry)


def _document(state: State, call: Call) -> Document:
    """The deposited mémoire, checked against the file rules, the schema, the URL and the consent."""
    name = _entry_name(call)
    half = call.operation.request if call.operation else None
    if half is None:
        message = "no operation"
        raise UnreadableError(message)
    violations = payloads.violations(call.binding, half, call.request, "mysecu/memoire.xsd")
    code = "BAD_REQUEST"
    if violations:
        raise RefusalError(code, f"invalid XML: {violations[0]}", 400)
    found = FILE_NAME.match(name)
    if found is None or found[1].lower() != call.text("memoire.uuid").lower():
        raise RefusalError(code, f"bad file name {name!r}", 400)
    if name[1:9] != call.text("provider.code"):
        raise RefusalError(code, "the file name carries another provider code than the mémoire", 400)
    number = call.text("patient.matricule")
    if wrong := matricule.problem(number, check_digits=state.world.get("check-digits") is True):
        raise RefusalError(code, wrong, 400)
    total = call.value("total")
    if not isinstance(total, Decimal) or abs(total) > MOST_EURO:
        raise RefusalError(code, f"the total is no amount up to {MOST_EURO} euro", 400)
    code = "FORBIDDEN"
    if call.text("memoire.matricule") != number:
        raise RefusalError(code, "the matricule of the XML is not that of the URL", 403)
    if state.consent(number, "MH", call.now) is None:
        raise RefusalError(code, "the patient has not consented (MH)", 403)
    return Document(
        uuid=call.text("memoire.uuid"), ssn=number, ehealthid=call.text("ehealthid"),
        created=call.now, price=total.quantize(CENT),
        paid=call.value("paid") is True, day=instants.instant(call.text("date")[:10]),
        first_name=call.text("provider.first-name"), last_name=call.text("provider.last-name"),
        content=etree.tostring(call.request.zipped_xml, encoding="unicode"),
    )  # fmt: skip


def _entry_name(call: Call) -> str:
    code = "BAD_REQUEST"
    content_type = "".join(call.message.header("content-type")).split(";")[0].strip().lower()
    if content_type != "application/zip" or not call.message.body:
        raise RefusalError(code, "the body must be application/zip", 400)
    entries = call.request.entries
    if len(entries) != 1:
        raise RefusalError(code, f"the zip holds {len(entries)} files where one is due", 400)
    return entries[0].name


def _known(state: State, call: Call) -> Document:
    found = state.documents.get(call.text("document"))
    if found is None or found.ssn != call.text("patient.matricule"):
        code = "NOT_FOUND"
        raise RefusalError(code, "no such document", 404)
    if found.ehealthid != call.text("ehealthid"):
        code = "FORBIDDEN"
        raise RefusalError(code, "the document is another practitioner's", 403)
    return found


def document(state: State, call: Call) -> Reply:
    """Answer one document."""
    return answering.served(state, call, 200, _known(state, call).fields())


def cancel(state: State, call: Call) -> Reply:
    """Cancel a document; with a zip in the body, replace it by the new one. Neither is answered with a body."""
    found = _known(state, call)
    if found.status not in OPEN:
        code = "FORBIDDEN"
        raise RefusalError(code, f"a document in state {found.status} cannot be cancelled", 403)
    if not call.message.body:
        after = replace(found, status="CANCELED")
        kept = replace(state, documents=state.documents | {after.uuid: after})
        entry = Entry("cancellation", {"memoire": found.uuid})
        return Reply(kept, 200, (), b"", (entry,))
    new = _document(state, call)
    if new.uuid in state.documents:
        code = "CONFLICT"
        raise RefusalError(code, "this UUID was deposited before", 409)
    after = replace(found, status="CANCEL_REPLACED")
    kept = replace(state, documents=state.documents | {after.uuid: after, new.uuid: new})
    entry = Entry("replacement", {"memoire": found.uuid, "replacement": new.uuid})
    return Reply(kept, 200, (), b"", (entry,))


def documents(state: State, call: Call) -> Reply:
    """Answer the practitioner's documents created in a span of days, a page at a time."""
    first, last = (call.value(name) for name in ("created-from", "created-to"))
    if not isinstance(first, date) or not isinstance(last, date):
        code = "BAD_REQUEST"
        raise RefusalError(code, "createdFrom and createdTo are dates", 400)
    found = [
        item for item in state.documents.values()
        if item.ehealthid == call.text("ehealthid") and first <= item.created.date() <= last
    ]  # fmt: skip
    return listed(state, call, found)


def listed(state: State, call: Call, found: list[Document]) -> Reply:
    """Answer the page of documents that is asked for; what the script says of a document, it says of each."""
    return answering.served(state, call, 200, {"documents": tuple(scripted(call, dict(item.fields())) for item in _page(call, found))})


def _page(call: Call, found: list[Document]) -> list[Document]:
    """The page (from 0) of a list that ``page`` and ``size`` ask for; without ``size``, the world's ``page-size``."""
    number, asked = (call.value(name) for name in ("page", "size"))
    number = number if isinstance(number, int) else 0
    size = asked if isinstance(asked, int) else int(as_text(call.world.get("page-size", PAGE)))
    if number < 0 or size < 0:
        code = "BAD_REQUEST"
        raise RefusalError(code, "page and size are numbers from 0", 400)
    return found[number * size : (number + 1) * size]


def read_consent(call: Call, author: str, allowed: tuple[str, ...]) -> Consent:
    """The consent in a body; 400 when type or endAt is missing, 403 for a type not allowed."""
    kind = call.text("type")
    try:
        end = call.value("ends")
    except UnreadableError:
        end = None
    if not isinstance(end, datetime) or kind not in CONSENT_TYPES:
        code = "BAD_REQUEST"
        raise RefusalError(code, f"type (one of {', '.join(CONSENT_TYPES)}) and endAt (an instant, RFC 3339) are required", 400)
    if kind not in allowed:
        code = "FORBIDDEN"
        raise RefusalError(code, f"a practitioner records only {', '.join(allowed)}", 403)
    if end <= call.now:
        code = "BAD_REQUEST"
        raise RefusalError(code, "endAt is past", 400)
    return Consent(call.text("patient.matricule"), kind, call.now, end, author)


def keep_consent(state: State, call: Call, found: Consent) -> Reply:
    """Record a consent; 302 when it exists already."""
    if state.consent(found.ssn, found.type, call.now) is not None:
        location = f"{call.binding.prefix}/practitioner/{found.ssn}/consent/{found.type}"
        if found.author == "PATIENT":
            location = f"{call.binding.prefix}/person/{found.ssn}/consent"
        return Reply(state, 302, (("Location", location),), b"")
    kept = replace(state, consents=state.consents | {(found.ssn, found.type): found})
    entry = Entry("consent", {"matricule": found.ssn, "type": found.type, "author": found.author})
    return Reply(kept, 200, (), b"", (entry,))


def consent(state: State, call: Call) -> Reply:
    """A practitioner records the patient's MH consent."""
    return keep_consent(state, call, read_consent(call, "PRACTITIONER", ("MH",)))


def consent_state(state: State, call: Call) -> Reply:
    """Answer a consent in force, 404 when there is none."""
    found = state.consent(call.text("patient.matricule"), call.text("type"), call.now)
    if found is None:
        code = "NOT_FOUND"
        raise RefusalError(code, "no such consent in force", 404)
    return answering.served(state, call, 200, found.fields())


def members(state: State, call: Call) -> Reply:
    """Answer the members of the practitioner's team."""
    own = call.text("ehealthid")
    return answering.served(state, call, 200, {"ehealthid": own, "members": tuple(member for owner, member in state.members if owner == own)})


def member(state: State, call: Call) -> Reply:
    """Say that a member is of the team, 404 when it is not."""
    key = (call.text("ehealthid"), call.text("member"))
    if key not in state.members:
        code = "NOT_FOUND"
        raise RefusalError(code, "no such member", 404)
    return Reply(state, 200, (), b"")


def member_add(state: State, call: Call) -> Reply:
    """Add a member to the team."""
    key = (call.text("ehealthid"), call.text("member"))
    return Reply(replace(state, members=state.members | {key: "MEMBER"}), 200, (), b"")


def member_remove(state: State, call: Call) -> Reply:
    """Take a member off the team."""
    key = (call.text("ehealthid"), call.text("member"))
    left = {known: role for known, role in state.members.items() if known != key}
    return Reply(replace(state, members=left), 200, (), b"")
