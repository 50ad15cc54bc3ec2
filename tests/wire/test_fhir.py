"""FHIR R4 resources held against the standard, and the names and paths that go with them."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equalis.wire import fhir, json_path, names
from equalis.wire.unreadable import UnreadableError

GOOD = {"resourceType": "Patient", "active": True, "gender": "female", "birthDate": "1931-05", "name": [{"use": "official", "family": "X"}]}


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"resourceType": "Person"}, "resourceType"), ({"gender": "F"}, "gender"), ({"birthDate": "31.05.1931"}, "birthDate"),
        ({"active": "true"}, "no JSON bool"), ({"name": [{"use": "main", "family": "X"}]}, "use"), ({"colour": "red"}, "colour"),
        ({"name": "X"}, "name"),
    ],
)  # fmt: skip
def test_what_the_standard_forbids_is_said_with_its_place(change: dict[str, object], word: str) -> None:
    """Unknown elements and bad dates by the models; codes and primitive types by rules of our own."""
    assert fhir.problems(json.dumps(GOOD).encode(), "Patient") == []
    found = fhir.problems(json.dumps({**GOOD, **change}).encode(), "Patient")
    assert any(word in text for text in found), found


def test_a_resource_inside_parameters_is_held_too() -> None:
    """A Patient in Parameters, a boolean that is a text."""
    inside = {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": {**GOOD, "gender": "F"}}]}
    assert "gender" in fhir.problems(json.dumps(inside).encode(), "Parameters")[0]
    text = {"resourceType": "Parameters", "parameter": [{"name": "onlyCertainMatches", "valueBoolean": "false"}]}
    assert "valueBoolean" in fhir.problems(json.dumps(text).encode(), "Parameters")[0]


DOCUMENT = {"resourceType": "Bundle", "type": "document", "timestamp": "2026-11-24T10:00:00Z", "identifier": {"system": "urn:ietf:rfc:3986", "value": "1"}}
COMPOSITION = {"resourceType": "Composition", "status": "final", "date": "2026-11-24", "title": "x", "type": {"text": "x"}, "author": [{"reference": "#a"}]}
REQUEST = {"resourceType": "MedicationRequest", "status": "active", "intent": "order", "subject": {"reference": "#p"}, "medicationCodeableConcept": {"text": "x"}}


def bundle(*resources: object, **changes: object) -> list[str]:
    document = {**DOCUMENT, "entry": [{"resource": item} for item in resources], **changes}
    return fhir.problems(json.dumps({key: value for key, value in document.items() if value is not None}).encode(), "Bundle")


def test_a_document_has_an_identifier_a_time_and_begins_with_its_composition() -> None:
    """Bdl-9, bdl-10 and bdl-11, where the models are blind."""
    assert bundle(COMPOSITION, REQUEST) == []
    assert any("identifier" in text for text in bundle(COMPOSITION, identifier=None))
    assert any("timestamp" in text for text in bundle(COMPOSITION, timestamp=None))
    assert any("begins with its Composition" in text for text in bundle(REQUEST))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"intent": None}, "intent"), ({"intent": "wish"}, "intent"), ({"status": "given"}, "status"),
        ({"dispenseRequest": {"numberOfRepeatsAllowed": "3"}}, "numberOfRepeatsAllowed"), ({"dispenseRequest": {"quantity": {"value": "2"}}}, "no JSON number"),
        ({"resourceType": "Foo"}, "no FHIR R4 resource"),
    ],
)  # fmt: skip
def test_a_prescription_is_held_inside_its_bundle(change: dict[str, object], word: str) -> None:
    """Required elements, codes, numbers that are texts, and a resource that nobody knows."""
    found = bundle(COMPOSITION, {key: value for key, value in {**REQUEST, **change}.items() if value is not None})
    assert any(word in text for text in found), found


@given(st.binary(max_size=200) | st.recursive(st.none() | st.booleans() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["resourceType", "name", "gender", "parameter", "valueBoolean"]), inner, max_size=3)).map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_readable_or_not_and_never_more(content: bytes) -> None:
    """A list of problems or UnreadableError, nothing else."""
    with contextlib.suppress(UnreadableError):
        assert isinstance(fhir.problems(content, "Patient"), list)


@pytest.mark.parametrize(("left", "right"), [("D'Angelo", "d angelo"), ("Große", "GROSSE"), ("Gonçalves", "Goncalves"), ("Schmit-Pütz", "schmit putz")])
def test_names_that_are_the_same_to_a_reader_fold_alike(left: str, right: str) -> None:
    """Accents, case, punctuation, blanks, ß."""
    assert names.folded(left) == names.folded(right)
    assert names.folded(left) != names.folded(f"{right}x")


def test_paths_of_rfc_9535_filter_and_a_bad_one_is_refused() -> None:
    """What a JSON Pointer cannot say."""
    document = {"parameter": [{"name": "a", "v": 1}, {"name": "b", "v": 2}]}
    assert json_path.find("$.parameter[?@.name=='b'].v", document) == [2]
    with pytest.raises(ValueError, match="not an RFC 9535 path"):
        json_path.compiled("$.[")
