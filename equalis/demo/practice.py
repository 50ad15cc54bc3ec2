"""The practice: what it knows, and what it does when its user (or the hook) asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from equalis.demo.connection import Link
from equalis.demo.defects import Switches
from equalis.demo.depositing import Depositing
from equalis.demo.depositing_mysecu import Exchanging
from equalis.demo.identity import Identities, identity_actions
from equalis.demo.memoire import Act, Memoire, new_uuid
from equalis.demo.mpd import Mpd
from equalis.demo.paying import Bill, Paying
from equalis.demo.prescribing import Prescribing, Wire, prescribing_actions
from equalis.demo.servid import Servid
from equalis.demo.transport import Doctor, FaultError, UnavailableError

Inputs = dict[str, Any]
Screen = dict[str, object]


class UnknownActionError(Exception):
    """An action that the practice does not know."""


@dataclass(frozen=True)
class Ways:
    """How a practice reaches the platforms: its connection, and over it the prescription service."""

    connection: type[Link] = Link
    prescriptions: Callable[[Link], Wire] = Mpd


class Practice:
    """One practice between two resets."""

    def __init__(self, document: Inputs, timeout: float, defects: Switches, ways: Ways = Ways()) -> None:
        """Start anew in the given world."""
        self._defects = defects
        self.link = ways.connection(document["services"], document["credentials"], timeout, defects)
        self.link.offset = float(document.get("clock", {}).get("offset", 0))
        persons = document.get("persons", {})
        self._people = {person["matricule"]: person for person in persons.values() if "matricule" in person}
        self._patient = persons.get("patient", {}).get("matricule")
        self._depositing, self._exchanging = Depositing(self.link), Exchanging(self.link)
        self._paying = Paying(self.link, self._depositing)
        self._world = frozenset(document.get("world", ()))
        self._identities = Identities(Servid(self.link), defects, self.link.now, check_digits="check-digits-off" not in self._world)
        self._memoires: dict[str, Memoire] = {}
        self._secu: dict[str, str] = {}
        self._bills: dict[str, Bill] = {}
        self._actions: dict[str, Callable[[Inputs], Screen]] = {
            "auth.login": self._login, "pid.bill": self._bill, "pid.contest": self._contest,
            "pid.resume": self._resume, "ra.consent": self._consent, "ra.deposit": self._deposit,
            "ra.resend": self._resend, "ra.cancel": self._cancel, "ra.replace": self._replace,
            "ra.state": self._state, "ra.reimburse": self._reimburse, "ra.list": self._list, "ra.team": self._team,
        } | identity_actions(self._identities, self._doctor)  # fmt: skip
        own = Prescribing(ways.prescriptions(self.link), self.link, self._people, self._world, self._patient, self._doctor)
        self._actions |= prescribing_actions(own)

    def act(self, name: str, inputs: Inputs) -> Screen:
        """Do what is asked; what the user sees. Raises UnknownActionError."""
        action = self._actions.get(name)
        if action is None:
            raise UnknownActionError(name)
        try:
            return action(inputs)
        except UnavailableError as error:
            return {"state": "unavailable", "message": str(error)}
        except FaultError as error:
            return {"state": "refused", "message": str(error)}

    def _doctor(self, inputs: Inputs) -> Doctor:
        person = self._people[inputs["provider"]]
        return Doctor(person["ehealthid"], str(person["code"]), person["last_name"], person["first_name"])

    def _memoire(self, inputs: Inputs) -> Memoire:
        acts = tuple(Act.read(item) for item in inputs["acts"])
        if inputs.get("convenience", True) is not True and "bills-unasked-convenience" not in self._defects:
            acts = tuple(act for act in acts if not act.convenience)
        accident = inputs.get("accident") or {}
        patient = self._people.get(inputs["patient"], {"matricule": inputs["patient"]})
        number = new_uuid()
        if self._memoires and "reuses-memoire-uuid" in self._defects:
            number = next(iter(self._memoires))
        made = Memoire(
            number, self._doctor(inputs), patient, acts, self.link.now().date(), self._defects,
            paid=inputs.get("paid", True) is True, note=inputs.get("diagnosis", ""),
            accident=(accident.get("number", ""), accident.get("date", "")),
        )  # fmt: skip
        self._memoires[made.uuid] = made
        return made

    def _login(self, inputs: Inputs) -> Screen:
        if "logs-in-locally" not in self._defects:
            self.link.assertion(self._doctor(inputs))
        return {"state": "connected"}

    def _barred(self, matricule: object, defect: str) -> str:
        """Why nothing may leave the practice for this patient (identity vigilance), empty when it may."""
        if "identity-fictive" in self._world and matricule == self._patient and defect not in self._defects:
            return "Identité fictive : rien n'est transmis."
        return ""

    def _bill(self, inputs: Inputs) -> Screen:
        patient = inputs["patient"]
        if barred := self._barred(patient, "bills-fictive-patient"):
            return {"state": "refused", "message": barred}
        if "identity-informal" in self._world and patient == self._patient and "bills-informal-patient" not in self._defects:
            return {"state": "paper", "message": "Identité informelle : pas de PID."}
        bill = Bill(
            self._memoire(inputs), validated=inputs.get("validated", True) is True,
            agrees=inputs.get("agrees", True) is True, settled=inputs.get("settled", True) is True,
        )  # fmt: skip
        self._bills[bill.memoire.uuid] = bill
        return self._shown(bill, self._paying.bill(bill))

    def _contest(self, inputs: Inputs) -> Screen:
        bill = self._bills[inputs["memoire"]]
        return self._shown(bill, self._paying.contest(bill, inputs["code"]))

    def _resume(self, inputs: Inputs) -> Screen:
        bill = self._bills[inputs["memoire"]]
        return self._shown(bill, self._paying.resume(bill))

    def _shown(self, bill: Bill, screen: Screen) -> Screen:
        """Keep what the screen shows of a bill."""
        bill.screen = screen
        return screen

    def _consent(self, inputs: Inputs) -> Screen:
        return self._depositing.consent(self._doctor(inputs), inputs["patient"])

    def _deposit(self, inputs: Inputs) -> Screen:
        if barred := self._barred(inputs["patient"], "deposits-for-fictive-patient"):
            return {"state": "refused", "message": barred}
        memoire = self._memoire(inputs)
        if inputs.get("channel") != "mysecu":
            return self._depositing.deposit(memoire)
        self._secu[memoire.uuid] = ""
        screen = self._exchanging.deposit(memoire)
        self._secu[memoire.uuid] = str(screen.get("secu", ""))
        return screen

    def _resend(self, inputs: Inputs) -> Screen:
        memoire = self._memoires[inputs["memoire"]]
        if "resends-deposit-as-new" in self._defects:
            memoire = replace(memoire, uuid=new_uuid())
        way = self._exchanging if inputs["memoire"] in self._secu else self._depositing
        return way.deposit(memoire)

    def _cancel(self, inputs: Inputs) -> Screen:
        memoire = self._memoires[inputs["memoire"]]
        if memoire.uuid in self._secu:
            return self._exchanging.cancel(memoire, inputs.get("reason", ""))
        others = [item for item in self._memoires.values() if item.uuid != memoire.uuid]
        return self._depositing.cancel(memoire, others)

    def _replace(self, inputs: Inputs) -> Screen:
        old = self._memoires[inputs["memoire"]]
        new = replace(old, uuid=new_uuid(), acts=tuple(Act.read(item) for item in inputs["acts"]))
        self._memoires[new.uuid] = new
        way = self._exchanging if old.uuid in self._secu else self._depositing
        screen = way.replace(old, new)
        return screen | {"state": "replaced"} if screen["state"] == "deposited" else screen

    def _state(self, inputs: Inputs) -> Screen:
        return self._depositing.state(self._memoires[inputs["memoire"]])

    def _reimburse(self, inputs: Inputs) -> Screen:
        memoire = self._memoires[inputs["memoire"]]
        return self._exchanging.reimburse(memoire, self._secu.get(memoire.uuid, ""))

    def _list(self, inputs: Inputs) -> Screen:
        return self._depositing.list(self._doctor(inputs), inputs["from"], inputs["to"])

    def _team(self, inputs: Inputs) -> Screen:
        return self._depositing.team(self._doctor(inputs), inputs.get("add", ""), inputs.get("remove", ""))
