"""Opens the environment that a configuration names: the embedded one, or the way to a live one."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from equalis.gateway import credentials, pki
from equalis.gateway.environment import Behind, Environment, Site
from equalis.gateway.probing import probed
from equalis.gateway.routes import OverlapError, answered, apart
from equalis.model.config import Config, Live
from equalis.model.health import Health, Line
from equalis.model.remedied import RemediedError
from equalis.wire.bindings import Bindings


class PortTakenError(Exception):
    """The gateway's port cannot be opened; the text names it."""


class DescriptorError(RemediedError):
    """A live environment that is described so that nothing can be forwarded."""


class UnreadyError(RemediedError):
    """A live environment that is not in order: nothing is played there, and nothing is the product's doing."""

    def __init__(self, name: str, lines: tuple[Line, ...]) -> None:
        """``lines`` are those that are KO."""
        found, remedies = (f"{line.subject}: {line.found}" for line in lines), dict.fromkeys(line.remedy for line in lines)
        super().__init__(f"the environment {name} is not ready: {'; '.join(found)}", f"{'; '.join(remedies)} (`equalis doctor --environment {name}` looks at everything)")


def opened(config: Config, home: Path, bindings: Bindings, challenge: str, clock: Callable[[], datetime]) -> Environment:
    """Open the gateway; raises PortTakenError, DescriptorError, OverlapError, UnreadyError before anything is written."""
    site, keys = None, home / "pki"
    if config.live is None:
        apart(bindings, answered(bindings))
    else:
        agreed(config.live, bindings)
        if wrong := tuple(line for line in probed(config.live, datetime.now(UTC)) if line.health is Health.KO):
            raise UnreadyError(config.live.name, wrong)
        site, keys = Site(config.live, credentials.read(config.live)), folder(home, config.live)
    identities = pki.load(keys, hosts(config.live) if config.live else ())
    try:
        return Environment(bindings, identities, bytes.fromhex(challenge), clock, config.solution.timeout, port=config.port, behind=Behind(site=site))
    except OSError as error:
        message = f"port {config.port} cannot be opened: {error.strerror}"
        raise PortTakenError(message) from None


def hosts(site: Live) -> tuple[str, ...]:
    """The names under which the solution calls the gateway, besides localhost."""
    if site.routing == "prefix":
        return ()
    return tuple(sorted({item.named[0] for item in site.services.values()} - {"localhost"}))


def folder(home: Path, site: Live) -> Path:
    """Where the gateway's own keys for an environment are: other names, other keys."""
    names = hashlib.sha256(" ".join(hosts(site)).encode()).hexdigest()
    return home / "pki" / f"live-{site.name}-{names[:8]}"


def _literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def agreed(site: Live, bindings: Bindings) -> None:
    """Hold a description against the bindings in force; raises DescriptorError."""
    for name, address in site.services.items():
        if name not in bindings.services:
            cause = f"the environment {site.name} has a service `{name}` that no binding knows"
            raise DescriptorError(cause, f"valid services: {', '.join(bindings.services)}; an overlay may bring others")
        if address.connect and _literal(address.named[0]):
            cause = f"{name} has an address of digits and a `connect` beside it"
            raise DescriptorError(cause, "write the one address under `url`, or a name there")
        path, prefix = address.parts.path, bindings.services[name].prefix
        if site.routing == "host" and path != prefix:
            cause = f"{name} stands under {path or '/'}, where its binding says {prefix}"
            raise DescriptorError(cause, f"write `prefix: {path}` in the overlay's bindings for {name}, or take `routing = \"prefix\"`")
    if site.routing == "prefix":
        try:
            apart(bindings, site.services)
        except OverlapError as error:
            raise DescriptorError(error.cause, error.remedy) from None
