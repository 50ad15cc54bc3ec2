"""The operator's page: the terminal's questions in a browser, beside the product's screen.

It is served on loopback, or over TLS on an address that equalis.toml names (a tablet). Whoever has not its address, which holds a
random word, gets nothing. What is asked stands in this process: a page that is loaded anew shows it again.
"""

from __future__ import annotations

import base64
import hmac
import json
import secrets
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from typing import Any

from equalis.model.case import ActionField
from equalis.solution.operator import NOTHING_TYPED, Answers, Briefing, LeftError, Task, UnfitError, attachment, summary
from equalis.solution.port import Attachment

LONGEST = 10
"""Digits of a version."""
LARGEST = 96 << 20
"""Bytes of one answer, attachments in base64 included."""
STATIC = {"": ("index.html", "text/html; charset=utf-8"), "page.js": ("page.js", "text/javascript; charset=utf-8"), "page.css": ("page.css", "text/css; charset=utf-8")}
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
FAREWELL = 1.5
"""Seconds for which a page that is open may hear of the end."""
PATIENCE = 20.0
"""Seconds for which a page waits for something new before it asks again."""
Problem = Callable[[ActionField, str], str]


@dataclass
class _Asked:
    """What is asked now: ``version`` grows with each question; ``answer`` is what came."""

    version: int = 0
    shown: Mapping[str, Any] = field(default_factory=lambda: {"kind": "waiting"})
    fields: tuple[ActionField, ...] = ()
    answer: Answers | None = None
    again: bool = False
    """The operator takes back what was typed."""
    warned: bool = False
    """The form came back all empty, and was asked once more."""
    left: bool = False


class Page:
    """A conversation by a page in a browser."""

    def __init__(self, problem: Problem, drawn: Callable[[str], bytes], host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        """``problem`` says what is wrong with an answer, ``drawn`` makes the QR code (SVG) of an address; raises OSError."""
        self._problem, self._asked, self._changed, self._polls = problem, _Asked(), threading.Condition(), 0
        self._server = _Server((host, port), _Requests)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.token = secrets.token_urlsafe(24)
        self.authority = f"{f'[{host}]' if ':' in host else host}:{self._server.server_address[1]}".lower()
        usual = ":443" if tls else ":80"
        self.known_as = frozenset({self.authority, self.authority.removesuffix(usual)})  # a browser leaves the usual port out
        self.url = f"{'https' if tls else 'http'}://{self.authority}/{self.token}/"
        self.code = drawn(self.url)
        vars(self._server)["page"] = self
        threading.Thread(target=self._server.serve_forever, name="operator's page", daemon=True).start()

    def close(self) -> None:
        """Serve no more; the page says that it is over, and has a moment to hear so."""
        self._show({"kind": "over"}, ())
        with self._changed:
            self._changed.wait_for(lambda: not self._polls, FAREWELL)
        self._server.shutdown()
        self._server.server_close()

    def brief(self, briefing: Briefing) -> None:
        """Tell what a case needs, and wait until the product is ready."""
        self._ask({"kind": "briefing", **asdict(briefing)}, ())

    def perform(self, task: Task) -> Answers:
        """Tell what to do, and wait for answers of the right types."""
        fields = [{"name": item.name, "label": item.label, "type": item.type, "many": item.many, "values": item.values} for item in task.fields]
        asked = {"kind": "task", "title": task.title, "sentence": task.sentence, "inputs": task.inputs, "fields": fields}
        before: Mapping[str, str] = {}
        while True:
            answers = self._ask({**asked, "before": before}, task.fields)
            self._ask({"kind": "check", "sentence": task.sentence, "typed": summary(task, answers)}, ())
            if not self._asked.again:
                return answers
            before = {name: "\n".join(value) if isinstance(value, list) else value or "" for name, value in answers.values.items()}

    def wait(self, text: str) -> None:
        """Ask for something else, and wait until it is done."""
        self._ask({"kind": "wait", "sentence": text}, ())

    def _show(self, shown: Mapping[str, Any], fields: tuple[ActionField, ...]) -> None:
        with self._changed:
            self._asked.version += 1
            self._asked.shown, self._asked.fields, self._asked.answer = shown, fields, None
            self._asked.again = self._asked.warned = False
            self._changed.notify_all()

    def _ask(self, shown: Mapping[str, Any], fields: tuple[ActionField, ...]) -> Answers:
        self._show(shown, fields)
        with self._changed:
            while self._asked.answer is None and not self._asked.left:
                self._changed.wait(0.5)  # so that Ctrl-C is heard
            if self._asked.left:
                raise LeftError
            answer, self._asked.shown = self._asked.answer, {"kind": "waiting"}
            self._asked.version += 1
            self._changed.notify_all()
        return answer if answer is not None else Answers({})

    def state(self, known: int) -> Mapping[str, Any]:
        """What is asked, as soon as it is another question than the page knows."""
        with self._changed:
            self._polls += 1
            if self._asked.version == known:
                self._changed.wait(PATIENCE)
            self._polls -= 1
            self._changed.notify_all()
            return {"version": self._asked.version, **self._asked.shown}

    def answer(self, given: Mapping[str, Any]) -> dict[str, str]:
        """Take an answer; what is wrong with it, by field, empty when it was taken."""
        with self._changed:
            if given.get("version") != self._asked.version or self._asked.answer is not None:
                return {"": "la question a changé entre-temps"}
            values, wrong = self._read(given.get("values"))
            try:
                attached = tuple(map(_attached, given.get("attachments") or ()))
            except (UnfitError, TypeError, KeyError, AttributeError, ValueError) as error:
                attached = ()
                wrong["attachments"] = str(error) if isinstance(error, UnfitError) else "fichier illisible"
            if not wrong and self._asked.fields and Answers(values).empty and not self._asked.warned:
                self._asked.warned = True
                return {"": NOTHING_TYPED}
            if not wrong:
                self._asked.answer, self._asked.again = Answers(values, attached), given.get("again") is True
                self._changed.notify_all()
            return wrong

    def _read(self, given: object) -> tuple[dict[str, Any], dict[str, str]]:
        values: dict[str, Any] = {}
        wrong: dict[str, str] = {}
        texts = given if isinstance(given, dict) else {}
        for item in self._asked.fields:
            lines = [line.strip() for line in str(texts.get(item.name) or "").splitlines() if line.strip()]
            if not item.many and len(lines) > 1:
                wrong[item.name] = "une seule ligne"
            elif problem := next((found for line in lines if (found := self._problem(item, line))), ""):
                wrong[item.name] = problem
            values[item.name] = None if not lines else lines if item.many else lines[0]
        return values, wrong

    def leave(self) -> None:
        """The operator interrupts the session."""
        with self._changed:
            self._asked.left = True
            self._changed.notify_all()


def _attached(given: Mapping[str, Any]) -> Attachment:
    return attachment(str(given["name"]), base64.b64decode(str(given["content"]), validate=True))


@cache
def _static(name: str) -> bytes:
    return resources.files(__name__).joinpath(name).read_bytes()


class _Server(ThreadingHTTPServer):
    """A server that writes nothing onto the operator's terminal: a browser that left, or refused the certificate, is no error."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], requests: type[BaseHTTPRequestHandler]) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, requests)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


class _Requests(BaseHTTPRequestHandler):
    """Everything under the random word; nothing else, and for no other Host."""

    protocol_version = "HTTP/1.1"
    timeout = 60

    @property
    def page(self) -> Page:
        page: Page = vars(self.server)["page"]
        return page

    def _path(self) -> str | None:
        """What is asked for under the word, None for whoever does not know it."""
        _, word, path = (self.path.split("?")[0] + "//").split("/", 2)
        known = hmac.compare_digest(word.encode(), self.page.token.encode()) and (self.headers.get("Host") or "").lower() in self.page.known_as
        return path.rstrip("/") if known else None

    def do_GET(self) -> None:
        path = self._path()
        if path in STATIC:
            name, media = STATIC[path]
            self._send(200, media, _static(name))
        elif path == "code.svg":
            self._send(200, "image/svg+xml", self.page.code)
        elif path == "state":
            known = self.path.partition("known=")[2]
            self._document(200, self.page.state(int(known) if known.isascii() and known.isdecimal() and len(known) < LONGEST else -1))
        else:
            self._send(404, "text/plain; charset=utf-8", b"")

    def do_POST(self) -> None:
        path, length = self._path(), self.headers.get("Content-Length") or ""
        if path not in {"answer", "leave"} or not length.isdecimal() or int(length) > LARGEST:
            self.close_connection = True
            self._send(404 if path is None else 413 if length.isdecimal() else 400, "text/plain; charset=utf-8", b"")
            return
        try:
            given = json.loads(self.rfile.read(int(length)) or b"{}")
        except (ValueError, RecursionError):
            given = None
        if not isinstance(given, dict):
            self._send(400, "text/plain; charset=utf-8", b"")
        elif path == "leave":
            self.page.leave()
            self._document(200, {})
        else:
            wrong = self.page.answer(given)
            self._document(422 if wrong else 200, wrong)

    def _document(self, status: int, document: Mapping[str, Any]) -> None:
        self._send(status, "application/json", json.dumps(document, ensure_ascii=False).encode())

    def _send(self, status: int, media: str, content: bytes) -> None:
        self.send_response(status)
        for name, value in (("Content-Type", media), ("Content-Length", str(len(content))), ("Content-Security-Policy", POLICY), ("Cache-Control", "no-store"),
                            ("Referrer-Policy", "no-referrer"), ("X-Content-Type-Options", "nosniff")):  # fmt: skip
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing: a log could hold a matricule."""
