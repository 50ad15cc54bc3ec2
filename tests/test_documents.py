"""What the documents promise: exit codes and files in one table, verbs and forms that exist."""

from __future__ import annotations

import re
from pathlib import Path

from equalis.cli import VERBS, endings
from equalis.cli.verb_report import FORMS
from tests.conftest import REPOSITORY, Equalis

PIPELINES = (REPOSITORY / "docs" / "pipelines.md").read_text(encoding="utf-8")
CODES = {endings.OK, endings.KO, endings.USAGE, endings.INCONCLUSIVE, endings.NOT_AUTHENTIC, endings.DEFECT}


def rows(text: str, head: str) -> list[list[str]]:
    """The rows of the table whose first heading is that."""
    table = text[text.index(f"| {head} |") :].split("\n\n", maxsplit=1)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def test_the_table_of_exit_codes_is_that_of_the_program() -> None:
    """Each code once, none missing, in both documents."""
    for name in ("pipelines.md", "configuration.md"):
        text = (REPOSITORY / "docs" / name).read_text(encoding="utf-8")
        assert [int(row[0]) for row in rows(text, "exit code")] == sorted(CODES), name


def test_the_table_of_forms_names_forms_that_exist() -> None:
    """`report --as`, for pipelines."""
    named = {row[0].strip("`") for row in rows(PIPELINES, "`equalis report RUN.asice --as`")}
    assert named <= set(FORMS)
    assert {"github", "markdown", "gitlab", "junit", "ctrf"} == named


def test_the_table_of_files_names_what_a_run_leaves(equalis: Equalis, tmp_path: Path) -> None:
    """The bundle, the run directory, JUnit: each is there after a run."""
    assert equalis("run", "--demo", "ra-pid/pid-consultation-enfant").returncode == 0
    listed = [row[0].strip("`").replace("RUN", "*") for row in rows(PIPELINES, "file in `reports/` (`--out`)")]
    assert len(listed) == 3
    for pattern in listed:
        assert list(tmp_path.glob(f"reports/{pattern}")), pattern


def test_the_readme_names_every_verb() -> None:
    """And no other."""
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    named = {re.split(r"[ \[]", row[0].strip("`"))[0] for row in rows(readme, "verb")}
    assert named == set(VERBS)


def test_the_container_is_built_of_files_that_are_there() -> None:
    """Each COPY names something of the repository, and the words after the image are those of the program."""
    text = (REPOSITORY / "Containerfile").read_text(encoding="utf-8")
    copied = [word for line in text.splitlines() if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]]
    assert len(copied) >= 5
    assert [word for word in copied if not (REPOSITORY / word).exists()] == []
    assert 'ENTRYPOINT ["equalis"]' in text
    assert "requirements-run.lock" in copied


def test_what_runs_is_locked_as_what_is_tested() -> None:
    """The lock of the container holds the same versions, no tool of development, and no address of an index."""
    locks = [(REPOSITORY / name).read_text(encoding="utf-8") for name in ("requirements-run.lock", "requirements.lock")]
    run, tested = (dict(re.findall(r"^([\w.-]+)==([^\s;]+)", text, re.MULTILINE)) for text in locks)
    assert run.items() <= tested.items()
    assert {"httpx", "uvicorn", "aiohttp"} <= set(run)
    assert not {"mypy", "ruff", "selenium", "hypothesis"} & set(run)
    assert not any("://" in text for text in locks)
