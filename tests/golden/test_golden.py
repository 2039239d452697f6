"""Stores of every release are read, migrated, shown and gone on with, for ever; scripts/golden.py says how they were made."""

import asyncio
import json
import re
import runpy
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import apsw
import pytest

from flows.stage import Desk, research_desk
from golden.every_key import ANSWERS as FILE_ANSWERS
from golden.every_key import FILE_RUNS, every_key
from golden.every_kind import ANSWERS, PLAIN, RUNS, every_kind
from playnex.app.opening import MIGRATIONS
from playnex.canonical import Json
from playnex.clock import Clock
from playnex.errors import JournalMismatch
from playnex.journal.events import KINDS, OutcomeDecided, RunFinished
from playnex.journal.journal import Journal
from playnex.journal.stores.sqlite_journal import SqliteJournal
from playnex.spec.context import StepContext
from playnex.store.database import Database
from playnex.testing.clock import FakeClock
from playnex.testing.model_server import serving
from playnex.testing.rehearsal import Rehearsal, Store

HERE = Path(__file__).resolve().parent
FORMATS = sorted(path.stem for path in HERE.glob("*.sql"))
NOWHERE = "http://127.0.0.1:9/v1"


def laid_out(name: str, folder: Path, url: str = NOWHERE) -> Desk:
    """A workspace with that golden store."""
    desk = research_desk(folder, url)
    restored(name, folder / ".playnex" / "store.db")
    return desk


def restored(name: str, store: Path) -> int:
    """The golden store as a file; its version."""
    store.parent.mkdir(parents=True, exist_ok=True)
    connection = apsw.Connection(str(store))
    connection.execute((HERE / f"{name}.sql").read_text(encoding="utf-8"))
    version = int(connection.pragma("user_version"))
    connection.close()
    return version


def opening(store: Path) -> Store:
    @asynccontextmanager
    async def opened(clock: Clock) -> AsyncIterator[Journal]:
        database = Database(store, MIGRATIONS)
        try:
            yield SqliteJournal(database, clock)
        finally:
            database.close()

    return opened


def runs_of(store: Path) -> dict[str, str]:
    """The research runs of a store, by their state."""

    async def read() -> dict[str, str]:
        async with opening(store)(FakeClock()) as journal:
            return {line.state: line.id for line in await journal.runs() if line.flow == "research-to-article"}

    return asyncio.run(read())


def with_every_kind() -> list[str]:
    return [name for name in FORMATS if "'rehearsal'" in (HERE / f"{name}.sql").read_text("utf-8")]


def with_every_key() -> list[str]:
    return [name for name in FORMATS if f"'{FILE_RUNS[0]}'" in (HERE / f"{name}.sql").read_text("utf-8")]


def with_a_batch() -> list[str]:
    return [name for name in FORMATS if re.search(r'INSERT INTO "?batches', (HERE / f"{name}.sql").read_text("utf-8"))]


def test_there_is_a_golden_store_of_every_version_that_was_written(tmp_path: Path) -> None:
    """A migration without a golden store of its own would not be tested: `python scripts/golden.py format-N` makes it."""
    versions = [restored(name, tmp_path / f"{name}.db") for name in FORMATS]
    assert FORMATS[:2] == ["format-1", "format-2"] and versions[0] == 3 and max(versions) == len(MIGRATIONS)


@pytest.mark.parametrize("name", FORMATS)
def test_a_golden_store_is_migrated_listed_and_shown(name: str, tmp_path: Path) -> None:
    desk = laid_out(name, tmp_path)
    listed = [run["state"] for run in desk.json("run", "list")["items"] if run["flow"] == "research-to-article"]
    assert len(listed) == 2 and listed[1] == "succeeded"
    ids = runs_of(tmp_path / ".playnex" / "store.db")
    finished = desk.json("run", "show", ids["succeeded"])
    assert [step["step"] for step in finished["steps"]] == ["gather", "research", "write", "edit", "publish"]
    assert {step["status"] for step in finished["steps"]} <= {"succeeded", "fallback"}
    half = desk.json("run", "show", ids["running"])
    assert [step["step"] for step in half["steps"]][:3] == ["gather", "research", "write"]
    article = desk.playnex("capsule", "view", "articles/local-first-software")
    assert article.returncode == 0 and "## Sources" in article.stdout
    version = sqlite3.connect(tmp_path / ".playnex" / "store.db").execute("PRAGMA user_version").fetchone()
    assert version == (len(MIGRATIONS),)


@pytest.mark.parametrize("name", FORMATS)
def test_a_run_that_was_killed_under_an_old_version_is_finished_and_asks_for_nothing_twice(name: str, tmp_path: Path) -> None:
    with serving() as server:
        desk = laid_out(name, tmp_path, server.url)
        half = runs_of(tmp_path / ".playnex" / "store.db")["running"]
        done = desk.playnex("run", "resume", half)
        assert done.returncode == 0, done.stderr
        assert len(server.asked) == 2, "the request in flight at the kill, and the last one"


@pytest.mark.parametrize("name", FORMATS)
def test_changed_code_stops_and_names_the_step(name: str, tmp_path: Path) -> None:
    store = tmp_path / "store.db"
    restored(name, store)

    async def changed(context: StepContext, inputs: Any) -> Json:
        async def never() -> Json:
            raise AssertionError("a step of changed code was carried out")

        return await context.step("another", never)

    with pytest.raises(JournalMismatch) as stopped:
        Rehearsal(changed, store=opening(store), run=runs_of(store)["running"]).play()
    assert stopped.value.step == "gather" and "'gather'" in stopped.value.message


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("name", with_every_kind())
def test_a_golden_run_goes_on_to_the_end_that_it_would_have_had(name: str, run: str, tmp_path: Path) -> None:
    store = tmp_path / "store.db"
    restored(name, store)
    whole = Rehearsal(every_kind, answers=ANSWERS, run=run).play()
    assert isinstance(whole, RunFinished) and whole.status == "succeeded"

    done = OutcomeDecided(decision="done", value=PLAIN)
    assert Rehearsal(every_kind, answers=ANSWERS, outcomes={"pay": done}, store=opening(store), run=run).play() == whole


@pytest.mark.parametrize("run", FILE_RUNS)
@pytest.mark.parametrize("name", with_every_key())
def test_a_golden_run_of_a_flow_file_goes_on_to_the_end_that_it_would_have_had(name: str, run: str, tmp_path: Path) -> None:
    store = tmp_path / "store.db"
    restored(name, store)
    whole = Rehearsal(every_key, answers=FILE_ANSWERS, run=run)
    assert whole.play() == RunFinished(status="succeeded", output=["Dear Ana", "instead of cats", "fallback"])

    golden = Rehearsal(every_key, answers=FILE_ANSWERS, store=opening(store), run=run)
    known = len(golden.results)
    assert known > 20 and golden.play() == whole.ending and golden.results == whole.results
    assert (len(golden.results) == known) == (run == "file-finished")


@pytest.mark.parametrize("name", with_a_batch())
def test_a_golden_batch_goes_on_once_its_last_case_is_answered(name: str, tmp_path: Path) -> None:
    desk = laid_out(name, tmp_path)
    status = desk.json("batch", "status")
    (waits,) = status["waits"]
    assert (status["state"], status["succeeded"], waits["key"]) == ("waiting", 2, "A-2")
    assert desk.playnex("run", "signal", waits["run"], "ask/answer", "--data", '{"approved": true}').returncode == 0
    assert desk.playnex("batch", "resume").returncode == 0
    assert [json.loads(line)["output"] for line in desk.playnex("batch", "export").stdout.splitlines()] == [1, 2, 3]


def test_the_newest_golden_store_has_facts_of_every_kind() -> None:
    text = (HERE / f"{FORMATS[-1]}.sql").read_text(encoding="utf-8")
    assert {kind for kind in KINDS if f"'{kind}'" not in text} == set()


def test_the_script_that_makes_them_can_be_read_by_python() -> None:
    assert callable(runpy.run_path(str(HERE.parents[1] / "scripts" / "golden.py"))["dumped"])
