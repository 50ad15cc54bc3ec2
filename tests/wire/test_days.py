"""The calendar day in Luxembourg of an instant: an hour ahead of UTC, two in summer."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from equalis.demo.prescription import local_day
from equalis.wire.typed import luxembourg_day


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-11-24T22:59:59+00:00", "2026-11-24"), ("2026-11-24T23:00:00+00:00", "2026-11-25"), ("2026-07-01T21:59:59+00:00", "2026-07-01"),
        ("2026-07-01T22:00:00+00:00", "2026-07-02"), ("2026-03-28T23:00:00+00:00", "2026-03-29"), ("2026-03-29T22:00:00+00:00", "2026-03-30"),
        ("2026-10-24T22:00:00+00:00", "2026-10-25"), ("2026-10-25T22:30:00+00:00", "2026-10-25"), ("2026-11-25T00:30:00+01:00", "2026-11-25"),
        ("2026-12-31T23:30:00+00:00", "2027-01-01"), ("2028-10-29T00:59:00+00:00", "2028-10-29"), ("2026-11-24T20:00:00-05:00", "2026-11-25"),
    ],
)  # fmt: skip
def test_the_day_turns_at_midnight_in_luxembourg(moment: str, day: str) -> None:
    """Winter, summer, both changes of the clock, the new year, other offsets; judge and demo agree, by two implementations."""
    found = datetime.fromisoformat(moment)
    assert luxembourg_day(found) == local_day(found) == date.fromisoformat(day)


def test_a_day_stays_itself_and_the_offset_that_is_written_does_not_matter() -> None:
    """The same instant, written in two ways, is the same day."""
    assert luxembourg_day(date(2026, 11, 24)) == date(2026, 11, 24)
    moment = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    assert luxembourg_day(moment) == luxembourg_day(moment.astimezone(timezone(timedelta(hours=-8))))
