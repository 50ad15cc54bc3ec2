"""Bindings from their files, an overlay's files over the embedded ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from equalis.cases import shapes
from equalis.cases.commits import commits
from equalis.cases.plain import record, texts
from equalis.model.binding import LOCATORS, Binding, Field, Half, Locator, Operation, Recognition
from equalis.model.source import Mistake, MistakesError, Source
from equalis.model.values import Record, Value, as_text
from equalis.wire import fhir, json_path, json_schema, schema_files, strict_xml, strict_yaml, xml_schema
from equalis.wire.bindings import Bindings
from equalis.wire.patterns import pattern
from equalis.wire.strict_yaml import Document

TEMPLATES = ("answers", "requests")
"""The folders of a service's templates: what it answers, and what equalis asks of it in another party's name."""


def load(files: Mapping[str, bytes], roots: Mapping[str, str] | None = None) -> Bindings:
    """Read ``<service>/binding.yaml`` with schemas and answers; raises MistakesError with them all.

    ``roots`` maps a file to the path that a user knows it by, for messages.
    """
    mistakes = list(_schema_mistakes(files, roots or {}))
    found = []
    for path in sorted(files):
        shown = (roots or {}).get(path, path)
        if not path.endswith("/binding.yaml"):
            continue
        try:
            document = strict_yaml.read(files[path], shown)
        except MistakesError as error:
            mistakes += error.mistakes
            continue
        wrong = shapes.mistakes(document, "schemas/binding.json")
        mistakes += wrong
        if not wrong:
            found.append(_binding(document, path.rsplit("/", 1)[0], files, mistakes))
            mistakes += _misplaced(document, path, found)
    if mistakes:
        raise MistakesError(tuple(mistakes))
    return Bindings(found)


def _misplaced(document: Document, path: str, found: list[Binding]) -> Iterator[Mistake]:
    """A binding whose service is not its folder's, or that another binding has already."""
    folder, service, source = path.split("/")[-2], found[-1].service, document.source(("service",))
    if service != folder:
        yield document.mistake(source, f"the binding of `{service}` stands in the folder {folder}", f"name the folder {service}, or write `service: {folder}`")
    elif any(item.service == service for item in found[:-1]):
        yield document.mistake(source, f"`{service}` has two bindings", f"keep one, as {service}/binding.yaml beside the other services")


def _text(path: str, content: bytes, mistakes: list[Mistake]) -> str:
    """The text of a template, empty with a mistake when it is not UTF-8."""
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        mistakes.append(Mistake(Source(path, line), f"byte {error.start} is not UTF-8", "save the template as UTF-8"))
        return ""


def _schema_mistakes(files: Mapping[str, bytes], roots: Mapping[str, str]) -> Iterator[Mistake]:
    """What makes a schema unusable, before any case is played with it: its form, and references that lead out of the pack."""
    placed = _all_schemas(files)
    known = {name: content for name, (_, content) in placed.items()}
    for name, (path, content) in placed.items():
        shown = roots.get(path, path)
        try:
            found = schema_files.gathered(name, known)
            (json_schema if name.endswith(".json") else xml_schema).compiled(found)
        except ValueError as error:
            line = _line_of(content, str(error))
            yield Mistake(Source(shown, line), str(error), "mend the schema; it may refer to other schemas of the pack, by their relative names")


def _line_of(content: bytes, told: str) -> int:
    """The line that a mistake quotes, the first when it quotes none."""
    quoted = told.split("'")[1] if told.count("'") > 1 else ""
    lines = content.decode(errors="replace").splitlines()
    return next((number for number, line in enumerate(lines, start=1) if quoted and quoted in line), 1)


def _all_schemas(files: Mapping[str, bytes]) -> dict[str, tuple[str, bytes]]:
    """Every schema as ``service/name``, with its path and its bytes."""
    found = {}
    for path, content in files.items():
        parts = path.split("/")
        if len(parts) >= 3 and parts[-2] == schema_files.FOLDER and path.endswith((".xsd", ".json")):  # noqa: PLR2004 - service/schemas/name
            found[f"{parts[-3]}/{parts[-1]}"] = path, content
    return found


def _binding(document: Document, folder: str, files: Mapping[str, bytes], mistakes: list[Mistake]) -> Binding:
    top = record(document.value)
    service = as_text(top["service"])
    namespaces = tuple((key, as_text(value)) for key, value in record(top.get("namespaces")).items())
    schemas = _schemas(service, files)
    operations = tuple(
        _operation(document, service, name, record(value), namespaces, mistakes)
        for name, value in record(top["operations"]).items()
    )
    templates = {
        path.removeprefix(f"{folder}/{kind}/"): _text(path, content, mistakes)
        for kind in TEMPLATES for path, content in files.items() if path.startswith(f"{folder}/{kind}/")
    }  # fmt: skip
    for operation in operations:
        for side, half in (("request", operation.request), ("answer", operation.answer)):
            for word, name, known in (("schema", half.schema, (*schemas, *fhir.SCHEMAS)), ("template", half.template, tuple(templates))):
                if name and name not in known:
                    mend = shapes.choice(name, known, f"{word}s")
                    mistakes.append(document.mistake(document.source(("operations", operation.name, side, word)), f"no {word} `{name}`", mend))
    refusal = record(top.get("refusal"))
    return Binding(service, as_text(top["title"]), as_text(top["prefix"]), namespaces, operations,
                   schemas, templates, (as_text(refusal.get("template")), as_text(refusal.get("media"))))  # fmt: skip


def _schemas(service: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """A service's own schemas by name, and every service's as ``service/name``."""
    known = {name: content for name, (_, content) in _all_schemas(files).items()}
    return known | {name.removeprefix(f"{service}/"): content for name, content in known.items() if name.startswith(f"{service}/")}


def _operation(
    document: Document, service: str, name: str, entry: Record,
    namespaces: tuple[tuple[str, str], ...], mistakes: list[Mistake],
) -> Operation:  # fmt: skip
    at = ("operations", name)
    rule = record(entry["recognise"])
    recognition = Recognition(*(as_text(rule.get(key)) for key in ("method", "path", "soap-action", "holds")))
    if recognition.holds:
        _xpath_mistake(document, (*at, "recognise", "holds"), recognition.holds, namespaces, mistakes)
    halves = {}
    for side in ("request", "answer"):
        half = record(entry[side])
        fields = {
            key: _field(document, (*at, side, "fields", key), key, record(value), namespaces, mistakes)
            for key, value in record(half["fields"]).items()
        }
        words = (as_text(half.get(key)) for key in ("schema", "payload", "template", "media"))
        halves[side] = Half(as_text(half["body"]), fields, *words)
    found = commits(document, (*at, "commits"), entry.get("commits"), halves, mistakes)
    return Operation(name, service, as_text(entry["title"]), as_text(entry["basis"]), recognition,
                     halves["request"], halves["answer"], entry.get("moves") == "money", found)  # fmt: skip


def _field(
    document: Document, at: strict_yaml.Path, name: str, entry: Record,
    namespaces: tuple[tuple[str, str], ...], mistakes: list[Mistake],
) -> Field:  # fmt: skip
    kinds = [kind for kind in LOCATORS if kind in entry]
    if len(kinds) != 1:
        what = f"`{name}` has {len(kinds)} locators where one is due"
        mistakes.append(document.mistake(document.source(at), what, shapes.choice("", LOCATORS, "locators")))
    kind = kinds[0] if kinds else "status"
    first, *others = texts(entry.get(kind)) if isinstance(entry.get(kind), tuple) else (as_text(entry.get(kind)),)
    locator = Locator(kind, first, as_text(entry.get("pattern")), tuple(others))
    if kind in {"xpath", "element-names"}:
        _xpath_mistake(document, (*at, kind), locator.expression, namespaces, mistakes)
    if kind == "jsonpath":
        for expression in (first, *others):
            try:
                json_path.compiled(expression)
            except ValueError as error:
                mistakes.append(document.mistake(document.source((*at, kind)), str(error)))
    if locator.pattern:
        try:
            pattern(locator.pattern)
        except ValueError as error:
            mistakes.append(document.mistake(document.source((*at, "pattern")), str(error)))
    kind_of_value: Value = entry.get("type", "text")
    return Field(name, as_text(kind_of_value), locator, entry.get("many") is True)


def _xpath_mistake(
    document: Document, at: strict_yaml.Path, expression: str,
    namespaces: tuple[tuple[str, str], ...], mistakes: list[Mistake],
) -> None:  # fmt: skip
    try:
        strict_xml.xpath(expression, namespaces)
    except ValueError as error:
        mistakes.append(document.mistake(document.source(at), str(error)))
