"""Which service a request is for: by the gateway's own address and a prefix, or by the environment's own names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from equalis.model.config import Live
from equalis.model.embedded import ANSWERED
from equalis.model.remedied import RemediedError
from equalis.model.transcript import Message
from equalis.wire import http_message
from equalis.wire.bindings import Bindings

_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::[0-9]*)?")


@dataclass(frozen=True, slots=True)
class Route:
    """A service, under a path at a host; the same under its other names (``also``)."""

    service: str
    host: str
    path: str
    also: frozenset[str] = frozenset()

    def address(self, port: int) -> str:
        """What the solution calls, with the gateway at this port."""
        return f"https://{self.host}:{port}{self.path}"


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
            if host in {route.host, *route.also} and (path == route.path or path.startswith(f"{route.path}/")):
                return route.service
        return ""


def _host(named: str) -> str:
    """The host of a Host header without its port, in small letters; empty for what is none."""
    found = _HOST.fullmatch(named)
    return (found[1] or found[2]).lower().rstrip(".") if found else ""


class OverlapError(RemediedError):
    """Two services under one path: whose a request is cannot be told."""


def apart(bindings: Bindings, names: Iterable[str]) -> None:
    """Hold the prefixes of these services against one another; raises OverlapError."""
    for first, second in combinations(sorted(names, key=lambda name: len(bindings.services[name].prefix)), 2):
        outer, inner = bindings.services[first].prefix, bindings.services[second].prefix
        if f"{inner}/".startswith(f"{outer}/"):
            cause = f"the services {first} (prefix {outer or '/'}) and {second} (prefix {inner or '/'}) stand under the same path"
            raise OverlapError(cause, f'write another `prefix:` in the bindings of {first} or {second}; only hosts of their own (`routing = "host"`, docs/live.md) tell them apart')


def routes(site: Live | None, bindings: Bindings, host: str) -> list[Route]:
    """Each service where the solution calls it: under its binding's prefix at the gateway's own address, or by host where the
    environment has it, so that addresses inside messages stay true.
    """
    if site is not None and site.routing == "host":
        return [Route(name, address.named[0], address.parts.path) for name, address in site.services.items()]
    own = frozenset({"localhost", "127.0.0.1", "::1"})
    return [Route(name, host, bindings.services[name].prefix, own) for name in (site.services if site else answered(bindings))]


def answered(bindings: Bindings) -> list[str]:
    """The services that the embedded environment has; any other is live-only, and without a route there."""
    return [name for name in bindings.services if name in ANSWERED]
