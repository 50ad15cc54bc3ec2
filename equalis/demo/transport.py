"""HTTPS with the solution's client certificate, and SOAP calls over it."""

from __future__ import annotations

import http.client
import ssl
import tempfile
import urllib.parse
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from equalis.demo import signing
from equalis.demo.canonical import Node, XmlError, parse
from equalis.demo.defects import Switches
from equalis.demo.signing import SOAP, Identity, Outline, UntrustedError

HTTP_OK = 200
SLOW = timedelta(minutes=2)


class UnavailableError(Exception):
    """No usable answer: refused connection, time-out, 5xx, or an answer that is not to be trusted.

    ``sent`` is True when the request may have been taken all the same, ``cut`` when the connection
    was lost after the request had gone out.
    """

    def __init__(self, text: str, *, sent: bool, cut: bool = False) -> None:
        """Say what happened, and whether the request may have arrived."""
        super().__init__(text)
        self.sent, self.cut = sent, cut


class FaultError(Exception):
    """A SOAP fault: the platform refused."""

    def __init__(self, code: str, text: str) -> None:
        """Keep the fault's code and text."""
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class Doctor:
    """A professional: eHealthID, provider code, names."""

    ehealthid: str
    code: str
    last_name: str
    first_name: str


@dataclass
class Transport:
    """The platforms' addresses, the identity and the clock."""

    services: dict[str, str]
    credentials: dict[str, str]
    timeout: float
    defects: Switches
    offset: float = 0.0

    def __post_init__(self) -> None:
        """Load the identity and the TLS context once."""
        parts = self.credentials
        self.identity = Identity.load(parts["certificate"], parts["key"], parts["authority"])
        self._contexts: dict[str, ssl.SSLContext] = {}

    def _context(self, service: str) -> ssl.SSLContext:
        """TLS 1.2 or later, the server's certificate verified, our own shown."""
        parts, d = self.credentials, self.defects
        rest, exchange, rx = service == "eadministrative", service == "mysecu", service == "eprescription"
        tls = ssl.create_default_context(cadata=parts["authority"])
        tls.minimum_version = ssl.TLSVersion.TLSv1_2
        if "old-tls" in self.defects:
            tls.set_ciphers("ALL:@SECLEVEL=0")
            tls.minimum_version = ssl.TLSVersion.TLSv1
            tls.maximum_version = ssl.TLSVersion.TLSv1_1
        if "accepts-any-name" in self.defects:
            tls.check_hostname = False
        careless = (rest and "rest-accepts-any-certificate" in d) or (exchange and "exchange-accepts-any-certificate" in d)
        if careless or (rx and "rx-accepts-any-certificate" in d) or "accepts-any-certificate" in d:
            tls.check_hostname = False
            tls.verify_mode = ssl.CERT_NONE
        nameless = (rest and "rest-without-certificate" in d) or (exchange and "exchange-without-certificate" in d)
        if not nameless and not (rx and "rx-without-client-certificate" in d) and "no-client-certificate" not in d:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "identity.pem"
                path.touch(0o600)
                path.write_text(parts["certificate"] + parts["key"])
                tls.load_cert_chain(path)
        return tls

    def _tls(self, url: str) -> ssl.SSLContext:
        """The TLS context of a service, made once."""
        service = next((name for name, address in self.services.items() if url.startswith(address)), "")
        if service not in self._contexts:
            self._contexts[service] = self._context(service)
        return self._contexts[service]

    def now(self) -> datetime:
        """The practice's clock."""
        true = datetime.now(UTC) + timedelta(seconds=self.offset)
        return true - SLOW if "slow-clock" in self.defects else true

    def send(self, method: str, url: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str], bytes]:
        """One HTTPS request; raises UnavailableError."""
        parts = urllib.parse.urlsplit(url)
        context = self._tls(url)
        connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=self.timeout, context=context)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        try:
            connection.connect()
        except (OSError, ssl.SSLError) as error:
            message = f"no connection: {error}"
            raise UnavailableError(message, sent=False) from None
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, target, body or None, named)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        except (OSError, http.client.HTTPException) as error:
            message = f"no answer: {error or type(error).__name__}"
            raise UnavailableError(message, sent=True, cut=not isinstance(error, TimeoutError)) from None
        finally:
            connection.close()

    def soap(self, url: str, action: str, outline: Outline, *, signed: bool = True) -> tuple[bytes, Node]:
        """One signed SOAP call; the answer, checked unless only its content is signed.

        Raises UnavailableError or FaultError.
        """
        content = signing.envelope(outline, self.identity)
        status, _, answer = self.send("POST", url, content, SOAPAction=f'"{action}"',
                                      Content_Type="text/xml; charset=utf-8")  # fmt: skip
        try:
            root = self._checked(answer) if signed else parse(answer)
        except (UntrustedError, XmlError) as error:
            message = f"HTTP {status}: {error}"
            raise UnavailableError(message, sent=True) from None
        fault = root.find(f"{{{SOAP}}}Body", f"{{{SOAP}}}Fault")
        if fault is not None and not self._swallows(status):
            raise FaultError(fault.value("faultcode"), fault.value("faultstring"))
        return answer, root

    def _swallows(self, status: int) -> bool:
        if status == HTTP_OK and "swallows-fault-in-200" in self.defects:
            return True
        return "fault-taken-for-success" in self.defects

    def _checked(self, answer: bytes) -> Node:
        if b"paymentResponse" in answer and "payment-answer-not-verified" in self.defects:
            return parse(answer)
        if b"memoireHonorairesRetour" in answer and "return-not-verified" in self.defects:
            return parse(answer)
        if "accepts-unsigned-answer" in self.defects:
            root = parse(answer)
            if not root.all(f"{{{signing.DS}}}Signature"):
                return root
        return signing.check_answer(
            answer, self.identity, covers_body="accepts-any-signature" not in self.defects,
            known_signer="accepts-foreign-signer" not in self.defects,
            prefixes="chokes-on-prefix-list" not in self.defects,
        )  # fmt: skip
