"""What the service verifies of a prescription before it takes it.

Sources: RGD of 14 October 2014 (minimum content, law); HL7 Europe MPD 1.0.0 (authoredOn, requester, groupIdentifier,
validityPeriod, standard); the signature over the bytes, the product list and the refusals are modelled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NoReturn

from equalis.model.values import Record, Value, as_text
from equalis.services import security
from equalis.services.eprescription.prescription import Line, Prescription
from equalis.services.port import Call, RefusalError
from equalis.wire import jws, typed
from equalis.wire.xmldsig import BadSignatureError

DOCUMENT = "57833-6"
"""LOINC: prescription for medication."""
LAW = (
    "patient.last-name", "patient.first-names", "patient.birth-date", "patient.matricule", "prescriber.last-name", "prescriber.first-names",
    "prescriber.qualification", "prescriber.contact", "prescriber.address",
)  # fmt: skip
"""What a prescription says of patient and prescriber (RGD 14.10.2014; the matricule is modelled)."""
OF_EACH_LINE = (
    "dates", "requesters", "lines.status", "lines.intent", "lines.product", "lines.name", "lines.form", "lines.strength", "lines.unit", "lines.quantity", "lines.posology",
    "lines.dose", "lines.frequency", "lines.period", "lines.period-unit", "lines.repeats", "lines.start", "lines.end", "lines.substitution",
)  # fmt: skip
"""What each line says; every one of them is there as often as there are lines."""
MOST_ENTRIES, CHILD = 100, 12
NUMBER = re.compile(r"[A-Za-z0-9.-]{1,60}")
"""A group identifier, which becomes a part of ids (FHIR R4 id: 64 of these characters)."""
BORN = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?\Z")
MOST_PACKS, MOST_REPEATS = 9999, 999
"""What a line may ask for (modelled)."""
LATEST = timedelta(days=30)
"""How long after its date a prescription may still be submitted (a printed fall-back)."""


def stop(code: str, text: str, status: int = 400) -> NoReturn:
    """Refuse with a code of the service."""
    raise RefusalError(code, text, status) from None


def signature(call: Call) -> None:
    """The signature holds over the very bytes, by the caller's own certificate, and is dated on the prescription's day."""
    text = call.text("signature")
    if not text:
        stop("signature", "the prescription is not signed")
    try:
        found = jws.verify(text, call.message.body)
    except BadSignatureError as error:
        stop("signature", str(error))
    if found.certificate != call.client_certificate:
        stop("signature", "signed by another certificate than the TLS client's")
    signed, dates = call.value("signature.date"), call.values("dates")
    day = typed.luxembourg_day(signed) if isinstance(signed, datetime) else None
    if any(not isinstance(moment, datetime) or typed.luxembourg_day(moment) != day for moment in dates):
        stop("signature-date", "the date of the signature is not that of the prescription")


def entries(call: Call) -> None:
    """Not more parts than any prescription has."""
    if len(call.values("entries")) > MOST_ENTRIES:
        stop("too-costly", f"a prescription has at most {MOST_ENTRIES} parts", 413)


def prescriber(call: Call, professionals: Mapping[str, Record], suspended: frozenset[str], caller: str) -> None:
    """Whoever issues is a physician who may, and signs in the own name."""
    known = professionals.get(caller)
    if known is None or known.get("role", "physician") != "physician":
        stop("4703", "who calls may not prescribe", 403)
    if caller in suspended:
        stop("4703", "the prescriber's right to prescribe is suspended", 403)
    if {as_text(value) for value in call.values("requesters")} != {caller} or call.text("prescriber.ehealthid") != caller:
        stop("4703", "the prescriber is not who calls", 403)


def content(call: Call) -> int:
    """The minimum content; the number of lines."""
    identifiers = call.values("identifiers")
    count = len(identifiers)
    if not count:
        stop("content", "no line has a group identifier")
    if len(set(identifiers)) != 1:
        stop("content", "the lines have several group identifiers")
    if call.text("document") != DOCUMENT:
        stop("content", f"the document's type is not LOINC {DOCUMENT}")
    for name in LAW:
        if not call.text(name).strip():
            stop("content", f"{name} is missing")
    for name in OF_EACH_LINE:
        found = call.values(name)
        if len(found) != count or any(not as_text(value).strip() for value in found):
            code = {"lines.posology": "posology", "lines.dose": "posology", "lines.frequency": "posology", "lines.quantity": "quantity"}.get(name, "content")
            stop(code, f"{name} is not in each line")
    if not NUMBER.fullmatch(as_text(identifiers[0])):
        stop("content", "a group identifier has at most 60 letters, digits, hyphens and points")
    if {as_text(value) for value in call.values("lines.status")} != {"active"} or {as_text(value) for value in call.values("lines.intent")} != {"order"}:
        stop("content", "each line is active, and an order")
    return count


def dates(call: Call) -> None:
    """Issued now, or lately and printed meanwhile; each validity begins before it ends, and is not over."""
    for day in call.values("dates"):
        today = typed.luxembourg_day(call.now)
        if not isinstance(day, datetime) or (day > call.now + security.SKEW and typed.luxembourg_day(day) != today) or day < call.now - LATEST:
            stop("content", "the date of issue is in the future or too long ago")
    for start, end in zip(call.values("lines.start"), call.values("lines.end"), strict=True):
        if not isinstance(start, date) or not isinstance(end, date) or end < start or end < typed.luxembourg_day(call.now):
            stop("content", "the validity is over, or ends before it begins")


def products(call: Call, known: Mapping[str, Record]) -> None:
    """Each product is on the list, on the market, no narcotic, and prescribed in whole packs."""
    for value in call.values("lines.product"):
        product = known.get(as_text(value))
        if product is None:
            stop("unknown-product", f"no product has the number {as_text(value)[:20]}")
        if product.get("narcotic") is True:
            stop("narcotic", "a narcotic is prescribed on a secured counterfoil only")
        if product.get("discontinued") is True:
            stop("discontinued", f"the product {as_text(value)} is no longer on the market")
        if product.get("by_weight") is True and _age(call) < CHILD and call.value("patient.weight") is None:
            stop("weight", "the dose of a child needs the weight")
    for value in call.values("lines.quantity"):
        if not isinstance(value, Decimal) or not 0 < value <= MOST_PACKS or value != value.to_integral_value():
            stop("quantity", "a quantity is a number of whole packs")
    for value in call.values("lines.repeats"):
        if not isinstance(value, int) or not 0 <= value <= MOST_REPEATS:
            stop("content", "the number of renewals is not a number")


def _age(call: Call) -> int:
    """Whole years; an unknown month or day of birth counts as the first."""
    found = BORN.match(call.text("patient.birth-date"))
    if not found:
        return CHILD
    year, month, day = (int(part or 1) for part in found.groups())
    return call.now.year - year - ((call.now.month, call.now.day) < (month, day))


def issued(call: Call, caller: str) -> Prescription:
    """The prescription, once everything holds."""
    number = call.text("identifiers")
    columns = [call.values(f"lines.{name}") for name in ("product", "name", "posology", "quantity", "repeats", "start", "end", "substitution")]
    lines = tuple(_line(f"{number}-{place}", values) for place, values in enumerate(zip(*columns, strict=True), 1))
    return Prescription(number, call.text("patient.matricule"), caller, lines)


def _line(name: str, values: tuple[Value, ...]) -> Line:
    product, common, posology, quantity, repeats, start, end, substitution = values
    return Line(name, as_text(product), as_text(common), as_text(posology), Decimal(as_text(quantity)), int(as_text(repeats)),
                date.fromisoformat(as_text(start)[:10]), date.fromisoformat(as_text(end)[:10]), substitution is True)  # fmt: skip
