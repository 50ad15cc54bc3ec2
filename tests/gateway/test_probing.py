"""A live environment is looked at before anything is played there: what is wrong is told with who is to mend it."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from equalis.gateway import pki
from equalis.gateway.pki import Pki
from equalis.gateway.probing import probed
from equalis.model.config import Address, IdentityFiles, Live
from equalis.model.health import Health, Line
from tests.gateway.far_server import FarServer, plainly

NOW = datetime.now(UTC)


def answer(skew: float = 0.0) -> bytes:
    """An answer whose Date is so many seconds off."""
    return f"HTTP/1.1 405 No\r\nDate: {format_datetime(datetime.now(UTC) + timedelta(seconds=skew), usegmt=True)}\r\nContent-Length: 0\r\n\r\n".encode()


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """The PKI of the environment."""
    return pki.load(tmp_path_factory.mktemp("probed"))


Probe = Callable[..., dict[str, Line]]


@pytest.fixture
def probe(real: Pki) -> Iterator[Probe]:
    """Looks at a server that answers so; ``more`` changes the description."""
    stack = contextlib.ExitStack()

    def looked(content: bytes = b"", party: str = "gateway", now: datetime = NOW, **more: object) -> dict[str, Line]:
        far = stack.enter_context(contextlib.closing(FarServer(real, plainly(content or answer()), party)))
        certificate, key = real.files("solution")
        site = Live("real", {"idp": Address(f"https://localhost:{far.port}/idp"), "sts": Address(f"https://localhost:{far.port}/sts")},
                    str(real.authority_file), identity=IdentityFiles(str(certificate), str(key)))  # fmt: skip
        lines = list(probed(replace(site, **more), now))  # type: ignore[arg-type]
        assert len(far.heard) <= 1  # one look at each host
        return {"host" if line.subject.startswith("localhost:") else line.subject: line for line in lines}

    with stack:
        yield looked


def test_an_environment_in_order_is_ok_in_every_line(probe: Probe) -> None:
    """Authority, identity, TLS and clock."""
    lines = probe()
    assert list(lines) == ["authority", "identity", "host", "clock"]
    assert all(line.health is Health.OK for line in lines.values()), lines
    assert "1 trusted" in lines["authority"].found
    assert "CN=equalis EMBEDDED solution, with its key" in lines["identity"].found


@pytest.mark.parametrize(("skew", "health"), [(0, Health.OK), (-20, Health.WARNING), (20, Health.WARNING), (300, Health.KO), (-300, Health.KO)])
def test_a_clock_that_is_off_is_told(probe: Probe, skew: int, health: Health) -> None:
    """Tokens are good for minutes: seconds are a warning, minutes KO."""
    line = probe(answer(skew))["clock"]
    assert line.health is health
    assert bool(line.remedy) is (health is not Health.OK)


def test_a_host_that_tells_no_date_is_a_warning(probe: Probe) -> None:
    """Nothing can be compared, and that is said; a Date that cannot be read is none."""
    for content in (b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 404 No\r\nDate: soon\r\nContent-Length: 0\r\n\r\n"):
        assert probe(content)["clock"].health is Health.WARNING


@pytest.mark.parametrize(("party", "word"), [("expired-certificate", "has expired"), ("unknown-authority", "is not known here"), ("wrong-name", "another name")])
def test_a_server_that_is_not_to_be_trusted_is_ko(probe: Probe, party: str, word: str) -> None:
    """The same words as in a run."""
    line = probe(party=party)["host"]
    assert line.health is Health.KO
    assert word in line.found
    assert line.remedy


def test_a_name_and_a_port_that_lead_nowhere_are_ko(probe: Probe) -> None:
    """Not resolved, and nobody there."""
    nowhere = probe(services={"idp": Address("https://nowhere.invalid/idp")})["nowhere.invalid"]
    assert nowhere.health is Health.KO
    assert "is not resolved" in nowhere.found
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    closed = probe(services={"idp": Address(f"https://localhost:{port}/idp")})["host"]
    assert closed.health is Health.KO
    assert "nothing listens" in closed.found


def test_a_server_that_hangs_up_is_ko(probe: Probe) -> None:
    """No answer at all to the identity that we show."""
    line = probe(identity=IdentityFiles())
    assert line["identity"].health is Health.WARNING
    assert line["host"].health is Health.KO
    assert "refuses the client certificate" in line["host"].found


def test_an_identity_that_is_over_or_of_nobody_known_is_ko(probe: Probe, keys: Pki) -> None:
    """Expired, and issued by an authority that is not named; nearly over is a warning."""
    assert "is valid from" in probe(now=NOW + timedelta(days=4000))["identity"].found
    nearly = probe(now=NOW + timedelta(days=3630))["identity"]
    assert (nearly.health, bool(nearly.remedy)) == (Health.WARNING, True)
    certificate, key = keys.files("solution")
    foreign = probe(identity=IdentityFiles(str(certificate), str(key)))["identity"]
    assert foreign.health is Health.KO
    assert "no authority that is named here has issued" in foreign.found


def test_authorities_that_are_over_or_missing_are_told(probe: Probe) -> None:
    """The trust list is looked at as a whole."""
    assert probe(now=NOW + timedelta(days=4000))["authority"].health is Health.KO
    assert probe(authority="")["authority"].health is Health.WARNING


def test_a_file_that_cannot_be_used_is_the_only_line(probe: Probe, tmp_path: Path) -> None:
    """Without credentials nothing else can be looked at."""
    (tmp_path / "no.pem").write_text("nothing")
    lines = probe(authority=str(tmp_path / "no.pem"))
    assert list(lines) == ["credentials"]
    assert "holds no certificate in PEM" in lines["credentials"].found
    assert "openssl x509" in lines["credentials"].remedy
