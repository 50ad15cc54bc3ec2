"""A binding: where each business field of a service stands on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LOCATORS = ("xpath", "pointer", "jsonpath", "header", "path", "query", "form", "entry", "status", "claim", "jws", "target", "element-names")
"""How a field is found; ``jsonpath`` is RFC 9535; ``entry`` is a property of the zip's entries, ``claim`` of a bearer JWT,
``jws`` a member of the protected header of a detached JWS (``Header-Name/member``),
``target`` the request target (``query`` or ``address``),
``element-names`` the local names of the elements at an XPath."""


@dataclass(frozen=True, slots=True)
class Locator:
    """One way to a field: the kind, its expression, and a pattern whose first group is kept.

    Where nothing stands at ``expression``, the first of ``otherwise`` at which something stands is read.
    """

    kind: str
    expression: str
    pattern: str = ""
    otherwise: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """A business field: its type, whether it repeats, and where it is."""

    name: str
    type: str
    locator: Locator
    many: bool = False


@dataclass(frozen=True, slots=True)
class Half:
    """A request or an answer: the form of its body, its schema, and its fields.

    ``body`` is ``xml``, ``json``, ``zip-xml``, ``form`` or ``none``; ``payload`` is an XPath to the
    element that the schema describes (empty: the root); ``template`` writes it, under the type ``media``.
    """

    body: str
    fields: Mapping[str, Field]
    schema: str = ""
    payload: str = ""
    template: str = ""
    media: str = ""


@dataclass(frozen=True, slots=True)
class Recognition:
    """What makes a request this operation; every part that is given must hold."""

    method: str = ""
    path: str = ""
    soap_action: str = ""
    holds: str = ""


@dataclass(frozen=True, slots=True)
class Join:
    """Fields of an entry that an earlier one has: the last of ``kind`` with the same value in ``on`` gives ``take``."""

    kind: str
    on: str
    take: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Commit:
    """What an operation commits to the service's ledger, told from the wire alone (a live environment shows no more).

    It does when every field of ``has`` is there, none of ``lacks`` is, and each of ``when`` has one of its values.
    ``fields`` are the entry's own, each with the field (``request.…`` or ``answer.…``) that gives it. Entries with the same
    value in ``distinct`` are one: an answer repeated commits nothing.
    """

    kind: str
    fields: Mapping[str, str]
    when: tuple[tuple[str, tuple[str, ...]], ...] = ()
    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    distinct: str = ""
    join: Join | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One call of a service; ``moves_money`` when it pays, bills or takes back; ``commits`` what its ledger gains, None where the
    binding does not say.
    """

    name: str
    service: str
    title: str
    basis: str
    recognise: Recognition
    request: Half
    answer: Half
    moves_money: bool = False
    commits: tuple[Commit, ...] | None = None


@dataclass(frozen=True, slots=True)
class Binding:
    """The wire of one service, as data that an overlay replaces; ``refusal`` is the template of its refusals and their type."""

    service: str
    title: str
    prefix: str
    namespaces: tuple[tuple[str, str], ...]
    operations: tuple[Operation, ...]
    schemas: Mapping[str, bytes]
    templates: Mapping[str, str]
    refusal: tuple[str, str] = ("", "")
