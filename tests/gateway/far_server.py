"""A real TLS server that keeps the very bytes it gets, and answers the very bytes it is told to."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from equalis.gateway.pki import Pki
from tests.pace import PATIENCE

Conversation = Callable[[ssl.SSLSocket, bytes], None]


def plainly(answer: bytes) -> Conversation:
    """Answer these bytes."""
    return lambda connection, _: connection.sendall(answer)


@dataclass
class FarServer:
    """Listens on loopback with the certificate of a party; asks for a client certificate of the same PKI."""

    pki: Pki
    converse: Conversation
    party: str = "gateway"
    heard: list[bytes] = field(default_factory=list)
    connections: int = 0
    clients: list[bytes] = field(default_factory=list)
    _open: list[ssl.SSLSocket] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=self.pki.authority.decode())
        self._context.load_cert_chain(*self.pki.files(self.party))
        self._context.verify_mode = ssl.CERT_REQUIRED
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while not self._over.is_set():
            with contextlib.suppress(OSError):
                plain, _ = self._listening.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.closing(plain), contextlib.closing(self._welcomed(plain)) as tls:
            self._open.append(tls)
            self.clients.append(tls.getpeercert(binary_form=True) or b"")
            while request := _request(tls):
                self.heard.append(request)
                self.converse(tls, request)

    def _welcomed(self, plain: socket.socket) -> ssl.SSLSocket:
        """The handshake done; a client that is refused has time to hear why."""
        tls = self._context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        try:
            tls.do_handshake()
        except ssl.SSLError:
            self._over.wait(PATIENCE)
            tls.close()
            raise
        return tls

    def close(self) -> None:
        """Listen no more, and cut every connection."""
        self._over.set()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


def _request(tls: ssl.SSLSocket) -> bytes:
    """One request with a Content-Length or without a body."""
    content = b""
    while b"\r\n\r\n" not in content:
        piece = tls.recv(65536)
        if not piece:
            return b""
        content += piece
    head, _, body = content.partition(b"\r\n\r\n")
    length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += tls.recv(65536)
    return head + b"\r\n\r\n" + body
