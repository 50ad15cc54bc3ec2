"""`equalis init`: the first files of a vendor."""

from __future__ import annotations

import sys
from importlib import resources
from pathlib import Path

import click

from equalis.cases.shapes import choice
from equalis.cli.endings import USAGE, EndError
from equalis.cli.loaded import everything
from equalis.cli.printing import row
from equalis.starting import PIPELINES, STYLES, Answers, written
from equalis.starting.stubs import LANGUAGES


@click.command("init")
@click.option("--name", default="", help="What the report calls the product.")
@click.option("--version", "number", default="", help="The product's version.")
@click.option("--vendor", default="", help="Who makes it.")
@click.option("--driver", "style", type=click.Choice(STYLES), default=None, help="How the product is made to act (http).")
@click.option("--language", type=click.Choice(list(LANGUAGES)), default="python", show_default=True, help="Of the stub (driver http).")
@click.option("--url", default="http://127.0.0.1:8090", show_default=True, help="Where its hook listens (driver http).")
@click.option("--capability", "capabilities", multiple=True, metavar="NAME", help="What it can do: pid, ra, idv, eprescription …")
@click.option("--ci", "pipelines", multiple=True, type=click.Choice(list(PIPELINES)), help="A pipeline to write a file for.")
@click.option("--dir", "folder", type=click.Path(path_type=Path), default=Path(), help="Where the files go (here).")
def command(  # noqa: PLR0913, PLR0917 - one parameter for each option
    name: str, number: str, vendor: str, style: str | None, language: str, url: str, capabilities: tuple[str, ...], pipelines: tuple[str, ...], folder: Path,
) -> int:  # fmt: skip
    """Write equalis.toml, a stub that makes the product act, an editor setting and, with --ci, a pipeline.

    Without --name it asks, at a terminal. No file that is there already is touched.
    """
    loaded = everything()
    known = loaded.pack.capabilities
    if not name:
        if not sys.stdin.isatty():
            raise EndError(USAGE, "the product has no name", "give --name, or run `equalis init` at a terminal")
        name, number, vendor = (click.prompt(text, default=default) for text, default in (("Product", None), ("Version", "1.0"), ("Vendor", "")))
        style = style or click.prompt("How it is made to act", type=click.Choice(STYLES), default="http")
        language = click.prompt("Language of the hook", type=click.Choice(list(LANGUAGES)), default=language) if style == "http" else language
        capabilities = capabilities or tuple(click.prompt(f"What it can do ({', '.join(known)})", default="idv").replace(",", " ").split())
    if language != "python" and style not in {None, "http"}:
        raise EndError(USAGE, f"a stub in {language} is an HTTP hook", "take --driver http, or leave --language out")
    for word in capabilities:
        if word not in known:
            raise EndError(USAGE, f"no capability `{word}`", choice(word, known, "capabilities"))
    grammar = resources.files("equalis.cases").joinpath("grammar.json").read_bytes()
    answers = Answers(name, number, vendor, style or "http", url, capabilities or ("idv",), pipelines, language)
    files = written(answers, loaded.pack.families.values(), grammar)
    if there := [path for path in files if (folder / path).exists()]:
        raise EndError(USAGE, f"there already: {', '.join(there)}", "move them away, or choose another folder with --dir; nothing was written")
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
        row(f"wrote {path}")
    first = "start the product" if answers.style == "operator" else "fill in one function of the stub"
    row(f"next: {first}, then `equalis run CASE` (docs/vendor.md)")
    return 0
