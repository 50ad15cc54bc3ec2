"""Hooks, programs and functions without end: each is bounded in bytes and in time, and its fault is put where it belongs."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import socket
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from equalis.model.case import Action, Step
from equalis.model.config import Solution
from equalis.model.source import Source
from equalis.solution.command import CommandDriver
from equalis.solution.http import HttpDriver
from equalis.solution.port import DriverError, ProductFailure, Reset
from equalis.solution.python import PythonDriver
from tests.pace import PATIENCE, PRODUCT, waited

STEP = Step("s", "", Source(""))
ACTION = Action("a.shows", "", (), (), Source(""))
RESET = Reset("r", "c", (), {}, {})
LARGEST = 8 << 20
OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
MENDS = pytest.mark.mends("13")
Written = Iterable[bytes]


def sized(body: bytes, head: bytes = OK) -> Written:
    return [head + b"Content-Length: %d\r\n\r\n" % len(body) + body]


def encoded(name: bytes, body: bytes) -> Written:
    return sized(body, OK + b"Content-Encoding: " + name + b"\r\n")


def dripping(head: bytes, piece: bytes = b" ") -> Written:
    """A byte now and then, without end."""
    yield head
    while True:
        time.sleep(0.05)
        yield piece


def endless(head: bytes, piece: bytes) -> Written:
    return itertools.chain([head], itertools.repeat(piece))


CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
CHUNK = b"10000\r\n" + b" " * (1 << 16) + b"\r\n"
BOMB = gzip.compress(bytes(1 << 28))
"""A quarter of a gigabyte in a quarter of a megabyte."""


class Server:
    """Reads one request a connection, and writes what the test says for as long as somebody listens."""

    def __init__(self, written: Callable[[], Written]) -> None:
        self._written = written
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.left = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._one, args=(self._listening.accept()[0],), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        with connection:
            connection.recv(1 << 16)
            try:
                for piece in self._written():
                    connection.sendall(piece)
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_WR)
                while connection.recv(1 << 16):
                    pass
            except OSError:
                self.left.set()

    def close(self) -> None:
        self._listening.close()


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Callable[[], Written]], tuple[HttpDriver, Server]]]:
    """A driver whose hook writes what the test says, and whose patience is short with all but the question whether it is idle."""
    monkeypatch.setattr("equalis.solution.http.GRACE", PATIENCE)
    with contextlib.ExitStack() as opened:

        def made(written: Callable[[], Written]) -> tuple[HttpDriver, Server]:
            server = Server(written)
            driver = HttpDriver(Solution("x", "http", url=server.url))
            driver._limit = 1.0
            opened.callback(server.close)
            opened.callback(driver.close)
            return driver, server

        yield made


Made = Callable[[Callable[[], Written]], tuple[HttpDriver, Server]]


def in_time(asked: Callable[[], object]) -> object:
    """What a call brings back or raises; a call that does not end fails the test, and not the session."""
    found: list[object] = []

    def ask() -> None:
        try:
            found.append(asked())
        except Exception as error:  # noqa: BLE001 - the test looks at it
            found.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert found, "it did not come back"
    return found[0]


NO_END = {
    "a body that drips": lambda: dripping(CHUNKED, b"1\r\n \r\n"),
    "headers that drip": lambda: dripping(OK, b"X"),
    "a status line that drips": lambda: dripping(b"H", b"T"),
    "1xx without end": lambda: dripping(b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
    "silence": lambda: dripping(b"", b""),
}
TOO_MUCH = {
    "chunks without end": lambda: endless(CHUNKED, CHUNK),
    "a body without end": lambda: endless(OK + b"\r\n", bytes(1 << 16)),
    "more than an answer may have": lambda: sized(b'{"a": "' + b"x" * LARGEST + b'"}'),
    "a gzip bomb": lambda: encoded(b"gzip", BOMB),
    "a deflate bomb": lambda: encoded(b"deflate", zlib.compress(bytes(1 << 28))),
    "headers without end": lambda: endless(OK, b"X-More: and more\r\n" * 1000),
}


@pytest.mark.parametrize("written", NO_END.values(), ids=NO_END)
def test_an_action_without_an_answer_in_time_is_evidence_about_the_product(hook: Made, written: Callable[[], Written]) -> None:
    """However the time goes by."""
    driver, _ = hook(written)
    assert isinstance(in_time(lambda: driver.act(ACTION, STEP, {})), ProductFailure)


@pytest.mark.mends("13")
@pytest.mark.parametrize("written", NO_END.values(), ids=NO_END)
def test_what_is_no_action_does_not_wait_for_ever(hook: Made, written: Callable[[], Written]) -> None:
    """A reset, the clock: a matter of configuration."""
    driver, server = hook(written)
    for told in (lambda: driver.reset(RESET), lambda: driver.clock(1)):
        error = in_time(told)
        assert isinstance(error, DriverError)
        assert "no answer within 1 s" in error.cause
    if written is not NO_END["silence"]:
        assert server.left.wait(PATIENCE)  # nobody goes on reading


@pytest.mark.mends("13")
@pytest.mark.parametrize("written", NO_END.values(), ids=NO_END)
def test_idle_that_does_not_come_leaves_the_word_to_silence(hook: Made, written: Callable[[], Written], monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither idle nor busy was said."""
    monkeypatch.setattr("equalis.solution.http.GRACE", 1.0)
    driver, _ = hook(written)
    assert in_time(driver.idle) is None


@pytest.mark.mends("13")
@pytest.mark.parametrize("written", TOO_MUCH.values(), ids=TOO_MUCH)
def test_an_answer_that_is_too_large_is_configuration(hook: Made, written: Callable[[], Written]) -> None:
    """Whoever asks; it is not read to its end."""
    driver, _ = hook(written)
    driver._limit = PATIENCE
    for asked in (lambda: driver.act(ACTION, STEP, {}), lambda: driver.reset(RESET), driver.idle):
        error = in_time(asked)
        assert isinstance(error, DriverError)
        assert "MiB" in error.cause or "no HTTP that can be read" in error.cause


@pytest.mark.mends("13")
def test_an_error_is_the_products_however_long_its_text(hook: Made) -> None:
    """Its status says enough; of the text the beginning is told."""
    driver, _ = hook(lambda: endless(b"HTTP/1.1 500 Oops\r\n\r\n", b"boom"))
    driver._limit = PATIENCE
    error = in_time(lambda: driver.act(ACTION, STEP, {}))
    assert isinstance(error, ProductFailure)
    assert str(error).startswith("HTTP 500: boomboom")
    assert len(str(error)) < 300


@pytest.mark.parametrize("body", [b'{"state": "paid"}', b'\xef\xbb\xbf{"state": "paid"}'])
@pytest.mark.parametrize("packed", [sized, lambda body: encoded(b"gzip", gzip.compress(body)), lambda body: encoded(b"deflate", zlib.compress(body)), lambda body: encoded(b"identity", body)])
def test_an_answer_is_read_however_it_is_packed(hook: Made, body: bytes, packed: Callable[[bytes], Written]) -> None:
    """Nobody asks for it packed, and a server may do it all the same; a byte order mark is let pass."""
    driver, _ = hook(lambda: packed(body))
    driver._limit = PATIENCE
    assert in_time(lambda: dict(driver.act(ACTION, STEP, {}).fields)) == {"state": "paid"}


@pytest.mark.mends("13")
@pytest.mark.parametrize(
    ("written", "word"),
    [
        (encoded(b"br", b"x"), "Content-Encoding br"), (encoded(b"gzip", b"{} and no gzip"), "cannot be unpacked"), (encoded(b"gzip", gzip.compress(b"{}")[:-3]), "cut off"),
        (encoded(b"gzip, gzip", gzip.compress(gzip.compress(b"{}"))), "Content-Encoding gzip, gzip"),
        (sized(b"{}", b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\n"), "HTTP 302"), (sized(b"{}", b"HTTP/1.1 101 Other\r\nUpgrade: x\r\nConnection: upgrade\r\n"), "no HTTP that can be read"),
        ([b"<html>\r\n\r\n"], "no HTTP that can be read"), ([b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"], "no HTTP that can be read"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_configuration(hook: Made, written: Written, word: str) -> None:
    """Another packing, a redirect, no HTTP at all."""
    driver, _ = hook(lambda: written)
    driver._limit = PATIENCE
    error = in_time(lambda: driver.act(ACTION, STEP, {}))
    assert isinstance(error, DriverError), error
    assert word in error.cause
    assert error.remedy


@pytest.mark.parametrize("written", [[], [b"HTTP/1.1 2"], [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"], [CHUNKED + b"5\r\n{"]])
def test_a_product_that_leaves_in_mid_answer_went_away(hook: Made, written: Written) -> None:
    """Evidence about it in an action; and nothing more will come."""
    driver, _ = hook(lambda: written)
    driver._limit = PATIENCE
    error = in_time(lambda: driver.act(ACTION, STEP, {}))
    assert isinstance(error, ProductFailure)
    assert "went away" in str(error)
    assert in_time(driver.idle) is True


STRICT = [
    pytest.param(b'{"state": "paid", "state": "refused"}', "'state' stands twice", marks=MENDS), pytest.param(b'{"paid": NaN}', "NaN is not JSON", marks=MENDS),
    pytest.param(b'{"paid": -Infinity}', "-Infinity", marks=MENDS), (b'{"state": "\\ud800"}', ""), (b"[" * 100000, ""), pytest.param(b'{"a":' * 65 + b"1" + b"}" * 65, "64 levels", marks=MENDS),
    (b'{"paid": ' + b"9" * 5000 + b"}", ""), pytest.param(b'{"paid": 1e99999999999999999999}', "", marks=MENDS), pytest.param(b'{"state": "\xff"}', "byte 11 is not UTF-8", marks=MENDS), (b"", ""),
    pytest.param(b"null", "no JSON object", marks=MENDS), pytest.param(b'["paid"]', "no JSON object", marks=MENDS),
]  # fmt: skip


@pytest.mark.parametrize(("content", "word"), STRICT)
def test_every_driver_reads_as_strictly(hook: Made, tmp_path: Path, content: bytes, word: str) -> None:
    """The hook and a program: one reading, and the same cause."""
    driver, _ = hook(lambda: sized(content))
    driver._limit = PATIENCE
    (tmp_path / "printed").write_bytes(content)
    program = CommandDriver(Solution("x", "command", command=(sys.executable, "-c", f"import sys; sys.stdout.buffer.write(open({str(tmp_path / 'printed')!r}, 'rb').read())")))
    for asked in (driver, program):
        error = in_time(lambda asked=asked: asked.act(ACTION, STEP, {}))  # type: ignore[misc]
        assert isinstance(error, DriverError), error
        assert word in error.cause
        assert len(error.cause) < 500


@pytest.mark.mends("13")
def test_a_key_that_stands_twice_among_many_is_found_at_once(hook: Made) -> None:
    """In one pass, not in one for each key."""
    body = b"{" + b",".join(b'"%d":1' % number for number in range(300_000)) + b',"299999":1}'
    driver, _ = hook(lambda: sized(body))
    driver._limit = PATIENCE
    error = in_time(lambda: driver.act(ACTION, STEP, {}))
    assert isinstance(error, DriverError), error
    assert "'299999' stands twice" in error.cause


@pytest.mark.mends("13")
def test_money_keeps_its_digits(hook: Made) -> None:
    """A number with a point is no float anywhere."""
    driver, _ = hook(lambda: sized(b'{"paid": 123456789012.10}'))
    driver._limit = PATIENCE
    seen = driver.act(ACTION, STEP, {})
    assert str(seen.fields["paid"]) == "123456789012.10"


@pytest.mark.parametrize(
    "told", [pytest.param(b'{"idle": 1}', marks=MENDS), pytest.param(b'{"idle": "true"}', marks=MENDS), pytest.param(b'{"idle": null}', marks=MENDS), pytest.param(b"{}", marks=MENDS), b"[true]", b"true", b"yes"]
)
def test_idle_is_true_or_false(hook: Made, told: bytes) -> None:
    """Anything else would be waited for until the time is up, and taken for the product's."""
    driver, _ = hook(lambda: sized(told))
    error = in_time(driver.idle)
    assert isinstance(error, DriverError)
    assert error.remedy


def program(folder: Path, text: str, limit: float = PATIENCE) -> CommandDriver:
    (folder / "program.py").write_text(text)
    driver = CommandDriver(Solution("x", "command", command=(sys.executable, str(folder / "program.py"))))
    driver._limit = limit
    return driver


@pytest.mark.mends("13")
def test_a_program_that_prints_without_end_is_stopped(tmp_path: Path) -> None:
    """Its output is bounded while it prints, and it is gone."""
    driver = program(tmp_path, f"import os\nopen({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\nwhile True: os.write(1, b' ' * 65536)")
    error = in_time(lambda: driver.act(ACTION, STEP, {}))
    assert isinstance(error, DriverError), error
    assert "more than 8 MiB" in error.cause
    assert not alive(int((tmp_path / "pid").read_text()))


def test_a_program_may_say_much_on_standard_error(tmp_path: Path) -> None:
    """It is read away, and how it ends is kept."""
    driver = program(tmp_path, "import sys\nsys.stderr.write('x' * 20_000_000 + 'the end')\nprint('{}')\nsys.exit(sys.argv[1] == 'a.shows')")
    error = in_time(lambda: driver.act(ACTION, STEP, {}))
    assert isinstance(error, ProductFailure)
    assert str(error).endswith("the end")
    driver.reset(RESET)


def alive(pid: int) -> bool:
    """Whether a process is there and not merely waiting for its parent to take note of its end."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(sys.platform == "win32", reason="a group of processes is POSIX")
@pytest.mark.mends("13")
@pytest.mark.parametrize("lives", ["while True: time.sleep(1)", "sys.exit(0)"])
def test_a_program_ends_in_time_with_all_that_it_started(tmp_path: Path, lives: str) -> None:
    """A grandchild that keeps the output open is ended too, whether its parent lives or not."""
    limit = PRODUCT * 4
    grandchild = f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    driver = program(tmp_path, f"import subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', {grandchild!r}])\nprint('{{}}', flush=True)\n{lives}", limit)
    error = in_time(lambda: driver.act(ACTION, STEP, {}))
    assert isinstance(error, ProductFailure)
    assert f"did not end within {limit:g} s" in str(error)
    pid = int((tmp_path / "pid").read_text())
    assert waited(lambda: not alive(pid))


def test_a_program_that_reads_nothing_is_answered_all_the_same(tmp_path: Path) -> None:
    """However much it is given."""
    driver = program(tmp_path, "print('{}')")
    assert in_time(lambda: dict(driver.act(ACTION, STEP, {"text": "x" * 1_000_000}).fields)) == {}


FUNCTIONS = """
import decimal, math, socket
from equalis.solution.python import ProductFailed, action

def returns(name, value):
    @action(name)
    def act(inputs):
        return value() if callable(value) else value
    return act

loop = {}
loop["loop"] = loop
deep = []
for _ in range(100_000):
    deep = [deep]

def late():
    raise TimeoutError("the API of the product")

def failed():
    raise ProductFailed("\\ud800" + "x" * 10_000)

acts = [returns(*pair) for pair in (
    ("large", {"a": "x" * (9 << 20)}), ("many", {"a": ["x"] * (4 << 20)}), ("nan", {"a": math.nan}), ("loop", loop), ("deep", {"a": deep}), ("money", {"a": decimal.Decimal(1)}),
    ("bytes", {"a": b"x"}), ("surrogate", {"a": "\\ud800"}), ("twice", {"1": 1, 1: 1}), ("key", {(1, 2): 1}), ("late", late), ("failed", failed), ("float", {"a": 50.78}),
)]
globals().update({f"act{number}": item for number, item in enumerate(acts)})
"""


@pytest.fixture
def functions(tmp_path: Path) -> PythonDriver:
    (tmp_path / "acts.py").write_text(FUNCTIONS)
    return PythonDriver(Solution("x", "python", module=str(tmp_path / "acts.py"), timeout=PATIENCE))


@pytest.mark.parametrize("name", [
    *(pytest.param(name, marks=MENDS) for name in ("large", "many", "nan", "loop", "money", "bytes", "twice", "key", "late")), "surrogate", pytest.param("deep", marks=MENDS),
])  # fmt: skip
def test_what_a_function_returns_is_read_like_any_answer(functions: PythonDriver, name: str) -> None:
    """What no JSON holds, or too much of it, is a matter of the function, and so is a time-out of its own."""
    error = in_time(lambda: functions.act(Action(name, "", (), (), Source("")), STEP, {}))
    assert isinstance(error, DriverError), error
    assert error.remedy
    assert len(error.cause) < 500


@pytest.mark.mends("13")
def test_a_failure_that_a_function_tells_can_be_written_down(functions: PythonDriver) -> None:
    """Short, and in UTF-8; money returned as a float keeps its digits."""
    error = in_time(lambda: functions.act(Action("failed", "", (), (), Source("")), STEP, {}))
    assert isinstance(error, ProductFailure)
    assert len(str(error).encode()) < 300
    assert str(functions.act(Action("float", "", (), (), Source("")), STEP, {}).fields["a"]) == "50.78"


@pytest.mark.mends("13")
def test_a_file_that_does_not_come_back_from_loading_is_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the file's, and nothing that the product did."""
    (tmp_path / "acts.py").write_text("import time\ntime.sleep(600)\n")
    monkeypatch.setattr("equalis.solution.python.GRACE", 0.2)
    error = in_time(lambda: PythonDriver(Solution("x", "python", module=str(tmp_path / "acts.py"), timeout=0.01)))
    assert isinstance(error, DriverError), error
