"""Which service a request is for: by the gateway's own address and a prefix, or by the environment's own names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from equalis.model.config import Live
from equalis.model.transcript import Message
from equalis.wire import http_message
from equalis.wire.bindings import Bindings

_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::[0-9]*)?")


@dataclass(frozen=True, slots=True)
class Route:
    """A service, under a path at some hosts."""

    service: str
    hosts: frozenset[str]
    path: str


class Routes:
    """Every route; a host or a path that none has is a stranger's."""

    def __init__(self, routes: Iterable[Route]) -> None:
        """Longer paths come first."""
        self._routes = sorted(routes, key=lambda route: len(route.path), reverse=True)

    def service(self, message: Message) -> str:
        """The service of a request, empty for a stranger or a foreign Host."""
        host = _host("".join(message.header("host")))
        path = http_message.path(message)
        if any(segment.lower().replace("%2e", ".") in {".", ".."} for segment in path.split("/")):
            return ""  # it would lead out of what is described
        for route in self._routes:
            if host in route.hosts and (path == route.path or path.startswith(f"{route.path}/")):
                return route.service
        return ""


def _host(named: str) -> str:
    """The host of a Host header without its port, in small letters; empty for what is none."""
    found = _HOST.fullmatch(named)
    return (found[1] or found[2]).lower().rstrip(".") if found else ""


def by_prefix(bindings: Bindings, services: Iterable[str], host: str) -> Routes:
    """Each service under its binding's prefix, at the gateway's own address."""
    own = frozenset({host, "localhost", "127.0.0.1", "::1"})
    return Routes(Route(name, own, bindings.services[name].prefix) for name in services)


def by_host(site: Live) -> Routes:
    """Each service where the environment has it, so that addresses inside messages stay true."""
    parts = {name: urlsplit(address.url) for name, address in site.services.items()}
    return Routes(Route(name, frozenset({part.hostname or ""}), part.path) for name, part in parts.items())


def addresses(site: Live | None, bindings: Bindings, host: str, port: int) -> dict[str, str]:
    """What the solution calls: the gateway's own address, or the environment's names at the gateway's port."""
    own = f"https://{host}:{port}"
    if site is None:
        return {name: own + item.prefix for name, item in bindings.services.items()}
    if site.routing == "prefix":
        return {name: own + bindings.services[name].prefix for name in site.services}
    parts = {name: urlsplit(address.url) for name, address in site.services.items()}
    return {name: f"https://{part.hostname}:{port}{part.path}" for name, part in parts.items()}
