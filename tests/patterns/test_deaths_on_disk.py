"""Agents side by side over a real store, where their records interleave: a run that dies anywhere comes to the same end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from patterns.stage import Table, survives, told, typed
from playnex.clock import Clock
from playnex.journal.journal import Journal
from playnex.journal.stores.journal_rows import MIGRATIONS
from playnex.journal.stores.sqlite_journal import SqliteJournal
from playnex.models.model import ModelAnswer, ModelRequest, ToolCall
from playnex.patterns import Handoff, Planner, Supervisor
from playnex.store.database import Database
from playnex.testing.scripted_model import ModelScript, says, wishes


def on_disk(table: Table, path: Path) -> Table:
    """The same table with a store in a file."""

    @asynccontextmanager
    async def opened(clock: Clock) -> AsyncIterator[Journal]:
        database = Database(path, MIGRATIONS)
        try:
            yield SqliteJournal(database, clock)
        finally:
            database.close()

    table.rehearsal.store = opened
    return table


@pytest.mark.slow
def test_a_supervisor_of_a_supervisor_dies_anywhere(tmp_path: Path) -> None:
    inner = Supervisor(supervisor="boss", workers=("finder", "checker"))
    outer = Supervisor(supervisor="lead", workers={"team": inner, "writer": "writer"})

    def leads(*workers: str, answer: str) -> ModelScript:
        def script(request: ModelRequest) -> ModelAnswer:
            if "result of delegate" in told(request):
                return says(answer)
            return wishes(*(ToolCall(id=each, name="delegate", arguments={"worker": each, "task": each}) for each in workers))

        return script

    numbers = iter(range(10_000))

    def make() -> Table:
        scripts: dict[str, ModelScript] = {
            "lead": leads("team", "writer", answer="done"),
            "boss": leads("finder", "checker", answer="found and checked"),
            **{name: (lambda _: says("ok")) for name in ("finder", "checker", "writer")},
        }
        return on_disk(Table(outer, scripts), tmp_path / f"{next(numbers)}.db")

    assert survives(make) > 40


@pytest.mark.slow
def test_a_plan_of_many_needs_dies_anywhere(tmp_path: Path) -> None:
    needs = {"a": (), "b": (), "c": ("a",), "d": ("a", "b"), "e": ("c", "d"), "f": ()}
    steps = [{"id": name, "task": f"Do {name}.", "agent": "finder", "needs": list(needed)} for name, needed in needs.items()]
    numbers = iter(range(10_000))

    def make() -> Table:
        def head(request: ModelRequest) -> ModelAnswer:
            return typed({"steps": steps}) if "Make a plan" in told(request) else says("done")

        table = Table(Planner(planner="head", executors=("finder",)), {"head": head, "finder": lambda _: says("ok")})
        return on_disk(table, tmp_path / f"{next(numbers)}.db")

    assert survives(make) > 40


@pytest.mark.slow
def test_handoffs_die_anywhere(tmp_path: Path) -> None:
    numbers = iter(range(10_000))

    def make() -> Table:
        packet = {"to": "expert", "why": "x", "task": "y", "findings": "z", "next_step": "q"}
        clerk = [wishes(ToolCall(id="c", name="handoff", arguments=packet))]
        table = Table(Handoff(agents=("clerk", "expert")), {"clerk": clerk, "expert": lambda _: says("done")})
        return on_disk(table, tmp_path / f"{next(numbers)}.db")

    assert survives(make) > 10
