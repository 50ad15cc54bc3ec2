"""What goes wrong with the far side is put where it belongs, and what the product caused is not."""

from __future__ import annotations

import http.client
import socket
import ssl

import pytest

from equalis.cases.loading import Loaded
from equalis.gateway.upstream import attributed, is_demand, unasked
from equalis.model.outcome import Blame
from equalis.model.transcript import Message
from tests.judge.stage import SOAP, soap


def certificate_error(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code = code
    return error


@pytest.mark.parametrize(
    ("error", "blame", "word"),
    [
        (ConnectionRefusedError(), Blame.ENVIRONMENT, "listens"), (TimeoutError(), Blame.ENVIRONMENT, "in time"),
        (ConnectionResetError("reset"), Blame.ENVIRONMENT, "reset"), (http.client.RemoteDisconnected("gone"), Blame.ENVIRONMENT, "gone"),
        (socket.gaierror(), Blame.CONFIGURATION, "resolved"), (certificate_error(10), Blame.ENVIRONMENT, "expired"),
        (certificate_error(20), Blame.CONFIGURATION, "authority"), (certificate_error(62), Blame.CONFIGURATION, "another name"),
        (ValueError("odd"), Blame.EQUALIS, "odd"),
    ],
)  # fmt: skip
def test_a_failed_call_names_who_is_to_mend_it(error: Exception, blame: Blame, word: str) -> None:
    """Down, slow and expired are the environment's; names and authorities are configuration; the rest is ours."""
    found = attributed(error, "https://there")
    assert found.blame is blame
    assert word in found.cause
    assert found.remedy


@pytest.mark.parametrize(
    ("reason", "blame", "demanded"),
    [
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", Blame.CONFIGURATION, True), ("SSLV3_ALERT_HANDSHAKE_FAILURE", Blame.CONFIGURATION, True),
        ("TLSV1_ALERT_UNKNOWN_CA", Blame.CONFIGURATION, False), ("TLSV1_ALERT_INTERNAL_ERROR", Blame.ENVIRONMENT, False),
        ("TLSV1_ALERT_PROTOCOL_VERSION", Blame.ENVIRONMENT, False), ("UNEXPECTED_EOF_WHILE_READING", Blame.ENVIRONMENT, False),
    ],
)  # fmt: skip
def test_an_alert_is_told_by_its_reason(reason: str, blame: Blame, demanded: bool) -> None:
    """A certificate that is missing or not liked is configuration; an outage is the environment's."""
    error = ssl.SSLError(1, reason)
    error.reason = reason
    assert attributed(error, "https://there").blame is blame
    assert is_demand(error) is demanded


WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
TRUST = "http://docs.oasis-open.org/ws-sx/ws-trust/200512"


def fault(code: str) -> bytes:
    names = f"xmlns:s='{SOAP}' xmlns:soap='{SOAP}' xmlns:q='{WSSE}' xmlns:t='{TRUST}'"
    return soap(f"<s:Fault {names}><faultcode>{code}</faultcode><faultstring>x</faultstring></s:Fault>")


@pytest.mark.parametrize(
    ("status", "body", "script", "blamed"),
    [
        (500, b"Internal Server Error", {}, True), (503, b"", {}, True), (500, fault("soap:Server"), {}, True),
        (500, fault("soap:Client"), {}, False), (500, fault("q:InvalidSecurity"), {}, False), (500, fault("t:RequestFailed"), {}, False),
        (500, fault("soap:Server"), {"fault": "ordered"}, False), (503, b"", {"unavailable": True}, False), (200, soap("<x/>"), {}, False),
    ],
)  # fmt: skip
def test_an_error_of_the_server_is_the_environments_unless_it_was_ordered_or_blames_the_message(
    loaded: Loaded, status: int, body: bytes, script: dict[str, object], blamed: bool
) -> None:
    """A fault that refuses the product's own message is evidence about the product."""
    operation = loaded.bindings.operations["sts.issue"][0]
    answer = Message(f"HTTP/1.1 {status}", (), body)
    found = unasked(answer, loaded.bindings.services["sts"], operation, script, "EMBEDDED")  # type: ignore[arg-type]
    assert (found is not None) is blamed
    assert found is None or found.blame is Blame.ENVIRONMENT


def test_an_answer_of_another_environment_is_a_matter_of_configuration(loaded: Loaded) -> None:
    """The comment before mySecu's envelope names it."""
    operation = loaded.bindings.operations["pid.pay"][0]
    answer = Message("HTTP/1.1 200", (), b"<!--\nmySecu\nACCEPTED\nCorrelation-ID: 1\n-->" + soap("<x/>"))
    found = unasked(answer, loaded.bindings.services["mysecu"], operation, {}, "EMBEDDED")
    assert found
    assert found.blame is Blame.CONFIGURATION
    assert "ACCEPTED" in found.cause
    assert unasked(answer, loaded.bindings.services["mysecu"], operation, {}, "ACCEPTED") is None
