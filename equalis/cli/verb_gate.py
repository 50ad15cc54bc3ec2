"""`equalis gate`: may this release pass? Known failures are named in a baseline, everything else stops it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from equalis.cases import baseline
from equalis.cases.baseline import LABELS, Ruling
from equalis.cli.bundles import checked
from equalis.cli.endings import CODES, KO, USAGE, EndError
from equalis.model.outcome import Outcome
from equalis.model.report import Report
from equalis.reporting.console import console, fitted, styled
from equalis.reporting.text import clean


@click.command("gate")
@click.argument("path", metavar="BUNDLE")
@click.option("--baseline", "file", default="", metavar="FILE", help="Known failures, each with reason, owner and expiry.")
@click.option("--require", "wanted", type=click.Choice(["no-new-ko", "label"]), default="no-new-ko", show_default=True,
              help="What must hold: no failure that the baseline does not know, or a label.")  # fmt: skip
@click.option("--subject-digest", "digest", default="", metavar="SHA256", help="The product that must have been tested.")
def command(path: str, file: str, wanted: str, digest: str) -> int:
    """Check a bundle, judge it again, and say whether the release may pass.

    Exits 0 when it may, 1 for a new failure, a stale entry of the baseline or a label that is not there, 3 while
    something was not judged, 4 for a bundle that is not authentic. The demo is never a subject.
    """
    known = baseline.read(_content(file), file) if file else ()
    found = checked(path)
    if found.seal is None:
        raise EndError(USAGE, f"{path} is a run directory", "gate a sealed bundle (.asice)")
    _subject(found.report, digest)
    ruling = baseline.held(found.report, known, date.today())  # noqa: DTZ011 - an expiry is a day of the place where the pipeline runs
    _print(ruling)
    out = console()
    out.print(styled(clean(found.report.headline)))
    if wanted == "label" and not (found.report.level in LABELS and found.report.conformity.outcome is Outcome.OK):
        out.print(f"gate: no label (level {found.report.level}, conformity {found.report.conformity.outcome.value})")
        return KO
    out.print(f"gate: {'passed' if ruling.outcome is Outcome.OK else 'closed'}")
    return CODES[ruling.outcome]


def _content(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise EndError(USAGE, f"the baseline {file} cannot be read: {error.strerror}", "name a file, or leave --baseline out") from None


def _subject(report: Report, digest: str) -> None:
    """The run must be of a product, and of the one that is released."""
    if report.header.driver == "demo":
        raise EndError(USAGE, "this bundle is a run of the demonstration solution", "gate a run of the product")
    tested = report.header.digest
    if digest and digest.lower().removeprefix("sha256:") != tested.lower().removeprefix("sha256:"):
        what = f"the bundle is of the product {tested or 'without a digest'}, not of {digest}"
        raise EndError(USAGE, what, "run the cases on this product, with its `digest` under [solution] in equalis.toml")


def _print(ruling: Ruling) -> None:
    out = console()
    for title, lines in (("new KO", ruling.new), ("baseline", ruling.stale), ("not judged", ruling.unjudged), ("known KO", ruling.known)):
        for line in lines:
            out.print(fitted(out, clean(f"{title:<11} {line}")))
