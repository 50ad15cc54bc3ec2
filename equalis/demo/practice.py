"""The practice: what it knows, and what it does when its user (or the hook) asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from equalis.demo.connection import Doctor, FaultError, Link, UnavailableError
from equalis.demo.defects import Switches
from equalis.demo.depositing import Depositing
from equalis.demo.memoire import Act, Memoire, new_uuid
from equalis.demo.paying import Bill, Paying

Inputs = dict[str, Any]
Screen = dict[str, object]


class UnknownActionError(Exception):
    """An action that the practice does not know."""


class Practice:
    """One practice between two resets."""

    def __init__(self, document: Inputs, timeout: float, defects: Switches) -> None:
        """Start anew in the given world."""
        self._defects = defects
        self.link = Link(document["services"], document["credentials"], timeout, defects)
        self.link.offset = float(document.get("clock", {}).get("offset", 0))
        persons = document.get("persons", {})
        everyone = {person["matricule"]: person for person in persons.values() if "matricule" in person}
        self._people = everyone
        self._depositing = Depositing(self.link)
        self._paying = Paying(self.link, self._depositing)
        self._memoires: dict[str, Memoire] = {}
        self._secu: dict[str, str] = {}
        self._bills: dict[str, Bill] = {}
        self._actions: dict[str, Callable[[Inputs], Screen]] = {
            "auth.login": self._login, "pid.bill": self._bill, "pid.contest": self._contest,
            "ra.consent": self._consent, "ra.deposit": self._deposit, "ra.cancel": self._cancel,
            "ra.replace": self._replace, "ra.state": self._state, "ra.reimburse": self._reimburse,
        }  # fmt: skip

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
        acts = tuple(
            Act(item["code"], int(item.get("count", 1)), Decimal(item["amount"]) if "amount" in item else None)
            for item in inputs["acts"]
        )
        note = inputs.get("diagnosis", "") if "diagnosis-in-free-text" in self._defects else ""
        patient = self._people.get(inputs["patient"], {"matricule": inputs["patient"]})
        made = Memoire(new_uuid(), self._doctor(inputs), patient, acts, self.link.now().date(), note=note,
                       odd_rounding="wrong-total" in self._defects)  # fmt: skip
        self._memoires[made.uuid] = made
        return made

    def _login(self, inputs: Inputs) -> Screen:
        self.link.assertion(self._doctor(inputs))
        return {"state": "connected"}

    def _bill(self, inputs: Inputs) -> Screen:
        bill = Bill(
            self._memoire(inputs), validated=inputs.get("validated", True) is True,
            agrees=inputs.get("agrees", True) is True, settled=inputs.get("settled", True) is True,
        )  # fmt: skip
        self._bills[bill.memoire.uuid] = bill
        return self._paying.bill(bill)

    def _contest(self, inputs: Inputs) -> Screen:
        return self._paying.contest(self._bills[inputs["memoire"]], inputs["code"])

    def _consent(self, inputs: Inputs) -> Screen:
        return self._depositing.consent(self._doctor(inputs), inputs["patient"])

    def _deposit(self, inputs: Inputs) -> Screen:
        memoire = self._memoire(inputs)
        if inputs.get("channel") == "mysecu":
            screen = self._depositing.deposit_mysecu(memoire)
            self._secu[memoire.uuid] = str(screen.get("secu", ""))
            return screen
        return self._depositing.deposit(memoire)

    def _cancel(self, inputs: Inputs) -> Screen:
        memoire = self._memoires[inputs["memoire"]]
        if memoire.uuid in self._secu:
            return self._depositing.cancel_mysecu(memoire, inputs.get("reason", ""))
        return self._depositing.cancel(memoire)

    def _replace(self, inputs: Inputs) -> Screen:
        old = self._memoires[inputs["memoire"]]
        acts = tuple(Act(item["code"], int(item.get("count", 1))) for item in inputs["acts"])
        new = replace(old, uuid=new_uuid(), acts=acts)
        self._memoires[new.uuid] = new
        screen = self._depositing.replace(old, new)
        return screen | {"state": "replaced"} if screen["state"] == "deposited" else screen

    def _state(self, inputs: Inputs) -> Screen:
        return self._depositing.state(self._memoires[inputs["memoire"]])

    def _reimburse(self, inputs: Inputs) -> Screen:
        memoire = self._memoires[inputs["memoire"]]
        return self._depositing.reimburse(memoire, self._secu.get(memoire.uuid, ""))
