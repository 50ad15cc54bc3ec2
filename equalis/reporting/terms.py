"""The words of a report that a reader may look up (`equalis explain TERM`)."""

from __future__ import annotations

from collections.abc import Mapping

TERMS: Mapping[str, str] = {
    "OK": "Every MUST of the case was exercised and met.",
    "KO": "At least one MUST is not met, by the product's own doing: what was recorded shows it.",
    "INCONCLUSIVE": "Nobody can say: something that is not the product's went wrong (the environment, the configuration, the case pack, equalis itself), "
                    "or a requirement was not played. The line `at fault` says who is to mend what.",
    "NOT_APPLICABLE": "The case needs a capability that the product does not declare, or an environment that this one is not.",
    "INCOMPLETE": "The run was stopped before its end; `equalis run --resume RUN-DIR` goes on with it.",
    "MUST": "A demand that decides: one that is not met makes its case KO.",
    "SHOULD": "A demand that is reported and never makes a case KO.",
    "conformity": "The fold of every requirement that applies: OK only when each applicable MUST is proven by a case that was played. "
                  "A run of some of the cases cannot decide it.",
    "form (2)": "The label's second form: the vendor attests in writing what no exchange and no screen can show, and names the evidence. Such a "
                "requirement is listed and is no part of the fold until the attestation is accepted.",
    "level S": "The assurance level `self-assessed`: the vendor held the key and the machine. Whoever holds the key can write the answers, so a bundle "
               "of level S shows what was recorded, not that the product did it.",
    "self-issued": "The certificate of the seal was made by this machine for itself: its fingerprint identifies the key, and nobody vouches for a name.",
    "EMBEDDED": "The services that answered were equalis's own simulators, on loopback; no national platform took part.",
    "not a label": "The report is a result of tests; the label is granted by the eQualis office alone.",
    "seal": "A CAdES-B signature (ETSI EN 319 122-1) over the digests of every file of the bundle (ASiC-E, ETSI EN 319 162-1).",
    "bundle": "One sealed file (.asice) that holds the cases, the bindings, every recorded exchange and screen, and the report that follows from them.",
    "basis": "Where a requirement comes from: law, published (by an authority), standard (international), modelled (our own model, where the real "
             "document is not public).",
    "modelled": "Our own model of something whose real document is given to vendors under a non-disclosure agreement only; an overlay replaces it.",
    "capability": "Something that the product says it can do ([solution] capabilities in equalis.toml); cases that need another one are NOT_APPLICABLE.",
    "variant": "The same case with something changed: `ra-pid/ra-depot@muet` is the variant `muet` of `ra-pid/ra-depot`.",
    "overlay": "A folder whose bindings, schemas and answers take the place of the embedded ones (--bindings).",
    "binding": "The data that say where on a service's wire each business field stands; cases never name the wire.",
    "Correlation-ID": "The number that mySecu gives to each exchange; quote it when you ask mySecu about one.",
    "attested": "Typed by a person who looked at the product, not read from it.",
    "follow": "Demands that are missed only because something before them failed: mend that, and play again.",
    "said": "What the far side or the product itself said, word for word, with the number of its exchange.",
}  # fmt: skip
"""Each term with what it means here; capitals and blanks do not matter when it is looked up."""
