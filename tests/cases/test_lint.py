"""Lint: every mistake of a case at once, with line, caret and valid words."""

from __future__ import annotations

from pathlib import Path

import pytest

from equalis import packs
from equalis.cases import configuration
from equalis.cases.loading import Loaded, load_all
from equalis.model.config import Address, IdentityFiles
from equalis.model.source import MistakesError
from equalis.reporting.text import mistake_text

GOLDENS = Path(__file__).parent.parent / "goldens"

BROKEN = """\
case: ra-pid/autre-nom
title: Une consultation
needs: [pid]
given:
  patient: ${people.adulte-afilie}
  provider: ${people.generaliste}
  world: [pid-activ]
steps:
  - id: facturer
    ask: Facturez ${act.code}.
    action: pid.bil
    input: {patient: x}
    script: {pid.simulate: {shares.patent: 1}}
    inject: {pid.pay: explode}
  - id: facturer
    ask: Encore.
    action: pid.bill
    input: {patient: 1, provider: "2", acts: [{cod: C1}], colour: red}
expect:
  - id: a
    must: Ceci.
    requirement: PID-999
    select: {operation: pid.simulat}
    check: count
    with: {exactly: 1}
  - id: b
    must: Cela.
    requirement: PID-091
    select: {operation: pid.pay, field: request.simulatio}
    check: equal
  - id: c
    must: Encore.
    requirement: PID-040
    select: {operation: pid.pay, ledger: mysecu}
    check: equals
    with: {valeur: 3}
  - id: d
    must: Et encore.
    requirement: PID-040
    select: {observation: factures, field: state}
    check: present
variants:
  - id: v
    title: Une variante
    input: {payer: {agrees: false}}
    omit: [zz]
"""

SHAPELESS = """\
case: ra-pid/casse
titel: Une consultation
steps:
  - id: Un Deux
    ask: Facturez.
    untill: {seen: pid.pay}
expect: []
variants:
  - title: Sans identifiant
    expect: {id: x}
"""


def lint(text: str, name: str) -> str:
    content = {**packs.scenarios().content, **packs.bindings().content, f"scenarios/ra-pid/{name}": text.encode()}
    with pytest.raises(MistakesError) as caught:
        load_all(content)
    return "\n\n".join(mistake_text(item) for item in caught.value.mistakes) + "\n"


def golden(name: str, text: str) -> None:
    path = GOLDENS / name
    assert text == path.read_text(encoding="utf-8"), f"{name} changed; if rightly, write the new text there:\n{text}"


def test_all_mistakes_of_meaning_are_reported_at_once() -> None:
    """Unknown people, seeds, actions, inputs, operations, fields, checks, steps, ids, levels, arguments."""
    golden("lint-meaning.txt", lint(BROKEN, "nom.yaml"))


def test_all_mistakes_of_shape_are_reported_at_once() -> None:
    """Unknown and missing keys, wrong kinds, empty lists: with the valid words."""
    golden("lint-shape.txt", lint(SHAPELESS, "casse.yaml"))


def test_the_shipped_cases_have_no_mistake_and_every_must_is_proven(loaded: Loaded) -> None:
    """Each MUST has a case, or says why it has none; at least 90 requirements, 44 cases, 110 variants, 50 with faults."""
    family = loaded.pack.families["ra-pid"]
    proven = {item.requirement for case in family.cases for item in case.expectations}
    missing = [item.id for item in family.requirements.values() if item.id not in proven and not item.unproven]
    assert not missing
    assert len(family.requirements) >= 90
    assert all(item.cites and item.basis for item in family.requirements.values())
    assert sum(not case.variant for case in family.cases) >= 44
    assert sum(bool(case.variant) for case in family.cases) >= 110
    assert sum(any(step.inject for step in case.steps) for case in family.cases if case.variant) >= 50


def test_a_variant_replaces_by_key_and_by_id(loaded: Loaded) -> None:
    """Known ids replace in place, new ones are added, `omit` takes away; the rest stays."""
    cases = {name: loaded.pack.case(f"ra-pid/{name}") for name in (
        "pid-refus", "pid-refus@refus-metier", "ra-depot", "ra-depot@sans-consentement", "pid-paiement-pannes@muette-apres",
    )}  # fmt: skip
    ids = {name: [item.id for item in case.expectations if item.id != "http"] for name, case in cases.items() if case}  # http: the register's
    assert ids["pid-refus@refus-metier"] == [*ids["pid-refus"], "montre"]
    assert ids["ra-depot@sans-consentement"] == ["depose", "annonce"]
    replaced, base, disturbed = (cases[name] for name in ("ra-depot@sans-consentement", "ra-depot", "pid-paiement-pannes@muette-apres"))
    assert replaced
    assert base
    assert disturbed
    assert (base.expectations[0].requirement, replaced.expectations[0].requirement) == ("RA-030", "RA-010")
    assert disturbed.steps[0].inject == {"pid.pay": "hang-after-commit"}
    assert replaced.given["diagnosis"] == base.given["diagnosis"]
    assert replaced.given["patient"] != base.given["patient"]


def test_citations_keep_their_type_alone_and_become_text_in_a_sentence(loaded: Loaded) -> None:
    """`${shares.patient}` is money where it stands alone."""
    case = loaded.pack.case("ra-pid/pid-consultation-adulte")
    assert case
    assert str(case.steps[0].script["pid.simulate"]["shares.patient"]) == "6.92"
    assert "C1 à Anna Weber" in case.steps[0].sentence


CALLS = """\
case: eprescription/appel
title: Un appel
given:
  patient: ${people.adulte}
  pharmacy: ${people.pharmacienne}
steps:
  - id: signe
    ask: La pharmacie émet une ordonnance.
    call: rx.submit
    as: ${people.pharmacienne}
  - id: faux
    ask: La pharmacie délivre.
    call: rx.dispens
    as: ${people.pharmacienne}
  - id: autre
    ask: La pharmacie délivre.
    call: rx.dispense
    as: ${people.pharmacienne}
    input: {packs: 1}
  - id: personne
    ask: Quelqu'un délivre.
    call: rx.dispense
    as: ${people.adulte}
  - id: deux
    ask: Délivrez, et attendez.
    call: rx.dispense
    as: ${people.pharmacienne}
    pause: 1s
expect:
  - id: media
    must: Ceci.
    requirement: RX-004
    select: {operation: rx.status}
    check: media
"""


def test_a_call_names_an_operation_its_fields_and_who_calls() -> None:
    """An operation that equalis cannot write, an unknown one, an unknown field, a patient as caller, two things at once."""
    content = {**packs.scenarios().content, **packs.bindings().content, "scenarios/eprescription/appel.yaml": CALLS.encode()}
    with pytest.raises(MistakesError) as caught:
        load_all(content)
    golden("lint-calls.txt", "\n\n".join(mistake_text(item) for item in caught.value.mistakes) + "\n")


def test_an_overlay_with_a_bad_schema_or_template_name_is_refused_before_any_case() -> None:
    """Where it is, and what is wrong with it."""
    content = {**packs.scenarios().content, **packs.bindings().content}
    content["bindings/mysecu/schemas/pid.xsd"] = b"<schema/>"
    content["bindings/eprescription/binding.yaml"] = content["bindings/eprescription/binding.yaml"].replace(b"template: task.json.j2", b"template: tsk.json.j2")
    with pytest.raises(MistakesError) as caught:
        load_all(content)
    text = "\n".join(mistake_text(item) for item in caught.value.mistakes)
    assert "bindings/mysecu/schemas/pid.xsd" in text
    assert "no template `tsk.json.j2`" in text
    assert "did you mean `task.json.j2`?" in text


CONFIGURATION = """\
[solution]
nmae = "X"
driver = "htpp"
timeout = "long"

[run]
out = 3
"""


ENVIRONMENTS = """\
[solution]
name = "X"
driver = "demo"

[environments.real]
services = { mysecu = "http://mysecu.example" }
quiet = ["22h-6h"]
rate = 0
routing = "sni"
auhtority = "x.pem"

[environments.real.identity]
pkcs12 = "a.p12"
certificate = "b.pem"
password = "secret"

[environments.embedded]
services = {}

[environments.other.identity]
certificate = "b.pem"
"""


def test_every_mistake_of_a_live_environment_is_reported_at_its_line() -> None:
    """Addresses, spans, words, keys, identities, names: at once, and no password is read from a file."""
    with pytest.raises(MistakesError) as caught:
        configuration.read(ENVIRONMENTS.encode(), "equalis.toml")
    golden("lint-environments.txt", "\n\n".join(mistake_text(item) for item in caught.value.mistakes) + "\n")


def test_a_live_environment_is_read_as_it_is_written() -> None:
    """Addresses without their last slash, and every default."""
    text = ENVIRONMENTS.split("[environments", maxsplit=1)[0] + """[environments.real]
services = { mysecu = "https://a.example/m/", idp = { url = "https://b.example", connect = "127.0.0.1:8443" } }
"""
    (site,) = configuration.read(text.encode(), "equalis.toml").environments.values()
    assert site.services == {"mysecu": Address("https://a.example/m"), "idp": Address("https://b.example", "127.0.0.1:8443")}
    assert (site.routing, site.says, site.rate, site.quiet, site.identity) == ("host", "", 0.0, (), IdentityFiles())


def test_a_mistake_in_equalis_toml_is_reported_like_one_in_a_case() -> None:
    """Line, caret, valid words, all at once."""
    with pytest.raises(MistakesError) as caught:
        configuration.read(CONFIGURATION.encode(), "equalis.toml")
    golden("lint-configuration.txt", "\n\n".join(mistake_text(item) for item in caught.value.mistakes) + "\n")


def test_bad_toml_and_a_driver_without_its_address_are_mistakes() -> None:
    """Syntax has its line, and `http` needs `url`."""
    for text, words in ((b"[solution\n", "not TOML"), (b'[solution]\nname = "x"\ndriver = "http"\n', "needs `url`")):
        with pytest.raises(MistakesError, match=words):
            configuration.read(text, "equalis.toml")


def test_a_good_configuration_is_read() -> None:
    """Every value arrives."""
    text = b'[solution]\nname = "X"\ndriver = "http"\nurl = "http://127.0.0.1:1"\ntimeout = 2.5\ncapabilities = ["pid"]\n'
    found = configuration.read(text, "equalis.toml").solution
    assert (found.name, found.url, found.timeout, found.capabilities) == ("X", "http://127.0.0.1:1", 2.5, ("pid",))
