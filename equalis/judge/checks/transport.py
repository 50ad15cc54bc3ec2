"""Checks of the transport: HTTP headers and TLS."""

from __future__ import annotations

from equalis.judge.judgement import Judgement, check, ko, ok
from equalis.judge.selection import Scene, Subject
from equalis.model.case import Expectation, Selection
from equalis.model.outcome import Outcome
from equalis.model.values import as_text
from equalis.wire.patterns import pattern
from equalis.wire.unreadable import UnknownFieldError

_HEADER = {
    "name": {"type": "string"},
    "value": {"type": "string"},
    "pattern": {"type": "string"},
    "absent": {"type": "boolean"},
}


@check("header", _HEADER, ("name",))
def header(subjects: tuple[Subject, ...], expectation: Expectation, _scene: Scene) -> Judgement:
    """The request's header is there, with `value` or matching `pattern`, or is `absent`.

    Source: RFC 9110 §5 (names compared without case).
    """
    arguments = expectation.arguments
    name = as_text(arguments["name"])
    value, like = as_text(arguments.get("value")), as_text(arguments.get("pattern"))
    unwanted = arguments.get("absent") is True
    expected = f"no header {name}" if unwanted else f"{name}: {value or like or 'any value'}"
    for subject in subjects:
        found = subject.reading.exchange.request.header(name) if subject.reading else ()
        met = bool(found) and not unwanted
        if unwanted:
            met = not found
        elif value:
            met = bool(found) and all(item.strip('"') == value for item in found)
        elif like:
            met = met and all(pattern(like).fullmatch(item) for item in found)
        if not met:
            return ko(expected, f"{name}: {', '.join(found) or '(none)'}", (subject,))
    return ok(expected, "it is so", subjects)


@check("media")
def media(subjects: tuple[Subject, ...], expectation: Expectation, _scene: Scene) -> Judgement:  # noqa: ARG001 - the check's port
    """Each request says the media type that the binding in force names for it. Source: RFC 9110 §8.3."""
    wanted = ""
    for subject in subjects:
        operation = subject.reading.operation if subject.reading else None
        wanted = operation.request.media if operation else ""
        if not wanted:
            message = f"{subject.label} has no media type in the binding"
            raise UnknownFieldError(message)
        found = [value.partition(";")[0].strip().lower() for value in subject.reading.exchange.request.header("content-type")] if subject.reading else []
        if found != [wanted]:
            return ko(f"Content-Type: {wanted}", f"Content-Type: {', '.join(found) or '(none)'}", (subject,))
    return ok(f"Content-Type: {wanted}", "it is so", subjects)


_SHOWN = 3


@check("well-formed", counts=True)
def well_formed(subjects: tuple[Subject, ...], _expectation: Expectation, scene: Scene) -> Judgement:
    """No malformed request is selected (`select: {malformed: true}`), and one came that was in order; where none came at all,
    there is nothing to judge. Source: RFC 9112, RFC 9110 (what a request cut short by its sender may be meant as is not judged).
    """
    expected = "requests that are well-formed HTTP (RFC 9112)"
    if subjects:
        told = list(dict.fromkeys(subject.label for subject in subjects))
        return ko(expected, "; ".join(told[:_SHOWN]) + (" …" if len(told) > _SHOWN else ""), subjects)
    requests = scene.select(Selection(service="any"))
    if not requests:
        return Judgement(Outcome.NOT_APPLICABLE, expected, "no request came")
    return ok(expected, "it is so", requests)


_VERSIONS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_TLS = {"at-least": {"enum": list(_VERSIONS)}, "client-certificate": {"type": "boolean"}}


@check("tls", _TLS)
def tls(subjects: tuple[Subject, ...], expectation: Expectation, _scene: Scene) -> Judgement:
    """The connection used TLS `at-least` that version (1.2 by default), with a client certificate
    when `client-certificate` says so.
    """
    least = as_text(expectation.arguments.get("at-least")) or "TLSv1.2"
    certified = expectation.arguments.get("client-certificate") is True
    expected = f"{least} or later" + (" with a client certificate" if certified else "")
    for subject in subjects:
        facts = subject.reading.exchange.tls if subject.reading else None
        version = facts.version if facts else "no TLS"
        recent = version in _VERSIONS and _VERSIONS.index(version) >= _VERSIONS.index(least)
        anonymous = certified and not (facts and facts.client_certificate)
        if not recent or anonymous:
            actual = version + (" without a client certificate" if anonymous else "")
            return ko(expected, actual, (subject,))
    return ok(expected, "it is so", subjects)
