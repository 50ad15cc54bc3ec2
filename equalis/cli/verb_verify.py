"""`equalis verify`: container, seals, verdicts recomputed; offline."""

from __future__ import annotations

import click

from equalis import __version__
from equalis.archive.bundle import NotAuthenticError
from equalis.cli.bundles import checked
from equalis.cli.endings import CODES, INCONCLUSIVE, KO, NOT_AUTHENTIC, OK
from equalis.model.outcome import Outcome
from equalis.reporting.console import console, fitted, styled
from equalis.reporting.text import case_line, clean, summary, verdict_text
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
            click.echo(clean(f"{path}: NOT AUTHENTIC: {error}"), err=True)
            codes.append(NOT_AUTHENTIC)
            continue
        _print(path, found, quiet=quiet)
        codes.append(CODES[found.report.outcome])
    return next((code for code in (NOT_AUTHENTIC, KO, INCONCLUSIVE) if code in codes), OK)


def _print(path: str, found: Verification, *, quiet: bool) -> None:
    out, report = console(), found.report
    if not quiet:
        out.print(f"{path}")
        if found.seal is None:
            out.print(f"  container  none: a run directory, {len(found.recorded.files)} files")
            out.print("  seals      none")
        else:
            out.print(f"  container  ASiC-E, {len(found.recorded.files)} entries, every byte as written")
            out.print(f"  seals      CAdES-B, {found.seal.subject}")
            out.print(f"             certificate SHA-256 {found.seal.fingerprint}")
            out.print(f"             claimed time {found.seal.claimed.isoformat()} (no time-stamp)")
        ending = "all as reported" if found.compared else "no report.json to compare with"
        ending = ending if report.complete else "the run is INCOMPLETE"
        out.print(f"  verdicts   {len(report.verdicts)} recomputed from the evidence; {ending}")
        out.print(f"  tool       made by equalis {report.header.tool}, verified by equalis {__version__}")
        for verdict in report.verdicts:
            if verdict.outcome not in {Outcome.OK, Outcome.NOT_APPLICABLE}:
                out.print(styled(case_line(verdict)))
                for text in verdict_text(verdict, found.lines, found.report.header.environment):
                    out.print(styled(fitted(out, text)))
        *before, last = summary(report)
        for line in before:
            out.print(fitted(out, clean(line)))
        out.print(styled(clean(last)))
        return
    out.print(styled(clean(report.headline)))
