"""What must be in order before any case is played: each line OK, KO or a warning, with its remedy (`equalis doctor`).

A mistake of configuration found here is one that cannot be taken for the product's. Nothing here acts on the product: it is
reset, asked whether it is idle, and no more.
"""

from __future__ import annotations

import shutil
import socket
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from equalis import packs
from equalis.archive import keys
from equalis.archive.keys import KeyFileError
from equalis.cases.bindings import load as load_bindings
from equalis.cases.loading import Loaded
from equalis.cases.speaking import live_only_lines
from equalis.clock import synchronised
from equalis.gateway import pki
from equalis.gateway.opening import DescriptorError, agreed, folder, hosts
from equalis.gateway.pki import OTHER_PARTY, Pki
from equalis.gateway.probing import probed
from equalis.gateway.routes import answered, apart
from equalis.judge.judging import not_applicable
from equalis.model.case import Case
from equalis.model.config import Config, Live, Solution
from equalis.model.embedded import ANSWERED
from equalis.model.health import Health, Line, held
from equalis.model.transcript import Transcript
from equalis.solution.port import Driver, DriverError, ProductFailure, Reset

ROOM = 500 << 20
"""Bytes that a run of every case may need, with a margin."""
OLDEST_PYTHON = (3, 11)
SOON = timedelta(days=30)


def examined(config: Config, loaded: Loaded, home: Path, drivers: Callable[[], Driver], now: datetime) -> Iterator[Line]:
    """Every line, in the order in which things are needed; loading and linting have succeeded when this begins."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield held("python", sys.version_info[:2] >= OLDEST_PYTHON, version, "install Python 3.11 or later")
    cases, overlays = len(loaded.pack.cases), len(config.bindings)
    yield Line("cases", Health.OK, f"{cases} cases lint, with {overlays} overlays of bindings" if overlays else f"{cases} cases lint, with the embedded bindings")
    if config.live is None:
        apart(loaded.bindings, answered(loaded.bindings))
        yield from (Line("live-only", Health.WARNING, text, "play its cases at a live environment that has it (docs/live.md)") for text in live_only_lines(loaded.bindings))
    yield from _capabilities(loaded, config.solution)
    yield from _disk(Path(config.out))
    yield from _port(config.port)
    if config.live is not None:
        yield from _environment(config, config.live, loaded, now)
    identities = pki.load(folder(home, config.live), hosts(config.live)) if config.live else pki.load(home / "pki")
    if config.live is not None:
        yield Line("gateway", Health.OK, f"the product must trust {identities.authority_file.resolve()}")
    yield from _certificates(identities, now)
    yield from _key(home)
    yield from _driver(config.solution, loaded, drivers, identities.credentials)


def _capabilities(loaded: Loaded, solution: Solution) -> Iterator[Line]:
    known, declared = loaded.pack.capabilities, solution.capabilities
    if unknown := [word for word in declared if word not in known]:
        yield Line("capabilities", Health.KO, f"no capability {', '.join(unknown)}", f"valid capabilities: {', '.join(known)}")
        return
    missing = [word for word in known if word not in declared]
    idle = [case for case in loaded.pack.cases if not _applies(case, declared)]
    if not declared:
        yield Line("capabilities", Health.KO, "none is declared: no case that needs one applies", "name what the product can do under [solution] capabilities")
    elif missing:
        yield Line("capabilities", Health.WARNING, f"{len(idle)} cases do not apply without {', '.join(missing)}", "declare what the product can do")
    else:
        yield Line("capabilities", Health.OK, ", ".join(declared))


def _applies(case: Case, declared: tuple[str, ...]) -> bool:
    return all(need in declared for need in (*case.needs, *(("clock",) if case.pauses else ())))


def _disk(out: Path) -> Iterator[Line]:
    place = next((folder for folder in (out, *out.resolve().parents) if folder.is_dir()), Path())
    try:
        free = shutil.disk_usage(place).free
        probe = place / f".equalis-{datetime.now(UTC).timestamp():.0f}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        yield Line("disk", Health.KO, f"{place} cannot be written: {error.strerror}", "choose another `out` under [run], or give --out")
        return
    yield held("disk", free > ROOM, f"{free >> 20} MiB free at {place.resolve()}", f"make room: a whole run may need {ROOM >> 20} MiB")


def _port(port: int) -> Iterator[Line]:
    if not port:
        yield Line("port", Health.OK, "any free one")
        return
    with socket.socket() as plain:
        try:
            plain.bind(("127.0.0.1", port))
        except OSError as error:
            yield Line("port", Health.KO, f"{port} cannot be opened: {error.strerror}", "end the program that uses it, or set another `port` under [environment]")
            return
    yield Line("port", Health.OK, f"{port} is free")


def _environment(config: Config, site: Live, loaded: Loaded, now: datetime) -> Iterator[Line]:
    """A live environment: described, reached, read by an overlay that says all, with its own people."""
    try:
        agreed(site, loaded.bindings)
    except DescriptorError as error:
        yield Line("environment", Health.KO, error.cause, error.remedy)
        return
    yield Line("environment", Health.OK, f"{site.name}, with {', '.join(site.services)}")
    probe = Transcript("", site.name, capabilities=config.solution.capabilities, holds=site.promised, services=tuple(site.services))
    reasons = Counter(reason for case in loaded.pack.cases if (reason := not_applicable(case, probe)))
    applying = len(loaded.pack.cases) - reasons.total()
    yield held("applicable", applying, f"{applying} of {len(loaded.pack.cases)} cases apply there", "declare capabilities, services and what the environment holds")
    for reason, count in reasons.most_common():
        yield Line("not applicable", Health.OK, f"{count} case{'s' if count > 1 else ''}: {reason}")
    yield from probed(site, now)
    yield from _time()
    shipped = load_bindings(packs.bindings().content)
    if modelled := [name for name in site.services if name in shipped.services and loaded.bindings.services[name].operations == shipped.services[name].operations]:
        yield Line("overlay", Health.WARNING, f"{', '.join(modelled)} read by the embedded bindings, which are modelled in part", "name the environment's overlay by `bindings = […]`, where it has other formats")
    else:
        yield Line("overlay", Health.OK, "every service has its own bindings")
    yield Line("people", Health.OK, site.people) if site.people else Line(
        "people", Health.WARNING, "the test persons of the embedded environment", "name the environment's own by `people = …`, where it has others")
    ports = {item.named[1] for item in site.services.values()}
    if site.routing == "host" and ports != {config.port}:
        yield Line("addresses", Health.WARNING, f"the product calls port {config.port or 'any'}, the environment listens on {', '.join(map(str, sorted(ports)))}",
                   "set `port` under [environment] to the same, where addresses inside the messages must be the environment's to the letter")  # fmt: skip


def _time() -> Iterator[Line]:
    """Whether the machine says that its clock is synchronised; not every one says."""
    told = synchronised()
    if told is not None:
        yield Line("time", Health.OK, "synchronised") if told else Line("time", Health.WARNING, "this machine's clock is not synchronised", "switch its time synchronisation (NTP) on")


def _certificates(found: Pki, now: datetime) -> Iterator[Line]:
    """The test PKI: each certificate valid for a while, and its key the one that fits."""
    wrong = [f"{party}: {text}" for party in ("gateway", "solution", OTHER_PARTY, *ANSWERED) if (text := _certificate(found, party, now))]
    remedy = f"move {found.folder} away: it is made anew with the next run"
    yield held("certificates", not wrong, "; ".join(wrong) or f"the test identities in {found.folder} are valid, each with its key", remedy)


def _certificate(found: Pki, party: str, now: datetime) -> str:
    path, key_path = found.files(party)
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        key = serialization.load_pem_private_key(key_path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        return f"cannot be read ({type(error).__name__})"
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc - SOON:
        return f"not valid from {certificate.not_valid_before_utc:%Y-%m-%d} to {certificate.not_valid_after_utc:%Y-%m-%d}, or not for long"
    return "" if key.public_key() == certificate.public_key() else "the key is another one's"


def _key(home: Path) -> Iterator[Line]:
    try:
        made = keys.load(home / "keys").made
    except (KeyFileError, OSError) as error:
        yield Line("runner's key", Health.KO, str(error), "move the key away: another one is made with the next run")
        return
    yield Line("runner's key", Health.OK, "made just now, self-issued" if made else "there")


def _driver(solution: Solution, loaded: Loaded, drivers: Callable[[], Driver], credentials: dict[str, str]) -> Iterator[Line]:
    """Whether the product can be reached and reset; nobody is asked at a terminal here."""
    if solution.driver == "operator":
        yield Line("driver", Health.OK, "operator: a person acts")
        return
    try:
        driver = drivers()
        try:
            services = dict.fromkeys(answered(loaded.bindings), "https://127.0.0.1:9/doctor")
            driver.reset(Reset("doctor", "doctor", (), {}, services, credentials=credentials))
            told = driver.idle()
            lacking = _lacking(driver, loaded, solution)
        finally:
            driver.close()
    except (DriverError, ProductFailure) as error:
        yield Line("driver", Health.KO, f"{solution.driver}: {error}", getattr(error, "remedy", "") or "see that the product answers at once")
        return
    said = "cannot tell when it is idle: settled means silence" if told is None else "says when it is idle"
    yield Line("driver", Health.OK, f"{solution.driver}: reset, and {said}")
    if lacking:
        yield Line("actions", Health.WARNING, f"no function yet for {', '.join(lacking)}", "write them, or take their capability out")


def _lacking(driver: Driver, loaded: Loaded, solution: Solution) -> list[str]:
    """The actions of cases that apply and that the driver knows to be missing; none where only the product knows."""
    known = getattr(driver, "known", None)
    if known is None:
        return []
    needed = {step.action for case in loaded.pack.cases if _applies(case, solution.capabilities) for step in case.steps if step.action}
    return sorted(needed - set(known))
