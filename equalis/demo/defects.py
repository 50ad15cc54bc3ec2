"""The faults that the demonstration solution can be switched to, and the requirement each breaks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Defect:
    """One named fault: what the product does wrong, and the requirements that forbid it.

    ``cause`` is the entry of the family's catalogue of causes that tells a vendor of it; without
    one, the remedy of the first requirement does.
    """

    name: str
    sentence: str
    breaks: tuple[str, ...]
    told: str = ""
    family: str = "ra-pid"

    @property
    def cause(self) -> str:
        """What a vendor should read first."""
        return self.told or self.breaks[0]


DEFECTS = (
    Defect("resends-under-new-uuid", "After a lost payment answer, bills the same consultation again under a new UUID.", ("PID-040",)),
    Defect("pays-before-agreement", "Pays although the patient has not agreed.", ("PID-030",)),
    Defect("pays-unsettled-share", "Pays although the patient's share is not settled.", ("PID-031",)),
    Defect("pays-unvalidated", "Pays although the doctor has not validated the shares.", ("PID-032",)),
    Defect("fault-taken-for-success", "Shows a payment as done when the answer is a SOAP fault.", ("PID-060",)),
    Defect("ignores-anomalies", "Tries to pay a simulation that has anomalies, without contesting them.", ("PID-061",)),
    Defect("hides-anomalies", "Does not show the anomalies that mySecu answers.", ("PID-062",)),
    Defect("one-line-per-act", "Assumes one answer line for each act and shows the sum of those lines as the total.", ("PID-053",)),
    Defect("shows-own-share", "Recomputes the patient's share and rounds it to the euro.", ("PID-052",)),
    Defect("child-billed-share", "Shows a share of 12 % for a child.", ("PID-054",)),
    Defect("convenience-as-act", "Sends a convenience charge under the code of the act.", ("PID-055",)),
    Defect("bills-non-pid-act", "Simulates by PID an act that needs a prior check.", ("PID-070",)),
    Defect("no-fall-back", "Gives up when PID is not available, instead of falling back to RA or paper.", ("PID-080",)),
    Defect("falls-back-after-payment", "Falls back to RA when the payment's answer is lost.", ("PID-081",)),
    Defect("silent-receipt", "Leaves out of the patient's receipt that it must not be sent to the fund.", ("PID-090",)),
    Defect("drops-recovery", "Shows the statutory share as paid although a debt was recovered.", ("PID-057",)),
    Defect("new-token-each-call", "Asks the STS for a new token before every call.", ("STS-030",)),
    Defect("expired-token", "Keeps using a token after it has expired.", ("STS-031",)),
    Defect("sha1-signature", "Signs its SOAP requests with RSA-SHA1.", ("SEC-010",)),
    Defect("unsigned-timestamp", "Leaves the Timestamp out of the signature of the AuthnRequest.", ("IDP-020",)),
    Defect("unsigned-body", "Signs a header of its business requests instead of the Body.", ("SEC-011",)),
    Defect("accepts-unsigned-answer", "Accepts a mySecu answer that carries no signature.", ("SEC-030",)),
    Defect("accepts-any-signature", "Accepts a mySecu answer whose signature covers another element.", ("SEC-031",)),
    Defect("accepts-any-certificate", "Accepts a server certificate of an unknown authority.", ("SEC-040",)),
    Defect("matricule-in-query", "Puts the patient's matricule into a query string.", ("SEC-050",)),
    Defect("two-files-in-zip", "Puts two XML files into the zip of a deposit.", ("RA-020",)),
    Defect("wrong-file-name", "Names the XML file of a deposit after the patient.", ("RA-021",)),
    Defect("deposits-without-consent", "Deposits without looking whether the patient consented.", ("RA-010",)),
    Defect("sets-cns-auto", "Sets the consent CNS_AUTO without asking.", ("RA-012",)),
    Defect("conflict-taken-for-failure", "Takes 409 for a failure and deposits again under a new UUID.", ("RA-030",)),
    Defect("replaces-without-cancelling", "Deposits a corrected mémoire without cancelling the first one.", ("RA-041",)),
    Defect("cancel-without-reason", "Sends a cancellation to mySecu with an empty reason.", ("RA-043",)),
    Defect("diagnosis-in-free-text", "Writes the diagnosis into the free text of the mémoire.", ("RA-050",)),
    Defect("wrong-total", "Rounds each line to the euro before it sums the mémoire.", ("RA-052",)),
)  # fmt: skip

BY_NAME = {defect.name: defect for defect in DEFECTS}


class Switches:
    """The defects that are switched on; it keeps which of them the product asked for.

    A defect that a play never asks for cannot have changed it.
    """

    def __init__(self, on: Iterable[str] = ()) -> None:
        """Switch these on; raises KeyError for an unknown name."""
        self._on = frozenset(BY_NAME[name].name for name in on)
        self.asked: set[str] = set()

    def __contains__(self, name: str) -> bool:
        """Whether a defect is on."""
        self.asked.add(BY_NAME[name].name)
        return name in self._on
