"""Instants and days as the standards write them: xs:dateTime and xs:date, RFC 3339, the extended form of ISO 8601.

Every legal one is read: nanoseconds, 24:00:00, leap seconds, days that carry an offset, and the ends of time. What lies
beyond the years 1 to 9999 stands for "never" or "always", and becomes the last or the first instant that can be computed with.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Final

BLANKS: Final = " \t\r\n"
"""What XML Schema takes away around a value (part 2 §4.3.6)."""
EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
LATEST: Final = datetime.max.replace(tzinfo=UTC)

_DAY = r"(?P<year>-?(?:[0-9]{4}|[1-9][0-9]{4,8}))-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
_TIME = r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]+))?)?"
_ZONE = r"(?:[Zz]|(?P<sign>[+-])(?P<hours>[0-9]{2})(?::?(?P<minutes>[0-9]{2}))?)?"
_INSTANT = re.compile(rf"{_DAY}(?:[Tt ]{_TIME}{_ZONE})?\Z")
_DATE = re.compile(rf"{_DAY}{_ZONE}\Z")
_CYCLE = 400
"""The years after which the Gregorian calendar repeats itself."""
_MIDNIGHT, _LEAP, _MINUTES = 24, 60, 60


def instant(text: str) -> datetime:
    """An instant with the offset that it is written with, UTC where it names none; raises ValueError."""
    found = _INSTANT.match(text.strip(BLANKS))
    if found is None:
        message = "not an instant"
        raise ValueError(message)
    parts = found.groupdict(default="")
    hour, minute, second = (int(parts[name] or 0) for name in ("hour", "minute", "second"))
    fraction = int(parts["fraction"][:6].ljust(6, "0"))
    later = timedelta(0)
    if hour == _MIDNIGHT and not (minute or second or parts["fraction"].strip("0")):
        later, hour = timedelta(days=1), 0
    elif second == _LEAP:
        later, second, fraction = timedelta(seconds=1), second - 1, 0
    known, end = _day(parts)
    moment = datetime(known.year, known.month, known.day, hour, minute, second, fraction, _zone(parts))
    if later == timedelta(seconds=1) and (utc(moment).hour, utc(moment).minute) != (23, 59):
        message = "a leap second is the last of a day in UTC"
        raise ValueError(message)
    try:
        return end or moment + later
    except OverflowError:
        return LATEST


def day(text: str) -> date:
    """The day that is written, of a date or of an instant, whatever its offset; raises ValueError."""
    found = _DATE.match(text.strip(BLANKS))
    if found is None:
        instant(text)
        found = _INSTANT.match(text.strip(BLANKS))
    parts = found.groupdict(default="") if found else {}
    _zone(parts)
    known, end = _day(parts)
    return end.date() if end else known


def _day(parts: dict[str, str]) -> tuple[date, datetime | None]:
    """The day, and for a year that cannot be computed with (its like in the calendar stands for it) the end of time there."""
    year = int(parts["year"])
    end = EARLIEST if year < date.min.year else LATEST if year > date.max.year else None
    return date(year % _CYCLE + 5 * _CYCLE if end else year, int(parts["month"]), int(parts["day"])), end


def _zone(parts: dict[str, str]) -> tzinfo:
    if not parts["sign"]:
        return UTC
    minutes = int(parts["minutes"] or "0")
    if minutes >= _MINUTES:
        message = "an offset has at most 59 minutes"
        raise ValueError(message)
    offset = timedelta(hours=int(parts["hours"]), minutes=minutes)
    return timezone(-offset if parts["sign"] == "-" else offset)


def utc(moment: datetime) -> datetime:
    """The same instant in UTC; at the ends of time the nearest one that there is."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return EARLIEST if moment.year == date.min.year else LATEST
