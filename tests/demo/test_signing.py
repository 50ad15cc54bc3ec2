"""Instants as the demo writes them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from equalis.demo import signing
from equalis.services import answering


def test_an_instant_with_an_offset_is_written_in_utc() -> None:
    """By the demo and by the services alike."""
    moment = datetime(2026, 11, 28, 0, 30, 15, 999, tzinfo=timezone(timedelta(hours=1)))
    assert signing.zulu(moment) == answering.zulu(moment) == "2026-11-27T23:30:15Z"
