"""The embedded services, brought again to where they were at each request of a recorded run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from random import Random

from equalis.archive.bundle import open_bundle
from equalis.archive.evidence import Reader, header
from equalis.archive.rundir import Recorded
from equalis.cases.loading import Loaded, load_all
from equalis.gateway.embedded import Embedded
from equalis.gateway.pki import Pki
from equalis.model.transcript import Exchange, Message, Tls, Transcript
from tests.mutations import mutations


@dataclass
class Replayed:
    """The embedded services, brought again to where they were before each request of a run."""

    embedded: Embedded
    loaded: Loaded
    transcripts: tuple[Transcript, ...]

    def exchanges(self) -> Iterator[Exchange]:
        """The first request of each operation in the run; the services have answered those before it."""
        self.embedded._calls, seen = 0, set()
        for transcript in self.transcripts:
            case = self.loaded.pack.case(transcript.case)
            self.embedded.reset(self.loaded.worlds(case.seeds if case else ()))
            for exchange in transcript.exchanges:
                if exchange.answer is not None and exchange.tls is not None:
                    operation = self.loaded.bindings.reading(exchange).operation
                    if operation and operation.name not in seen:
                        seen.add(operation.name)
                        yield exchange
                    self.reply(exchange.service, exchange.request, exchange.tls, exchange.at)

    def reply(self, service: str, message: Message, tls: Tls, at: datetime) -> Message:
        return self.embedded.reply(service, message, tls.client_certificate, at, {}).message

    def tried(self, exchange: Exchange, message: Message) -> Message:
        """The answer to another request at that moment; nothing of it is kept."""
        states, calls = dict(self.embedded.states), self.embedded._calls
        try:
            return self.reply(exchange.service, message, exchange.tls or Tls("", ""), exchange.at)
        finally:
            self.embedded.states, self.embedded._calls = states, calls


def opened(bundle: Path, keys: Pki) -> Replayed:
    """What a bundle tells of a run, and services that have not answered yet."""
    files = dict(open_bundle(bundle).files)
    found = Recorded(files)
    events = found.events()
    head = header(next(events))
    reader = Reader(head, found.body)
    loaded = load_all({name: content for name, content in files.items() if name.startswith(("scenarios/", "bindings/"))})
    transcripts = tuple(item for event in events if (item := reader.feed(event)) is not None)
    return Replayed(Embedded(loaded.bindings, keys, bytes.fromhex(head.challenge)), loaded, transcripts)


def changed(message: Message, times: int, seed: int) -> Iterator[Message]:
    """A request with its body, its target or one header changed."""
    chance = Random(seed)  # noqa: S311 - the same each time
    words = message.line.split(" ")
    bodies = mutations([message.body], times, seed) if message.body else iter(())
    targets, headers = (mutations([text.encode("latin-1")], times, seed) for text in (words[1], "\n".join(value for _, value in message.headers)))
    for _ in range(times):
        where = chance.random()
        if where < 0.7 and message.body:
            yield replace(message, body=next(bodies))
        elif where < 0.9:
            yield replace(message, line=f"{words[0]} {next(targets).decode('latin-1')} HTTP/1.1")
        else:
            values = next(headers).decode("latin-1").split("\n")
            yield replace(message, headers=tuple((name, values[place % len(values)]) for place, (name, _) in enumerate(message.headers)))
