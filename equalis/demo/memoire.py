"""The mémoire d'honoraires: its amounts, its XML, its file name and its zip."""

from __future__ import annotations

import io
import uuid
import zipfile
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from xml.sax.saxutils import escape

from equalis.demo.connection import Doctor

CNS = "http://www.secu.lu/ciss/cns"
EURO, CENT = Decimal(1), Decimal("0.01")
TARIFF = {
    "C1": Decimal("57.70"), "C2": Decimal("48.60"), "DC1": Decimal("28.35"), "F15": Decimal("36.45"),
    "E20": Decimal("33.33"), "APCM": Decimal("210.00"), "SAMU1": Decimal("120.00"),
}  # fmt: skip
PRIOR_CHECK = frozenset({"APCM", "SAMU1"})
"""Acts that the practice never sends by PID: they need a prior check, or are the SAMU's."""


@dataclass(frozen=True)
class Act:
    """One act of a bill; ``amount`` is the price of a convenience charge."""

    code: str
    count: int
    amount: Decimal | None = None

    @property
    def total(self) -> Decimal:
        """What the line costs."""
        unit = self.amount if self.amount is not None else TARIFF.get(self.code, Decimal(0))
        return unit * self.count

    @property
    def convenience(self) -> bool:
        """Whether it is a *convenance personnelle*."""
        return self.code.startswith("CP")


@dataclass(frozen=True)
class Memoire:
    """One bill of one patient."""

    uuid: str
    doctor: Doctor
    patient: dict[str, str]
    acts: tuple[Act, ...]
    day: date
    paid: bool = True
    note: str = ""
    odd_rounding: bool = False

    @property
    def total(self) -> Decimal:
        """The sum of the lines."""
        if self.odd_rounding:
            return sum((act.total.quantize(EURO, ROUND_HALF_UP) for act in self.acts), Decimal(0)).quantize(CENT)
        return sum((act.total for act in self.acts), Decimal(0)).quantize(CENT)

    def xml(self) -> str:
        """The element `memoireHonoraire`: children unqualified, in the published order."""
        doctor, patient = self.doctor, self.patient
        lines = "".join(_line(number, act, self.day) for number, act in enumerate(self.acts, start=1))
        note = f"<texteLibreMedical>{escape(self.note)}</texteLibreMedical>" if self.note else ""
        settled = f"<dateAcquittement>{self.day}</dateAcquittement>" if self.paid else ""
        return (
            f'<cns:memoireHonoraire xmlns:cns="{CNS}"><entete><UUID>{self.uuid}</UUID>'
            f"<facturier><codePrestataire>{doctor.code}</codePrestataire><nom>{escape(doctor.last_name)}</nom>"
            f"<prenom>{escape(doctor.first_name)}</prenom><adresse><rue>rue de l'Exemple</rue>"
            "<codePays>LU</codePays><codePostal>1234</codePostal><localite>Luxembourg</localite></adresse></facturier>"
            f"<patient><matricule>{patient['matricule']}</matricule><caissePrincipale>CNS</caissePrincipale>"
            f"<nom>{escape(patient.get('last_name', ''))}</nom><prenom>{escape(patient.get('first_name', ''))}</prenom>"
            "</patient><assure><adresse><rue>rue de l'Exemple</rue></adresse></assure>"
            f"<dateMemoireHonoraires>{self.day}</dateMemoireHonoraires></entete>{lines}"
            f"<paiement><sousTotal>{self.total}</sousTotal><aPayer>{self.total}</aPayer><devise>EUR</devise>"
            f"<acquitte>{'true' if self.paid else 'false'}</acquitte>{settled}</paiement>"
            f"<libre>{note}</libre><footer/><indicationsSupplementaires/></cns:memoireHonoraire>"
        )

    def file_name(self) -> str:
        """The name that eAdministrative wants of the file."""
        return f"F{self.doctor.code}{self.day:%Y%m}_MED_MHM_001_{self.day:%d}01_{self.uuid}.xml"

    def zip(self, *, name: str = "", twice: bool = False) -> bytes:
        """A zip with exactly this mémoire in it."""
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            content = f'<?xml version="1.0" encoding="UTF-8"?>{self.xml()}'
            archive.writestr(name or self.file_name(), content)
            if twice:
                archive.writestr("copie.xml", content)
        return stream.getvalue()


def _line(number: int, act: Act, day: date) -> str:
    personal = f"<partPersonelle>{act.total.quantize(CENT)}</partPersonelle>" if act.convenience else ""
    return (
        f"<prestation><numeroLigne>{number}</numeroLigne><periode><dateDebut>{day}</dateDebut></periode>"
        f"<acte><codeActe>{escape(act.code)}</codeActe></acte><nombre>{act.count}</nombre>"
        f"<montantBrut>{act.total.quantize(CENT)}</montantBrut>{personal}</prestation>"
    )


def new_uuid() -> str:
    """The identity of a new mémoire."""
    return str(uuid.uuid4())
