"""`pytest --equalis [scenarios…]`: cases as items; each is judged as `equalis run` judges it, and nothing is sealed.

KO is a failure with the same text, INCONCLUSIVE an error, NOT_APPLICABLE a skip. Markers: `family`, `requirement`. Under
pytest-xdist each worker has its own environment on a free port, so the product must bear several at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from equalis.model.case import Case
    from equalis.single import Table


class NotJudged(Exception):  # noqa: N818 - an outcome, which pytest shows by its name
    """Nobody could judge the case; the text says who is at fault."""


class Failed(Exception):  # noqa: N818 - an outcome, which pytest shows by its name
    """The case is KO; the text is that of `equalis run`."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Four options."""
    group = parser.getgroup("equalis", "conformance cases of equalis")
    group.addoption("--equalis", action="store_true", help="Collect cases (all that are shipped, or those of the files and folders named).")
    group.addoption("--equalis-config", default="equalis.toml", metavar="FILE", help="The product under test (default: equalis.toml).")
    group.addoption("--equalis-environment", default="", metavar="NAME", help="A live environment of equalis.toml (default: the embedded one).")
    group.addoption("--equalis-demo", action="store_true", help="Play against the demonstration solution.")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers; without a path, collect what is shipped."""
    config.addinivalue_line("markers", "family(name): the family of an equalis case")
    config.addinivalue_line("markers", "requirement(id): a requirement that an equalis case proves")
    if config.getoption("--equalis"):
        from equalis.cli.folders import home  # noqa: PLC0415
        from equalis.packs import shipped_scenarios  # noqa: PLC0415 - an ordinary run of pytest loads nothing of equalis
        from equalis.reporting.text import clean  # noqa: PLC0415
        from equalis.single import Table as Opened  # noqa: PLC0415
        from equalis.single import from_file  # noqa: PLC0415

        named, demo = config.invocation_params.dir / str(config.getoption("--equalis-config")), bool(config.getoption("--equalis-demo"))
        if not demo and not named.is_file():
            message = clean(f"no solution is configured: {named} does not exist; `equalis init` writes it, or try --equalis-demo")
            raise pytest.UsageError(message)
        place = str(config.getoption("--equalis-environment"))
        config.stash[TABLE] = Opened(lambda: from_file(named, place, demo=demo), home())
        if not config.option.file_or_dir:
            config.args = [str(shipped_scenarios())]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Let go of product and environment."""
    if TABLE in config.stash:
        config.stash[TABLE].close()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A YAML file with cases."""
    if TABLE not in parent.config.stash or file_path.suffix != ".yaml":
        return None
    from equalis.cases.loading import DATA_FILES  # noqa: PLC0415 - only for --equalis

    if file_path.name in DATA_FILES:
        return None
    collected: pytest.Collector = CaseFile.from_parent(parent, path=file_path)
    return collected


class CaseFile(pytest.File):
    """One file: the case and its variants."""

    def collect(self) -> Iterator[pytest.Item]:
        """Load the pack with this file in it; every mistake is told."""
        from equalis.cases.environments import NoEnvironmentError  # noqa: PLC0415 - only for --equalis
        from equalis.model.source import MistakesError  # noqa: PLC0415
        from equalis.packs import PackError  # noqa: PLC0415
        from equalis.reporting.text import clean, mistake_text  # noqa: PLC0415

        table = self.config.stash[TABLE]
        try:
            cases = table.cases(self.path)
        except MistakesError as error:
            raise self.CollectError("\n\n".join(map(mistake_text, error.mistakes))) from None
        except (PackError, NoEnvironmentError) as error:
            raise self.CollectError(clean(str(error))) from None
        for case in cases:
            yield CaseItem.from_parent(self, name=case.variant or "base", case=case)


class CaseItem(pytest.Item):
    """One case."""

    def __init__(self, *, case: Case, **kwargs: object) -> None:
        """Mark it with its family and its requirements."""
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.case, self.text = case, ""
        self.add_marker(pytest.mark.family(case.family))
        for name in dict.fromkeys(item.requirement for item in case.expectations):
            self.add_marker(pytest.mark.requirement(name))

    def setup(self) -> None:
        """Play and judge: what nobody can judge is an error, what does not apply a skip."""
        from equalis.model.outcome import Outcome  # noqa: PLC0415 - only for --equalis
        from equalis.reporting.text import clean  # noqa: PLC0415
        from equalis.single import CANNOT_BE_PLAYED  # noqa: PLC0415

        try:
            verdict, text = self.config.stash[TABLE].play(self.case)
        except CANNOT_BE_PLAYED as error:
            text = "\n".join(map(clean, (str(error), f"   mend: {getattr(error, 'remedy', '')}")))
            raise NotJudged(text) from None
        if verdict.outcome is Outcome.NOT_APPLICABLE:
            pytest.skip(clean(verdict.reason))
        if verdict.outcome is Outcome.INCONCLUSIVE:
            raise NotJudged(text)
        self.text = text if verdict.outcome is Outcome.KO else ""

    def runtest(self) -> None:
        """Fail when it is KO."""
        if self.text:
            raise Failed(self.text)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:  # noqa: ARG002 - pytest's
        """The text of `equalis run`, no traceback."""
        return str(excinfo.value) if isinstance(excinfo.value, Failed | NotJudged) else str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int, str]:
        """The line of the case."""
        return self.path, self.case.source.line - 1, self.case.name


TABLE: pytest.StashKey[Table] = pytest.StashKey()
