"""FHIR R4 resources held against the standard (fhir.resources, and rules of our own where it is blind).

The library has models of R4B, not of R4. Used are only resources whose R4 and R4B definitions are the
same (R4B changed Evidence, Medication definition, Subscription and the like, none of them here), so
what the models refuse is refused by R4 too. They do not know required code systems and most
invariants: those that matter are written out below.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import import_module
from typing import Any

from equalis.model.values import Value
from equalis.wire import strict_json

KINDS = ("Bundle", "MedicationDispense", "OperationOutcome", "Parameters", "Patient")
"""The resources that are read at the top of a message; in R4 and R4B alike."""
WITHIN = ("Composition", "MedicationRequest", "Medication", "Patient", "Practitioner", "PractitionerRole", "Organization")
"""The resources that stand in a prescription's Bundle: their models take a while to load."""
SCHEMAS = tuple(f"fhir-r4:{kind}" for kind in KINDS)
"""The names by which a binding says that a message is one of these."""
MOST_SHOWN = 5

REQUIRED: Mapping[tuple[str, str], frozenset[str]] = {
    ("Patient", "gender"): frozenset({"male", "female", "other", "unknown"}),
    ("HumanName", "use"): frozenset({"usual", "official", "temp", "nickname", "anonymous", "old", "maiden"}),
    ("MedicationRequest", "status"): frozenset({"active", "on-hold", "cancelled", "completed", "entered-in-error", "stopped", "draft", "unknown"}),
    ("MedicationRequest", "intent"): frozenset({"proposal", "plan", "order", "original-order", "reflex-order", "filler-order", "instance-order", "option"}),
    ("MedicationDispense", "status"): frozenset({"preparation", "in-progress", "cancelled", "on-hold", "completed", "entered-in-error", "stopped",
                                                 "declined", "unknown"}),
    ("Composition", "status"): frozenset({"preliminary", "final", "amended", "entered-in-error"}),
    ("Bundle", "type"): frozenset({"document", "message", "transaction", "transaction-response", "batch", "batch-response",
                                   "history", "searchset", "collection"}),
}  # fmt: skip
"""Required bindings of the standard that the models leave open (element → its codes)."""

_PRIMITIVES: tuple[tuple[str, frozenset[str], type], ...] = (
    ("Boolean", frozenset({"active"}), bool), ("Integer", frozenset({"total", "numberOfRepeatsAllowed", "frequency"}), int),
)
"""Elements that are booleans or integers, by the ending of their name or by their name."""
_QUANTITIES = ("quantity", "numerator", "denominator")
"""Elements whose value is a decimal."""


@lru_cache(maxsize=32)
def _model(kind: str) -> Any:
    """The model of a resource, loaded when the first one is read."""
    return getattr(import_module(f"fhir.resources.R4B.{kind.lower()}"), kind)


@lru_cache(maxsize=16)
def ready(*kinds: str) -> None:
    """Load the models of these resources, once: before a product is asked, never on its time."""
    for kind in kinds:
        inside = {"type": "collection", "entry": [{"resource": {"resourceType": each}} for each in WITHIN]} if kind == "Bundle" else {}
        problems(json.dumps({"resourceType": kind, **inside}).encode(), kind)


def problems(content: bytes, kind: str) -> list[str]:
    """What is wrong with a resource, `Patient.birthDate: …`; raises UnreadableError for bytes that are no JSON."""
    value = strict_json.read(content)
    if not isinstance(value, Mapping) or value.get("resourceType") != kind:
        named = value.get("resourceType") if isinstance(value, Mapping) else None
        return [f"resourceType: {named!r} where {kind} is due"]
    from pydantic import ValidationError  # noqa: PLC0415 - pydantic comes with the models, when the first is needed

    try:
        _model(kind).model_validate_json(content)
    except ValidationError as error:
        return [_told(kind, item) for item in error.errors()[:MOST_SHOWN]]
    except RecursionError:
        return [f"{kind}: nested too deeply"]
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:  # the models' own, for a resource that they do not know
        return [f"{kind}: no FHIR R4 resource ({str(error)[:80]})"]
    return [*_types(value, kind), *_codes(value, kind), *_document(value)][:MOST_SHOWN]


def _document(value: Mapping[str, Value]) -> Iterator[str]:
    """The invariants bdl-9, bdl-10 and bdl-11 of a Bundle that is a document."""
    if value.get("resourceType") != "Bundle" or value.get("type") != "document":
        return
    for name in ("identifier", "timestamp"):
        if name not in value:
            yield f"Bundle.{name}: a document has one"
    entries = value.get("entry")
    first = entries[0] if isinstance(entries, tuple) and entries else None
    resource = first.get("resource") if isinstance(first, Mapping) else None
    if not isinstance(resource, Mapping) or resource.get("resourceType") != "Composition":
        yield "Bundle.entry.0: a document begins with its Composition"


def _told(kind: str, error: Any) -> str:
    return f"{kind}.{'.'.join(map(str, error['loc']))}: {str(error['msg'])[:160]}"


def _types(value: Value, at: str) -> Iterator[str]:
    """Booleans and integers that are written as texts: the models convert them, the standard does not."""
    if isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _types(item, f"{at}.{index}")
    if isinstance(value, Mapping):
        for key, item in value.items():
            for ending, names, kind in _PRIMITIVES:
                if (key.endswith(ending) or key in names) and type(item) is not kind:
                    yield f"{at}.{key}: {str(item)[:40]!r} is no JSON {kind.__name__}"
            if key.lower().endswith(_QUANTITIES) and isinstance(item, Mapping) and isinstance(item.get("value"), str):
                yield f"{at}.{key}.value: {str(item['value'])[:40]!r} is no JSON number"
            yield from _types(item, f"{at}.{key}")


def _codes(value: Value, at: str) -> Iterator[str]:
    """Codes that no required binding knows, wherever the resource stands."""
    if isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _codes(item, f"{at}.{index}")
    if not isinstance(value, Mapping):
        return
    kind = value.get("resourceType")
    for (owner, element), codes in REQUIRED.items():
        mine = kind == owner or (owner == "HumanName" and ("family" in value or "given" in value))
        if mine and element in value and value[element] not in codes:
            yield f"{at}.{element}: {str(value[element])[:40]!r} is none of {', '.join(sorted(codes))}"
    for key, item in value.items():
        if isinstance(item, Mapping | tuple):
            yield from _codes(item, f"{at}.{key}")
