"""`equalis evidence`: the recorded exchanges as files, and as HAR."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click

from equalis.archive import private_files
from equalis.archive.evidence import Event, Reader, header
from equalis.archive.rundir import Recorded
from equalis.cli.bundles import checked
from equalis.cli.printing import row
from equalis.model.transcript import Transcript
from equalis.reporting import har
from equalis.reporting.text import clean
from equalis.solution.plain import plain
from equalis.wire import strict_json


@click.command("evidence")
@click.argument("path", metavar="BUNDLE|RUN-DIR")
@click.option("--to", "folder", required=True, metavar="DIR", help="Where to write; made when missing.")
@click.option("--har", "as_har", is_flag=True, help="Also write exchanges.har, for a browser's network view.")
def command(path: str, folder: str, as_har: bool) -> int:  # noqa: FBT001 - click's
    """Write each exchange as <case>/<number>-<side>.http, each screen as <case>/<step>-screen.json, and index.txt, from a bundle that was checked first."""
    recorded = checked(path).recorded
    events = recorded.events()
    begun = header(next(events))
    reader, known = Reader(begun, recorded.body), frozenset(begun.plan)
    target = Path(folder)
    entries, written = [], 0
    index = [f"run {begun.run} of {begun.solution} {begun.version}, {begun.started}".rstrip()]
    for event in events:
        if event.get("event") == "attachment" and event.get("case") in known:
            written += _attached(target / str(event["case"]).replace("/", "_"), event, recorded)
        transcript = reader.feed(event)
        if transcript is not None:
            written += _screens(target / transcript.case.replace("/", "_"), transcript)
            index += _listed(transcript)
        for exchange in transcript.exchanges if transcript else ():
            place = target / transcript.case.replace("/", "_") if transcript else target
            private_files.make_folder(place, target)
            for side, message in (("request", exchange.request), ("answer", exchange.answer)):
                if message is not None:
                    head = "\r\n".join([message.line, *(f"{name}: {value}" for name, value in message.headers), "", ""])
                    private_files.write(place / f"{exchange.number:03d}-{side}.http", head.encode("latin-1") + message.body)
                    written += 1
            entries.append(har.entry(transcript.case if transcript else "", exchange))
    private_files.make_folder(target, target)
    private_files.write(target / "index.txt", "".join(f"{clean(line)}\n" for line in index).encode())
    if as_har:
        private_files.write(target / "exchanges.har", har.document(entries))
    row(f"{written} files of {len(entries)} exchanges in {target}")
    return 0


def _screens(place: Path, transcript: Transcript) -> int:
    """Write what the user saw after each step, as <case>/<step>-screen.json."""
    for seen in transcript.observations:
        private_files.make_folder(place, place.parent)
        told = {"step": seen.step, "action": seen.action, "at": seen.at.isoformat(), "attested": seen.attested, "failure": seen.failure,
                "fields": {name: plain(value) for name, value in seen.fields.items()}}  # fmt: skip
        private_files.write(place / f"{shown(seen.step)}-screen.json", strict_json.shown(json.dumps(told, ensure_ascii=False, indent=1)).encode())
    return len(transcript.observations)


def _listed(transcript: Transcript) -> list[str]:
    """The rows of a case in the index: its exchanges and screens in the order of time, each with its file."""
    folder = transcript.case.replace("/", "_")
    rows = [(exchange.at, (f"  {folder}/{exchange.number:03d}-*.http  {exchange.at.isoformat()}  {exchange.step}  {exchange.request.line}"
             f" -> {exchange.answer.line if exchange.answer else 'no answer'}")) for exchange in transcript.exchanges]  # fmt: skip
    rows += [(seen.at, f"  {folder}/{shown(seen.step)}-screen.json  {seen.at.isoformat()}  {seen.step}  {seen.failure or 'what the user saw'}") for seen in transcript.observations]
    rows += [(item.at, f"  (no file)  {item.at.isoformat()}  {item.step}  a refused handshake: {item.reason}") for item in transcript.handshakes]
    return ["", transcript.case, *(row for _, row in sorted(rows, key=lambda pair: pair[0]))]


def _attached(place: Path, event: Event, recorded: Recorded) -> int:
    """Write a file that an operator gave, under its step and its digest: its own name is only a name. The case is one of the plan."""
    private_files.make_folder(place, place.parent)
    suffix = {"image/png": "png", "image/jpeg": "jpg", "application/pdf": "pdf"}.get(str(event.get("media")), "bin")
    digest = str(event.get("body") or "")
    private_files.write(place / f"{shown(event.get('step'))}-{digest[:12]}.{suffix}", recorded.body(digest))
    return 1


def shown(step: object) -> str:
    """The id of a step as part of a file's name."""
    return re.sub(r"[^a-z0-9-]", "_", str(step))
