"""The laws of capsules, whatever is done to them in whatever order, and wherever the process dies."""

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import apsw
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from playnex.app.opening import MIGRATIONS
from playnex.capsules.capsule import Author, CapsuleDraft
from playnex.capsules.stores.sqlite_capsules import SqliteCapsules
from playnex.clock import SystemClock
from playnex.errors import CapsuleConflict, NotFoundError
from playnex.journal.events import RunStarted, StepFinished
from playnex.journal.journal import Draft, NewRun
from playnex.journal.stores.sqlite_journal import SqliteJournal
from playnex.store.database import Database
from playnex.store.file import Opening

T = TypeVar("T")
NAMES = st.sampled_from(["a", "b/one", "b/two"])
WORDS = st.sampled_from(["ebb", "flood", "spring", "neap"])
AGENT = Author(kind="run", run="R", step="s", agent="writer")


class Died(Exception):
    """The process died in the middle of a transaction."""


@dataclass
class Known:
    """What a capsule must be: its versions' texts and labels, in order."""

    id: str
    texts: list[str] = field(default_factory=list)
    labels: tuple[str, ...] = ()
    pinned: bool = False


class Capsules(RuleBasedStateMachine):
    """A shelf, and what is known of it."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="playnex-laws-"))
        self.living: dict[str, Known] = {}
        self.gone: list[tuple[str, Known]] = []
        self.purged: list[tuple[str, list[str]]] = []
        self.lives = 0
        self.store = self.folder / "0" / "store.db"
        self.begin()

    def begin(self) -> None:
        self.database = Database(self.store, MIGRATIONS, Opening(synchronous="OFF"))  # nothing here loses its power
        self.capsules = SqliteCapsules(self.database, SystemClock())

    def teardown(self) -> None:
        self.database.close()
        shutil.rmtree(self.folder)

    def play(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run(work)

    def draft(self, name: str, text: str, expected: int | None, by_agent: bool) -> CapsuleDraft:
        if by_agent:
            return CapsuleDraft(name=name, body=text, expected=expected, author=AGENT, labels=("untrusted",))
        return CapsuleDraft(name=name, body=text, expected=expected)

    def note(self, draft: CapsuleDraft, capsule_id: str) -> None:
        """What is known after the draft was accepted."""
        known = self.living.setdefault(draft.name, Known(id=capsule_id))
        known.texts.append(draft.body)
        known.labels = ("untrusted",) if draft.author is AGENT or known.labels else ()

    @rule(name=NAMES, text=WORDS, behind=st.integers(0, 2), by_agent=st.booleans())
    def write(self, name: str, text: str, behind: int, by_agent: bool) -> None:
        newest = len(self.living[name].texts) if name in self.living else 0
        draft = self.draft(name, text, max(0, newest - behind), by_agent)
        if draft.expected != newest:
            with pytest.raises(CapsuleConflict):
                self.play(self.capsules.write(draft))
        else:
            written = self.play(self.capsules.write(draft))
            self.note(draft, written.id)
            assert written.labels == self.living[name].labels

    @rule(name=NAMES, text=WORDS, survives=st.booleans())
    def die_while_writing(self, name: str, text: str, survives: bool) -> None:
        """The process dies in the middle of a write, or right after it: the store is what lay on the disk at that moment."""
        draft, next_store = self.draft(name, text, None, True), self.folder / str(self.lives + 1) / "store.db"

        async def write() -> str:
            prepared = await self.capsules.prepare(draft)

            def work(connection: apsw.Connection) -> None:
                prepared.write(connection)
                if not survives:
                    self.copy(next_store)
                    raise Died

            try:
                await self.database.write(work)
            except Died:
                return ""
            self.copy(next_store)
            return prepared.ref.id

        if capsule_id := self.play(write()):
            self.note(draft, capsule_id)
        self.database.close()
        self.lives += 1
        self.store = next_store
        self.begin()

    def copy(self, target: Path) -> None:
        target.parent.mkdir(exist_ok=True)  # a write that raises is carried out twice
        for path in self.store.parent.glob("store.db*"):
            if not path.name.endswith("-shm"):  # memory that dies with its process
                shutil.copy(path, target.parent / path.name)

    @precondition(lambda self: self.living)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.living)))
        self.play(self.capsules.delete(name))
        self.gone.append((name, self.living.pop(name)))

    @precondition(lambda self: self.gone)
    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        name, known = data.draw(st.sampled_from(self.gone))
        if name in self.living:
            with pytest.raises(CapsuleConflict):
                self.play(self.capsules.restore(known.id))
        else:
            self.play(self.capsules.restore(known.id))
            self.gone.remove((name, known))
            self.living[name] = known

    @precondition(lambda self: self.gone)
    @rule(data=st.data())
    def purge(self, data: st.DataObject) -> None:
        name, known = data.draw(st.sampled_from(self.gone))
        self.play(self.capsules.purge(known.id))
        self.gone.remove((name, known))
        self.purged.append((known.id, known.texts))

    @precondition(lambda self: self.living)
    @rule(data=st.data())
    def pin(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.living)))
        known = self.living[name]
        self.play(self.capsules.unpin(name) if known.pinned else self.capsules.pin(name))
        known.pinned = not known.pinned

    @invariant()
    def all_is_as_it_is_known(self) -> None:
        heads = {head.name: head for head in self.play(self.capsules.list())}
        assert heads.keys() == self.living.keys()
        for name, known in self.living.items():
            history = self.play(self.capsules.history(name))
            bodies = [self.play(self.capsules.read(name, head.version)).body for head in reversed(history)]
            assert (bodies, heads[name].id, heads[name].labels) == (known.texts, known.id, known.labels)
        assert {head.name for head in self.play(self.capsules.pinned())} == {name for name, known in self.living.items() if known.pinned}

    @invariant()
    def a_search_finds_the_newest_texts_and_no_other(self) -> None:
        for word in ("ebb", "flood", "spring", "neap"):
            found = {capsule.name for capsule in self.play(self.capsules.search(word))}
            assert found == {name for name, known in self.living.items() if known.texts[-1] == word}

    @invariant()
    def what_is_gone_is_not_read(self) -> None:
        for capsule_id in (*(known.id for _, known in self.gone), *(capsule_id for capsule_id, _ in self.purged)):
            with pytest.raises(NotFoundError):
                self.play(self.capsules.read(capsule_id))
        assert {gone.ref.id for gone in self.play(self.capsules.deleted())} == {known.id for _, known in self.gone}


TestCapsules = Capsules.TestCase
TestCapsules.settings = settings(max_examples=6, stateful_step_count=15, deadline=None)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_laws_hold_through_many_lives() -> None:
    run_state_machine_as_test(Capsules, settings=settings(max_examples=60, stateful_step_count=40, deadline=None))


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_the_laws_hold_through_very_many_lives() -> None:
    run_state_machine_as_test(Capsules, settings=settings(max_examples=2_000, stateful_step_count=40, deadline=None))


@pytest.mark.parametrize("moment", ["before", "between", "after"])
def test_a_steps_result_and_the_capsule_that_it_saves_are_both_there_after_a_crash_or_neither(tmp_path: Path, moment: str) -> None:
    """The store is copied as it lies on the disk: before the transaction, between the event and the capsule, and after it."""
    store, copied = tmp_path / "store.db", tmp_path / "after" / "store.db"

    def copy(_connection: object = None) -> None:
        copied.parent.mkdir(exist_ok=True)
        for path in tmp_path.glob("store.db*"):
            if not path.name.endswith("-shm"):
                shutil.copy(path, copied.parent / path.name)

    async def crash() -> None:
        database = Database(store, MIGRATIONS)
        journal, capsules = SqliteJournal(database, SystemClock()), SqliteCapsules(database, SystemClock())
        run = await journal.create(NewRun(id="R", started=RunStarted(flow="f", inputs={}, definition={}, version="1")))
        epoch = (await journal.claim(run, "w")).epoch
        prepared = await capsules.prepare(CapsuleDraft(name="a", body="x", author=AGENT))
        if moment == "before":
            copy()
        result = Draft(key="s", fact=StepFinished(envelope={"status": "succeeded", "output": "x"}))
        await journal.append(run, epoch, [result], [copy, prepared.write] if moment == "between" else [prepared.write])
        if moment == "after":
            copy()
        database.close()

    async def left() -> tuple[int, int]:
        database = Database(copied, MIGRATIONS)
        journal, capsules = SqliteJournal(database, SystemClock()), SqliteCapsules(database, SystemClock())
        results = [event for event in await journal.events("R") if isinstance(event.fact, StepFinished)]
        found = len(results), len(await capsules.list())
        database.close()
        return found

    asyncio.run(crash())
    assert asyncio.run(left()) == ((1, 1) if moment == "after" else (0, 0))
