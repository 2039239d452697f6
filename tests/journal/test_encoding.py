"""Laws of the journal's bytes and of its lines, for whatever hypothesis makes up."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playnex import canonical
from playnex.canonical import Json
from playnex.journal import encoding
from playnex.journal.encoding import Base, Encoded
from playnex.journal.events import (
    Fact,
    OutcomeDecided,
    Posted,
    ResumeRequested,
    RetryRequested,
    RunFinished,
    RunParked,
    RunPaused,
    RunStarted,
    RunWaiting,
    SignalReceived,
    StepFinished,
    StopRequested,
)
from playnex.journal.journal import Draft, Journal, NewRun, RunSummary
from playnex.journal.stores.journal_rows import MIGRATIONS
from playnex.journal.stores.sqlite_journal import SqliteJournal
from playnex.store.database import Database
from playnex.testing.clock import FakeClock
from playnex.testing.memory_journal import MemoryJournal

letters = st.characters(codec="utf-8")
words = st.text(letters, max_size=20) | st.sampled_from(["$blob", "$map", "$", "output", "+", "x"])
texts = words | st.builds(lambda word, times: word * times, st.text(letters, min_size=1, max_size=8), st.integers(1, 2000))
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(scalars, lambda parts: st.lists(parts, max_size=4) | st.dictionaries(words, parts, max_size=4), max_leaves=12)


class Shelf:
    """What a store does with bodies and blobs."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.blobs: dict[str, bytes] = {}

    def keep(self, encoded: Encoded) -> int:
        self.bodies.append(encoded.body)
        self.blobs |= {blob.hash: encoding.checked(blob.hash, blob.data, blob.compressed) for blob in encoded.blobs}
        return len(self.bodies) - 1

    def parts(self, position: int) -> dict[str, Json]:
        """The fields at that position, with the output put together."""
        grown = encoding.grown(self.bodies[position])
        if grown is None:
            value: dict[str, Json] = encoding.decode(self.bodies[position], self.blobs.__getitem__)
            return value
        return grown.parts | {"output": canonical.decode(self.output(position))}

    def output(self, position: int) -> bytes:
        links = []
        while (grown := encoding.grown(self.bodies[position])) is not None:
            links.append(grown)
            position = grown.origin
        return encoding.grown_text(canonical.encode(self.parts(position)["output"]), reversed(links))


@given(values)
def test_what_is_encoded_is_decoded_to_itself(value: Json) -> None:
    shelf = Shelf()
    position = shelf.keep(encoding.encode(value))
    assert encoding.decode(shelf.bodies[position], shelf.blobs.__getitem__) == value


@given(values, values)
def test_a_start_is_decoded_to_itself_and_its_definition_is_stored_once(definition: Json, inputs: Json) -> None:
    shelf = Shelf()
    long = {"$blob": "not one", "steps": [definition, "x" * encoding.INLINE]}
    starts: list[Json] = [
        {"flow": "f", "inputs": given, "definition": kept, "version": "0"} for given in (inputs, [inputs]) for kept in (definition, long)
    ]
    positions = [shelf.keep(encoding.encode_start(start)) for start in starts]
    assert [shelf.parts(position) for position in positions] == starts
    assert list(shelf.blobs.values()).count(canonical.encode(long)) == 1


changes = st.tuples(st.sampled_from(["add", "cut", "change", "front", "all"]), st.integers(0, 10_000), st.text(letters, max_size=300))


def changed(text: str, change: tuple[str, int, str]) -> str:
    """The text after somebody worked on it."""
    how, place, word = change
    at = place % (len(text) + 1)
    match how:
        case "add":
            return text + word
        case "cut":
            return text[:at]
        case "change":
            return text[:at] + word + text[at + len(word) :]
        case "front":
            return word + text
        case _:
            return word * 20


@given(texts, st.lists(changes, max_size=30), st.booleans())
def test_outputs_that_grow_shrink_and_change_anywhere_come_back(start: str, work: list[tuple[str, int, str]], is_list: bool) -> None:
    shelf, bases, expected = Shelf(), list[Base](), list[dict[str, Json]]()
    text = start * 50
    for number, change in enumerate(work):
        text = changed(text, change)
        parts: dict[str, Json] = {"output": [text, {"$blob": number}] if is_list else text, "seconds": number}
        encoded = encoding.encode_result(parts, tuple(bases))
        position = shelf.keep(encoded)
        bases = [*bases, Base(position=position, text=encoded.output)][-4:] if encoded.output else bases
        expected.append(parts)
    assert [shelf.parts(position) for position in range(len(expected))] == expected


def test_a_chain_of_hundreds_comes_back_and_costs_what_was_added() -> None:
    shelf, base, text = Shelf(), tuple[Base, ...](), "It began so. " * 300
    for number in range(600):
        text = text[5:] + f"And then came {number}. " if number % 7 == 0 else text + f"And then came {number}. "
        encoded = encoding.encode_result({"output": text}, base)
        base = (Base(position=shelf.keep(encoded), text=encoded.output),)
    assert shelf.parts(599) == {"output": text}
    assert sum(map(len, shelf.bodies)) < 4 * len(text), "each is stored as what it adds"


signals = st.builds(SignalReceived, signal=st.sampled_from(["a", "b"]))
posted = st.one_of(
    signals,
    st.builds(OutcomeDecided, decision=st.sampled_from(["done", "again", "failed"])),
    st.builds(StopRequested, stop=st.sampled_from(["cancel", "pause"])),
    st.builds(ResumeRequested),
    st.builds(RetryRequested, step=st.just("s")),
)
seen = st.integers(0, 12)
appended = st.one_of(
    st.builds(StepFinished, envelope=st.just({"status": "succeeded", "output": 1})),
    st.builds(RunFinished, status=st.sampled_from(["succeeded", "failed", "cancelled"]), reason=st.sampled_from(["", "why"])),
    st.builds(RunPaused, reason=st.just("pause"), seen=seen),
    st.builds(RunParked, reason=st.just("poison"), seen=seen),
    st.builds(RunWaiting, reason=st.just("timer"), until=st.none() | st.floats(0, 1e9), seen=seen),
)
said = st.lists(st.none() | posted | appended, max_size=12)


async def told(journal: Journal, clock: FakeClock, facts: Sequence[Fact | None]) -> list[RunSummary]:
    """The run's line after each fact; None is a takeover."""
    await journal.create(NewRun(id="R", started=RunStarted(flow="f", inputs={}, definition={}, version="0")))
    epoch, lines = 0, []
    for fact in facts:
        clock.advance(1)
        if fact is None:
            epoch = (await journal.claim("R", "w")).epoch
        elif isinstance(fact, Posted):
            await journal.post("R", "s", fact)
        else:
            await journal.append("R", epoch, [Draft(key="s", fact=fact)])
        lines.append(await journal.summary("R"))
    return lines


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(facts=said)
def test_the_same_facts_leave_both_journals_with_the_same_lines(facts: list[Fact | None], tmp_path_factory: pytest.TempPathFactory) -> None:
    database = Database(tmp_path_factory.mktemp("store") / "store.db", MIGRATIONS)
    try:
        first, second = FakeClock(), FakeClock()
        in_sqlite = asyncio.run(told(SqliteJournal(database, first), first, facts))
    finally:
        database.close()
    assert in_sqlite == asyncio.run(told(MemoryJournal(clock=second), second, facts))


def test_a_grown_output_costs_little_more_than_what_was_added() -> None:
    said = [f"message {number}" for number in range(1000)]
    base = Base(position=100_000, text=canonical.encode(said))
    grown = encoding.encode_result({"output": [*said, "one more"]}, (Base(position=1, text=b"[]"), base))
    assert len(grown.body) < len(',"one more"') + 24
