"""The patient files of the practice, and how sure it is of each identity (levels A, B, C, D, /)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from equalis.demo.defects import Switches
from equalis.demo.servid import CERTAIN, Found, RefusedSearchError, Servid
from equalis.demo.signing import zulu
from equalis.demo.traits import OLD, STRICT, Traits, differing, number_problem
from equalis.demo.transport import Doctor, UnavailableError

Screen = dict[str, object]
Now = Callable[[], Any]


@dataclass
class File:
    """One patient file: traits, flags, the document that was seen, SERVID's last answer, its history."""

    number: str
    traits: Traits
    fictive: bool = False
    verified: bool = False
    document: tuple[str, str] = ("", "")
    source: tuple[str, str] = ("", "")
    offered: list[Found] = field(default_factory=list)
    waiting: bool = False
    history: list[str] = field(default_factory=list)
    merged_into: str = ""

    def level(self, d: Switches) -> str:
        """A verified and validated, B verified, C validated, D neither, / fictive."""
        if self.fictive and "fictive-as-d" not in d:
            return "/"
        validated = bool(self.document[0]) or ("validates-itself" in d and self.verified)
        return {(True, True): "A", (True, False): "B", (False, True): "C", (False, False): "D"}[self.verified, validated]


def _named(word: str, trait: str) -> str:
    """The switch for one trait."""
    return f"{word}-{trait.replace('_', '-')}"


class Identities:
    """The identities of one practice."""

    def __init__(self, servid: Servid, defects: Switches, now: Now, *, check_digits: bool) -> None:
        """Start without any file."""
        self._servid, self._defects, self._now, self._check_digits = servid, defects, now, check_digits
        self._files: dict[str, File] = {}

    def create(self, inputs: dict[str, Any]) -> Screen:
        """A new file; a matricule that cannot be one is refused, one that another file has is flagged."""
        d, traits = self._defects, Traits.read(inputs["traits"])
        wrong = number_problem(traits.matricule, check_digits=self._check_digits) if traits.matricule else ""
        if traits.matricule and len(traits.matricule) == OLD and "refuses-old-number" in d:
            wrong = "un matricule a 13 chiffres"
        if wrong and "takes-any-number" not in d:
            return {"state": "refused", "message": wrong}
        if "stores-upper-case" in d:
            traits = replace(traits, last_name=traits.last_name.upper(), first_names=traits.first_names.upper())
        made = File(f"D{len(self._files) + 1}", traits, fictive=inputs.get("fictive") is True)
        made.history.append(f"créé: {traits.last_name} {traits.first_names}")
        twins = [item for item in self._files.values() if item.traits.matricule and item.traits.matricule == traits.matricule and not item.merged_into]
        self._files[made.number] = made
        collision = bool(twins) and "ignores-collision" not in d
        return self._shown(made, "collision" if collision else "created")

    def verify(self, doctor: Doctor, number: str) -> Screen:
        """Ask SERVID who the patient is; one question for one action of the user."""
        d, found = self._defects, self._files[number]
        if found.fictive and "asks-for-fictive" not in d:
            return self._shown(found, "fictive")
        by_number = bool(found.traits.matricule) and not found.traits.birth_date
        try:
            for _ in range(2 if "asks-twice" in d else 1):
                records = (self._servid.look_up(doctor, found.traits.matricule) if by_number
                           else self._servid.match(doctor, found.traits))  # fmt: skip
        except UnavailableError as error:
            return self._unanswered(found, str(error))
        except RefusedSearchError as error:
            if "takes-refusal-for-none" in d:
                return self._shown(found, "none")
            return self._shown(found, "refused") | {"message": str(error)}
        found.waiting = False
        return self._judged(found, records)

    def _unanswered(self, found: File, text: str) -> Screen:
        """Nothing changes while SERVID does not answer; the question is kept."""
        d = self._defects
        found.waiting = "forgets-question" not in d
        if "verified-without-answer" in d:
            found.verified = True
        if "loses-level-without-answer" in d:
            found.verified, found.document = False, ("", "")
        state = "none" if "silence-taken-for-none" in d else "unavailable"
        return self._shown(found, state) | {"message": text}

    def retry(self, doctor: Doctor) -> Screen:
        """Ask again what had no answer; nobody types anything anew."""
        waiting = [item for item in self._files.values() if item.waiting]
        screen: Screen = {"state": "unchanged"}
        for item in waiting:
            before = replace(item)
            screen = self.verify(doctor, item.number)
            if "retry-not-taken" in self._defects:
                item.verified = before.verified
                screen = self._shown(item, "unchanged")
        return screen

    def _judged(self, found: File, records: list[Found]) -> Screen:
        d = self._defects
        if "accepts-inactive" not in d:
            records = [item for item in records if item.active]
        certain = [item for item in records if item.score >= CERTAIN or "accepts-any-score" in d]
        found.offered = records
        if len(certain) == 1 or (records and "picks-first" in d):
            return self._taken(found, certain[0] if len(certain) == 1 else records[0])
        if not records:
            if "none-taken-for-match" in d:
                found.verified = True
                return self._shown(found, "matched")
            return self._shown(found, "none")
        shown = [] if "hides-choice" in d else [item.traits.last_name if "shows-names-only" in d else item.line for item in records]
        return self._shown(found, "several") | {"candidates": shown}

    def choose(self, number: str, matricule: str) -> Screen:
        """The user picks one of the records that SERVID answered."""
        found = self._files[number]
        chosen = next((item for item in found.offered if item.traits.matricule == matricule), None)
        return self._taken(found, chosen) if chosen else self._shown(found, "none")

    def _taken(self, found: File, record: Found) -> Screen:
        """One record: verified if the strict traits are equal, otherwise shown and refused."""
        d = self._defects
        ignoring = tuple(name for name in STRICT if _named("ignores", name) in d)
        other = differing(found.traits, record.traits, ignoring=ignoring, exact="compares-letter-by-letter" in d)
        if other and "accepts-any-record" not in d:
            found.offered = [record]
            return self._shown(found, "differs") | {"candidates": [record.line], "message": f"Traits différents: {', '.join(other)}."}
        found.verified = "never-verified" not in d
        kept = record.traits.matricule if "keeps-matricule-as-id" in d else record.id
        found.source = ("" if "forgets-source-id" in d else kept, "" if "forgets-source-date" in d else zulu(self._now()))
        if not found.traits.matricule:
            found.traits = replace(found.traits, matricule=record.traits.matricule)
        if "takes-servids-spelling" in d:
            found.traits = replace(found.traits, last_name=record.traits.last_name, first_names=record.traits.first_names)
        found.history.append(f"vérifié: {record.id}")
        warned = record.deceased and "hides-death" not in d
        return self._shown(found, "matched") | ({"warning": "SERVID: personne décédée"} if warned else {})

    def validate(self, number: str, kind: str, day: str) -> Screen:
        """A document was seen: its kind and date are kept."""
        found, d = self._files[number], self._defects
        if not kind and "validates-without-document" not in d:
            return self._shown(found, "refused") | {"message": "Quel document a été vu ?"}
        found.document = ("vu" if "forgets-document" in d else kind or "vu", "" if "forgets-document" in d else day)
        found.history.append(f"validé: {found.document[0]} {found.document[1]}".rstrip())
        return self._shown(found, "validated")

    def edit(self, number: str, changes: dict[str, Any]) -> Screen:
        """Change traits: a strict one that SERVID did not just answer clears both flags."""
        found, d = self._files[number], self._defects
        before, found.traits = found.traits, found.traits.changed(changes)
        strict = [name for name in STRICT if getattr(before, name) != getattr(found.traits, name) and _named("edit-keeps", name) not in d]
        offered = [item.traits for item in found.offered[:1]]
        known = bool(strict and offered) and all(getattr(offered[0], name) == getattr(found.traits, name) for name in strict) and "clears-on-servids-value" not in d
        others = [name for name in changes if name not in STRICT and "clears-on-any-edit" in d]
        if ((strict and not known) or others) and "edit-keeps-level" not in d:
            found.verified, found.document = False, ("", "")
        found.history.append(f"modifié: {', '.join(changes)}")
        return self._shown(found, "changed")

    def merge(self, keep: str, drop: str) -> Screen:
        """Two files of one person become one; the history of both is kept."""
        d, kept, dropped = self._defects, self._files[keep], self._files[drop]
        dropped.merged_into = keep
        if "merge-loses-history" not in d:
            kept.history += [f"{dropped.number}: {line}" for line in dropped.history]
        if "merge-raises-level" in d:
            kept.verified, kept.document = kept.verified or dropped.verified, kept.document if kept.document[0] else dropped.document
        kept.history.append(f"fusion avec {dropped.number}")
        return self._shown(kept, "merged")

    def show(self, number: str) -> Screen:
        """Everything that the screen shows of a file."""
        return self._shown(self._files[number], "shown")

    def _shown(self, found: File, state: str) -> Screen:
        d, traits = self._defects, found.traits
        screen: Screen = {
            "state": state, "file": found.number, "level": found.level(d), "name": f"{traits.last_name} {traits.first_names}",
            "matricule": traits.matricule, "source.id": found.source[0], "source.date": found.source[1],
            "document": " ".join(found.document).strip(), "history": list(found.history),
        }  # fmt: skip
        if "shows-first-level" in d and not found.fictive:
            screen["level"] = "D"
        if "hides-level" in d:
            del screen["level"]
        return {key: value for key, value in screen.items() if value not in ("", [])}


def identity_actions(identities: Identities, doctor: Callable[[dict[str, Any]], Doctor]) -> dict[str, Callable[[dict[str, Any]], Screen]]:
    """What the hook can ask of the patient files."""
    return {
        "idv.create": identities.create,
        "idv.verify": lambda inputs: identities.verify(doctor(inputs), inputs["file"]),
        "idv.retry": lambda inputs: identities.retry(doctor(inputs)),
        "idv.choose": lambda inputs: identities.choose(inputs["file"], inputs["matricule"]),
        "idv.validate": lambda inputs: identities.validate(inputs["file"], inputs.get("document", ""), inputs.get("date", "")),
        "idv.edit": lambda inputs: identities.edit(inputs["file"], inputs["changes"]),
        "idv.merge": lambda inputs: identities.merge(inputs["keep"], inputs["drop"]),
        "idv.show": lambda inputs: identities.show(inputs["file"]),
    }
