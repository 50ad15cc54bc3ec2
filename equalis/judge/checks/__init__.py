"""Every check, by name: the kinds are written out, the checks of a kind are found in its file."""

from __future__ import annotations

from collections.abc import Mapping

from equalis.judge.checks import counting, fhir, ledgers, ordering, schemas, signatures, transport, values
from equalis.judge.judgement import Check

KINDS = (counting, ordering, values, schemas, signatures, transport, ledgers, fhir)

CHECKS: Mapping[str, Check] = {
    item.name: item for kind in KINDS for item in vars(kind).values() if isinstance(item, Check)
}
