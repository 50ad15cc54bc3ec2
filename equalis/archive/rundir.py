"""The run directory: evidence grows in it while a run goes on, one write an event.

Whatever happens to the process, everything written is readable; a run without its last event is
INCOMPLETE and can be resumed.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from equalis.archive import private_files
from equalis.archive.event_shapes import wrong
from equalis.archive.evidence import EvidenceError
from equalis.wire import strict_json
from equalis.wire.unreadable import UnreadableError

LOG = "evidence/log.jsonl"
BODIES = "evidence/bodies"
REPORT = "report.json"
JUNIT = "junit.xml"
INPUTS = (".yaml", ".xsd", ".j2", ".json")
_BODY = re.compile(re.escape(BODIES) + "/[0-9a-f]{64}")


def is_input(name: str) -> bool:
    """Whether a file is one with which a run was made: a case, a binding, test persons."""
    return name.startswith(("scenarios/", "bindings/", "people/")) and name.endswith(INPUTS)


def written(name: str) -> bool:
    """Whether a run writes a file of that name; whatever else lies in its folder is not part of it."""
    return name in {LOG, REPORT, JUNIT} or is_input(name) or _BODY.fullmatch(name) is not None


class RunDirectory:
    """A run directory open for writing; safe to call from several threads."""

    def __init__(self, folder: Path) -> None:
        """Open or make the directory; raises OSError when that cannot be done."""
        self.folder = folder
        self.error: OSError | None = None
        self._lock = threading.Lock()
        self._known: set[str] = set()
        self._new: list[str] = []
        self._put: dict[str, str] = {}
        private_files.make_folder(folder / BODIES, folder)
        private_files.close(folder, private_files.FOLDER)
        _drop_cut_line(folder / LOG)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        self._log = os.open(folder / LOG, flags, private_files.FILE)
        private_files.close(folder / LOG)
        _lock(self._log, folder)
        self._digest = hashlib.sha256((folder / LOG).read_bytes())

    def put(self, name: str, content: bytes) -> None:
        """Keep a file of the run; raises OSError."""
        self._keep(name, content, hashlib.sha256(content).hexdigest())

    def _keep(self, name: str, content: bytes, digest: str) -> None:
        path = self.folder / name
        private_files.make_folder(path.parent, self.folder)
        partial = path.with_name(path.name + ".part")
        private_files.write(partial, content)
        partial.replace(path)
        self._put[name] = digest

    def body(self, content: bytes) -> str:
        """Keep a body once, under its digest; an empty one has the empty digest."""
        if not content:
            return ""
        digest = hashlib.sha256(content).hexdigest()
        with self._lock:
            if digest not in self._known and self.error is None:
                try:
                    self._keep(f"{BODIES}/{digest}", content, digest)
                    self._known.add(digest)
                    self._new.append(digest)
                except OSError as error:
                    self.error = error
        return digest

    def append(self, line: bytes) -> None:
        """Write one event, a JSON line, with one write(2). A failure is kept in ``error``."""
        with self._lock:
            if self.error is not None:
                return
            try:
                self._digest.update(line)
                if os.write(self._log, line) != len(line):
                    self.error = OSError(errno.ENOSPC, "the event was written only in part")
            except OSError as error:
                self.error = error

    def sync(self) -> None:
        """Make sure that the bodies and then the log are on the disk, and that the log is still the one of this folder."""
        with self._lock:
            try:
                for digest in self._new:
                    _flush(self.folder / BODIES / digest)
                if self._new:
                    _flush(self.folder / BODIES)
                self._new.clear()
                os.fsync(self._log)
                there, ours = (self.folder / LOG).stat(), os.fstat(self._log)
                if (there.st_dev, there.st_ino) != (ours.st_dev, ours.st_ino):
                    message = "the log was replaced by another one"
                    raise OSError(errno.ESTALE, message, str(self.folder / LOG))
            except OSError as error:
                self.error = self.error or error

    def altered(self, files: Mapping[str, bytes]) -> list[str]:
        """The files that are not as they were written here, or are gone."""
        expected = {**self._put, LOG: self._digest.hexdigest()}
        return sorted(name for name, digest in expected.items() if hashlib.sha256(files.get(name, b"")).hexdigest() != digest)

    def close(self) -> None:
        """Close the log."""
        os.close(self._log)


def _flush(path: Path) -> None:
    """Have the system write a file, or the names in a folder, to the disk (Windows has no way for folders)."""
    if sys.platform == "win32" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    """One writer a run: a second one is refused while the first lives."""
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - this platform only

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415 - this platform only

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise OSError(errno.EBUSY, "another equalis is writing this run", str(folder)) from None


def _drop_cut_line(log: Path) -> None:
    """Take away a last line that a kill cut short, so that the next event stands on its own."""
    if not log.exists():
        return
    content = log.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole != len(content):
        os.truncate(log, whole)


class Bodies(dict[str, bytes]):
    """The bodies of a growing run directory, read when asked for."""

    def __init__(self, folder: Path) -> None:
        """Read from this run directory."""
        super().__init__()
        self._folder = folder

    def get(self, name: str, default: bytes | None = None) -> bytes | None:  # type: ignore[override]
        """The bytes of a file, the default when there is none."""
        path = self._folder / name
        return path.read_bytes() if path.is_file() else default


class Recorded:
    """A run directory or an open bundle, read: its files, its events, its bodies."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        """``files`` maps a name inside the run to its bytes."""
        self.files = files

    def events(self) -> Iterator[Mapping[str, Any]]:
        """Every event of the log; a last line cut short by a kill is left out.

        Raises EvidenceError for a damaged line anywhere else, and for an event that is not of its shape.
        """
        content = self.files.get(LOG, b"")
        lines = content.split(b"\n")
        for number, line in enumerate(lines, start=1):
            if not line:
                continue
            try:
                event = strict_json.read(line)
            except UnreadableError as error:
                if number == len(lines):
                    return
                message = f"{LOG}:{number}: {error}"
                raise EvidenceError(message) from None
            problem = wrong(event) if isinstance(event, Mapping) else "not an event"
            if problem or not isinstance(event, Mapping):
                message = f"{LOG}:{number}: {problem}"
                raise EvidenceError(message)
            yield event

    def body(self, digest: str) -> bytes:
        """The bytes of a digest; raises EvidenceError when they are missing or others."""
        if not digest:
            return b""
        content = self.files.get(f"{BODIES}/{digest}")
        if content is None or hashlib.sha256(content).hexdigest() != digest:
            message = f"the body {digest} is missing or altered"
            raise EvidenceError(message)
        return content

    def differing(self, prefix: str, ours: Mapping[str, bytes]) -> list[str]:
        """The files under a folder that are other ones than ours, or that only one side has."""
        theirs = self.pack(prefix)
        return sorted(name for name in {*theirs, *ours} if theirs.get(name) != ours.get(name))

    def pack(self, prefix: str) -> dict[str, bytes]:
        """The files under a folder of the run."""
        return {name: content for name, content in self.files.items() if name.startswith(f"{prefix}/")}


class Folder(Mapping[str, bytes]):
    """The files of a run directory as a mapping; each is read when it is asked for."""

    def __init__(self, folder: Path) -> None:
        """List the files that a run writes; symbolic links and everything else are left out."""
        self._folder = folder
        self._names = dict.fromkeys(sorted(
            path.relative_to(folder).as_posix()
            for path in folder.rglob("*")
            if path.is_file() and not path.is_symlink() and written(path.relative_to(folder).as_posix())
        ))  # fmt: skip

    def __getitem__(self, name: str) -> bytes:
        """The bytes of a file; raises KeyError."""
        if name not in self._names:
            raise KeyError(name)
        return (self._folder / name).read_bytes()

    def __iter__(self) -> Iterator[str]:
        """The names, sorted."""
        return iter(self._names)

    def __len__(self) -> int:
        """How many files there are."""
        return len(self._names)
