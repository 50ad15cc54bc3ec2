"""The verbs: parse, call, print, exit; nothing else. Each verb imports what it needs when it runs."""

from __future__ import annotations

import importlib

import click

from equalis import __version__

VERBS = {
    "init": "write the first files: equalis.toml, a stub that makes the product act, a pipeline",
    "doctor": "look at everything that a run needs, each line with its remedy",
    "run": "play cases against a solution, judge, seal",
    "verify": "check a bundle or a run directory and judge it again, offline",
    "list": "list cases, checks, requirements, services, actions or defects",
    "explain": "say what a case or one of its expectations demands, and why",
    "docs": "print a document, a schema or verify.sh of this version",
    "lint": "check case files and every file of a family; all mistakes at once",
    "serve": "open the embedded environment and print what to put into the product",
    "prove": "show that every defect of the demonstration solution is caught for its stated reason",
    "drift": "ask the embedded services what a live recording asked, and say where the answers differ",
    "evidence": "write the recorded exchanges out as files (and HAR)",
    "report": "print the report of a bundle in another form",
    "diff": "say what changed between two runs, by likely cause",
    "gate": "say whether a release may pass: known failures in a baseline, everything else stops it",
}
"""Every verb with its one line; a verb is the function of its name in the file of its name."""


class Verbs(click.Group):
    """Loads a verb's file only when the verb is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The verbs in the order of use."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import one verb."""
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"equalis.cli.verb_{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """List the verbs without importing any."""
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """An unknown verb is answered with the valid ones."""
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            from equalis.cases.shapes import choice  # noqa: PLC0415 - only for a wrong verb

            message = f"no verb `{args[0]}`; {choice(args[0], VERBS, 'verbs')}"
            raise click.UsageError(message, ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="equalis")
def root() -> None:
    """Conformance tests for Luxembourg's eQualis label: record, judge, seal, verify.

    Exit codes: 0 OK · 1 KO · 2 asked wrongly · 3 INCONCLUSIVE or INCOMPLETE · 4 not authentic · 70 a
    defect of equalis.
    """


def main() -> None:
    """Run a verb; whatever goes wrong ends in one message and a documented exit code."""
    from equalis.cli.endings import guarded  # noqa: PLC0415 - `--help` needs none of it

    guarded(root)
