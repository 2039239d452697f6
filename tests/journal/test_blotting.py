"""A purged text is in no record any more, however it was stored, and every record can still be read."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playnex.clock import SystemClock
from playnex.journal.events import RunStarted, StepFinished, StepStarted
from playnex.journal.journal import Draft, NewRun
from playnex.journal.stores.blotting import STRETCH, blot_out
from playnex.journal.stores.journal_rows import MIGRATIONS
from playnex.journal.stores.sqlite_journal import SqliteJournal
from playnex.spec.purged import MARK, Purged, shown
from playnex.store.database import Database

SECRET = 'The safe behind the picture opens with "4711",\nand its key lies under the third flower pot — Grüße.\n' * 12
LINE = "and its key lies under the third flower pot"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "store.db", MIGRATIONS)
    yield opened
    opened.close()


async def recorded(journal: SqliteJournal, run: str, outputs: list[Any], **inputs: Any) -> None:
    """A run whose steps gave these outputs."""
    await journal.create(NewRun(id=run, started=RunStarted(flow="f", inputs=inputs, definition={"flow": "f"}, version="1")))
    epoch = (await journal.claim(run, "w")).epoch
    for number, output in enumerate(outputs):
        started = Draft(key=f"s{number}", fact=StepStarted(kind="model", input={"messages": [output]}))
        await journal.append(
            run, epoch, [started, Draft(key=f"s{number}", fact=StepFinished(envelope={"status": "succeeded", "output": output}))]
        )


def transcript(*said: str) -> list[list[Any]]:
    """Outputs that grow by one message each."""
    messages = [{"role": "user", "text": text} for text in said]
    return [messages[: count + 1] for count in range(len(messages))]


def all_bytes(database: Database) -> str:
    """All that the journals say."""

    async def read() -> str:
        journal = SqliteJournal(database, SystemClock())
        return repr([await journal.events(line.id) for line in await journal.runs()] + [line.inputs for line in await journal.runs()])

    return asyncio.run(read())


def test_a_purged_text_is_in_no_event_input_or_blob(database: Database) -> None:
    said = ("Hello. " * 300, f"They say: {SECRET}", "And then? " * 200, SECRET[:300], '{"body": "' + LINE + '"}', "Bye. " * 100)

    async def scenario() -> int:
        journal = SqliteJournal(database, SystemClock())
        await recorded(journal, "R", [*transcript(*said), SECRET, "harmless"], note=SECRET)
        await recorded(journal, "Q", ["harmless too", f"quoted: {LINE}.", SECRET])
        return await database.write(lambda connection: blot_out(connection, [SECRET], ["R"]))

    assert LINE not in all_bytes(database)
    changed = asyncio.run(scenario())
    left = all_bytes(database)
    assert changed > 5 and left.count(LINE) == 2, "one sentence in a run that never had the text, in a result and in a prompt"
    assert "4711" not in left
    assert MARK in left and "harmless too" in left and "Bye. Bye." in left


def test_a_short_text_goes_only_from_the_runs_that_had_it(database: Database) -> None:
    async def scenario() -> None:
        journal = SqliteJournal(database, SystemClock())
        await recorded(journal, "R", ["succeeded", {"pin": "4711"}])
        await recorded(journal, "Q", ["4711", "succeeded"])
        await database.write(lambda connection: blot_out(connection, ["4711", "succeeded"], ["R"]))
        kept = {run: [event.fact for event in await journal.events(run)] for run in "RQ"}
        outputs = {run: [fact.envelope for fact in facts if isinstance(fact, StepFinished)] for run, facts in kept.items()}
        assert [each["output"] for each in outputs["Q"]] == ["4711", "succeeded"]
        assert [each["status"] for each in outputs["R"]] == ["succeeded"] * 2
        assert outputs["R"][1]["output"] == {"pin": "----"} and isinstance(shown(outputs["R"][0]["output"]), Purged)

    asyncio.run(scenario())


PIECES = st.lists(
    st.sampled_from([SECRET, LINE, "é" * 40, "plain words " * 30, '"quoted\\n"', "\n", SECRET[:200], "x" * 900]), min_size=1, max_size=6
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.lists(PIECES.map("".join), min_size=1, max_size=6), purged=st.sampled_from([SECRET, "é" * 40 + "\nplain words " * 3]))
def test_whatever_a_transcript_is_made_of_it_reads_afterwards_and_has_nothing_of_it(
    tmp_path_factory: pytest.TempPathFactory, said: list[str], purged: str
) -> None:
    database = Database(tmp_path_factory.mktemp("blot") / "store.db", MIGRATIONS)

    async def scenario() -> tuple[list[Any], list[Any]]:
        journal = SqliteJournal(database, SystemClock())
        await recorded(journal, "R", list(transcript(*said)))
        before = [event.fact for event in await journal.events("R")]
        await database.write(lambda connection: blot_out(connection, [purged], ["R"]))
        journal.forget()
        return before, [event.fact for event in await journal.events("R")]

    before, after = asyncio.run(scenario())
    database.close()
    stretches = [purged[at : at + STRETCH] for at in range(0, len(purged) - STRETCH, 7) if len(set(purged[at : at + STRETCH])) > 12]
    assert len(before) == len(after) and not [stretch for stretch in stretches if stretch in repr_of(after)]
    if not [stretch for stretch in stretches if stretch[:24] in repr_of(before)]:
        assert before == after


def repr_of(facts: list[Any]) -> str:
    """All texts of the results, each for itself: where two meet, nobody wrote what stands there."""
    return "\0".join(message["text"] for fact in facts if isinstance(fact, StepFinished) for message in fact.envelope["output"])
