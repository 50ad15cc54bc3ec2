"""Checks of signatures and tokens: recomputed from the recorded bytes."""

from __future__ import annotations

from datetime import datetime

from equalis.judge.judgement import Judgement, check, ko, ok
from equalis.judge.selection import Scene, Subject, same
from equalis.model.case import Expectation, Selection
from equalis.model.outcome import Outcome
from equalis.model.values import as_text
from equalis.wire import encodings, jws, wssecurity
from equalis.wire.xmldsig import AlteredError, BadSignatureError

_PARTS = ("body", "timestamp", "token", "username-token", "key-info", "assertion")
_SIGNED = {
    "parts": {"type": "array", "items": {"enum": list(_PARTS)}, "minItems": 1},
    "certificate": {"enum": ["client", "any"]},
    "key-info": {"enum": ["x509-data", "token-reference"]},
}


@check("signed-by", _SIGNED)
def signed_by(subjects: tuple[Subject, ...], expectation: Expectation, _scene: Scene) -> Judgement:
    """Each SOAP request carries one valid signature that covers at least `parts` (if any), made with
    RSA-SHA256, SHA-256 and exclusive C14N, by the key of the TLS client certificate (or of
    `any` certificate), which KeyInfo names as `key-info` says. Source: WS-Security 1.0 §8, XML Signature §4.
    """
    wanted = _words(expectation, "parts")
    over = f" over {', '.join(wanted)}" if wanted else ""
    expected = f"one signature{over} by the client's certificate"
    for subject in subjects:
        try:
            problem = _problem(subject, frozenset(wanted), expectation)
        except AlteredError as error:
            if _redacted(subject):  # our own doing can never be the product's KO
                actual = f"{error}, but a secret in it was redacted before it was kept"
                return Judgement(Outcome.INCONCLUSIVE, expected, actual, (subject,))
            problem = str(error)
        if problem:
            return ko(expected, problem, (subject,))
    return ok(expected, "it holds", subjects)


def _redacted(subject: Subject) -> bool:
    """Whether something in the body was replaced (a header is never under an XML signature)."""
    redactions = subject.reading.exchange.redactions if subject.reading else ()
    return any(not item.startswith("header") for item in redactions)


def _words(expectation: Expectation, key: str) -> tuple[str, ...]:
    value = expectation.arguments.get(key)
    return tuple(map(as_text, value)) if isinstance(value, tuple) else ()


def _problem(subject: Subject, wanted: frozenset[str], expectation: Expectation) -> str:
    if subject.reading is None:
        return "not a message"
    try:
        signature = wssecurity.verify(subject.reading.request.xml)
    except AlteredError:
        raise
    except BadSignatureError as error:
        return str(error)
    if missing := sorted(wanted - signature.parts):
        covered = ", ".join(sorted(signature.parts)) or "nothing"
        return f"{', '.join(missing)} not signed (the signature covers {covered})"
    if signature.weak:
        return f"signed with {', '.join(signature.weak)}"
    tls = subject.reading.exchange.tls
    own = tls.client_certificate if tls else b""
    if expectation.arguments.get("certificate", "client") == "client" and signature.certificate != own:
        return "signed by another certificate than the client's"
    named = as_text(expectation.arguments.get("key-info"))
    if named and signature.key_info != named:
        return f"KeyInfo is a {signature.key_info}, not a {named}"
    return ""


@check("jws-signed", needs_field=True)
def jws_signed(subjects: tuple[Subject, ...], expectation: Expectation, _scene: Scene) -> Judgement:
    """Each request carries, in the field, a detached JWS over the exact bytes of its body, made with RS256, PS256 or
    ES256 by the key of the TLS client certificate. Source: RFC 7515 Appendix F, RFC 8725 §3.1.
    """
    expected = "a detached JWS over the body by the client's certificate"
    for subject in subjects:
        try:
            problem = _jws_problem(subject, as_text(subject.values(expectation.select.field)))
        except AlteredError as error:
            if _redacted(subject):
                return Judgement(Outcome.INCONCLUSIVE, expected, f"{error}, but a secret in it was redacted before it was kept", (subject,))
            problem = str(error)
        except BadSignatureError as error:
            problem = str(error)
        if problem:
            return ko(expected, problem, (subject,))
    return ok(expected, "it holds", subjects)


def _jws_problem(subject: Subject, text: str) -> str:
    if subject.reading is None:
        return "not a message"
    if not text:
        return f"no signature in {subject.label}"
    request = subject.reading.exchange.request
    try:
        found = jws.verify(text, request.body)
    except BadSignatureError:  # the signature may be over the body before its content coding
        if not request.header("content-encoding"):
            raise
        found = jws.verify(text, encodings.content(request))
    tls = subject.reading.exchange.tls
    return "" if tls and found.certificate == tls.client_certificate else "signed by another certificate than the client's"


_TOKEN = {
    "issued-by": {"type": "string"},
    "token": {"type": "string"},
    "expires": {"type": "string"},
}


@check("token-valid", _TOKEN, ("issued-by", "token", "expires"), needs_field=True)
def token_valid(subjects: tuple[Subject, ...], expectation: Expectation, scene: Scene) -> Judgement:
    """Each selected call presents (in the field) a token that the operation `issued-by` gave
    earlier in `token`, at a moment before `expires`. Source: WS-Trust 1.3 §4.4 (Lifetime).
    """
    arguments = expectation.arguments
    issuer = as_text(arguments["issued-by"])
    issued = scene.select(Selection(operation=(issuer,)))
    token, expires = as_text(arguments["token"]), as_text(arguments["expires"])
    expected = f"a token that {issuer} gave and that has not expired"
    for subject in subjects:
        shown = subject.values(expectation.select.field)
        if not shown:
            return ko(expected, "no token", (subject,))
        giver = next(
            (g for g in reversed(issued) if g.order < subject.order
             and any(same(value, shown[0]) for value in g.values(token))), None,
        )  # fmt: skip
        if giver is None:
            # a product may have kept a token from before the case; what cannot be known is not KO
            actual = f"a token that {issuer} did not give in this case; the reset must drop kept tokens"
            return Judgement(Outcome.INCONCLUSIVE, expected, actual, (subject,))
        ends = [moment for moment in giver.values(expires) if isinstance(moment, datetime)]
        if not ends or subject.at >= ends[0]:
            late = f"used at {as_text(subject.at)}, expired at {as_text(tuple(ends))}"
            return ko(expected, late, (subject, giver))
    return ok(expected, "such a token", subjects)
