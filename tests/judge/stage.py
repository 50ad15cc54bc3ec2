"""A small stage for the judge: exchanges, observations and ledgers written by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from equalis.demo import jws
from equalis.demo.defects import Switches
from equalis.demo.signing import Identity
from equalis.model.case import Case, Cause, Expectation, Selection, Sign
from equalis.model.outcome import Level
from equalis.model.source import Source
from equalis.model.transcript import Exchange, LedgerEntry, Message, Observation, Tls, Transcript
from equalis.model.values import Record
from equalis.wire.xmldsig import WSSE, WSU

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


def soap(business: str) -> bytes:
    return f'<s:Envelope xmlns:s="{SOAP}"><s:Body>{business}</s:Body></s:Envelope>'.encode()


def mysecu(business: str, element: str = "RequestInfo") -> bytes:
    return soap(f'<y:{element} xmlns:y="http://ws.mysecu.lu/generic/sync" modelUID="M">{business}</y:{element}>')


def simulation(number: int = 1, patient: str = "6.92", *, disturbance: str = "", answer: bytes | None = None) -> Exchange:
    pid = 'xmlns:p="urn:equalis:modelled:pid:1"'
    request = mysecu(
        f"<p:simulationRequest {pid}><p:memoireId>{'u' * 36}</p:memoireId><p:providerCode>90123456</p:providerCode>"
        "<p:matricule>1985031421294</p:matricule><p:date>2026-11-22</p:date>"
        '<p:line id="L1"><p:serviceDate>2026-11-22</p:serviceDate><p:actCode>C1</p:actCode><p:count>1</p:count></p:line>'
        "</p:simulationRequest>"
    )
    reply = answer or b"<!--\nmySecu\nEMBEDDED\nCorrelation-ID: abc-1\n-->" + mysecu(
        f"<p:simulationResponse {pid}><p:simulationId>S{number}</p:simulationId><p:total>57.70</p:total>"
        f"<p:statutoryShare>50.78</p:statutoryShare><p:patientShare>{patient}</p:patientShare></p:simulationResponse>",
        "ResponseInfo",
    )
    return exchange(number, request, reply, disturbance)


def payment(number: int, simulation_id: str = "S1") -> Exchange:
    request = mysecu(
        '<p:paymentRequest xmlns:p="urn:equalis:modelled:pid:1">'
        f"<p:simulationId>{simulation_id}</p:simulationId></p:paymentRequest>"
    )
    return exchange(number, request, mysecu("<x/>", "ResponseInfo"))


def exchange(number: int, request: bytes, answer: bytes, disturbance: str = "") -> Exchange:
    at = NOW + timedelta(seconds=number)
    headers = (("Content-Type", "text/xml"), ("SOAPAction", '"exchange"'))
    return Exchange(
        number=number, service="mysecu", step="facturer", at=at, until=at, elapsed=1,
        request=Message("POST /mysecu/exchange HTTP/1.1", headers, request),
        answer=Message("HTTP/1.1 200", (), answer), tls=Tls("TLSv1.3", "x", b"der"), disturbance=disturbance,
    )  # fmt: skip


def seen(**fields: object) -> Observation:
    named = {name.replace("_", "."): value for name, value in fields.items()}
    return Observation("facturer", "pid.bill", NOW, named)  # type: ignore[arg-type]


def paid(number: int, memoire: str = "m1") -> LedgerEntry:
    return LedgerEntry("mysecu", "payment", number, {"memoire": memoire})


def deposited(memoire: str) -> LedgerEntry:
    return LedgerEntry("mysecu", "deposit", 1, {"memoire": memoire})


def ended(memoire: str, replacement: str = "") -> LedgerEntry:
    return LedgerEntry("mysecu", "replacement" if replacement else "cancellation", 2, {"memoire": memoire, "replacement": replacement})


def expectation(check: str, select: Selection, arguments: Record | None = None, level: Level = Level.MUST) -> Expectation:
    source = Source("scenarios/ra-pid/x.yaml", 24)
    return Expectation("e", level, "Faire ceci.", "PID-052", select, check, arguments or {}, source, causes=(Cause("PID-052", "mend it", "", (Sign("PID-052"),)),))


def case(*expectations: Expectation) -> Case:
    return Case("ra-pid/x", "ra-pid", "X", {}, (), expectations, Source("scenarios/ra-pid/x.yaml"))


def transcript(*exchanges: Exchange, **more: object) -> Transcript:
    return Transcript("ra-pid/x", exchanges=exchanges, **more)  # type: ignore[arg-type]


def stranger() -> Exchange:
    return replace(simulation(1), service="")


def prescribed(media: str, body: bytes = b"{}", signature: str = "") -> Exchange:
    headers = (("Content-Type", media), ("X-JWS-Signature", signature))
    return replace(exchange(1, body, b"{}"), service="eprescription", request=Message("POST /eprescription/Bundle HTTP/1.1", headers, body))


@lru_cache
def signer() -> Identity:
    key, name = rsa.generate_private_key(public_exponent=65537, key_size=2048), x509.Name([])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    certificate = made.not_valid_before(NOW).not_valid_after(NOW + timedelta(days=1)).sign(key, hashes.SHA256())
    return Identity(certificate, key, certificate)


def signed(body: bytes, sent: bytes | None = None) -> Exchange:
    """A prescription whose signature is over ``body``, whatever is sent."""
    made = prescribed("application/fhir+json", body if sent is None else sent, jws.detached(body, signer(), NOW, Switches()))
    return replace(made, tls=Tls("TLSv1.3", "x", signer().certificate.public_bytes(serialization.Encoding.DER)))


def placed() -> Exchange:
    found = simulation(1)
    body = found.request.body.replace(b"</p:count>", b"</p:count><p:place>01</p:place>")
    return replace(found, request=replace(found.request, body=body))


def with_code(code: str) -> Exchange:
    found = simulation(1)
    return replace(found, request=replace(found.request, body=found.request.body.replace(b">C1<", f">{code}<".encode())))


def with_body(body: bytes) -> Exchange:
    found = simulation(1)
    return replace(found, request=replace(found.request, body=body))


def bare(found: Exchange, **headers: str) -> Exchange:
    return replace(found, request=replace(found.request, headers=tuple(headers.items())))


def anonymous(found: Exchange) -> Exchange:
    return replace(found, tls=Tls("TLSv1.3", "x"))


def issue(number: int, token: str, expires: datetime) -> Exchange:
    trust = "http://docs.oasis-open.org/ws-sx/ws-trust/200512"
    answer = soap(
        f'<t:R xmlns:t="{trust}"><t:RequestedSecurityToken><w:BinarySecurityToken xmlns:w="{WSSE}">{token}'
        f"</w:BinarySecurityToken></t:RequestedSecurityToken><t:Lifetime><u:Expires xmlns:u='{WSU}'>"
        f"{expires.isoformat()}</u:Expires></t:Lifetime></t:R>"
    )
    made = exchange(number, soap(f'<t:RequestSecurityToken xmlns:t="{trust}"/>'), answer)
    return replace(made, service="sts", request=replace(made.request, line="POST /sts/token HTTP/1.1"))


def with_token(number: int, token: str) -> Exchange:
    found = payment(number)
    kind = "http://ws.mySecu.lu/trust/token/bst"
    header = (f'<s:Header><w:Security xmlns:w="{WSSE}"><w:BinarySecurityToken ValueType="{kind}">{token}'
              "</w:BinarySecurityToken></w:Security></s:Header><s:Body>")  # fmt: skip
    body = found.request.body.replace(b"<s:Body>", header.encode())
    return replace(found, request=replace(found.request, body=body))
