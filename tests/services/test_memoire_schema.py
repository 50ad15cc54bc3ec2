"""The schema of the mémoire, field by field, from the table of ra-pid.md §3."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from equalis import packs
from equalis.demo.defects import Switches
from equalis.demo.memoire import Act, Memoire
from equalis.demo.transport import Doctor
from equalis.wire import strict_xml, xml_schema

SCHEMA = xml_schema.compiled((("mysecu/memoire.xsd", packs.bindings().content["bindings/mysecu/schemas/memoire.xsd"]),))
MEMOIRE = Memoire(
    "0f8fad5b-d9cb-469f-a165-70867728950e", Doctor("1000000017", "90123456", "Exemple", "Marie"),
    {"matricule": "1985031421294"}, (Act("C1", 1), Act("CP1", 1, Decimal("15.00"))), date(2026, 11, 22), Switches(),
)  # fmt: skip
XML = MEMOIRE.xml()


def violations(xml: str) -> list[str]:
    return xml_schema.violations(SCHEMA, strict_xml.parse(xml.encode()))


GOOD = [
    ("", ""),
    ("<matricule>1985031421294</matricule>", "<dateNaissance>1985-03-14</dateNaissance>"),
    ("<footer/>", "<footer><nombreDePage>2</nombreDePage></footer>"),
    ("</patient>", "<accident><numeroAccident>U123456789</numeroAccident></accident></patient>"),
    ("</acte>", "</acte>"),
    ("<codeActe>C1</codeActe>", "<codeActe>C1</codeActe><prefixActe>D</prefixActe><suffixActe>A</suffixActe><suffixActe>B</suffixActe>"),
    ("</indicationsSupplementaires>", ""),
    ("<indicationsSupplementaires/>", "<indicationsSupplementaires><polytraumatisme>true</polytraumatisme><codeMedecinOperateur>90123456</codeMedecinOperateur></indicationsSupplementaires>"),
    ("</cns:memoireHonoraire>", "<signature><x xmlns='urn:y'>z</x></signature><document>JVBERg==</document></cns:memoireHonoraire>"),
    ("</dateMemoireHonoraires>", "</dateMemoireHonoraires><nomHopitalAssociation>Centre</nomHopitalAssociation>"),
    ("</dateMemoireHonoraires>", f"</dateMemoireHonoraires><nomHopitalAssociation>{'x' * 120}</nomHopitalAssociation>"),
    ("<lieu/>", ""),
    ("<matricule>1985031421294</matricule>", "<matricule>\n  1985031421294\t</matricule>"),
    ("<caissePrincipale>CNS", "<caissePrincipale>Ailleurs"),
    ("<caissePrincipale>CNS", "<caissePrincipale>"),
    ("<sousTotal>72.70", "<sousTotal>72.7"),
    ("<sousTotal>72.70", "<sousTotal>72.700"),  # the digits of a value, not of its writing (XML Schema part 2 §4.3.12)
    ("<aPayer>", "<report>0</report><acompteADeduire>10.5</acompteADeduire><aPayer>"),
    ("</montantBrut>", "</montantBrut><codePrescripteur>90123456</codePrescripteur>"),
    ("<rue>rue de l'Exemple</rue><codePays>", "<extension1>a</extension1><Extension2>b</Extension2><numeroRue>1</numeroRue><rue>r</rue><codePays>"),
]  # fmt: skip

BAD = [
    ("<UUID>0f8fad5b-", "<UUID>"),
    ("<codePrestataire>90123456", "<codePrestataire>9012345"),
    ("<matricule>1985031421294", "<matricule>0985031421294"),
    ("<matricule>1985031421294</matricule>", ""),
    ("<matricule>1985031421294</matricule>", "<matricule>1985031421294</matricule><dateNaissance>1985-03-14</dateNaissance>"),
    ("<caissePrincipale>CNS", "<caissePrincipale>Caisse de santé"),
    ("<matricule>1985031421294", "<matricule>1985 031421294"),
    ("<codeActe>C1</codeActe>", "<codeActe>C1</codeActe><prefixActe/>"),
    ("<codeActe>C1</codeActe>", "<codeActe>C1</codeActe><suffixActe></suffixActe>"),
    ("<codeActe>C1</codeActe>", "<codeActe>C1</codeActe><suffixActe>AB</suffixActe>"),
    ("</montantBrut>", "</montantBrut><codePrescripteur>Dr House</codePrescripteur>"),
    ("</montantBrut>", "</montantBrut><codeOperateur>9012345</codeOperateur>"),
    ("<periode>", "<codeExecutant/><periode>"),
    ("<indicationsSupplementaires/>", "<indicationsSupplementaires><codeMedecinOperateur>X</codeMedecinOperateur></indicationsSupplementaires>"),
    ("<sousTotal>72.70", "<sousTotal>72.701"),
    ("<aPayer>", "<aPayer>0.001</aPayer><aPayer>"),
    ("<aPayer>", "<report>0.005</report><aPayer>"),
    ("<aPayer>", "<acompteADeduire>1.999</acompteADeduire><aPayer>"),
    ("</cns:memoireHonoraire>", "<signature>signé</signature></cns:memoireHonoraire>"),
    ("</cns:memoireHonoraire>", "<signature/></cns:memoireHonoraire>"),
    ("<codePays>LU", "<codePays>LUX"),
    ("<codeActe>C1", "<codeActe>C123456"),
    ("<nombre>1", "<nombre>0"),
    ("<nombre>1", "<nombre>100"),
    ("<montantBrut>57.70", "<montantBrut>57.705"),
    ("<devise>EUR", "<devise>EURO"),
    ("<acquitte>true", "<acquitte>oui"),
    ("<libre></libre>", ""),
    ("<footer/>", ""),
    ("<indicationsSupplementaires/>", ""),
    ("<libre></libre>", f"<libre><texteLibreMedical>{'x' * 201}</texteLibreMedical></libre>"),
    ("<libre></libre>", "<libre><texteLibreVirement></texteLibreVirement></libre>"),
    ("<numeroLigne>1", "<numeroLigne>a"),
    ("<periode><dateDebut>2026-11-22", "<periode><dateDebut>22.11.2026"),
    ("<entete>", "<cns:entete>"),
    ("<assure><adresse><rue>rue de l'Exemple</rue></adresse></assure>", ""),
    ("</patient>", "<accident><numeroAccident>X123456789</numeroAccident></accident></patient>"),
    ("<sousTotal>", "<aPayer>1.00</aPayer><sousTotal>"),
    ("<partPersonelle>15.00</partPersonelle>", "<partPersonnelle>15.00</partPersonnelle>"),
    ("</cns:memoireHonoraire>", "<document>pas du base64 !</document></cns:memoireHonoraire>"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new"), GOOD)
def test_what_the_table_allows_is_valid(old: str, new: str) -> None:
    """Optional and repeated fields are accepted where the table has them."""
    assert violations(XML.replace(old, new, 1) if old else XML) == []


@pytest.mark.parametrize(("old", "new"), BAD)
def test_what_the_table_forbids_is_not(old: str, new: str) -> None:
    """Each limit, order and obligation of the table is held."""
    changed = XML.replace(old, new, 1)
    assert changed != XML
    if new == "<cns:entete>":
        changed = changed.replace("</entete>", "</cns:entete>")
    assert violations(changed)
