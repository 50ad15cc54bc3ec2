"""What the embedded eAdministrative remembers: consents, documents, members (ra-pid.md §3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from equalis.model.values import Record, as_text
from equalis.services import worlds

CONSENT_TYPES = ("MH", "ESANTE", "CNS", "CNS_AUTO")
OPEN = ("RECEIVED", "SENT", "REIMBURSEMENT_ASKED", "REIMBURSEMENT_SENT")


@dataclass(frozen=True, slots=True)
class Consent:
    """A patient's consent; an expired one counts as missing."""

    ssn: str
    type: str
    start: datetime
    end: datetime
    author: str

    def fields(self) -> Record:
        """The consent as the templates write it."""
        return {"type": self.type, "starts": self.start, "ends": self.end, "author": self.author, "ssn": self.ssn}


@dataclass(frozen=True, slots=True)
class Document:
    """A mémoire deposited by a practitioner; ``content`` is its XML, ``day`` midnight (UTC) of the mémoire's date."""

    uuid: str
    ssn: str
    ehealthid: str
    created: datetime
    price: Decimal
    paid: bool
    day: datetime
    first_name: str
    last_name: str
    content: str
    status: str = "RECEIVED"

    def fields(self) -> Record:
        """The document as the templates write it."""
        return {
            "uuid": self.uuid, "document.state": self.status, "paid": self.paid, "price": self.price, "date": self.day,
            "created": self.created, "author": self.ehealthid, "ssn": self.ssn,
            "first_name": self.first_name, "last_name": self.last_name, "file": self.content,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class State:
    """Everything, by its key; a new value for each change."""

    world: Record
    consents: dict[tuple[str, str], Consent] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    members: dict[tuple[str, str], str] = field(default_factory=dict)

    def consent(self, ssn: str, kind: str, now: datetime) -> Consent | None:
        """A consent in force, None when it is missing or over."""
        found = self.consents.get((ssn, kind))
        if found is None and kind in _seeded(self.world, ssn):
            return Consent(ssn, kind, now.replace(year=now.year - 1, day=1),
                           now.replace(year=now.year + 1, day=1), ssn)  # fmt: skip
        return found if found and found.end > now else None


def _seeded(world: Record, ssn: str) -> list[str]:
    return [as_text(item["type"]) for item in worlds.records(world, "consents") if as_text(item["ssn"]) == ssn]
