"""A run from its request to its sealed bundle: open everything, play, fold, seal, close."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path

from equalis import __version__, packs
from equalis.agreement import NoCaseError, check_bindings, check_same, check_words
from equalis.archive import bundle, keys
from equalis.archive.bundle import NotAuthenticError, open_bundle
from equalis.archive.evidence import EvidenceError, header, header_event
from equalis.archive.rundir import JUNIT, REPORT, Bodies, Folder, Recorded, RunDirectory
from equalis.cases.conformity import fold
from equalis.cases.loading import PEOPLE, Loaded, load_all
from equalis.cases.shapes import choice
from equalis.clock import Clock
from equalis.gateway.environment import Environment
from equalis.gateway.opening import opened
from equalis.model.case import Case
from equalis.model.config import Config, Solution
from equalis.model.outcome import Outcome
from equalis.model.report import Header, Report
from equalis.model.source import Mistake, MistakesError, Source
from equalis.model.verdict import Verdict, retried
from equalis.reporting import document, junit
from equalis.reporting.text import Lines
from equalis.runner import Progress, Runner, RunStoppedError
from equalis.solution.command import CommandDriver
from equalis.solution.demo import DemoDriver
from equalis.solution.http import HttpDriver
from equalis.solution.operator import Conversation, OperatorDriver
from equalis.solution.port import Driver
from equalis.solution.python import PythonDriver
from equalis.verifier import lines_of, rejudged, reread
from equalis.wire import strict_json

DEMO_CAPABILITIES = ("pid", "ra", "ra-team", "ra-mysecu", "idv", "eprescription", "clock")
PATIENCE = "EQUALIS_DEMO_PATIENCE"
"""The variable with the seconds that the demonstration solution waits for an answer, for a machine on which 0.8 is not enough."""


def _patience() -> float:
    """How long the demonstration solution waits; raises MistakesError for a variable that says nothing of the kind."""
    told = os.environ.get(PATIENCE, "0.8")
    if not re.fullmatch(r"[0-9]{1,2}(\.[0-9]{1,3})?", told) or not float(told):
        raise MistakesError((Mistake(Source(PATIENCE), f"{told[:40]!r} is no number of seconds", "write 0.8, or 5 on a slow machine"),))
    return float(told)


DEMO = Solution(
    name="equalis demo", driver="demo", version=__version__, vendor="equalis", timeout=_patience(),
    settle=0.2, capabilities=DEMO_CAPABILITIES,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Order:
    """What a user asks of a run. ``home`` holds the test PKI and the runner's key; ``retries`` is how often a case
    that nobody could judge is played again.
    """

    config: Config
    home: Path
    names: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    defects: tuple[str, ...] = ()
    retries: int = 0


@dataclass(frozen=True, slots=True)
class Finished:
    """A run that came to its end, with the bundle that holds it."""

    report: Report
    bundle: Path
    key_made: bool
    lines: Lines = field(repr=False)


def read_files(config: Config) -> packs.Files:
    """Everything that a run works with, by its name in the bundle."""
    scenarios, bindings = packs.scenarios(config.scenarios), packs.bindings(config.bindings)
    content = {**scenarios.content, **bindings.content}
    shown = {**scenarios.shown, **bindings.shown}
    if config.people:
        content[PEOPLE], shown[PEOPLE] = packs.single(config.people), config.people
    return packs.Files(content, shown)


def run(order: Order, progress: Progress, conversation: Conversation | None = None) -> Finished:
    """Play the cases that were asked for; raises RunStoppedError, NoCaseError, MistakesError, OSError."""
    files = read_files(order.config)
    loaded = load_all(files.content, files.shown)
    check_words(loaded, order.config)
    chosen = choose(loaded, order)
    progress.run_begins(len(chosen), lines_of(Recorded(files.content)))
    head = new_header(order, loaded, chosen)
    clock = Clock()
    with contextlib.closing(opened(order.config, order.home, loaded.bindings, head.challenge, clock.now)) as environment:
        directory = RunDirectory(Path(order.config.out) / head.run)
        for name, content in files.content.items():
            directory.put(name, content)
        directory.append(strict_json.write_line(header_event(head)))
        run_by = _Running(order, loaded, head, directory, environment, clock, progress, conversation)
        return run_by.play(chosen, [])


def resume(folder: Path, order: Order, progress: Progress, conversation: Conversation | None = None) -> Finished:
    """Play what an INCOMPLETE run has left, and again what nobody could judge; its own cases are used, not today's.

    Bindings hold templates that are rendered, so those of the folder must be the ones that this machine names.
    """
    recorded = Recorded(Folder(folder))
    check_bindings(folder, recorded, packs.bindings(order.config.bindings).content)
    head, verdicts, _, loaded = reread(recorded)
    done = {verdict.case for verdict in verdicts if verdict.outcome is not Outcome.INCONCLUSIVE}
    if gone := [name for name in head.plan if loaded.pack.case(name) is None]:
        message = f"the run's own case {gone[0]} is not in {folder}"
        raise EvidenceError(message)
    left = [case for name in head.plan if (case := loaded.pack.case(name)) and name not in done]
    progress.run_begins(len(left), lines_of(recorded))
    check_same(folder, head, order.config)
    clock = Clock()
    with contextlib.closing(opened(order.config, order.home, loaded.bindings, head.challenge, clock.now)) as environment:
        directory = RunDirectory(folder)
        directory.append(strict_json.write_line({"event": "resumed", "at": datetime.now(UTC).isoformat()}))
        run_by = _Running(order, loaded, head, directory, environment, clock, progress, conversation)
        return run_by.play(left, verdicts)


def begun(folder: Path) -> Header:
    """What a run directory says of itself."""
    return header(next(Recorded(Folder(folder)).events(), {}))


def choose(loaded: Loaded, order: Order) -> list[Case]:
    """The cases that a request names; a base name stands for its variants too."""
    known = loaded.pack.cases
    names = [case.name for case in known]
    tags = {tag for case in known for tag in case.tags}
    wrong = [f"no case `{name}`; {choice(name, names, 'cases')} (`equalis list cases`)" for name in order.names if not any(_named(case, name) for case in known)]
    wrong += [f"no family `{name}`; {choice(name, loaded.pack.families, 'families')}" for name in order.families if name not in loaded.pack.families]
    wrong += [f"no tag `{name}`; {choice(name, tags, 'tags')}" for name in order.tags if name not in tags]
    if wrong:
        raise NoCaseError("; ".join(wrong))
    found = [
        case for case in known
        if (not order.names or any(_named(case, name) for name in order.names))
        and (not order.families or case.family in order.families or _proves(case, loaded, order.families))
        and (not order.tags or set(order.tags) & set(case.tags))
    ]  # fmt: skip
    if not found:
        families = ", ".join(loaded.pack.families) or "(none)"
        message = f"nothing to run: no case has these families and tags; known families: {families}"
        raise NoCaseError(message)
    return found


def _named(case: Case, name: str) -> bool:
    """Whether a name means a case: its own, its base's, or a pattern with `*` and `?` of either."""
    return any(fnmatchcase(known, name) for known in (case.name, case.id))


def _proves(case: Case, loaded: Loaded, families: Iterable[str]) -> bool:
    """Whether a case of another family proves a requirement of one of these."""
    wanted = [loaded.pack.families[name].requirements for name in families if name in loaded.pack.families]
    return any(item.requirement in known for known in wanted for item in case.expectations)


def new_header(order: Order, loaded: Loaded, chosen: Sequence[Case]) -> Header:
    """What a new run of these cases says of itself, its challenge drawn."""
    now, solution, site = datetime.now(UTC), order.config.solution, order.config.live
    head = Header(
        run=f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}", started=now.isoformat(timespec="seconds"),
        tool=__version__, solution=solution.name, version=solution.version, vendor=solution.vendor,
        driver=solution.driver, environment=order.config.environment, challenge=secrets.token_hex(32),
        plan=tuple(case.name for case in chosen), capabilities=solution.capabilities,
        editions=tuple((family.name, family.edition) for family in loaded.pack.families.values()),
        defects=order.defects, people=bool(order.config.people), digest=solution.digest,
    )  # fmt: skip
    return replace(head, holds=site.promised, services=tuple(site.services), switches=site.switches, site=site.digest) if site else head


@dataclass(frozen=True, slots=True)
class _Running:
    """A run under way: everything that it needs, opened."""

    order: Order
    loaded: Loaded
    head: Header
    directory: RunDirectory
    environment: Environment
    clock: Clock
    progress: Progress
    conversation: Conversation | None

    @property
    def _runner(self) -> Runner:
        return runner_of(self.order, self.loaded, self.head, self.directory, self.environment, self.clock, self.progress, self.conversation)

    def play(self, chosen: Iterable[Case], verdicts: list[Verdict]) -> Finished:
        """Play cases, then seal; the directory is closed whatever happens, and noted on what ends the run before its time."""
        with contextlib.closing(self.directory):
            try:
                return self._played(list(chosen), {item.case: item for item in verdicts})
            except BaseException as error:
                error.add_note(str(self.directory.folder))
                raise

    def _played(self, cases: list[Case], found: dict[str, Verdict]) -> Finished:
        key = keys.load(self.order.home / "keys")
        with contextlib.closing(self._runner) as runner:
            for case in cases:
                verdict = runner.played(case)
                found[case.name] = retried(found[case.name], verdict) if case.name in found else verdict
            for _ in range(self.order.retries):
                for case in cases:
                    if found[case.name].outcome is Outcome.INCONCLUSIVE:
                        found[case.name] = retried(found[case.name], runner.play(case))
        ended = {"event": "finished", "at": datetime.now(UTC).isoformat()}
        self.directory.append(strict_json.write_line(ended))
        self.directory.sync()
        return self._sealed(fold(self.head, self.loaded.pack.families, list(found.values()), complete=True), key)

    def _sealed(self, report: Report, key: keys.RunnerKey) -> Finished:
        folder = self.directory.folder
        lines, path = lines_of(Recorded(Folder(folder))), folder.with_suffix(".asice")
        try:
            if self.directory.error is not None:
                raise self.directory.error
            self.directory.put(REPORT, document.render(report))
            self.directory.put(JUNIT, junit.render(report, lines))
            bundle.make(folder, path, key, datetime.now(UTC))
            self._read_back(report, path)
        except OSError as error:
            cause = f"the bundle cannot be written to {path}: {error.strerror}"
            raise RunStoppedError(cause, "make room there, then `equalis run --resume` the directory") from None
        return Finished(report, path, key.made, lines)

    def _read_back(self, report: Report, path: Path) -> None:
        """Judge what was sealed, as whoever gets it will: what is not as it was played is no bundle. Raises RunStoppedError."""
        try:
            files = open_bundle(path).files
            altered = self.directory.altered(files)
            same = not altered and rejudged(Recorded(files)) == report
            named = f" ({', '.join(altered[:3])})" if altered else ""
            cause = "" if same else f"what was written into {self.directory.folder} is not what was played{named}"
        except (NotAuthenticError, EvidenceError, MistakesError) as error:
            cause = f"what was written into {self.directory.folder} cannot be read back: {error}"
        if cause:
            path.unlink(missing_ok=True)
            raise RunStoppedError(cause, "see who else writes there, and begin a new run")


def runner_of(
    order: Order, loaded: Loaded, head: Header, directory: RunDirectory, environment: Environment, clock: Clock,
    progress: Progress, conversation: Conversation | None = None,
) -> Runner:  # fmt: skip
    """What plays cases, made of what was opened for it."""
    return Runner(
        config=order.config, families=loaded.pack.families, bindings=loaded.bindings, defaults=loaded.defaults, header=head,
        directory=directory, environment=environment, clock=clock, progress=progress,
        drivers=driver_maker(order.config.solution, head.defects, conversation), recorded=Recorded(Bodies(directory.folder)),
    )  # fmt: skip


def driver_maker(
    solution: Solution, defects: tuple[str, ...], conversation: Conversation | None
) -> Callable[[], Driver]:
    """How to reach the solution."""
    if solution.driver == "demo":
        return lambda: DemoDriver(solution, defects)
    if solution.driver == "command":
        return lambda: CommandDriver(solution)
    if solution.driver == "python":
        return lambda: PythonDriver(solution)
    if solution.driver == "operator" and conversation is not None:
        return lambda: OperatorDriver(conversation)
    return lambda: HttpDriver(solution)
