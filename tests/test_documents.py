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
