"""Find and read what equalis works with: scenarios, bindings, overlays, people; folder or wheel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

MAX_FILE = 4 << 20
BINDING_SUFFIXES = (".yaml", ".xsd", ".json", ".j2")


class PackError(Exception):
    """A folder or file that a user named and that cannot be used; the text says how to mend it."""


@dataclass(frozen=True, slots=True)
class Files:
    """Files as bytes, by the path inside the bundle; ``shown`` is the path that a user knows."""

    content: Mapping[str, bytes]
    shown: Mapping[str, str]


def scenarios(folders: Iterable[str] = ()) -> Files:
    """Every YAML file of the scenarios: the shipped ones, then a user's own folders."""
    found: dict[str, bytes] = {}
    shown: dict[str, str] = {}
    for folder in [shipped_scenarios(), *map(Path, folders)]:
        if not folder.is_dir():
            message = f"{folder} is no folder; name one that holds <family>/<case>.yaml"
            raise PackError(message)
        if stray := next(folder.glob("*/*.yml"), None):
            message = f"{stray} would not be read; name it .yaml"
            raise PackError(message)
        for path in sorted(folder.glob("*/*.yaml")):
            inside = f"scenarios/{path.parent.name}/{path.name}"
            if inside in found:
                message = f"{path} has the name of {shown[inside]}; give it another one"
                raise PackError(message)
            found[inside], shown[inside] = _read(path, folder), str(path)
    return Files(found, shown)


def shipped_scenarios() -> Path:
    """The scenarios of this installation: inside the wheel, or beside the package in a checkout."""
    package = Path(str(resources.files("equalis")))
    inside = package / "shipped" / "scenarios"
    return inside if inside.is_dir() else package.parent / "scenarios"


def documents() -> dict[str, Path]:
    """The documents of this installation, by name: the pages (`platform`), `verify.sh`, the hook's OpenAPI, and every schema
    of the embedded services (`mysecu/memoire.xsd`).
    """
    package = Path(str(resources.files("equalis")))
    inside = package / "shipped" / "docs"
    folder, services = inside if inside.is_dir() else package.parent / "docs", package / "services"
    pages = {path.stem if path.suffix == ".md" else path.name: path for path in sorted(folder.glob("*")) if path.is_file()}
    schemas = {f"{path.parent.parent.name}/{path.name}": path for path in sorted(services.glob("*/schemas/*")) if path.suffix in {".xsd", ".json"}}
    return pages | schemas


def bindings(overlays: Iterable[str] = ()) -> Files:
    """Every file of the bindings: the embedded ones, each overlay's files over them."""
    services = Path(str(resources.files("equalis"))) / "services"
    found: dict[str, bytes] = {}
    shown: dict[str, str] = {}
    for folder in [services, *map(Path, overlays)]:
        if not folder.is_dir():
            message = f"{folder} is no folder; an overlay holds <service>/binding.yaml"
            raise PackError(message)
        own = [path for path in sorted(folder.glob("*/**/*")) if path.is_file() and path.suffix in BINDING_SUFFIXES]
        _check_overlay(folder, own)
        for path in own:
            inside = f"bindings/{path.relative_to(folder).as_posix()}"
            found[inside], shown[inside] = _read(path, folder), str(path)
        for name in dict.fromkeys(path.relative_to(folder).parts[0] for path in own):
            if f"bindings/{name}/binding.yaml" not in found:
                message = f"{folder / name} has no binding.yaml, and no service {name} is known; write one, or name the folder after a known service"
                raise PackError(message)
    return Files(found, shown)


def _check_overlay(folder: Path, own: list[Path]) -> None:
    """Refuse a folder of which nothing, or not all, would be read."""
    if stray := next(folder.glob("*/binding.yml"), None):
        message = f"{stray} would not be read; name it .yaml"
        raise PackError(message)
    if (folder / "binding.yaml").is_file():
        message = f"{folder} is the folder of one service; name the folder above it, which holds <service>/binding.yaml"
        raise PackError(message)
    if not own:
        message = f"{folder} holds no binding; an overlay holds <service>/binding.yaml"
        raise PackError(message)


def single(path: str) -> bytes:
    """One file that a user named."""
    return _read(Path(path), Path(path).parent)


def _read(path: Path, folder: Path) -> bytes:
    """The bytes of a file inside a folder; a link that leaves the folder is refused."""
    try:
        resolved = path.resolve(strict=True)
        if not resolved.is_relative_to(folder.resolve()):
            message = f"{path} leads out of {folder}; put the file itself there"
            raise PackError(message)
        if resolved.stat().st_size > MAX_FILE:
            message = f"{path} has more than {MAX_FILE} bytes"
            raise PackError(message)
        return resolved.read_bytes()
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise PackError(message) from None
