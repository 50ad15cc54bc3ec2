"""Which service a request is for: by the gateway's own address and a prefix, or by the environment's own names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from equalis.model.config import Live
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


def routes(site: Live | None, bindings: Bindings, host: str) -> list[Route]:
    """Each service where the solution calls it: under its binding's prefix at the gateway's own address, or by host where the
    environment has it, so that addresses inside messages stay true.
    """
    if site is not None and site.routing == "host":
        return [Route(name, address.named[0], address.parts.path) for name, address in site.services.items()]
    own = frozenset({"localhost", "127.0.0.1", "::1"})
    return [Route(name, host, bindings.services[name].prefix, own) for name in (site.services if site else bindings.services)]
