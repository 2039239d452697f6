"""What was deleted a month ago is purged by whoever carries runs on, and looked for once a day."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

from playnex.app.opening import App, opened
from playnex.app.templates import lay_out
from playnex.app.working import DAY, purge_daily, working
from playnex.capsules.capsule import KEPT, CapsuleDraft
from playnex.capsules.stores.sqlite_capsules import SqliteCapsules
from playnex.testing.clock import FakeClock

MONTH = KEPT + 1


def play(folder: Path, scenario: Callable[[App, FakeClock], Coroutine[Any, Any, None]]) -> None:
    """Play it in a workspace whose time stands still."""

    async def in_workspace() -> None:
        clock = FakeClock()
        async with opened(str(folder)) as app:
            await scenario(replace(app, clock=clock, capsules=SqliteCapsules(app.database, clock)), clock)

    lay_out("minimal", folder)
    asyncio.run(in_workspace())


async def deleted_one(app: App, name: str) -> str:
    written = await app.capsules.write(CapsuleDraft(name=name, body="a secret"))
    await app.capsules.delete(name)
    return written.id


def test_whoever_carries_runs_on_purges_what_was_deleted_a_month_ago(tmp_path: Path) -> None:
    async def scenario(app: App, clock: FakeClock) -> None:
        old = [await deleted_one(app, f"old-{number}") for number in range(3)]
        clock.advance(MONTH)
        young = await deleted_one(app, "young")
        async with working(app):
            assert [await app.capsules.standing(each) for each in (*old, young)] == ["purged"] * 3 + ["deleted"]

    play(tmp_path, scenario)
    assert b"a secret" in (tmp_path / ".playnex/store.db").read_bytes(), "the young one is still there"


def test_what_is_due_is_looked_for_once_a_day(tmp_path: Path) -> None:
    async def scenario(app: App, clock: FakeClock) -> None:
        await purge_daily(app)
        first = await deleted_one(app, "first")
        clock.advance(MONTH)
        await purge_daily(app)
        assert await app.capsules.standing(first) == "purged"
        second = await deleted_one(app, "second")
        clock.advance(KEPT - DAY / 2)
        await purge_daily(app)
        clock.advance(DAY / 2 + 1)
        await purge_daily(app)
        assert await app.capsules.standing(second) == "deleted", "somebody looked half a day ago"
        clock.advance(DAY / 2)
        await purge_daily(app)
        assert await app.capsules.standing(second) == "purged"

    play(tmp_path, scenario)


def test_a_worker_that_goes_on_for_long_purges_while_it_does(tmp_path: Path) -> None:
    async def scenario(app: App, clock: FakeClock) -> None:
        old = await deleted_one(app, "old")
        async with working(app), asyncio.timeout(60):
            while await app.capsules.standing(old) != "purged":  # noqa: ASYNC110 (each round of its loop is a day of this clock)
                await asyncio.sleep(0)
        assert clock.time > MONTH

    play(tmp_path, scenario)
