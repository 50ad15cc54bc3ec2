"""What the embedded environment answers: its services, each with the operations that its simulator knows.

It stands with the nouns so that `judge` and `verify` know it without a simulator; ``tests/services/test_embedded.py`` holds it
against the simulators and their bindings.
"""

from __future__ import annotations

from collections.abc import Mapping

ANSWERED: Mapping[str, tuple[str, ...]] = {
    "idp": ("idp.authenticate", "idp.token"),
    "sts": ("sts.issue",),
    "mysecu": ("pid.simulate", "pid.pay", "pid.contest", "ra.deposit", "ra.reimburse", "ra.cancel"),
    "eadministrative": (
        "ra.deposit", "ra.document", "ra.cancel", "ra.documents", "ra.consent", "ra.consent-state", "ra.members", "ra.member",
        "ra.member-add", "ra.member-remove", "patient.documents", "patient.cns-documents", "patient.document", "patient.pdf",
        "patient.reimburse", "patient.consent", "patient.consents", "patient.consent-state", "patient.consent-remove",
        "patient.person",
    ),
    "servid": ("idv.match", "idv.lookup"),
    "eprescription": ("rx.submit", "rx.search", "rx.cancel", "rx.dispense", "rx.status"),
}  # fmt: skip
"""Operations by service; what a binding brings beyond them is live-only."""

_ALWAYS = frozenset({"unavailable", "fault"})
_REFUSED, _SOAP = frozenset({"refuse", "text", "status"}), frozenset({"refuse", "text", "signature", "fault-status"})
_TIMED = frozenset({"lifetime", "starts"})
_BY_SERVICE: Mapping[str, frozenset[str]] = {
    "idp": _TIMED, "sts": _TIMED | {"refuse", "signature"}, "mysecu": _SOAP, "eadministrative": _REFUSED,
    "servid": _REFUSED | {"persons"}, "eprescription": _REFUSED,
}  # fmt: skip
_BY_OPERATION: Mapping[str, frozenset[str]] = {
    "idp.authenticate": frozenset({"refuse", "signature", "in-response-to", "assertion.ehealthid", "fault-status"}),
    "pid.simulate": frozenset({"extra-lines"}), "idv.match": frozenset({"score"}),
}  # fmt: skip
TEMPLATED = ("eadministrative", "eprescription", "servid")
"""The services whose answers and refusals are the templates that their binding names."""
FIELDS_ORDERED = frozenset({"mysecu", "eadministrative", "eprescription"})
"""The services of whose answers a script may order any field."""


def orders(operation: str) -> frozenset[str]:
    """What a script may order of an operation besides the fields of its answer; every order is heard by a service."""
    services = [service for service, names in ANSWERED.items() if operation in names]
    return _ALWAYS.union(_BY_OPERATION.get(operation, ()), *(_BY_SERVICE[service] for service in services))


IDENTIFIERS: Mapping[str, str] = {"idp": "urn:equalis:embedded:idp", "sts": "urn:equalis:embedded:sts"}
"""The names that the services have in assertions: who issues them (saml:Issuer), and for whom they are besides whoever asked
(saml:Audience, SAML core 2.0 §2.5.1.4). A solution is told them in the reset.
"""

OPERATIONS = frozenset(name for names in ANSWERED.values() for name in names)
"""Every operation that some embedded service answers."""
