"""`equalis gate`: may this release pass? Known failures are named in a baseline, everything else stops it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from equalis.cases import baseline
from equalis.cases.baseline import LABELS, Ruling
from equalis.cases.conformity import together
from equalis.cases.loading import load_all
from equalis.cli.bundles import checked
from equalis.cli.endings import CODES, KO, USAGE, EndError
from equalis.model.outcome import Outcome
from equalis.model.report import Report
from equalis.reporting.console import console, fitted, styled
from equalis.reporting.text import clean
from equalis.verifier import inputs


@click.command("gate")
@click.argument("paths", metavar="BUNDLE...", nargs=-1, required=True)
@click.option("--baseline", "file", default="", metavar="FILE", help="Known failures, each with reason, owner and expiry.")
@click.option("--require", "wanted", type=click.Choice(["no-new-ko", "label"]), default="no-new-ko", show_default=True,
              help="What must hold: no failure that the baseline does not know, or a label.")  # fmt: skip
@click.option("--subject-digest", "digest", default="", metavar="SHA256", help="The product that must have been tested.")
def command(paths: tuple[str, ...], file: str, wanted: str, digest: str) -> int:
    """Check a bundle, or several runs of one product (embedded and live), judge again, and say whether the release may pass.

    Exits 0 when it may, 1 for a new failure, a stale entry of the baseline or a label that is not there, 3 while
    something was not judged, 4 for a bundle that is not authentic. The demo is never a subject.
    """
    known = baseline.read(_content(file), file) if file else ()
    report = _folded(paths, digest)
    ruling = baseline.held(report, known, date.today())  # noqa: DTZ011 - an expiry is a day of the place where the pipeline runs
    _print(ruling)
    out = console()
    out.print(styled(clean(report.headline)))
    if wanted == "label" and not (report.level in LABELS and report.conformity.outcome is Outcome.OK):
        out.print(f"gate: no label (level {report.level}, conformity {report.conformity.outcome.value})")
        return KO
    out.print(f"gate: {'passed' if ruling.outcome is Outcome.OK else 'closed'}")
    return CODES[ruling.outcome]


def _folded(paths: tuple[str, ...], digest: str) -> Report:
    """The report of the bundles, each authentic, sealed, and of the product that is released."""
    found = [checked(path) for path in paths]
    for path, each in zip(paths, found, strict=True):
        if each.seal is None:
            raise EndError(USAGE, f"{path} is a run directory", "gate a sealed bundle (.asice)")
        _subject(each.report, digest)
    if len(found) == 1:
        return found[0].report
    for path, each in zip(paths[1:], found[1:], strict=True):
        for what, ours, theirs in zip(("product", "edition"), _identity(found[0].report), _identity(each.report), strict=True):
            if ours != theirs:
                raise EndError(USAGE, f"{path} is not of the {what} of {paths[0]}: {theirs}, not {ours}", "gate runs of one product, version, digest and edition together")
    return together([each.report for each in found], load_all(inputs(found[0].recorded)).pack.families)


def _identity(report: Report) -> tuple[str, str]:
    """What must be the same in runs that count together."""
    head = report.header
    product = f"{head.solution} {head.version} {head.digest[:19]} ({', '.join(sorted(head.capabilities))})"
    return product, ", ".join(f"{name} {edition}" for name, edition in head.editions)


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
