"""The hook of the demonstration solution: HTTP on loopback, until standard input closes.

Besides the vendor's contract (`/equalis/…`) it has two paths of its own: `POST /demo/defects` switches
defects for the resets to come, `GET /demo/asked` names those that were asked for since the last one.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from equalis.demo.defects import BY_NAME, Switches
from equalis.demo.practice import Practice, UnknownActionError

Make = Callable[[dict[str, Any], float, Switches], Practice]


class Hook(ThreadingHTTPServer):
    """The hook with the practice behind it."""

    daemon_threads = True

    def __init__(self, port: int, timeout: float, defects: Iterable[str], make: Make = Practice) -> None:
        """Listen on loopback only; ``make`` opens the practice at each reset."""
        super().__init__(("127.0.0.1", port), _Requests)
        self.limit, self.defects, self.switches, self.make = timeout, tuple(defects), Switches(), make
        self.practice: Practice | None = None
        self.busy = 0
        self.lock = threading.Lock()

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller who left is no error of the practice, and a log could hold a matricule."""


class _Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one segment an answer: headers and body leave together
    disable_nagle_algorithm = True
    server: Hook

    def do_GET(self) -> None:
        if self.path == "/equalis/idle":
            self._answer(200, {"idle": self.server.busy == 0})
        elif self.path == "/demo/asked":
            self._answer(200, {"defects": sorted(self.server.switches.asked)})
        else:
            self._answer(404, {"error": "unknown path"})

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            document = json.loads(content or b"{}")
        except ValueError:
            self._answer(400, {"error": "the body is not JSON"})
            return
        if self.path == "/equalis/reset":
            self.server.switches = Switches(self.server.defects)
            self.server.practice = self.server.make(document, self.server.limit, self.server.switches)
            self._answer(200, {})
        elif self.path == "/demo/defects":
            self.server.defects = tuple(document["defects"])
            self._answer(200, {})
        elif self.server.practice is None:
            self._answer(409, {"error": "reset first"})
        elif self.path == "/equalis/clock":
            self.server.practice.link.offset = float(document.get("offset", 0))
            self._answer(200, {})
        elif self.path.startswith("/equalis/actions/"):
            self._act(self.server.practice, self.path.removeprefix("/equalis/actions/"), document)
        else:
            self._answer(404, {"error": "unknown path"})

    def _act(self, practice: Practice, name: str, inputs: dict[str, Any]) -> None:
        with self.server.lock:
            self.server.busy += 1
        try:
            screen = practice.act(name, inputs)
        except UnknownActionError:
            self._answer(501, {"error": f"unknown action {name}"})
        except KeyError as error:
            self._answer(422, {"error": f"unknown or missing {error}"})
        except Exception as error:  # noqa: BLE001 - a crash of the product, as its user would meet it
            self._answer(500, {"error": f"{type(error).__name__}: {error}"})
        else:
            self._answer(200, screen)
        finally:
            with self.server.lock:
                self.server.busy -= 1

    def _answer(self, status: int, document: dict[str, Any]) -> None:
        content = json.dumps(document, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Say nothing: a log could hold a matricule."""


def main() -> int:
    """Serve until standard input closes."""
    parser = argparse.ArgumentParser(prog="equalis.demo", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--timeout", type=float, default=5.0, help="seconds that a call may take")
    parser.add_argument("--defect", action="append", default=[], choices=sorted(BY_NAME))
    options = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends with its standard input
    hook = Hook(options.port, options.timeout, options.defect)
    threading.Thread(target=hook.serve_forever, daemon=True).start()
    sys.stdout.write(f"http://127.0.0.1:{hook.server_address[1]}\n")
    sys.stdout.flush()
    sys.stdin.read()
    hook.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
