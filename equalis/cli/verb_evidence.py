"""`equalis evidence`: the recorded exchanges as files, and as HAR."""

from __future__ import annotations

from pathlib import Path

import click

from equalis.archive.evidence import Reader, header
from equalis.cli.bundles import checked
from equalis.reporting import har


@click.command("evidence")
@click.argument("path", metavar="BUNDLE|RUN-DIR")
@click.option("--to", "folder", required=True, metavar="DIR", help="Where to write; made when missing.")
@click.option("--har", "as_har", is_flag=True, help="Also write exchanges.har, for a browser's network view.")
def command(path: str, folder: str, as_har: bool) -> int:  # noqa: FBT001 - click's
    """Write each exchange as <case>/<number>-<side>.http, from a bundle that was checked first."""
    recorded = checked(path).recorded
    events = recorded.events()
    reader = Reader(header(next(events)), recorded.body)
    target = Path(folder)
    entries, written = [], 0
    for event in events:
        transcript = reader.feed(event)
        for exchange in transcript.exchanges if transcript else ():
            place = target / transcript.case.replace("/", "_") if transcript else target
            place.mkdir(parents=True, exist_ok=True)
            for side, message in (("request", exchange.request), ("answer", exchange.answer)):
                if message is not None:
                    head = "\r\n".join([message.line, *(f"{name}: {value}" for name, value in message.headers), "", ""])
                    (place / f"{exchange.number:03d}-{side}.http").write_bytes(head.encode("latin-1") + message.body)
                    written += 1
            entries.append(har.entry(transcript.case if transcript else "", exchange))
    if as_har:
        target.mkdir(parents=True, exist_ok=True)
        (target / "exchanges.har").write_bytes(har.document(entries))
    click.echo(f"{written} messages of {len(entries)} exchanges in {target}")
    return 0
