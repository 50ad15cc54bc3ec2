"""The gateway's TLS: client certificates asked for, wrong server certificates shown on purpose."""

from __future__ import annotations

import ssl

from equalis.gateway.handshakes import Handshakes, watch_handshakes
from equalis.gateway.pki import DISGUISES, Pki


class Disguise:
    """Which certificate the gateway shows: its own, or a wrong one that a case orders."""

    def __init__(self, pki: Pki, clients: str = "") -> None:
        """Prepare a context for the true certificate and for each wrong one; ``clients`` (PEM) may sign client certificates too."""
        self.worn = ""
        self._others = {name: _context(pki, name, clients) for name in DISGUISES}
        self.context = _context(pki, "gateway", clients)
        self.context.sni_callback = self._choose

    def watch(self, told: Handshakes) -> None:
        """Report handshakes."""
        watch_handshakes(self.context, told)

    def _choose(self, tls: ssl.SSLObject | ssl.SSLSocket, _name: str | None, _context: ssl.SSLContext) -> None:
        """Called at each ClientHello, with or without a server name."""
        hello = getattr(tls, "hello", None)
        if hello is not None:
            hello()
        if self.worn:
            tls.context = self._others[self.worn]


def _context(pki: Pki, party: str, clients: str) -> ssl.SSLContext:
    """TLS 1.2 or later; a client certificate is asked for and, when shown, must be of our PKI
    or of the live environment's.

    A client without one gets through, so that what it sends is recorded and refused by the service.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    certificate, key = pki.files(party)
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(cadata=pki.authority.decode() + clients)
    context.verify_mode = ssl.CERT_OPTIONAL
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # a live client certificate may be all that is known of its chain
    context.options |= ssl.OP_NO_TICKET  # a resumed session would show no certificate at all
    context.num_tickets = 0
    return context
