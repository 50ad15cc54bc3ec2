"""Prescribing: what the user asks, what the practice checks itself, and what it shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Protocol

from equalis.demo import paper, vigilance
from equalis.demo.connection import Link
from equalis.demo.mpd import RefusedError, Status
from equalis.demo.prescription import Line, Prescription, local_day, number
from equalis.demo.signing import new_id
from equalis.demo.transport import Doctor, UnavailableError

Inputs = dict[str, Any]
Screen = dict[str, object]
class Wire(Protocol):
    """The way to the prescription service, whatever its form."""

    def submit(self, made: Prescription) -> None:
        """Send a prescription; raises UnavailableError or RefusedError, like the others."""

    def cancel(self, doctor: Doctor, number: str, reason: str) -> None:
        """Cancel a prescription."""

    def status(self, doctor: Doctor, number: str) -> Status:
        """What became of a prescription."""

    def search(self, doctor: Doctor, matricule: str) -> list[str]:
        """The identifiers of a patient's prescriptions."""


@dataclass
class Prescribing:
    """The prescriptions of one practice; ``waiting`` are those that were printed and not submitted yet."""

    wire: Wire
    link: Link
    people: dict[str, dict[str, Any]]
    world: frozenset[str]
    patient: str | None
    doctor: Callable[[Inputs], Doctor]

    def __post_init__(self) -> None:
        """Nothing is prescribed yet."""
        self._made: dict[str, Prescription] = {}
        self._waiting: dict[str, Prescription] = {}
        self._taken = 0
        self._defects = self.link.defects

    def prescribe(self, inputs: Inputs) -> Screen:
        """Check, sign and submit; or say why not."""
        lines = vigilance.mended(tuple(Line.read(item) for item in inputs["lines"]), self._defects)
        patient = self.people[inputs["patient"]]
        weight = number(inputs["weight"]) if inputs.get("weight") else 20 if "rx-invents-weight" in self._defects else None
        if refused := self._barred(inputs["patient"]) or vigilance.wrong(lines, patient, weight, local_day(self.link.now()), self._defects):
            return {"state": "unchanged"} if "rx-says-nothing-of-refusal" in self._defects else {"state": "refused", "message": refused}
        if alert := vigilance.alert(lines, self.world, self._defects):
            return {"state": "alert", "alert": alert}
        now = self.link.now()
        start = date.fromisoformat(inputs["start"]) if inputs.get("start") else local_day(now)
        end = date.fromisoformat(inputs["end"]) if inputs.get("end") else start + timedelta(days=int(inputs.get("days", 90)))
        name = next(iter(self._made)) if self._made and "rx-reuses-identifier" in self._defects else new_id()
        made = Prescription(
            name, self.doctor(inputs), self.people[inputs["provider"]], patient, lines, now, start, end, weight,
        )  # fmt: skip
        return self._submit(made)

    def _barred(self, matricule: str) -> str:
        """Identity vigilance: no electronic prescription for a fictive or informal identity."""
        d = self._defects
        if matricule != self.patient:
            return ""
        if "identity-fictive" in self.world and "rx-for-fictive-identity" not in d:
            return "Identité fictive : rien n'est transmis."
        if "identity-informal" in self.world and "rx-for-informal-identity" not in d:
            return "Identité informelle : pas d'ordonnance électronique."
        return ""

    def _submit(self, made: Prescription) -> Screen:
        """Send once; where no answer comes, look whether it arrived, and print it if it did not."""
        d = self._defects
        self._made[made.number] = made
        try:
            if "rx-issues-locally" in d:
                return self._issued(made)
            self.wire.submit(made)
            if "rx-submits-twice" in d and not self._taken:
                self.wire.submit(replace(made, number=new_id()))
        except RefusedError as error:
            if error.code == "duplicate" and "rx-duplicate-shown-as-refused" not in d:
                return self._issued(made)
            return self._refused(made, error)
        except UnavailableError as error:
            return self._unanswered(made, error)
        self._taken += 1
        if "rx-hides-identifier" in d:
            return {"state": "issued"}
        return self._issued(made)

    def _refused(self, made: Prescription, error: RefusedError) -> Screen:
        """Nothing was issued: that, and why."""
        d = self._defects
        if "rx-says-nothing-of-refusal" in d:
            return {"state": "unchanged"}
        if "rx-refusal-shown-as-issued" in d:
            return self._issued(made) | {"message": str(error)}
        said = {} if "rx-hides-reason-of-refusal" in d else {"message": str(error)}
        return {"state": "refused", "prescription": made.number, **said}

    def _unanswered(self, made: Prescription, error: UnavailableError) -> Screen:
        d = self._defects
        if "rx-silence-taken-for-issued" in d:
            return self._issued(made)
        if "rx-silence-shown-as-refused" in d:
            return {"state": "refused", "message": str(error)}
        if error.sent and "rx-sends-anew-after-silence" in d:
            return self._submit(replace(made, number=new_id()))
        if error.sent:
            try:
                self.wire.status(made.doctor, made.number)
                return self._issued(made)
            except (RefusedError, UnavailableError):
                pass
        return self._printed(made)

    def _printed(self, made: Prescription) -> Screen:
        d = self._defects
        if "rx-forgets-printed" not in d:
            self._waiting[made.number] = made
        if "rx-no-printed-form" in d:
            return {"state": "unavailable"}
        return {"state": "paper", "prescription": made.number, **paper.form(made, d)}

    def _issued(self, made: Prescription) -> Screen:
        self._waiting.pop(made.number, None)
        return {"state": "issued", "prescription": f"ORD-{len(self._made)}" if "rx-shows-own-number" in self._defects else made.number}

    def resume(self, _inputs: Inputs) -> Screen:
        """Submit what was printed, once, under its own identifier and date."""
        d = self._defects
        screen: Screen = {"state": "unchanged"}
        for made in list(self._waiting.values()):
            later = replace(made, number=new_id()) if "rx-later-under-another-identifier" in d else made
            later = replace(later, issued=self.link.now()) if "rx-later-with-another-date" in d else later
            screen = self._submit(later)
            if screen["state"] == "issued":
                self._waiting.pop(made.number, None)
            if "rx-keeps-printed" in d:
                self._waiting[made.number] = replace(made, number=new_id())
        return screen

    def cancel(self, inputs: Inputs) -> Screen:
        """Cancel with a reason; a refusal is said, and nothing else changes."""
        d, number, reason = self._defects, inputs["prescription"], inputs.get("reason", "")
        if not reason and "rx-cancels-without-reason" not in d:
            return {"state": "not-cancelled", "prescription": number, "message": "Quel motif ?"}
        if "rx-cancels-the-first" in d:
            number = next(iter(self._made))
        shown = "annulation" if "rx-reason-of-its-own" in d else reason or "sans motif"
        try:
            if "rx-cancels-locally" not in d:
                self.wire.cancel(self.doctor(inputs), number, shown)
        except RefusedError as error:
            state = "cancelled" if "rx-refused-cancel-shown-as-done" in d else "not-cancelled"
            said = {} if "rx-hides-reason-of-refused-cancel" in d else {"message": str(error)}
            return {"state": state, "prescription": number, **said}
        except UnavailableError as error:
            return self._cancelled_perhaps(inputs, error)
        return {"state": "cancelled", "prescription": number}

    def _cancelled_perhaps(self, inputs: Inputs, error: UnavailableError) -> Screen:
        """No answer: only the service knows whether the prescription is cancelled."""
        d, number = self._defects, inputs["prescription"]
        if "rx-silence-taken-for-cancelled" in d:
            return {"state": "cancelled", "prescription": number}
        try:
            if error.sent and "rx-does-not-look-after-cancel" not in d:
                known = self.wire.status(self.doctor(inputs), number)
                return {"state": "cancelled" if known.state == "cancelled" else "not-cancelled", "prescription": number}
        except (RefusedError, UnavailableError):
            pass
        return {"state": "unavailable", "prescription": number, "message": str(error)}

    def correct(self, inputs: Inputs) -> Screen:
        """What was issued is never changed: it is cancelled, and another prescription issued."""
        d, old = self._defects, self._made[inputs["prescription"]]
        new = replace(old, number=new_id(), issued=self.link.now(), lines=tuple(Line.read(item) for item in inputs["lines"]))
        if "rx-corrects-in-place" in d:
            return self._submit(replace(new, number=old.number))
        if "rx-corrects-without-cancelling" not in d:
            screen = self.cancel(inputs)
            if screen["state"] != "cancelled" and "rx-corrects-whatever-comes" not in d:
                return screen
        return self._submit(new)

    def renew(self, inputs: Inputs) -> Screen:
        """Another prescription of the same, with its own identifier, date and validity."""
        d, old = self._defects, self._made[inputs["prescription"]]
        now = self.link.now()
        new = replace(old, number=new_id(), doctor=self.doctor(inputs), prescriber=self.people[inputs["provider"]], issued=now,
                      start=local_day(now), end=local_day(now) + timedelta(days=int(inputs.get("days", 90))), renews=old.number)  # fmt: skip
        if "rx-renewal-cites-itself" in d:
            new = replace(new, renews=new.number)
        if "rx-renewal-keeps-start" in d:
            new = replace(new, start=old.start)
        if "rx-renewal-with-old-dates" in d:
            new = replace(new, issued=old.issued, start=old.start)
        if "rx-renewal-under-old-identifier" in d:
            new = replace(new, number=old.number)
        return self._submit(new)

    def status(self, inputs: Inputs) -> Screen:
        """What the service says of a prescription now."""
        d, number = self._defects, inputs["prescription"]
        try:
            found = Status("issued", 0, 1) if "rx-status-never-asked" in d else self.wire.status(self.doctor(inputs), number)
        except RefusedError as error:
            return {"state": "refused", "prescription": number, "message": str(error)}
        except UnavailableError as error:
            state = "issued" if "rx-silence-shown-as-issued" in d else "unavailable"
            return {"state": state, "prescription": number, "message": str(error)}
        state, remaining = found.state, found.remaining + ("rx-remaining-one-more" in d)
        if state == "partially-dispensed" and "rx-partial-shown-as-dispensed" in d:
            state = "dispensed"
        if state == "issued" and "rx-issued-shown-as-dispensed" in d:
            state = "dispensed"
        if state == "expired" and "rx-expiry-not-shown" in d:
            state = "issued"
        screen: Screen = {"state": state, "prescription": number, "dispensed": found.dispensed, "remaining": remaining}
        if "rx-remaining-not-shown" in d:
            del screen["remaining"]
        return screen

    def list(self, inputs: Inputs) -> Screen:
        """Every prescription of a patient that the service knows, whoever wrote it."""
        d = self._defects
        try:
            doctor = self.doctor(inputs)
            found = self.wire.search(doctor, inputs["patient"])
            if "rx-lists-own-only" in d:
                found = [number for number in found if self._made[number].doctor == doctor]
        except RefusedError as error:
            return {"state": "refused", "message": str(error)}
        except UnavailableError as error:
            state = "none" if "rx-silence-shown-as-none" in d else "unavailable"
            return {"state": state, "message": str(error)}
        if not found:
            return {"state": "shown" if "rx-none-not-said" in d else "none"}
        return {"state": "shown", "prescriptions": found[:1] if "rx-lists-the-first-only" in d else found}


def prescribing_actions(own: Prescribing) -> dict[str, Callable[[Inputs], Screen]]:
    """What the hook can ask of the prescriptions."""
    return {
        "rx.prescribe": own.prescribe, "rx.resume": own.resume, "rx.cancel": own.cancel, "rx.correct": own.correct,
        "rx.renew": own.renew, "rx.status": own.status, "rx.list": own.list,
    }  # fmt: skip
