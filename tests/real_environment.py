"""A "real" environment for tests: a second equalis, with its own keys and other names on the wire, and a product that speaks them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from equalis.demo.__main__ import Hook
from equalis.demo.canonical import Node
from equalis.demo.connection import Link
from equalis.demo.defects import Switches
from equalis.demo.practice import Practice, Ways
from equalis.demo.transport import Doctor
from tests.conftest import REPOSITORY
from tests.pace import PATIENCE, PRODUCT
from tests.services.cda_wire import CdaWire

CDA = REPOSITORY / "tests" / "overlays" / "cda"
OTHER_NAMES = {
    "urn:equalis:modelled:pid:1": "urn:test:paiement:3", "simulationRequest": "estimationRequest", "simulationResponse": "estimationResponse",
    "paymentRequest": "settlementOrder", "paymentResponse": "settlementAnswer", "simulationId": "estimationNumber",
    "providerCode": "doctorCode", "statutoryShare": "fundShare", "/mysecu": "/echange",
}  # fmt: skip
"""What another environment may call the same things; the last is the service's own path."""
SERVICES = {"idp": "idp", "sts": "sts", "mysecu": "echange", "eadministrative": "eadministrative", "servid": "servid", "eprescription": "eprescription"}


def overlay(folder: Path) -> Path:
    """The bindings of mySecu with every one of those names."""
    own = REPOSITORY / "equalis" / "services" / "mysecu"
    for path in (own / "binding.yaml", *(own / "schemas").iterdir(), *(own / "answers").iterdir()):
        text = path.read_text(encoding="utf-8")
        for name, other in OTHER_NAMES.items():
            text = text.replace(name, other)
        target = folder / "mysecu" / path.relative_to(own)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return folder


class OtherPractice(Practice):
    """The demonstration solution as it would be written for the other environment."""

    def __init__(self, document: dict[str, Any], timeout: float, defects: Switches) -> None:
        super().__init__(document, timeout, defects, Ways(prescriptions=CdaWire))
        usual = self.link.exchange

        def exchange(doctor: Doctor, model: str, business: str) -> Node:
            for name, other in OTHER_NAMES.items():
                business = business.replace(name, other)
            return _usual_names(usual(doctor, model, business))

        vars(self.link)["exchange"] = exchange
        assert isinstance(self.link, Link)


def _usual_names(node: Node) -> Node:
    """The elements of an answer under the names that the practice knows."""
    tag = node.tag
    for name, other in OTHER_NAMES.items():
        tag = tag.replace(other, name)
    return replace(node, tag=tag, children=[_usual_names(child) for child in node.children])


@dataclass
class Real:
    """A running environment."""

    folder: Path
    port: int
    overlays: tuple[Path, ...]
    process: subprocess.Popen[str] | None = None

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def start(self) -> None:
        """Serve, and wait until it does."""
        environment = {**os.environ, "EQUALIS_HOME": str(self.home), "PYTHONUNBUFFERED": "1"}
        words = ["serve", "--port", str(self.port), "--seed", "consent-mh", "--says", "REAL"]
        words += [word for path in self.overlays for word in ("--bindings", str(path))]
        log = (self.folder / "serve.log").open("a", encoding="utf-8")
        self.process = subprocess.Popen([sys.executable, "-m", "equalis", *words], env=environment, stdout=log, stderr=log, text=True, cwd=self.folder)
        while "Exchanges, as they come:" not in self.said:
            assert self.process.poll() is None, self.said
            try:
                self.process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Unplug it."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(PATIENCE)
            self.process = None
            shutil.move(self.folder / "serve.log", self.folder / "before.log")

    @property
    def said(self) -> str:
        """What it has printed since it was started."""
        return (self.folder / "serve.log").read_text(encoding="utf-8")

    def described(self, name: str = "real", **more: str) -> str:
        """The tables of equalis.toml for it."""
        services = ", ".join(f'{key} = "https://localhost:{self.port}/{path}"' for key, path in SERVICES.items())
        words = {"says": '"REAL"', "routing": '"host"', "holds": '["consent-mh", "check-digits-on", "invented-persons"]', "authority": f'"{self.home}/pki/authority.pem"',
                 "bindings": str([str(path) for path in self.overlays]).replace("'", '"')} | more  # fmt: skip
        lines = [f"[environments.{name}]", f"services = {{ {services} }}", *(f"{key} = {value}" for key, value in words.items())]
        lines += [f"[environments.{name}.identity]", f'certificate = "{self.home}/pki/solution.pem"', f'key = "{self.home}/pki/solution.key"', "hand-over = true"]
        return "\n".join(lines) + "\n"


@contextmanager
def other_product() -> Iterator[Hook]:
    """The demonstration solution, written for that environment, behind its hook."""
    served = Hook(0, PRODUCT, (), OtherPractice)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield served
    served.shutdown()
    served.server_close()


@contextmanager
def real_environment(folder: Path, *overlays: Path) -> Iterator[Real]:
    """A running one, stopped at the end."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    made = Real(folder, port, overlays)
    made.start()
    try:
        yield made
    finally:
        made.stop()
