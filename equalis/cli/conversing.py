"""With whom an operator talks: the terminal, or a page in a browser."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import click

from equalis.cli.endings import USAGE, EndError
from equalis.cli.printing import row
from equalis.cli.terminal import Terminal, problem
from equalis.model.config import LAST_PORT, Solution
from equalis.solution.operator import Conversation

if TYPE_CHECKING:
    from equalis.gateway.pki import Pki

LIFETIME = timedelta(days=820)
"""Tablets refuse a server's certificate that is good for more than 825 days."""


@contextlib.contextmanager
def conversation(solution: Solution, home: Path) -> Iterator[Conversation]:
    """The terminal, or the page that equalis.toml asks for, its address told on standard error; closed at the end."""
    if not solution.page:
        yield Terminal()
        return
    from equalis.reporting import qr  # noqa: PLC0415 - only an operator with a page needs them
    from equalis.solution.page import Page  # noqa: PLC0415

    name, _, port = solution.page.rpartition(":")
    host = name.strip("[]")
    if int(port) > LAST_PORT:
        raise EndError(USAGE, f"{port} is no port", "write one up to 65535 in `page` under [solution]; 0 means any free one")
    try:
        page = Page(problem, qr.svg, host, int(port), None if loopback(host) else own_tls(host, home))
    except OSError as error:
        raise EndError(USAGE, f"the page cannot be opened at {solution.page}: {error.strerror or error}", "choose another `page` under [solution]") from None
    if not loopback(host):
        click.echo(qr.terminal(page.url), err=True)
        row(f"l'autorité que la tablette doit accepter : {own_keys(host, home).authority_file}", err=True)
    row(f"la page de l'opérateur : {page.url}", err=True)
    try:
        yield page
    finally:
        page.close()


def loopback(host: str) -> bool:
    """Whether a page at this host is seen from this machine only; ends the verb for an address that is every address."""
    try:
        address = ip_address(host)
    except ValueError:
        if host.isdecimal():
            raise EndError(USAGE, f"{host} is no address", 'write a name or an address, as `page = "127.0.0.1:0"` under [solution]') from None
        return host.lower() == "localhost"
    if address.is_unspecified:
        raise EndError(USAGE, f"{host} is every address of this machine", 'write the one that the tablet calls, as `page = "192.0.2.7:8470"` under [solution]')
    return address.is_loopback


def own_keys(host: str, home: Path) -> Pki:
    """The keys of a page that others see, of an authority of its own."""
    from equalis.gateway import pki  # noqa: PLC0415 - only for a page that others see

    return pki.load(home / "pki" / f"page-{host.replace(':', '-')}", (host,), LIFETIME)


def own_tls(host: str, home: Path) -> ssl.SSLContext:
    """TLS for whoever is not on this machine, with a certificate of our own authority for that name."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(*own_keys(host, home).files("gateway"))
    return context
