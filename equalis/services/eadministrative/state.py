"""What the embedded eAdministrative remembers: consents, documents, members (ra-pid.md §3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from equalis.model.values import Record, as_text
from equalis.services import worlds
from equalis.services.answering import zulu

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

    def as_json(self) -> dict[str, str]:
        """The consent as the API writes it."""
        return {"type": self.type, "startAt": zulu(self.start), "endAt": zulu(self.end),
                "author": self.author, "ssn": self.ssn}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Document:
    """A mémoire deposited by a practitioner."""

    uuid: str
    ssn: str
    ehealthid: str
    created: datetime
    price: str
    paid: bool
    day: str
    first_name: str
    last_name: str
    file: str
    status: str = "RECEIVED"

    def as_json(self) -> dict[str, str | bool]:
        """The document as the API writes it."""
        return {
            "isPaid": self.paid, "price": self.price, "practitionerFirstname": self.first_name,
            "practitionerLastName": self.last_name, "uuid": self.uuid, "memoireDate": self.day,
            "status": self.status, "docType": "MH", "author": self.ehealthid,
            "createAt": zulu(self.created), "ssn": self.ssn, "file": self.file,
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
