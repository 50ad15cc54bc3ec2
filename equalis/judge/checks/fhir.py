"""Checks of FHIR resources: held against the standard."""

from __future__ import annotations

from equalis.judge.judgement import Judgement, check, ko, ok
from equalis.judge.selection import Scene, Subject
from equalis.model.case import Expectation
from equalis.model.values import as_text
from equalis.wire import encodings, fhir


@check("fhir-valid", {"kind": {"enum": list(fhir.KINDS)}}, ("kind",))
def fhir_valid(subjects: tuple[Subject, ...], expectation: Expectation, _scene: Scene) -> Judgement:
    """Each request's body is a valid FHIR R4 resource of that `kind`. Source: FHIR R4 (4.0.1), the resource's own page."""
    kind = as_text(expectation.arguments["kind"])
    for subject in subjects:
        body = encodings.content(subject.reading.exchange.request) if subject.reading else b""
        found = fhir.problems(body, kind)
        if found:
            return ko(f"a valid FHIR R4 {kind}", "; ".join(found), (subject,))
    return ok(f"a valid FHIR R4 {kind}", "it is", subjects)
