"""`equalis verify`: container, seals, verdicts recomputed; offline."""

from __future__ import annotations

from collections.abc import Iterator

import click

from equalis import __version__
from equalis.archive.bundle import NotAuthenticError
from equalis.cli.bundles import checked
from equalis.cli.endings import CODES, INCONCLUSIVE, KO, NOT_AUTHENTIC, OK, say
from equalis.model.outcome import Outcome
from equalis.reporting.blocks import Blocks
from equalis.reporting.console import console, fitted, styled
from equalis.reporting.report_text import command_of
from equalis.reporting.text import case_line, clean, summary
from equalis.verifier import Verification


@click.command("verify")
@click.argument("paths", metavar="BUNDLE|RUN-DIR...", nargs=-1, required=True)
@click.option("--quiet", is_flag=True, help="Print nothing but the headline.")
def command(paths: tuple[str, ...], quiet: bool) -> int:  # noqa: FBT001 - click's
    """Check bundles and judge them again; exit with the authentic bundles' own outcome, or 4."""
    codes = []
    for path in paths:
        try:
            found = checked(path)
        except NotAuthenticError as error:
            say(f"NOT AUTHENTIC: {path}: {error}")
            codes.append(NOT_AUTHENTIC)
            continue
        _print(path, found, quiet=quiet)
        codes.append(CODES[found.report.outcome])
    return next((code for code in (NOT_AUTHENTIC, KO, INCONCLUSIVE) if code in codes), OK)


def _told(found: Verification) -> Iterator[tuple[str, str]]:
    """What was recomputed, with what the run was made, and what a pass does not mean."""
    report, made_by = found.report, found.report.header.tool
    ending = "all as reported" if found.compared else "no report.json to compare with"
    ending = ending if report.complete else "the run is INCOMPLETE"
    yield "verdicts", f"{len(report.verdicts)} recomputed from the evidence; {ending}"
    if found.compared and not found.worded:
        yield "words", "those of report.json and junit.xml are another version's and were not compared: read what `equalis report` makes of it, not them"
    yield "tool", f"made by equalis {made_by}, verified by equalis {__version__}"
    yield from _pack(found)
    yield "not shown", f"that the product did all this: at level {report.level} whoever holds the key can write its answers"
    yield "", "when it did: no time-stamp stands beside the claimed time" if found.seal else "that nobody changed it since: nothing is sealed"


def _pack(found: Verification) -> Iterator[tuple[str, str]]:
    """The files with which the run was made that are other than the released ones, each by its name."""
    made_by = found.report.header.tool
    if found.differences is None:
        yield "pack", f"equalis {made_by} is not known here: its cases, bindings, schemas, requirements and persons cannot be compared"
    elif not found.differences:
        yield "pack", f"every case, binding, schema, requirement and person is that of equalis {made_by}"
    else:
        yield "pack", f"{len(found.differences)} files are not those of equalis {made_by}: what they demand is for you to say"
        yield from (("", f"{item.how}: {item.name} ({item.kind})") for item in found.differences)


def _print(path: str, found: Verification, *, quiet: bool) -> None:
    out, report = console(), found.report
    if not quiet:
        out.print(clean(f"bundle {path}" if found.seal else f"run {path}"))
        if found.seal is None:
            out.print(f"  container  none: a run directory, {len(found.recorded.files)} files")
            out.print("  seals      none")
        else:
            out.print(f"  container  ASiC-E, {len(found.recorded.files)} entries, every byte as written")
            out.print(clean(f"  seals      CAdES-B, {found.seal.subject}"))
            out.print(f"             certificate SHA-256 {found.seal.fingerprint}")
            out.print(f"             claimed time {found.seal.claimed.isoformat()} (no time-stamp)")
        for word, text in _told(found):
            out.print(fitted(out, clean(f"  {word:<10} {text}")))
        blocks = Blocks(found.lines, command_of(report))
        for verdict in report.verdicts:
            if verdict.outcome not in {Outcome.OK, Outcome.NOT_APPLICABLE}:
                out.print(styled(case_line(verdict)))
                for text in blocks.of(verdict):
                    out.print(styled(fitted(out, text)))
        *before, last = summary(report)
        for line in before:
            out.print(fitted(out, clean(line)))
        out.print(styled(clean(last)))
        return
    out.print(styled(clean(report.headline)))
