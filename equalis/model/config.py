"""What equalis.toml says: the solution, the environment, the run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from equalis.model.transcript import EMBEDDED

HTTPS, LAST_PORT = 443, 65535


@dataclass(frozen=True, slots=True)
class Solution:
    """The product under test; ``digest`` is the SHA-256 of what is released; ``page`` where an operator's page
    is served (``host:port``), empty for the terminal. ``timeout`` is how long a call may hang, ``settle`` how much silence
    means settled where the driver cannot tell; both in seconds.
    """

    name: str
    driver: str
    version: str = ""
    vendor: str = ""
    url: str = ""
    command: tuple[str, ...] = ()
    module: str = ""
    page: str = ""
    timeout: float = 10.0
    settle: float = 3.0
    capabilities: tuple[str, ...] = ()
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a service of a live environment stands. ``url`` is its own name (https); ``connect`` (``host:port``) where to
    connect instead, when the name leads back to the gateway.
    """

    url: str
    connect: str = ""

    @property
    def parts(self) -> SplitResult:
        """The name taken apart."""
        return urlsplit(self.url)

    @property
    def named(self) -> tuple[str, int]:
        """The host and the port of its own name."""
        return self.parts.hostname or "", self.parts.port or HTTPS

    @property
    def reached(self) -> tuple[str, int]:
        """The host and the port to connect to."""
        host, _, port = self.connect.rpartition(":")
        return (host, int(port)) if self.connect else self.named


@dataclass(frozen=True, slots=True)
class IdentityFiles:
    """The client certificate for a live environment: PEM files, or one PKCS#12; ``password_env`` names the variable with
    its password. With ``hand_over`` the product is given the key in its reset; otherwise it has it already.
    """

    certificate: str = ""
    key: str = ""
    pkcs12: str = ""
    password_env: str = ""
    hand_over: bool = False


@dataclass(frozen=True, slots=True)
class Live:
    """A live environment, as `[environments.<name>]` describes it.

    ``says`` is the name that its answers give themselves; ``routing`` is ``prefix`` (the product calls the gateway's own
    address) or ``host`` (the product calls the environment's names, which lead to the gateway); ``holds`` names the seeds that
    its test people bring along, ``switches`` those that are true there in every case, of which the product is told; ``rate`` is calls a second, 0 without limit; ``quiet`` are spans of Luxembourg time
    (``HH:MM-HH:MM``) in which nothing may be played.
    """

    name: str
    services: Mapping[str, Address]
    authority: str = ""
    client_authority: str = ""
    identity: IdentityFiles = field(default_factory=IdentityFiles)
    says: str = ""
    routing: str = "host"
    people: str = ""
    bindings: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()
    switches: tuple[str, ...] = ()
    rate: float = 0.0
    quiet: tuple[str, ...] = ()


    @property
    def promised(self) -> tuple[str, ...]:
        """Every seed that holds there."""
        return (*self.holds, *self.switches)

    @property
    def digest(self) -> str:
        """What makes it this environment and no other, as a SHA-256: not how it is reached, nor by whom."""
        services = sorted((name, address.url) for name, address in self.services.items())
        return hashlib.sha256(repr((services, self.says, self.routing, self.holds, self.switches)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration. ``port`` 0 lets the system choose one; ``live`` is the environment that was asked for, None
    for the embedded one; ``environments`` are those that may be.
    """

    solution: Solution
    environment: str = EMBEDDED
    port: int = 0
    bindings: tuple[str, ...] = ()
    people: str = ""
    out: str = "reports"
    scenarios: tuple[str, ...] = ()
    environments: Mapping[str, Live] = field(default_factory=dict)
    live: Live | None = None
