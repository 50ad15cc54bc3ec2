"""The live environments of equalis.toml: `[environments.<name>]`, read into what the gateway needs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from equalis.cases.plain import record, texts
from equalis.cases.shapes import Placed, choice
from equalis.model.config import LAST_PORT, Address, Config, IdentityFiles, Live
from equalis.model.remedied import RemediedError
from equalis.model.source import Mistake
from equalis.model.transcript import EMBEDDED
from equalis.model.values import Value, as_text

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NAME = re.compile(r"[a-z][a-z0-9-]*")


def environments(tables: Value) -> dict[str, Live]:
    """Each live environment by its name; the tables hold to their schema."""
    return {name: _live(name, record(table)) for name, table in record(tables).items()}


class NoEnvironmentError(RemediedError):
    """An environment that nobody describes, or that a solution cannot be tried at."""


def at(found: Config, name: str, *, demo: bool) -> Config:
    """The configuration for a live environment: its own overlays and people over the common ones; raises NoEnvironmentError."""
    if name in {"", EMBEDDED}:
        return found
    site = found.environments.get(name)
    if site is None:
        known = choice(name, (EMBEDDED, *found.environments), "environments")
        cause = f"no environment `{name}`"
        raise NoEnvironmentError(cause, f"{known}; describe it in equalis.toml under [environments.{name}] (docs/live.md)")
    if demo:  # it has no key of its own
        site = replace(site, identity=replace(site.identity, hand_over=True))
        if not (site.identity.certificate or site.identity.pkcs12):
            cause = "the demonstration solution needs a client certificate with its key there"
            raise NoEnvironmentError(cause, f"name them under [environments.{name}.identity]")
    return replace(found, environment=name, live=site, people=site.people or found.people, bindings=(*found.bindings, *site.bindings))


def _live(name: str, table: Mapping[str, Value]) -> Live:
    identity = record(table.get("identity"))
    certificate, key, pkcs12, variable = (as_text(identity.get(word)) for word in ("certificate", "key", "pkcs12", "password-env"))
    return Live(
        name=name, services={key: _address(value) for key, value in record(table["services"]).items()},
        authority=as_text(table.get("authority")), client_authority=as_text(table.get("client-authority")),
        identity=IdentityFiles(certificate, key, pkcs12, variable, identity.get("hand-over") is True),
        says=as_text(table.get("says")), routing=as_text(table.get("routing")) or "host",
        people=as_text(table.get("people")), bindings=texts(table.get("bindings")), holds=texts(table.get("holds")), switches=texts(table.get("switches")),
        rate=float(as_text(table.get("rate", 0))), quiet=texts(table.get("quiet")),
    )  # fmt: skip


def _address(value: Value) -> Address:
    found = record(value) if isinstance(value, Mapping) else {"url": value}
    return Address(as_text(found.get("url")).rstrip("/"), as_text(found.get("connect")))


def _port(address: Address) -> str:
    """The port of an address that is none, empty when each is one."""
    found = (re.search(r":([0-9]+)(?:/|$)", text) for text in (address.url, address.connect))
    return next((match[1] for match in found if match and not 0 < int(match[1].lstrip("0")[:6] or 0) <= LAST_PORT), "")


def disagreements(document: Placed) -> Iterator[Mistake]:
    """What the tables of live environments say and cannot mean."""
    for name, table in record(record(document.value).get("environments")).items():
        at = ("environments", name)
        if not _NAME.fullmatch(name) or name == EMBEDDED:
            yield document.mistake(document.source(at), f"no environment can be called `{name}`", f"use small letters, digits and -, and not `{EMBEDDED}`")
        for word, value in record(record(table).get("services")).items():
            if wrong := _port(_address(value) if value else Address("")):
                yield document.mistake(document.source((*at, "services")), f"{wrong} is no port ({word})", "write one from 1 to 65535")
        identity = record(record(table).get("identity"))
        if (variable := as_text(identity.get("password-env"))) and not _VARIABLE.fullmatch(variable):  # it may be the password: not shown
            what = "`password-env` is no name of an environment variable"
            yield Mistake(document.source((*at, "identity", "password-env")), what, "name the variable that holds the password, never the password itself")
        if identity and ("pkcs12" in identity) == ("certificate" in identity):
            what = f"the identity for `{name}` is one PKCS#12 file, or a certificate with its key"
            yield document.mistake(document.source((*at, "identity")), what, "write `pkcs12 = …`, or `certificate = …` and `key = …`")
        elif ("certificate" in identity) != ("key" in identity):
            missing = "key" if "certificate" in identity else "certificate"
            yield document.mistake(document.source((*at, "identity")), f"the identity for `{name}` lacks its {missing}", f"add `{missing} = …`")
