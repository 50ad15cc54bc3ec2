"""What the jobs of a proof left on the disk, read back as `verify` would read it."""

from __future__ import annotations

from pathlib import Path

from equalis.archive.evidence import Reader, header
from equalis.archive.rundir import Folder, Recorded
from equalis.model.transcript import Transcript


def transcripts(folder: Path) -> dict[str, Transcript]:
    """The transcript of each case of a job; raises EvidenceError."""
    recorded = Recorded(Folder(folder))
    events = recorded.events()
    reader = Reader(header(next(events, {})), recorded.body)
    found = {}
    for event in events:
        transcript = reader.feed(event)
        if transcript is not None:
            found[transcript.case] = transcript
    return found
