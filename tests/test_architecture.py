"""The house rules, under test: sizes, doors, forbidden calls, documents that are true."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

SOURCES = sorted((REPOSITORY / "equalis").rglob("*.py"))
FORBIDDEN = {"eval", "exec", "compile", "__import__"}


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in SOURCES:
        yield path.relative_to(REPOSITORY), ast.parse(path.read_text(encoding="utf-8"))


def test_files_and_functions_stay_small() -> None:
    """At most 300 lines a file, 45 a function."""
    for path, tree in trees():
        assert len((REPOSITORY / path).read_text(encoding="utf-8").splitlines()) <= 300, path
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert (node.end_lineno or 0) - node.lineno < 46, f"{path}: {node.name}"


def test_no_code_is_made_of_text_and_processes_start_only_in_solution() -> None:
    """No eval, exec, pickle; subprocess only where drivers are."""
    for path, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in FORBIDDEN, f"{path}:{node.lineno}"
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
                assert not {"pickle", "marshal", "shelve"} & set(names), path
                if "subprocess" in names:
                    assert path.parts[1] == "solution", path


def test_no_name_that_says_nothing() -> None:
    """No utils, helpers, managers, handlers, contexts."""
    words = re.compile(r"(util|helper|manager|handler|context|data|info)s?\.py$")
    assert not [path for path, _ in trees() if words.search(path.name)]


def test_the_lock_names_no_index_and_no_folder() -> None:
    """Only names, versions, hashes and reasons."""
    text = (REPOSITORY / "requirements.lock").read_text()
    assert not re.search(r"https?://|file:|--find-links|--index-url|--extra-index-url", text)
    assert text.count("--hash=sha256:") > 100


@pytest.mark.parametrize(("name", "limit"), [("ARCHITECTURE.md", 80), *((str(p.relative_to(REPOSITORY)), 60) for p in sorted((REPOSITORY / "docs" / "decisions").glob("*.md")))])
def test_documents_stay_short(name: str, limit: int) -> None:
    """Architecture in 80 lines, a decision in 60."""
    assert len((REPOSITORY / name).read_text(encoding="utf-8").splitlines()) <= limit


def test_every_file_that_the_documents_name_is_there() -> None:
    """A path in backquotes exists."""
    for document in [REPOSITORY / "ARCHITECTURE.md", REPOSITORY / "CONTRIBUTING.md", REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]:
        for path in re.findall(r"`((?:equalis|scenarios|docs|tests|reports)/[\w./-]+)`", document.read_text(encoding="utf-8")):
            assert (REPOSITORY / path).exists(), f"{document.name} names {path}"


def test_nothing_committed_names_a_machine() -> None:
    """No home folder, no registry."""
    words = re.compile(r"/root/|/home/[a-z]+/|/work/main|files\.pythonhosted|/opt/pypi")
    for path in REPOSITORY.rglob("*"):
        if path.is_file() and path.suffix in {".py", ".md", ".yaml", ".toml", ".lock", ".sh", ".json", ".txt"} and not any(part.startswith(".") or part in {"dist", "build"} for part in path.relative_to(REPOSITORY).parts):
            assert path.name == "test_architecture.py" or not words.search(path.read_text(encoding="utf-8", errors="ignore")), path
