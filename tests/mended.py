"""A plugin of pytest for tools/fails_before.sh: says which tests are marked `mends`, with their numbers, and what they came to."""

from __future__ import annotations

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.option.collectonly:
        return
    for item in sorted(items, key=_number):
        print(f"\ndue {_number(item)} {_name(item.nodeid)}")  # noqa: T201 - this is what it is for


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" or report.outcome != "passed":
        print(f"\ndid {_name(report.nodeid)} {report.outcome}")  # noqa: T201


def _number(item: pytest.Item) -> int:
    mark = item.get_closest_marker("mends")
    return int(mark.args[0]) if mark else 0


def _name(nodeid: str) -> str:
    """The name of a test as one word of ASCII, whatever its parameters hold."""
    return "_".join(nodeid.split()).encode("ascii", "backslashreplace").decode()
