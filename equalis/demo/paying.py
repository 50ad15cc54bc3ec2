"""Billing by PID: simulate, show, ask, pay; and what to do when something goes wrong."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from xml.sax.saxutils import escape

from equalis.demo.canonical import Node
from equalis.demo.connection import FaultError, Link, UnavailableError
from equalis.demo.depositing import Depositing
from equalis.demo.memoire import EURO, PRIOR_CHECK, Memoire, new_uuid

PID = "urn:equalis:modelled:pid:1"
SIMULATION, PAYMENT = "EQ_PID_SIMULATION-V1", "EQ_PID_PAIEMENT-V1"
CONTESTATION = "EQ_PID_CONTESTATION-V1"
CHILD_SHARE = Decimal("0.12")


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


class Paying:
    """The PID part of the practice."""

    def __init__(self, link: Link, depositing: Depositing) -> None:
        """Keep the connection, and RA for the fall-back."""
        self._link, self._depositing, self._defects = link, depositing, link.defects

    def bill(self, bill: Bill) -> dict[str, object]:
        """Bill a consultation; the observations of `pid.bill`."""
        memoire = bill.memoire
        bill.screen = {"memoire": memoire.uuid}
        if any(act.code in PRIOR_CHECK for act in memoire.acts) and "bills-non-pid-act" not in self._defects:
            return self._fall_back(bill, "Cet acte ne passe pas par PID.")
        try:
            self._simulate(bill)
        except (UnavailableError, FaultError) as error:
            return self._fall_back(bill, f"PID indisponible: {error}")
        if bill.anomaly_ids and "ignores-anomalies" not in self._defects:
            return bill.screen | {"state": "refused", "message": "mySecu a répondu des anomalies."}
        return self._decide(bill)

    def contest(self, bill: Bill, code: str) -> dict[str, object]:
        """Contest the anomalies of a bill, then go on with it."""
        try:
            for anomaly in bill.anomaly_ids:
                answer = self._link.exchange(bill.memoire.doctor, CONTESTATION, (
                    f'<pid:contestationRequest xmlns:pid="{PID}"><pid:simulationId>{escape(bill.simulation)}'
                    f"</pid:simulationId><pid:anomalyId>{escape(anomaly)}</pid:anomalyId>"
                    f"<pid:contestationCode>{escape(code)}</pid:contestationCode></pid:contestationRequest>"
                ))  # fmt: skip
                if answer.value(f"{{{PID}}}accepted") != "true":
                    return bill.screen | {"state": "refused", "message": "La contestation est refusée."}
        except (UnavailableError, FaultError) as error:
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
        memoire = bill.memoire
        lines = []
        for number, act in enumerate(memoire.acts, start=1):
            code = memoire.acts[0].code if act.convenience and "convenience-as-act" in self._defects else act.code
            amount = f"<pid:amount>{act.amount}</pid:amount>" if act.amount is not None else ""
            lines.append(
                f'<pid:line id="L{number}"><pid:serviceDate>{memoire.day}</pid:serviceDate>'
                f"<pid:actCode>{escape(code)}</pid:actCode><pid:count>{act.count}</pid:count>{amount}</pid:line>"
            )
        answer = self._link.exchange(memoire.doctor, SIMULATION, (
            f'<pid:simulationRequest xmlns:pid="{PID}"><pid:memoireId>{memoire.uuid}</pid:memoireId>'
            f"<pid:providerCode>{memoire.doctor.code}</pid:providerCode><pid:matricule>{memoire.patient['matricule']}"
            f"</pid:matricule><pid:date>{memoire.day}</pid:date>{''.join(lines)}</pid:simulationRequest>"
        ))  # fmt: skip
        bill.simulation = answer.value(f"{{{PID}}}simulationId")
        self._show_shares(bill, answer)
        self._show_anomalies(bill, answer)

    def _show_shares(self, bill: Bill, answer: Node) -> None:
        shown = {name: answer.value(f"{{{PID}}}{tag}") for name, tag in
                 (("total", "total"), ("statutory", "statutoryShare"), ("patient", "patientShare"))}  # fmt: skip
        if "one-line-per-act" in self._defects:
            amounts = [line.value(f"{{{PID}}}amount") for line in answer.all(f"{{{PID}}}line")]
            shown["total"] = str(sum((Decimal(text) for text in amounts), Decimal(0)))
        if "shows-own-share" in self._defects and shown["patient"]:
            shown["patient"] = str(Decimal(shown["patient"]).quantize(EURO, ROUND_HALF_UP)) + ".00"
        if "child-billed-share" in self._defects and shown["patient"] == "0.00":
            shown["patient"] = str((Decimal(shown["total"]) * CHILD_SHARE).quantize(Decimal("0.01")))
        bill.screen |= {f"shares.{name}": text for name, text in shown.items() if text}

    def _show_anomalies(self, bill: Bill, answer: Node) -> None:
        found = answer.all(f"{{{PID}}}anomaly")
        bill.anomaly_ids = [item.value(f"{{{PID}}}id") for item in found]
        if found and "hides-anomalies" not in self._defects:
            bill.screen["anomalies"] = [item.value(f"{{{PID}}}code") for item in found]

    def _pay(self, bill: Bill) -> dict[str, object]:
        """Pay once; a lost answer is asked for again under the same simulation, never under a new one."""
        for last in (False, True):
            try:
                answer = self._order_payment(bill)
            except FaultError as error:
                return self._fall_back(bill, f"mySecu refuse le paiement: {error}")
            except UnavailableError as error:
                if "resends-under-new-uuid" in self._defects and not last:
                    bill.memoire = replace(bill.memoire, uuid=new_uuid())
                    return self.bill(bill)
                if "falls-back-after-payment" in self._defects:
                    return self._fall_back(bill, str(error))
                if last:
                    message = "L'issue du paiement est inconnue; ne rien renvoyer avant de l'avoir vérifiée."
                    return bill.screen | {"state": "uncertain", "message": message}
            else:
                return self._paid(bill, answer)
        return bill.screen

    def _order_payment(self, bill: Bill) -> Node:
        return self._link.exchange(bill.memoire.doctor, PAYMENT, (
            f'<pid:paymentRequest xmlns:pid="{PID}"><pid:simulationId>{escape(bill.simulation)}</pid:simulationId>'
            "<pid:doctorValidates>true</pid:doctorValidates><pid:patientAgrees>true</pid:patientAgrees>"
            "<pid:patientShareSettled>true</pid:patientShareSettled></pid:paymentRequest>"
        ))  # fmt: skip

    def _paid(self, bill: Bill, answer: Node) -> dict[str, object]:
        anomalies = [item.value(f"{{{PID}}}code") for item in answer.all(f"{{{PID}}}anomaly")]
        if anomalies:
            if "hides-anomalies" not in self._defects:
                bill.screen["anomalies"] = anomalies
            return self._fall_back(bill, "mySecu refuse le paiement.")
        paid = answer.value(f"{{{PID}}}paid")
        if "drops-recovery" in self._defects:
            paid = answer.value(f"{{{PID}}}statutoryShare")
        delayed = answer.value(f"{{{PID}}}delayed") == "true"
        shown: dict[str, object] = {"state": "delayed" if delayed else "paid", "message": "Payé par PID."}
        if paid:
            shown["paid"] = paid
        if answer.value(f"{{{PID}}}reason"):
            shown["message"] = f"Payé par PID; {answer.value(f'{{{PID}}}reason')}"
        return bill.screen | shown | {"receipt": self._receipt(bill)}

    def _receipt(self, bill: Bill) -> str:
        """What the patient takes home."""
        lines = [f"{act.code} x{act.count} {act.total} EUR" for act in bill.memoire.acts]
        ending = "" if "silent-receipt" in self._defects else " — Ne pas envoyer à la caisse de maladie."
        return "; ".join(lines) + ending

    def _fall_back(self, bill: Bill, message: str) -> dict[str, object]:
        """RA when the patient consented to it, paper otherwise."""
        if "no-fall-back" in self._defects:
            return bill.screen | {"state": "refused", "message": message}
        try:
            deposited = self._depositing.deposit(replace(bill.memoire, paid=bill.settled))
        except (UnavailableError, FaultError, InvalidOperation):
            deposited = {"state": "paper"}
        state = "ra" if deposited["state"] == "deposited" else "paper"
        return bill.screen | {"state": state, "message": message}
