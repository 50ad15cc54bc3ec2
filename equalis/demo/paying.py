"""Billing by PID: simulate, show, ask, pay; and what to do when something goes wrong."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal

from equalis.demo.canonical import Node
from equalis.demo.connection import Link
from equalis.demo.depositing import Depositing
from equalis.demo.memoire import CENT, EURO, PID_PAYERS, Memoire, new_uuid
from equalis.demo.simulating import PID, contestation, payment, simulation
from equalis.demo.transport import FaultError, UnavailableError

SIMULATION, PAYMENT = "EQ_PID_SIMULATION-V1", "EQ_PID_PAIEMENT-V1"
CONTESTATION = "EQ_PID_CONTESTATION-V1"
CHILD_SHARE, RATE = Decimal("0.12"), Decimal("0.88")
RECEIPT_ENDING = " — Ne pas envoyer à la caisse de maladie."


@dataclass
class Bill:
    """One bill under way: what was asked, and what the screen shows."""

    memoire: Memoire
    validated: bool
    agrees: bool
    settled: bool
    simulation: str = ""
    anomaly_ids: list[str] = field(default_factory=list)
    screen: dict[str, object] = field(default_factory=dict)

    @property
    def uncertain(self) -> bool:
        """Whether nobody knows yet what became of its payment."""
        return self.screen.get("state") == "uncertain"


class Paying:
    """The PID part of the practice."""

    def __init__(self, link: Link, depositing: Depositing) -> None:
        """Keep the connection, and RA for the fall-back."""
        self._link, self._depositing, self._defects = link, depositing, link.defects
        self._paid_so_far = 0

    def bill(self, bill: Bill) -> dict[str, object]:
        """Bill a consultation; the observations of `pid.bill`."""
        bill.screen = {"memoire": bill.memoire.uuid}
        if reason := self._not_by_pid(bill.memoire):
            return self._fall_back(bill, reason)
        if "announces-without-paying" in self._defects:
            return bill.screen | {"state": "paid", "message": "Payé par PID."}
        try:
            self._simulate(bill)
        except (UnavailableError, FaultError) as error:
            return self._fall_back(bill, f"PID indisponible: {error}")
        if bill.anomaly_ids and "ignores-anomalies" not in self._defects:
            return bill.screen | {"state": "refused", "message": "mySecu a répondu des anomalies."}
        return self._decide(bill)

    def _not_by_pid(self, memoire: Memoire) -> str:
        """Why a bill must not go by PID, empty when it may."""
        d = self._defects
        acts = memoire.acts[:1] if "checks-first-act-only" in d else memoire.acts
        if any(act.outside_pid for act in acts) and "bills-non-pid-act" not in d:
            return "Cet acte ne passe pas par PID."
        payers = {"CNS"} if "refuses-other-payers" in d else PID_PAYERS
        if memoire.payer not in payers and "bills-foreign-payer" not in d:
            return "La caisse du patient ne passe pas par PID."
        return ""

    def resume(self, bill: Bill) -> dict[str, object]:
        """Ask what became of a payment: the same order for the same simulation answers it.

        Where nothing is uncertain, what is known is shown again.
        """
        if "pays-anew-on-resume" in self._defects:
            bill.memoire = replace(bill.memoire, uuid=new_uuid())
            return self.bill(bill)
        if "forgets-uncertain" in self._defects:
            return bill.screen | {"state": "refused", "message": "Rien n'a été payé."}
        fallen_back = bill.screen.get("state") == "ra" and "pays-after-fall-back" in self._defects
        return self._pay(bill) if bill.uncertain or fallen_back else bill.screen

    def contest(self, bill: Bill, code: str) -> dict[str, object]:
        """Contest the anomalies of a bill, then go on with it."""
        d = self._defects
        anomalies = bill.anomaly_ids[:1] if "contests-first-anomaly" in d else bill.anomaly_ids
        try:
            for anomaly in anomalies:
                answer = self._link.exchange(bill.memoire.doctor, CONTESTATION, contestation(bill.simulation, anomaly, code, d))
                refused = answer.value(f"{{{PID}}}accepted") != "true"
                if refused and "pays-after-refused-contestation" not in d:
                    return bill.screen | {"state": "refused", "message": "La contestation est refusée."}
        except (UnavailableError, FaultError) as error:
            if "pays-after-lost-contestation" not in d:
                return bill.screen | {"state": "refused", "message": str(error)}
        bill.anomaly_ids = []
        return self._decide(bill)

    def _decide(self, bill: Bill) -> dict[str, object]:
        """Pay only what the doctor validated, the patient agreed to, and whose share is settled."""
        if not bill.agrees and "pays-before-agreement" not in self._defects:
            return self._fall_back(bill, "Le patient ne souhaite pas le PID.")
        if not bill.validated and "pays-unvalidated" not in self._defects:
            return bill.screen | {"state": "waiting", "message": "Le médecin n'a pas validé."}
        if not bill.settled and "pays-unsettled-share" not in self._defects:
            return bill.screen | {"state": "waiting", "message": "La part du patient n'est pas réglée."}
        return self._pay(bill)

    def _simulate(self, bill: Bill) -> None:
        d = self._defects
        if "skips-simulation" in d:
            bill.simulation = bill.memoire.uuid
            return
        answer = self._link.exchange(bill.memoire.doctor, SIMULATION, simulation(bill.memoire, d))
        bill.simulation = answer.value(f"{{{PID}}}simulationId")
        if "pays-stale-simulation" in d:
            answer = self._link.exchange(bill.memoire.doctor, SIMULATION, simulation(bill.memoire, d))
        self._show_shares(bill, answer)
        self._show_anomalies(bill, answer)

    def _show_shares(self, bill: Bill, answer: Node) -> None:
        shown = {name: answer.value(f"{{{PID}}}{tag}") for name, tag in
                 (("total", "total"), ("statutory", "statutoryShare"), ("patient", "patientShare"))}  # fmt: skip
        if shown["total"]:
            shown |= self._own_shares(bill, answer, shown)
        bill.screen |= {f"shares.{name}": text for name, text in shown.items() if text}

    def _own_shares(self, bill: Bill, answer: Node, shown: dict[str, str]) -> dict[str, str]:
        """What a product that computes shares itself shows instead of those of the answer."""
        d, acts = self._defects, bill.memoire.acts
        total, patient = Decimal(shown["total"]), Decimal(shown["patient"])
        own: dict[str, object] = {}
        if "own-total" in d:
            own["total"] = sum((act.total for act in acts), Decimal(0))
        if "own-statutory-share" in d:
            own["statutory"] = (total * RATE).quantize(CENT, ROUND_HALF_UP)
        lines = [Decimal(line.value(f"{{{PID}}}amount")) for line in answer.all(f"{{{PID}}}line")]
        if "one-line-per-act" in d:
            own["total"] = sum(lines, Decimal(0))
        if "rounds-each-line" in d and len(lines) > 1:
            rate = Decimal(shown["statutory"]) / total
            statutory = sum(((line * rate).quantize(CENT, ROUND_HALF_UP) for line in lines), Decimal(0))
            own |= {"statutory": statutory, "patient": total - statutory}
        if "convenience-in-base" in d and any(act.convenience for act in acts):
            own |= {"statutory": (total * RATE).quantize(CENT, ROUND_HALF_UP), "patient": total - (total * RATE).quantize(CENT, ROUND_HALF_UP)}
        if "shows-own-share" in d:
            own["patient"] = patient.quantize(EURO, ROUND_HALF_UP).quantize(CENT)
        if patient == 0 and "child-billed-share" in d:
            own["patient"] = (total * CHILD_SHARE).quantize(CENT)
        return {name: str(value) for name, value in own.items()}

    def _show_anomalies(self, bill: Bill, answer: Node) -> None:
        found = answer.all(f"{{{PID}}}anomaly")
        bill.anomaly_ids = [item.value(f"{{{PID}}}id") for item in found]
        if found and "hides-anomalies" not in self._defects:
            bill.screen["anomalies"] = [item.value(self._named) for item in found]

    @property
    def _named(self) -> str:
        """The part of an anomaly that the screen shows."""
        return f"{{{PID}}}id" if "shows-anomaly-numbers" in self._defects else f"{{{PID}}}code"

    def _pay(self, bill: Bill) -> dict[str, object]:
        """Pay once; a lost answer is asked for again under the same simulation, never under a new one."""
        d = self._defects
        for last in (False, True):
            try:
                answer = self._link.exchange(bill.memoire.doctor, PAYMENT, payment(bill.simulation, d))
            except FaultError as error:
                return self._fall_back(bill, f"mySecu refuse le paiement: {error}")
            except UnavailableError as error:
                if "announces-unconfirmed" in d:
                    return bill.screen | {"state": "paid", "message": "Payé par PID."}
                anew = "resends-under-new-uuid" in d or (error.cut and "new-uuid-when-cut" in d)
                if anew and not last:
                    bill.memoire = replace(bill.memoire, uuid=new_uuid())
                    return self.bill(bill)
                if "falls-back-after-payment" in d or "pays-after-fall-back" in d:
                    return self._fall_back(bill, str(error))
                if last:
                    message = "L'issue du paiement est inconnue; ne rien renvoyer avant de l'avoir vérifiée."
                    return bill.screen | {"state": "uncertain", "message": message}
            else:
                return self._paid(bill, answer)
        return bill.screen

    def _paid(self, bill: Bill, answer: Node) -> dict[str, object]:
        d = self._defects
        anomalies = [item.value(self._named) for item in answer.all(f"{{{PID}}}anomaly")]
        if anomalies:
            if "hides-anomalies" not in d:
                bill.screen["anomalies"] = anomalies
            return self._fall_back(bill, "mySecu refuse le paiement.")
        paid = answer.value(f"{{{PID}}}paid")
        if "drops-recovery" in d:
            paid = answer.value(f"{{{PID}}}statutoryShare")
        self._paid_so_far += 1
        if "pays-twice" in d or ("pays-second-twice" in d and self._paid_so_far == 2):  # noqa: PLR2004 - the second
            again = replace(bill.memoire, uuid=new_uuid())
            self._link.exchange(again.doctor, PAYMENT, payment(self._link.exchange(
                again.doctor, SIMULATION, simulation(again, d)).value(f"{{{PID}}}simulationId"), d))  # fmt: skip
        delayed = answer.value(f"{{{PID}}}delayed") == "true"
        shown: dict[str, object] = {"state": "delayed" if delayed else "paid", "message": "Payé par PID."}
        if paid:
            shown["paid"] = paid
        if reason := answer.value(f"{{{PID}}}reason"):
            shown["message"] = f"Payé par PID; {reason}"
        return bill.screen | shown | {"receipt": self._receipt(bill)}

    def _receipt(self, bill: Bill) -> str:
        """What the patient takes home: acts, amounts, and that the fund has no use for it."""
        d = self._defects
        lines = [f"{act.code} x{act.count}" for act in bill.memoire.acts]
        names = ("total", "statutory", "patient")
        amounts = [] if "receipt-without-amounts" in d else [f"{name} {bill.screen.get(f'shares.{name}')} EUR" for name in names]
        lines = [] if "receipt-without-acts" in d else lines
        return "; ".join(lines + amounts) + ("" if "silent-receipt" in d else RECEIPT_ENDING)

    def _fall_back(self, bill: Bill, message: str) -> dict[str, object]:
        """RA when the patient consented to it, paper otherwise."""
        d = self._defects
        screen = bill.screen | {"message": message}
        if "receipt-without-payment" in d:
            screen["receipt"] = self._receipt(bill)
        if "no-fall-back" in d:
            return screen | {"state": "refused"}
        memoire = replace(bill.memoire, paid=bill.settled)
        if "falls-back-with-first-act" in d:
            memoire = replace(memoire, acts=memoire.acts[:1])
        try:
            deposited = self._depositing.deposit(memoire)
            if "falls-back-twice" in d:
                self._depositing.deposit(replace(memoire, uuid=new_uuid()))
        except (UnavailableError, FaultError):
            deposited = {"state": "paper"}
        state = {"deposited": "ra", "unknown": "uncertain"}.get(str(deposited["state"]), "paper")
        return screen | {"state": state}


