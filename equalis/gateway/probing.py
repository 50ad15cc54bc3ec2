"""Looks at a live environment before anything is played there: nothing is asked of it that acts."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from equalis.gateway import credentials
from equalis.gateway.credentials import CredentialError, Credentials
from equalis.gateway.upstream import attributed
from equalis.model.config import Address, Live
from equalis.model.health import Health, Line, held

PATIENCE = 5.0
SOON = timedelta(days=30)
SKEWED, OFF = timedelta(seconds=5), timedelta(seconds=60)
"""How far this machine's clock may be from the environment's: told from the first, refused from the second."""


def probed(site: Live, now: datetime) -> Iterator[Line]:
    """Every line about an environment; ``now`` is this machine's own clock."""
    try:
        opened = credentials.read(site)
        context = opened.context()
    except CredentialError as error:
        yield Line("credentials", Health.KO, error.cause, error.remedy)
        return
    yield from _authority(opened, now)
    yield from _identity(opened, now)
    seen: set[tuple[str, int, str, int]] = set()
    for name, address in site.services.items():
        place = (*address.named, *address.reached)
        if place not in seen:
            seen.add(place)
            yield from _reached(name, address, context, now)


def _authority(opened: Credentials, now: datetime) -> Iterator[Line]:
    """The trust list: each authority in it still valid."""
    if not opened.authority:
        yield Line("authority", Health.WARNING, "none is configured: the authorities of this machine are trusted", "name the environment's own by `authority = …`")
        return
    found = x509.load_pem_x509_certificates(opened.authority.encode())
    over = [item.subject.rfc4514_string() for item in found if not item.not_valid_before_utc <= now <= item.not_valid_after_utc]
    until = min(item.not_valid_after_utc for item in found)
    yield held("authority", not over, f"expired or not yet valid: {'; '.join(over)}" if over else f"{len(found)} trusted, until {until:%Y-%m-%d} at least", "install the environment's present authorities")


def _identity(opened: Credentials, now: datetime) -> Iterator[Line]:
    """Our own certificate: valid, with its key (which reading has shown), issued by an authority that is known."""
    leaf = opened.leaf
    if leaf is None:
        yield Line("identity", Health.WARNING, "no client certificate is configured", "name it under [environments.<name>.identity], unless the environment asks for none")
        return
    name, until = leaf.subject.rfc4514_string(), leaf.not_valid_after_utc
    if not leaf.not_valid_before_utc <= now <= until:
        yield Line("identity", Health.KO, f"{name} is valid from {leaf.not_valid_before_utc:%Y-%m-%d} to {until:%Y-%m-%d}", "have the certificate renewed")
        return
    chain = x509.load_pem_x509_certificates((opened.certificate + opened.client_authority).encode())
    if opened.client_authority and not any(_issued(leaf, item) for item in chain):
        yield Line("identity", Health.KO, f"no authority that is named here has issued {name}", "name it by `client-authority = …`, or add the intermediate one to the certificate's file")
        return
    health = Health.WARNING if until - now < SOON else Health.OK
    yield Line("identity", health, f"{name}, with its key, until {until:%Y-%m-%d}", "" if health is Health.OK else "have the certificate renewed in time")


def _issued(leaf: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        leaf.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a host told: its certificate's end, and its Date."""

    until: datetime
    date: datetime | None


def _reached(name: str, address: Address, context: ssl.SSLContext, now: datetime) -> Iterator[Line]:
    """Name resolution, TLS, certificate and clock of the host at which a service stands."""
    place = address.parts.netloc
    try:
        answer = _asked(address, context)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told with who is to mend it
        failure = attributed(error, f"https://{place}")
        yield Line(place, Health.KO, f"{failure.cause} ({name})", failure.remedy)
        return
    left = answer.until - now
    remedy = "" if left > SOON else "tell the environment's operator that its certificate ends"
    yield Line(place, Health.WARNING if remedy else Health.OK, f"answers over TLS, its certificate is good until {answer.until:%Y-%m-%d}", remedy)
    if answer.date is None:
        yield Line("clock", Health.WARNING, f"{place} tells no Date: the clocks cannot be compared", "see that this machine's clock is synchronised")
        return
    skew = abs(datetime.now(UTC) - answer.date)
    health = Health.KO if skew > OFF else Health.WARNING if skew > SKEWED else Health.OK
    yield Line("clock", health, f"{skew.total_seconds():.0f} s from that of {place}", "" if health is Health.OK else "synchronise this machine's clock (NTP)")


def _asked(address: Address, context: ssl.SSLContext) -> _Answer:
    """One HEAD of the base address."""
    parts = address.parts
    with (
        socket.create_connection(address.reached, PATIENCE) as plain,
        context.wrap_socket(plain, server_hostname=parts.hostname) as tls,
    ):
        shown = x509.load_der_x509_certificate(tls.getpeercert(binary_form=True) or b"")
        tls.sendall(f"HEAD {parts.path or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head and (piece := tls.recv(65536)):
            head += piece
    if not head:
        message = "the connection was closed without an answer"
        raise ConnectionError(message)
    return _Answer(shown.not_valid_after_utc, _date(head))


def _date(head: bytes) -> datetime | None:
    for line in head.decode("latin-1").split("\r\n"):
        name, _, value = line.partition(":")
        if name.lower() == "date":
            try:
                told = parsedate_to_datetime(value.strip())
                return told if told.tzinfo else told.replace(tzinfo=UTC)
            except ValueError:
                return None
    return None
