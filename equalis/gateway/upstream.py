"""What goes wrong with the far side, and who is to mend it: never the product's doing."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from http.client import HTTPException

from equalis.model.binding import Binding, Operation
from equalis.model.outcome import Blame
from equalis.model.transcript import Fault, Message
from equalis.model.values import Record, as_text
from equalis.wire import encodings, http_message, soap
from equalis.wire.bindings import read_field
from equalis.wire.opened import Opened
from equalis.wire.unreadable import UnreadableError

SERVER_ERRORS = 500
UNSERVED = frozenset({407, 408, 421, 425, 429, 495, 496})
"""What a proxy or a limit in front of a service answers: nothing that the product's request deserves."""
EXPIRED, WRONG_NAME = 10, 62
"""OpenSSL's codes X509_V_ERR_CERT_HAS_EXPIRED and X509_V_ERR_HOSTNAME_MISMATCH."""
DEMANDS = ("CERTIFICATE_REQUIRED", "HANDSHAKE_FAILURE", "BAD_CERTIFICATE")
"""How OpenSSL's reasons end when a certificate is missing (RFC 8446 §6.2; handshake_failure with TLS 1.2)."""
REFUSALS = (*DEMANDS, "CERTIFICATE_UNKNOWN", "UNKNOWN_CA", "CERTIFICATE_EXPIRED", "CERTIFICATE_REVOKED", "UNSUPPORTED_CERTIFICATE", "ACCESS_DENIED")
"""And when the one that came is not liked."""
ORDERS = frozenset({"fault", "unavailable"})
"""Orders of a script after which an error of the server is what was asked for."""


class FarError(Exception):
    """The far side did not answer; ``blame`` says who is to mend it, ``remedy`` how."""

    def __init__(self, blame: Blame, cause: str, remedy: str) -> None:
        """Keep the parts."""
        super().__init__(cause)
        self.blame, self.cause, self.remedy = blame, cause, remedy


def attributed(error: Exception, address: str) -> FarError:
    """The failure of a call to a real address, put where it belongs."""
    operator = "tell the environment's operator, and play the case again when it answers"
    if isinstance(error, FarError):
        return error
    if isinstance(error, ssl.SSLCertVerificationError):
        return _untrusted(error, address, operator)
    if is_refusal(error):
        remedy = "see that the environment knows this client certificate and its authority, and that it is still valid"
        return FarError(Blame.CONFIGURATION, f"{address} refuses the client certificate ({_words(error)})", remedy)
    if isinstance(error, socket.gaierror):
        remedy = "correct the address of the service, or the name resolution of this machine"
        return FarError(Blame.CONFIGURATION, f"the name of {address} is not resolved", remedy)
    if isinstance(error, ConnectionRefusedError):
        return FarError(Blame.ENVIRONMENT, f"nothing listens at {address}", operator)
    if isinstance(error, TimeoutError):
        return FarError(Blame.ENVIRONMENT, f"{address} does not answer in time", operator)
    if isinstance(error, OSError | HTTPException):
        return FarError(Blame.ENVIRONMENT, f"{address} broke the connection off: {error or type(error).__name__}", operator)
    return FarError(Blame.EQUALIS, f"the call to {address} failed: {type(error).__name__}: {error}",
                    "report it to the makers of equalis with the run directory")  # fmt: skip


def is_refusal(error: Exception) -> bool:
    """Whether the far side refuses our client certificate, or that there is none, by an alert."""
    return _alerted(error, REFUSALS)


def is_demand(error: Exception) -> bool:
    """Whether the far side ended the handshake because no client certificate came."""
    return _alerted(error, DEMANDS)


def _alerted(error: Exception, words: tuple[str, ...]) -> bool:
    reason = (error.reason or "") if isinstance(error, ssl.SSLError) else ""
    return "ALERT" in reason and reason.endswith(words)


def _words(error: Exception) -> str:
    return str(getattr(error, "reason", "")).replace("_", " ").lower()


def _untrusted(error: ssl.SSLCertVerificationError, address: str, operator: str) -> FarError:
    if error.verify_code == EXPIRED:
        return FarError(Blame.ENVIRONMENT, f"the certificate of {address} has expired", operator)
    if error.verify_code == WRONG_NAME:
        remedy = "use the address that the certificate names"
        return FarError(Blame.CONFIGURATION, f"the certificate of {address} has another name", remedy)
    remedy = "install the environment's authority; never switch the verification off"
    return FarError(Blame.CONFIGURATION, f"the authority of {address} is not known here", remedy)


def unasked(answer: Message, binding: Binding, operation: Operation | None, script: Record, environment: str) -> Fault | None:
    """What is wrong with an answer that nobody ordered to be so: a server's error, another environment."""
    name = operation.name if operation else "a call"
    status = http_message.status(answer)
    read = _Reader(answer, binding, operation)
    ordered = bool(ORDERS & set(script)) or as_text(script.get("status")) == str(status)
    if status >= SERVER_ERRORS and not ordered and not soap.blames_the_caller(encodings.readable(answer)):
        cause = f"the environment answered HTTP {status} to {name}, which nobody ordered"
        return Fault(Blame.ENVIRONMENT, cause, "show the exchange to the environment's operator")
    if status in UNSERVED and not script:
        cause = f"the environment did not serve {name}: HTTP {status}"
        return Fault(Blame.ENVIRONMENT, cause, "respect its limits (`rate` in its description), or ask its operator")
    named = read("environment")
    if named and environment and named != environment:
        cause = f"the answer to {name} comes from the environment {named}, not from {environment}"
        return Fault(Blame.CONFIGURATION, cause, "point equalis at the environment that was meant")
    return None


@dataclass(frozen=True, slots=True)
class _Reader:
    """Fields of an answer, empty when it has none."""

    answer: Message
    binding: Binding
    operation: Operation | None

    def __call__(self, name: str) -> str:
        known = self.operation.answer.fields.get(name) if self.operation else None
        if self.operation is None or known is None:
            return ""
        try:
            found = read_field(known, self.operation.answer, self.binding, self.operation, Opened(self.answer))
        except UnreadableError:
            return ""
        return as_text(found[0]) if found else ""
