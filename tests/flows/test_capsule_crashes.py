"""A step's result and what it writes into capsules are one: in every state of the disk that a crash could leave, both are there or neither.

The store is copied as it lies on the disk before, within and after each transaction of a run whose agents write capsules in both ways, by
`save` and by tool, with files and with recall.
"""

import asyncio
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import apsw
import pytest

from playnex.app.opening import MIGRATIONS, App, opened
from playnex.app.runs import Runs
from playnex.app.templates import lay_out
from playnex.capsules.stores.sqlite_capsules import SqliteCapsules
from playnex.clock import SystemClock
from playnex.journal.events import StepFinished
from playnex.journal.journal import Draft
from playnex.journal.stores.sqlite_journal import SqliteJournal
from playnex.spec.context import Write
from playnex.store.database import Database
from playnex.testing.model_replies import Asked, Reply, answer, calls
from playnex.testing.model_server import serving
from playnex.testing.passing_journal import PassingJournal

FLOW = """\
playnex: 1
name: keeps
steps:
  draft: { agent: keeper, prompt: "Write it down.", save: notes/draft }
  again: { agent: keeper, prompt: "Write it down again.", save: notes/draft }
  mine: { save: notes/mine, content: "${{ steps.again.output }}" }
"""
KEEPER = """\
---
name: keeper
tools: [capsule.read, capsule.write, memory.recall]
memory: { read: ["notes/*"], write: ["notes/*"], recall: true, history: true, pinned: true }
---
You keep notes.
"""
WRITTEN = {"notes/draft": 2, "notes/log": 2, "notes/mine": 1}


def script(asked: Asked) -> Reply:
    """Writes a log by tool, reading it first where it is there, and answers."""
    results = [str(message["content"]) for message in asked.body["messages"] if message["role"] == "tool"]
    if not results:
        return calls(("capsule__read", {"name": "notes/log"}))
    if len(results) == 1:
        expected = {"expected": 1} if '"version":1' in results[0].replace(" ", "") else {}
        return calls(("capsule__write", {"name": "notes/log", "body": f"log {asked.prompt.count('again')}", **expected}))
    return answer("It is written down.")


@dataclass(slots=True, eq=False)
class Watched(PassingJournal):
    """Copies the store around each append into a folder of its own; where `apart`, it commits what is to be written before the facts."""

    app: App
    states: Path
    apart: bool = False
    count: int = field(default=0)

    async def append(self, run: str, epoch: int, drafts: Sequence[Draft], writes: Sequence[Write] = ()) -> None:
        self.count += 1
        self.copy("1-before")
        if self.apart and writes:
            await self.app.database.write(lambda connection: [write(connection) for write in writes])
            writes = ()
            self.copy("2-apart")
        await self.journal.append(run, epoch, drafts, [self.within("3-facts"), *writes, self.within("4-all")] if writes else ())
        self.copy("5-after")

    def within(self, moment: str) -> Write:
        return lambda _connection: self.copy(moment)

    def copy(self, moment: str) -> None:
        state = self.states / f"{self.count:03}-{moment}"
        state.mkdir(parents=True, exist_ok=True)
        for path in (self.app.workspace.own).glob("store.db*"):
            if not path.name.endswith("-shm"):  # memory that dies with its process
                shutil.copy(path, state / path.name)


async def carried(folder: Path, states: Path, *, apart: bool = False) -> str:
    async with opened(str(folder)) as app:
        run = await Runs(app=app).start("keeps", {})
        watched = Watched(journal=app.journal, app=app, states=states, apart=apart)
        await Runs(app=replace(app, engine=replace(app.engine, journal=watched))).carry(run)
        assert (await app.journal.summary(run)).state == "succeeded"
    return run


async def resumed(folder: Path) -> dict[str, int]:
    """The run goes on; the newest versions of all capsules then, and what their files say."""
    async with opened(str(folder)) as app:
        (run,) = await app.journal.runs(limit=2)
        if run.state != "succeeded":
            await Runs(app=app).carry(run.id)
        heads = await app.capsules.list()
        for head in heads:
            assert (folder / f"capsules/{head.name}.md").read_text().endswith((await app.capsules.read(head.name)).body)
        return {head.name: head.version for head in heads}


async def disagreements(state: Path, run: str) -> list[str]:
    """Where a recorded result names a version that is not there, or a version has no recorded result."""
    database = Database(state / "store.db", MIGRATIONS)
    try:
        journal, capsules = SqliteJournal(database, SystemClock()), SqliteCapsules(database, SystemClock())
        recorded = set()
        for event in await journal.events(run):
            if isinstance(event.fact, StepFinished):
                envelope, output = event.fact.envelope, event.fact.envelope.get("output")
                recorded |= {(ref["name"], ref["version"]) for ref in [envelope.get("capsule")] if ref}
                if event.fact.kind == "tool" and isinstance(output, dict) and output.keys() == {"name", "version"}:
                    recorded.add((output["name"], output["version"]))
        there = {(head.name, one.version) for head in await capsules.list() for one in await capsules.history(head.name)}
        return [f"{name} {version}" for name, version in recorded ^ there]
    finally:
        database.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pytest.importorskip("numpy", reason="numpy is not installed: pip install 'playnex[recall]'")
    lay_out("minimal", home := tmp_path / "home")
    (home / "flows/keeps.yaml").write_text(FLOW)
    (home / "agents/keeper.md").write_text(KEEPER)
    return home


@pytest.mark.slow
@pytest.mark.parametrize("apart", [False, True])
def test_in_every_state_that_a_crash_could_leave_a_result_and_its_capsule_are_both_there_or_neither(folder: Path, apart: bool) -> None:
    states = folder.parent / "states"
    with serving(script) as server:
        model = f'[models.main]\nbase_url = "{server.url}"\nname = "scripted"\ncontext = 32768\n'
        (folder / "playnex.toml").write_text(model + '[recall]\nembedder = "main"\n')
        shutil.copytree(folder, folder.parent / "fresh")
        run = asyncio.run(carried(folder, states, apart=apart))
        wrong = {state.name: found for state in sorted(states.iterdir()) if (found := asyncio.run(disagreements(state, run)))}
        assert len(list(states.iterdir())) > 40
        if apart:
            assert wrong, "the known-bad arm: committed one after the other, a crash between them parts them"
            return
        assert wrong == {}
        for state in sorted(states.iterdir())[3::9]:
            life = shutil.copytree(folder.parent / "fresh", folder.parent / f"life-{state.name}")
            (life / ".playnex").mkdir(exist_ok=True)
            for path in state.iterdir():
                shutil.copy(path, life / ".playnex")
            assert asyncio.run(resumed(life)) == WRITTEN, state.name


def test_no_snapshot_of_the_store_is_held_while_a_model_thinks(folder: Path) -> None:
    held: list[int] = []
    readers: list[apsw.Connection] = []

    def looking(asked: Asked) -> Reply:
        held.extend(reader.txn_state() for reader in readers)
        return script(asked)

    async def run() -> None:
        async with opened(str(folder)) as app:
            readers.append(app.database.read)
            await Runs(app=app).carry(await Runs(app=app).start("keeps", {}))

    with serving(looking) as server:
        (folder / "playnex.toml").write_text(f'[models.main]\nbase_url = "{server.url}"\nname = "scripted"\ncontext = 32768\n')
        asyncio.run(run())
    assert len(held) == 6 and set(held) == {apsw.SQLITE_TXN_NONE}
