"""What must agree before a case is played: words with the register, an environment's promises, a resumed run with its folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from equalis import packs
from equalis.archive.rundir import Recorded
from equalis.cases import shapes
from equalis.cases.bindings import load as load_bindings
from equalis.cases.commits import unsaid
from equalis.cases.loading import Loaded
from equalis.gateway.opening import DescriptorError
from equalis.model import embedded
from equalis.model.case import INVENTED
from equalis.model.config import Config
from equalis.model.report import Header
from equalis.model.source import MistakesError


class OtherSolutionError(Exception):
    """A run cannot be finished by another solution, or at another environment, than it was begun."""


class NoCaseError(Exception):
    """The names, families or tags of a request match no case; the text gives the valid ones."""


def check_same(folder: Path, head: Header, config: Config) -> None:
    """Refuse to resume with another solution, or at an environment that is described otherwise; raises OtherSolutionError."""
    own = config.solution
    ours = (own.name, own.version, own.vendor, own.driver, own.capabilities, own.digest)
    if ours != (head.solution, head.version, head.vendor, head.driver, head.capabilities, head.digest):
        message = f"{folder} is a run of {head.solution} {head.version} (driver {head.driver}), not of {own.name} {own.version}"
        raise OtherSolutionError(message)
    if (config.live.digest if config.live else "") != head.site:
        message = f"{folder} is a run at {head.environment} as it was described then, and equalis.toml describes it otherwise now"
        raise OtherSolutionError(message)


def check_bindings(folder: Path, recorded: Recorded, ours: Mapping[str, bytes]) -> None:
    """Refuse to resume with bindings that a folder brings; raises OtherSolutionError with each file that differs."""
    if other := recorded.differing("bindings", ours):
        message = f"{folder} was begun with other bindings than these: {', '.join(other)}"
        raise OtherSolutionError(message)


def check_words(loaded: Loaded, config: Config) -> None:
    """Refuse a capability that nobody knows, which would silently test nothing, and what ``check_promises`` refuses."""
    _check_known("capability", config.solution.capabilities, loaded.pack.capabilities)
    if loaded.unheard:
        raise MistakesError(loaded.unheard)
    _check_templates(loaded, config)
    check_promises(loaded, config)


def _check_templates(loaded: Loaded, config: Config) -> None:
    """Refuse an overlay whose binding leaves out a template by which the embedded service answers: the answer would be empty."""
    if config.live is not None or not config.bindings:
        return
    shipped = load_bindings(packs.bindings().content).services
    silent = []
    for name in embedded.TEMPLATED:
        due = {op.name for op in shipped[name].operations if op.answer.template}
        silent += [op.name for op in loaded.bindings.services[name].operations if op.name in due and not op.answer.template]
        silent += [] if loaded.bindings.services[name].refusal[0] else [f"{name} (its refusals)"]
    if silent:
        cause = f"the overlays name no template for the answers of {', '.join(silent)}"
        raise DescriptorError(cause, "write `template:` and `media:` under each answer, and `refusal:`, as the shipped bindings do")


def check_promises(loaded: Loaded, config: Config) -> None:
    """Refuse a live environment that promises a seed which nobody knows, or whose ledgers nobody derives."""
    if config.live is None:
        return
    _check_known("seed", config.live.promised, (INVENTED, *loaded.pack.seeds))
    if config.bindings:
        shipped = load_bindings(packs.bindings().content)
        if silent := unsaid(shipped, loaded.bindings):
            cause = f"the overlays do not say what is committed by {', '.join(silent)}"
            raise DescriptorError(cause, "write `commits:` for each, as docs/live.md says (`commits: []` where it commits nothing)")


def _check_known(what: str, words: Iterable[str], known: Iterable[str]) -> None:
    valid = tuple(known)
    for word in words:
        if word not in valid:
            message = f"no {what} `{word}`: {shapes.choice(word, valid, 'words')}"
            raise NoCaseError(message)
