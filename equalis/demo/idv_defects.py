"""Defects of patient identity."""

from __future__ import annotations

from equalis.demo.defect import Defect

TRAITS = ("last-name", "first-names", "birth-date", "sex", "birth-place", "country", "matricule")


def _defect(name: str, sentence: str, breaks: str, told: str = "") -> Defect:
    return Defect(name, sentence, (breaks,), told, "idv")


IDV_DEFECTS = (
    _defect("anonymous-to-servid", "Calls SERVID without the bearer token.", "IDV-001"),
    _defect("basic-to-servid", "Sends the bearer token to SERVID under the scheme Basic.", "IDV-001", "scheme-not-bearer"),
    _defect("no-request-number", "Calls SERVID without a request id.", "IDV-002", "request-id-missing"),
    _defect("reused-request-number", "Gives every call to SERVID the same request id.", "IDV-002"),
    _defect("no-user-named", "Calls SERVID without naming the user.", "IDV-003", "user-missing"),
    _defect("user-is-the-practice", "Names the practice where the user is due.", "IDV-003"),
    _defect("plain-json-to-servid", "Sends FHIR as application/json.", "IDV-004"),
    _defect("blank-before-colon", "Writes a blank before the colon of a header of a search by matricule.", "IDV-005", "blank-before-colon"),
    _defect("asks-certain-as-text", "Writes a boolean parameter as a text.", "IDV-010"),
    Defect("writes-dates-locally", "Writes the birth date as 24.11.1985.", ("IDV-010", "IDV-011"), "date-not-iso", "idv"),
    _defect("zeros-for-number", "Sends zeros for a matricule that is not known.", "IDV-011", "number-invented"),
    _defect("sends-used-name", "Searches by the name in use instead of the birth name.", "IDV-011", "used-name-searched"),
    Defect("sex-as-letter", "Sends the sex as a letter.", ("IDV-010", "IDV-011"), "sex-not-coded", "idv"),
    _defect("swaps-place-and-country", "Sends the country as the birth place, and the place as the country.", "IDV-011", "place-swapped"),
    _defect("searches-without-sex", "Leaves the sex out of the search.", "IDV-011", "sex-not-searched"),
    _defect("searches-without-place", "Leaves birth place and country out of the search.", "IDV-011", "place-not-searched"),
    _defect("searches-first-name-only", "Searches by the first of several given names, cut at its hyphen.", "IDV-011", "first-names-cut"),
    _defect("identifier-without-system", "Looks a matricule up without its system.", "IDV-012", "system-missing"),
    _defect("wrong-identifier-system", "Looks a matricule up under another system.", "IDV-012"),
    _defect("invents-birth-day", "Sends the first day or month for one that is unknown.", "IDV-014"),
    _defect("asks-twice", "Asks SERVID twice for one action of the user.", "IDV-015"),
    _defect("asks-for-fictive", "Asks SERVID about a fictive identity.", "IDV-020"),
    _defect("fictive-as-d", "Shows a fictive identity as an informal one.", "IDV-021"),
    _defect("never-verified", "Leaves an identity unverified although SERVID confirmed it.", "IDV-030"),
    _defect("none-taken-for-match", "Takes the answer that nobody was found for a confirmation.", "IDV-031"),
    _defect("picks-first", "Takes the first of several records.", "IDV-032"),
    _defect("hides-choice", "Does not show the records to choose from.", "IDV-033"),
    _defect("shows-names-only", "Shows nothing but the names of the records to choose from.", "IDV-033", "choice-by-name-only"),
    _defect("accepts-any-score", "Takes a single record for certain whatever its score.", "IDV-034"),
    _defect("accepts-any-record", "Takes a record whose traits are another person's.", "IDV-035"),
    *(_defect(f"ignores-{trait}", f"Does not compare {trait.replace('-', ' ')} with SERVID's.", "IDV-035", f"{trait}-not-compared") for trait in TRAITS),
    _defect("accepts-inactive", "Takes a record that is no longer active.", "IDV-036"),
    _defect("compares-letter-by-letter", "Compares names letter by letter, accents and hyphens included.", "IDV-037"),
    _defect("stores-upper-case", "Keeps names in capitals.", "IDV-038", "names-in-capitals"),
    _defect("takes-servids-spelling", "Replaces the names by SERVID's spelling.", "IDV-038"),
    _defect("hides-death", "Does not show that SERVID knows the person as deceased.", "IDV-039"),
    _defect("validates-itself", "Takes a verified identity for validated.", "IDV-040"),
    _defect("validates-without-document", "Validates an identity although no document was named.", "IDV-040", "no-document-named"),
    _defect("forgets-document", "Does not keep which document was seen, and when.", "IDV-041"),
    _defect("edit-keeps-level", "Keeps the level when a strict trait changes.", "IDV-042"),
    *(_defect(f"edit-keeps-{trait}", f"Keeps the level when {trait.replace('-', ' ')} changes.", "IDV-042", f"{trait}-not-strict" if trait != "birth-date" else "") for trait in TRAITS),
    _defect("clears-on-any-edit", "Lowers the level when the telephone changes.", "IDV-043"),
    _defect("clears-on-servids-value", "Lowers the level when a trait becomes what SERVID just answered.", "IDV-044"),
    _defect("hides-level", "Does not show the level of an identity.", "IDV-045"),
    _defect("shows-first-level", "Shows the level that an identity had when its file was made.", "IDV-045", "level-stale"),
    _defect("keeps-matricule-as-id", "Keeps the matricule where the id of SERVID's record is due.", "IDV-046", "matricule-kept-as-id"),
    _defect("forgets-source-id", "Does not keep the id of SERVID's record.", "IDV-046", "source-id-lost"),
    _defect("forgets-source-date", "Does not keep when SERVID answered.", "IDV-046", "source-date-lost"),
    _defect("ignores-collision", "Does not flag two files with one matricule.", "IDV-047"),
    _defect("merge-loses-history", "Loses the history of the file that is merged.", "IDV-048"),
    _defect("merge-raises-level", "Gives the merged file the better level of the two.", "IDV-049"),
    _defect("verified-without-answer", "Takes an identity for verified when SERVID does not answer.", "IDV-050", "silence-taken-for-yes"),
    _defect("loses-level-without-answer", "Lowers the level when SERVID does not answer.", "IDV-050"),
    _defect("silence-taken-for-none", "Shows that nobody was found when SERVID does not answer.", "IDV-051"),
    _defect("retry-not-taken", "Asks again, and does not take the answer over.", "IDV-052", "answer-not-taken"),
    _defect("forgets-question", "Does not keep a question that had no answer.", "IDV-052"),
    _defect("takes-refusal-for-none", "Shows that nobody was found when SERVID refuses the question.", "IDV-053"),
    _defect("takes-any-number", "Takes a matricule whose check digits are wrong.", "IDV-054"),
    _defect("refuses-old-number", "Refuses an old number of 11 digits.", "IDV-055"),
    Defect("bills-fictive-patient", "Bills a fictive identity by PID.", ("IDV-060",), "fictive-billed"),
    Defect("deposits-for-fictive-patient", "Deposits a mémoire for a fictive identity.", ("IDV-060",)),
    Defect("bills-informal-patient", "Bills an informal identity by PID.", ("IDV-061",)),
)  # fmt: skip
