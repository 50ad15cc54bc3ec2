"""The demo's way to a prescription service that speaks another language: XML after CDA (see tests/overlays/cda)."""

from __future__ import annotations

from datetime import datetime
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

from equalis.demo import jws
from equalis.demo.connection import SERVER_ERRORS, Link
from equalis.demo.mpd import RefusedError, Status
from equalis.demo.prescription import Line, Prescription
from equalis.demo.signing import new_id, zulu
from equalis.demo.transport import Doctor, UnavailableError

RX = "{urn:equalis:test:rx}"
OK, CREATED = 200, 201


class CdaWire:
    """Prescriptions as XML documents, signed over their bytes."""

    def __init__(self, link: Link) -> None:
        """Keep the connection."""
        self._link = link

    def submit(self, made: Prescription) -> None:
        """Send a prescription, signed."""
        content = document(made).encode()
        signature = jws.detached(content, self._link.identity, made.issued, self._link.defects)
        self._asked(made.doctor, "POST", "/documents", content, X_Document_Signature=signature)

    def cancel(self, doctor: Doctor, number: str, reason: str) -> None:
        """Cancel a prescription by its first line."""
        self._asked(doctor, "DELETE", f"/lines/{number}-1", f'<cancel xmlns="urn:equalis:test:rx" reason={quoteattr(reason)}/>'.encode())

    def status(self, doctor: Doctor, number: str) -> Status:
        """What became of a prescription."""
        found = self._asked(doctor, "GET", f"/documents/{number}/state")
        lines = found.findall(f"{RX}line")
        dispensed, remaining = (sum(float(line.attrib[name]) for line in lines) for name in ("dispensed", "remaining"))
        return Status(found.attrib["state"], dispensed, remaining)

    def search(self, doctor: Doctor, matricule: str) -> list[str]:
        """The identifiers of a patient's prescriptions."""
        found = self._asked(doctor, "GET", f"/documents?matricule={matricule}")
        return list(dict.fromkeys(line.attrib["prescription"] for line in found.findall(f"{RX}line")))

    def _asked(self, doctor: Doctor, method: str, path: str, body: bytes = b"", **more: str) -> ET.Element:
        headers = {"Authorization": f"Bearer {self._link.bearer(doctor)}", "X_Request_Id": new_id(), "X_User_Id": doctor.ehealthid} | more
        if body:
            headers["Content_Type"] = "application/xml"
        status, _, answer = self._link.send(method, f"{self._link.services['eprescription']}{path}", body, **headers)
        if status >= SERVER_ERRORS:
            message = f"HTTP {status}"
            raise UnavailableError(message, sent=True)
        try:
            root = ET.fromstring(answer)
        except ET.ParseError as error:
            raise UnavailableError(str(error), sent=True) from None
        if status not in {OK, CREATED}:
            raise RefusedError(status, root.attrib["code"], root.text or "")
        return root


def document(made: Prescription) -> str:
    """A prescription as XML."""
    patient, who, doctor = made.patient, made.prescriber, made.doctor
    names = "".join(f"<given>{escape(name)}</given>" for name in patient["first_names"].split())
    weight = f'<observation classCode="OBS"><value value="{made.weight}" unit="kg"/></observation>' if made.weight is not None else ""
    return (
        '<ClinicalDocument xmlns="urn:hl7-org:v3"><code code="57833-6"/><recordTarget><patientRole>'
        f'<id root="1.3.182.4.4" extension={quoteattr(patient["matricule"])}/><patient><name><family>{escape(patient["last_name"])}</family>{names}</name>'
        f'<birthTime value={quoteattr(patient["birth_date"])}/></patient></patientRole></recordTarget>'
        f"<author><assignedAuthor><id extension={quoteattr(doctor.ehealthid)}/><code displayName={quoteattr(who['qualification'])}/>"
        f"<telecom value={quoteattr(who['contact'])}/><addr>{escape(who['address'])}</addr><assignedPerson><name>"
        f"<family>{escape(doctor.last_name)}</family><given>{escape(doctor.first_name)}</given></name></assignedPerson></assignedAuthor></author>"
        f"{weight}{''.join(entry(made, line, place) for place, line in enumerate(made.lines, 1))}</ClinicalDocument>"
    )


def entry(made: Prescription, line: Line, place: int) -> str:
    """One product of it."""
    product, brand = line.product, f" displayName={quoteattr(line.product.brand)}" if line.brand_reason else ""
    reason = f" reason={quoteattr(line.brand_reason or line.reason)}" if line.brand_reason or line.reason else ""
    renewed = f'<reference root="{made.renews}"/>' if made.renews else ""
    return (
        f'<entry id="e{place}"><substanceAdministration status="active" mood="order"><id root="{made.number}"/><text>{escape(line.posology)}</text>'
        f'<effectiveTime><low value="{made.start.isoformat()}"/><high value="{made.end.isoformat()}"/></effectiveTime>'
        f'<doseQuantity value="{line.dose}"/><rate perDay="{line.frequency}" every="1" unit="d"/>'
        f"<consumable><manufacturedMaterial><code code={quoteattr(product.number)}{brand}/><name>{escape(product.name)}</name>"
        f'<formCode displayName={quoteattr(product.form)}/><strength value={quoteattr(product.strength)} unit={quoteattr(product.unit)}/></manufacturedMaterial></consumable>'
        f'<author><time value="{written(made.issued)}"/><id extension={quoteattr(made.doctor.ehealthid)}/></author>'
        f'<supply><quantity value="{line.quantity}"/><repeatNumber value="{line.repeats}"/><substitution allowed="{str(line.substitution).lower()}"{reason}/></supply>'
        f"{renewed}</substanceAdministration></entry>"
    )


def written(moment: datetime) -> str:
    """An instant of the document."""
    return zulu(moment)
