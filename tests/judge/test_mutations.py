"""The judge never raises: ten thousand mutated transcripts of a real run, each judged."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from equalis.archive.bundle import open_bundle
from equalis.archive.evidence import Reader, header
from equalis.archive.rundir import Recorded
from equalis.cases.loading import Loaded, load_all
from equalis.judge import judge
from equalis.model.outcome import Outcome
from equalis.model.transcript import Exchange, Message, Transcript

PIECES = [b"", b"<", b">", b"\x00", b"&x;", b"<!DOCTYPE a>", b'"', b"2026-99-99", b"-1", b"\xff\xfe", b"<!--x-->", b"NaN"]


@cache
def recorded(bundle: Path) -> tuple[Loaded, tuple[Transcript, ...]]:
    """The transcripts of a bundle, with what judges them."""
    files = dict(open_bundle(bundle).files)
    found = Recorded(files)
    events = found.events()
    reader = Reader(header(next(events)), found.body)
    loaded = load_all({name: content for name, content in files.items() if name.startswith(("scenarios/", "bindings/"))})
    transcripts = tuple(item for event in events if (item := reader.feed(event)) is not None)
    return loaded, transcripts


@st.composite
def mutated(draw: st.DrawFn, transcript: Transcript) -> Transcript:
    """A transcript with exchanges dropped, doubled, swapped, and bytes changed anywhere."""
    exchanges = [draw(_exchange(item)) for item in transcript.exchanges if draw(st.integers(0, 9)) > 0]
    shuffled: bool = draw(st.booleans())
    if exchanges and shuffled:
        exchanges = list(draw(st.permutations(exchanges)))
    keep = draw(st.booleans())
    return replace(
        transcript,
        exchanges=tuple(exchanges),
        observations=transcript.observations if keep else (),
        ledger=transcript.ledger * draw(st.integers(0, 2)),
    )


def _exchange(item: Exchange) -> st.SearchStrategy[Exchange]:
    @st.composite
    def build(draw: st.DrawFn) -> Exchange:
        request = draw(_message(item.request))
        answer = draw(st.none() | _message(item.answer)) if item.answer else None
        return replace(item, request=request, answer=answer, tls=draw(st.sampled_from([item.tls, None])))

    return build()


@st.composite
def _message(draw: st.DrawFn, message: Message) -> Message:
    body = message.body
    if body and draw(st.booleans()):
        at = draw(st.integers(0, len(body) - 1))
        body = body[:at] + draw(st.sampled_from(PIECES)) + body[at + draw(st.integers(0, 20)) :]
    line = draw(st.sampled_from([message.line, "", "GET", "POST /mysecu/exchange?x=%ff HTTP/1.1"]))
    return replace(message, body=body, line=line)


@settings(max_examples=10_000, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_judge_never_raises(demo_bundle: Path, data: st.DataObject) -> None:
    """Whatever a transcript holds, a verdict comes back, and it is never an error of ours."""
    loaded, transcripts = recorded(demo_bundle)
    transcript = data.draw(st.sampled_from(transcripts).flatmap(mutated))
    case = loaded.pack.case(transcript.case)
    assert case is not None
    found = judge(case, transcript, loaded.bindings)
    assert found.outcome in Outcome
    assert not [fault for fault in found.faults if fault.blame.value == "equalis"]
