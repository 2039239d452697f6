"""What the stream tells: all of what happens, whoever asks at the same moment, and after what broke it off."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from playnex.app.opening import App, opened
from playnex.app.run_lines import RunLines
from playnex.app.runs import Runs
from playnex.dashboard.stream import LOOK, Streams
from playnex.errors import StoreError
from playnex.journal.events import Event, StepFinished, StepStarted
from playnex.journal.journal import Draft
from playnex.journal.stores.sqlite_journal import SqliteJournal

FLOW = """\
playnex: 1
name: pair
steps:
  one: { tool: file.list, with: { folder: . } }
  two: { tool: file.list, with: { folder: . } }
  three: { tool: file.list, with: { folder: . } }
"""
pytestmark = pytest.mark.anyio
BOUND = 20.0
"""Seconds that anything here may take."""


class SlowReading:
    """A real journal of which the next answer can be held back, after it was read, until `let_go` is set; and whose position cannot be
    read as often as `broken` says."""

    def __init__(self, journal: SqliteJournal) -> None:
        self._journal = journal
        self.let_go = asyncio.Event()
        self.is_held = asyncio.Event()
        self._holds = False
        self.broken = 0

    def hold(self) -> None:
        self._holds = True

    async def events(self, run: str, after: int = 0) -> tuple[Event, ...]:
        found = await self._journal.events(run, after)
        if self._holds:
            self._holds = False
            self.is_held.set()
            await self.let_go.wait()
        return tuple(found)

    async def position(self) -> int:
        if self.broken:
            self.broken -= 1
            raise StoreError("the disk gave no answer")
        return await self._journal.position()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)


@asynccontextmanager
async def told(folder: Path) -> AsyncIterator[tuple[App, SlowReading, Streams]]:
    """A workspace whose stream looks and tells."""
    (folder / "flows").mkdir()
    (folder / "playnex.toml").write_text("")
    (folder / "flows/pair.yaml").write_text(FLOW)
    async with opened(str(folder)) as found:
        slow = SlowReading(found.journal)
        app = replace(found, journal=cast(SqliteJournal, slow))
        streams = Streams(app=app, lines=RunLines(app=app))
        telling = asyncio.create_task(streams.run())
        try:
            async with asyncio.timeout(BOUND):
                yield app, slow, streams
        finally:
            telling.cancel()
            await asyncio.wait([telling])


class Page:
    """Who listens, and the rows that it has come to."""

    def __init__(self, lines: AsyncIterator[bytes]) -> None:
        self._lines = lines
        self.rows: dict[str, Any] = {}

    async def next(self) -> Any:
        line = json.loads(await anext(self._lines))
        for row in line.get("patch", {}).get("steps", ()):
            self.rows[row["key"]] = row
        return line

    async def until(self, step: str, status: str) -> None:
        while self.rows.get(step, {}).get("status") != status:
            await self.next()


async def begun(app: App) -> str:
    run = await Runs(app=app).start("pair", {})
    await app.journal.claim(run, "a worker")
    return run


async def done(app: App, run: str, *steps: str) -> None:
    for step in steps:
        facts = (StepStarted(kind="tool", actor="file.list"), StepFinished(envelope={"status": "succeeded", "output": "x"}, kind="tool"))
        await app.journal.append(run, 1, [Draft(key=step, fact=fact) for fact in facts])


async def test_what_is_recorded_while_a_page_is_caught_up_is_told_to_it_too(tmp_path: Path) -> None:
    async with told(tmp_path) as (app, slow, streams):
        run = await begun(app)
        page = Page(await streams.listen())
        stream = (await page.next())["stream"]
        await streams.watch(stream, {run: 0}, set())
        slow.hold()
        again = asyncio.create_task(streams.watch(stream, {run: 0}, set()))  # as when another tab opens; what it reads is held back
        await slow.is_held.wait()
        await done(app, run, "one")  # the last that ever happens, and told before that reading is
        newest = await app.journal.position()
        while streams.seen < newest:  # noqa: ASYNC110 (a look gives no event to wait for)
            await asyncio.sleep(LOOK)
        slow.let_go.set()
        await again
        await page.until("one", "succeeded")


async def test_a_page_that_goes_takes_no_run_from_another_that_has_just_come(tmp_path: Path) -> None:
    async with told(tmp_path) as (app, slow, streams):
        run = await begun(app)
        leaving = await streams.listen()
        gone = json.loads(await anext(leaving))["stream"]
        await streams.watch(gone, {run: 0}, set())
        page = Page(await streams.listen())
        stream = (await page.next())["stream"]
        slow.hold()
        coming = asyncio.create_task(streams.watch(stream, {run: 0}, set()))
        await slow.is_held.wait()
        await cast(Any, leaving).aclose()
        slow.let_go.set()
        await coming
        await done(app, run, "one")
        await page.until("one", "succeeded")


async def test_what_breaks_the_stream_off_ends_its_listeners_and_who_comes_back_misses_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with told(tmp_path) as (app, slow, streams):
        run = await begun(app)
        page = Page(await streams.listen())
        await streams.watch((await page.next())["stream"], {run: 0}, set())
        slow.broken = 1
        with pytest.raises(StopAsyncIteration):
            while True:
                await page.next()
        await done(app, run, "one")
        back = Page(await streams.listen())
        await streams.watch((await back.next())["stream"], {run: 1}, set())
        await done(app, run, "two")
        await back.until("two", "succeeded")
        assert back.rows["one"]["status"] == "succeeded"
        assert "the disk gave no answer" in caplog.text
