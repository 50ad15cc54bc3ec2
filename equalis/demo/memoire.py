"""The mémoire d'honoraires: its amounts, its XML, its file name and its zip."""

from __future__ import annotations

import io
import uuid
import zipfile
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from xml.sax.saxutils import escape

from equalis.demo.defects import Switches
from equalis.demo.transport import Doctor

CNS = "http://www.secu.lu/ciss/cns"
EURO, CENT, ADULT_SHARE = Decimal(1), Decimal("0.01"), Decimal("0.12")
TARIFF = {
    "C1": Decimal("57.70"), "C2": Decimal("48.60"), "DC1": Decimal("28.35"), "F15": Decimal("36.45"),
    "E20": Decimal("33.33"), "APCM": Decimal("210.00"), "SAMU1": Decimal("120.00"),
}  # fmt: skip
PID_PAYERS = frozenset({"CNS", "CMFEP", "CMFEC", "EMCFL"})


@dataclass(frozen=True)
class Act:
    """One act of a bill; ``amount`` is the price of a convenience charge."""

    code: str
    count: int
    amount: Decimal | None = None
    day: date | None = None
    place: str = ""
    prefix: str = ""
    suffix: str = ""
    outside_pid: bool = False

    @staticmethod
    def read(item: dict[str, Any]) -> Act:
        """An act as the hook gives it."""
        amount = Decimal(str(item["amount"])) if "amount" in item else None
        day = date.fromisoformat(item["date"]) if "date" in item else None
        place, prefix, suffix = (str(item.get(key, "")) for key in ("place", "prefix", "suffix"))
        outside = item.get("prior_check") is True or item.get("samu") is True
        return Act(item["code"], int(item.get("count", 1)), amount, day, place, prefix, suffix, outside)

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
    defects: Switches
    paid: bool = True
    note: str = ""
    accident: tuple[str, str] = ("", "")

    @property
    def payer(self) -> str:
        """The patient's fund."""
        return self.patient.get("payer") or "CNS"

    @property
    def total(self) -> Decimal:
        """The sum of the lines."""
        if "wrong-total" in self.defects:
            return sum((act.total.quantize(EURO, ROUND_HALF_UP) for act in self.acts), Decimal(0)).quantize(CENT)
        return sum((act.total for act in self.acts), Decimal(0)).quantize(CENT)

    def xml(self) -> str:
        """The element `memoireHonoraire`: children unqualified, in the published order."""
        doctor, d = self.doctor, self.defects
        acts = self.acts[:1] if "deposits-first-act" in d else self.acts
        lines = "".join(self._line(number, act) for number, act in enumerate(acts, start=1))
        day = f"{self.day:%d/%m/%Y}" if "invalid-memoire" in d else f"{self.day}"
        address = "<adresse><rue>rue de l'Exemple</rue><codePays>LU</codePays><codePostal>1234</codePostal><localite>Luxembourg</localite></adresse>"
        return (
            f'<cns:memoireHonoraire xmlns:cns="{CNS}"><entete><UUID>{self.uuid}</UUID>'
            f"<facturier><codePrestataire>{'90999999' if 'other-provider-in-memoire' in d else doctor.code}</codePrestataire><nom>{escape(doctor.last_name)}</nom>"
            f"<prenom>{escape(doctor.first_name)}</prenom>{address}</facturier>{self._patient()}"
            f"<assure><adresse><rue>rue de l'Exemple</rue></adresse></assure>"
            f"<dateMemoireHonoraires>{day}</dateMemoireHonoraires></entete>{lines}{self._payment()}"
            f"<libre>{self._texts()}</libre><footer/><indicationsSupplementaires/></cns:memoireHonoraire>"
        )

    def _patient(self) -> str:
        d, patient = self.defects, self.patient
        number = patient["matricule"][:-2] + "00" if "other-patient-in-memoire" in d else patient["matricule"]
        payer = "CNS" if "always-cns" in d else self.payer
        accident = ""
        number_of, date_of = ("L987654321", "2024-01-02") if "other-accident" in d else self.accident
        if self.accident[0] and "drops-accident" not in d:
            accident = (f"<accident><numeroAccident>{number_of}</numeroAccident>"
                        f"<dateAccident>{date_of}</dateAccident></accident>")  # fmt: skip
        return (
            f"<patient><matricule>{number}</matricule><caissePrincipale>{payer}</caissePrincipale>"
            f"<nom>{escape(patient.get('last_name', ''))}</nom><prenom>{escape(patient.get('first_name', ''))}</prenom>"
            f"{accident}</patient>"
        )

    def _line(self, number: int, act: Act) -> str:
        d = self.defects
        part = act.total * ADULT_SHARE if "convenience-personal-in-part" in d else act.total
        personal = f"<partPersonelle>{part.quantize(CENT)}</partPersonelle>" if act.convenience and "convenience-not-personal" not in d else ""
        code, prefix, suffix = act.code, act.prefix, act.suffix
        if "swaps-affixes" in d:
            prefix, suffix = suffix, prefix
        if (prefix or suffix) and "glued-affixes" in d:
            code, prefix, suffix = f"{prefix}{code}{suffix}", "", ""
        affixes = (f"<prefixActe>{prefix}</prefixActe>" if prefix else "") + (f"<suffixActe>{suffix}</suffixActe>" if suffix else "")
        day = self.day if act.day is None or "bills-as-of-today" in d else act.day
        count = 1 if "always-one" in d else act.count
        label = f"<libelle>{escape(self.note[:35])}</libelle>" if self.note and "diagnosis-in-label" in d else ""
        named = "HO" if act.place and "office-as-place" in d else act.place
        place = f"<lieu>{named}</lieu>" if named and "drops-place" not in d else ""
        return (
            f"<prestation><numeroLigne>{number}</numeroLigne>{place}<periode><dateDebut>{day}</dateDebut></periode>"
            f"<acte><codeActe>{escape(code)}</codeActe>{affixes}{label}</acte><nombre>{count}</nombre>"
            f"<montantBrut>{act.total.quantize(CENT)}</montantBrut>{personal}</prestation>"
        )

    def _payment(self) -> str:
        d = self.defects
        paid = self.paid or "always-acquitted" in d
        settled = f"<dateAcquittement>{self.day}</dateAcquittement>" if paid or "dates-unpaid" in d else ""
        due = Decimal("0.00") if "zero-due" in d else self.total
        currency = "LUF" if "old-currency" in d else "EUR"
        return (
            f"<paiement><sousTotal>{self.total}</sousTotal><aPayer>{due}</aPayer><devise>{currency}</devise>"
            f"<acquitte>{'true' if paid else 'false'}</acquitte>{settled}</paiement>"
        )

    def _texts(self) -> str:
        if self.note and "diagnosis-in-transfer-text" in self.defects:
            return f"<texteLibreVirement>{escape(self.note)}</texteLibreVirement>"
        if self.note and "diagnosis-in-free-text" in self.defects:
            return f"<texteLibreMedical>{escape(self.note)}</texteLibreMedical>"
        return ""

    def file_name(self) -> str:
        """The name that eAdministrative wants of the file."""
        if "wrong-file-name" in self.defects:
            return f"{self.patient.get('last_name', 'patient')}.xml"
        number = new_uuid() if "file-named-after-another" in self.defects else self.uuid
        return f"F{self.doctor.code}{self.day:%Y%m}_MED_MHM_001_{self.day:%d}01_{number}.xml"

    def zip(self) -> bytes:
        """A zip with exactly this mémoire in it."""
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            content = f'<?xml version="1.0" encoding="UTF-8"?>{self.xml()}'
            archive.writestr(self.file_name(), content)
            if "two-files-in-zip" in self.defects:
                archive.writestr("copie.xml", content)
        return stream.getvalue()


def new_uuid() -> str:
    """The identity of a new mémoire."""
    return str(uuid.uuid4())
