"""Where equalis keeps its test PKI and the runner's key, and where a user's configuration is."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

CONFIGURATION = "equalis.toml"


def home() -> Path:
    """The user's own folder; ``EQUALIS_HOME`` names another one."""
    named = os.environ.get("EQUALIS_HOME")
    return Path(named) if named else platformdirs.user_data_path("equalis")
