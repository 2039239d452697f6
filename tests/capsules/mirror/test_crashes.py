"""People, agents and crashes in any order: nothing that was saved or accepted is lost, and nothing of ours is taken for a person's."""

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import apsw
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from capsules.mirror.stage import MIGRATIONS, Desk
from playnex.capsules.mirror.names import is_conflict
from playnex.capsules.mirror.text import Text, rendered
from playnex.capsules.stores.rows import fetch, unpacked
from playnex.errors import CapsuleConflict, NotFoundError
from playnex.store.database import Database
from playnex.testing import Crash

T = TypeVar("T")
NAMES = st.sampled_from(["a", "b", "d/a"])


class MortalDatabase(Database):
    """Dies right before or right after a transaction, when it is told to: the process is gone, and the disk is as it is."""

    dies_in: int = -1

    async def write(self, work: Callable[[apsw.Connection], T]) -> T:
        self.dies_in -= 1
        if self.dies_in == 0:
            raise Crash("before a transaction")
        done = await super().write(work)
        self.dies_in -= 1
        if self.dies_in == 0:
            raise Crash("after a transaction")
        return done


class Files(RuleBasedStateMachine):
    """One workspace, edited by a person and by agents, whose mirror looks now and then, and dies now and then."""

    @initialize()
    def begin(self) -> None:
        self.temporary = tempfile.TemporaryDirectory()
        self.database = MortalDatabase(Path(self.temporary.name) / "store.db", MIGRATIONS)
        self.desk = Desk(Path(self.temporary.name), database=self.database)
        self.count = 0
        self.saved: set[str] = set()
        self.accepted: set[str] = set()
        self.moved: set[str] = set()
        self.overwritten: set[str] = set()
        self.removed: set[str] = set()

    def teardown(self) -> None:
        if hasattr(self, "desk"):
            self.settle()
            self.database.close()
            self.temporary.cleanup()

    def fresh(self, who: str) -> str:
        self.count += 1
        return f"{who}'s text {self.count}\n"

    def unseen(self, name: str) -> None:
        """The person themself does away with what is in the file, whether anybody has seen it or not."""
        file = self.desk.files / f"{name}.md"
        if file.exists():
            self.overwritten.add(file.read_text())

    @rule(name=NAMES, by_rename=st.booleans())
    def a_person_saves(self, name: str, by_rename: bool) -> None:
        self.unseen(name)
        text = self.fresh("ada")
        self.saved.add(text)
        if by_rename:
            self.desk.save(f"{name}.tmp", text).replace(self.desk.files / f"{name}.md")
        else:
            self.desk.save(f"{name}.md", text)

    @rule(name=NAMES)
    def a_person_deletes_a_file(self, name: str) -> None:
        self.unseen(name)
        (self.desk.files / f"{name}.md").unlink(missing_ok=True)
        self.removed.add(name)

    @rule(name=NAMES, other=NAMES)
    def a_person_renames_a_file(self, name: str, other: str) -> None:
        file = self.desk.files / f"{name}.md"
        if file.exists() and name != other:
            self.unseen(other)
            (self.desk.files / f"{other}.md").parent.mkdir(exist_ok=True)
            self.moved.add(file.read_text())
            file.replace(self.desk.files / f"{other}.md")
            self.removed.add(name)

    @rule(name=NAMES, stale=st.booleans(), looks=st.booleans())
    def an_agent_writes(self, name: str, stale: bool, looks: bool) -> None:
        if looks:
            self.desk.look(name)
        try:
            version = self.desk.read(name).version
        except NotFoundError:
            version = 0
        text = self.fresh("agent")
        try:
            self.desk.write(name, text, expected=max(0, version - stale))
        except CapsuleConflict:
            return
        self.accepted.add(text)

    @rule(name=NAMES)
    def an_agent_deletes(self, name: str) -> None:
        try:
            self.desk.do(self.desk.capsules.delete(name))
        except NotFoundError:
            return
        self.removed.add(name)

    @rule(name=NAMES)
    def somebody_restores(self, name: str) -> None:
        try:
            self.desk.do(self.desk.capsules.restore(name))
        except (NotFoundError, CapsuleConflict):
            return

    @rule(name=NAMES)
    def somebody_looks(self, name: str) -> None:
        self.desk.look(name)

    @rule(name=NAMES)
    def two_processes_look_at_once(self, name: str) -> None:
        async def both(other: Desk) -> None:
            await asyncio.gather(self.desk.mirror.look(name), other.mirror.scan(), self.desk.mirror.scan(), other.mirror.look(name))

        with Desk(Path(self.temporary.name)) as other:
            self.desk.do(both(other))

    @rule()
    def everything_is_looked_at(self) -> None:
        self.desk.scan()

    @rule(after=st.integers(1, 9), name=st.none() | NAMES)
    def the_process_dies_while_it_looks(self, after: int, name: str | None) -> None:
        self.database.dies_in = after
        try:
            if name is None:
                self.desk.scan()
            else:
                self.desk.look(name)
        except Crash:
            self.database.close()
            self.database = MortalDatabase(self.database.path, MIGRATIONS)
            self.desk = Desk(Path(self.temporary.name), database=self.database)
        finally:
            self.database.dies_in = -1

    def settle(self) -> None:
        """After a few looks all agree: each capsule has its file, each file its capsule."""
        for _ in range(3):
            self.desk.scan()
        for name in self.desk.names():
            newest = self.desk.read(name)
            assert self.desk.text(f"{name}.md").encode() == rendered(Text(body=newest.body, header=newest.header))
        files = {path.removesuffix(".md") for path in self.desk.paths() if not is_conflict(path.removesuffix(".md"))}
        assert files == set(self.desk.names())

    @invariant()
    def what_is_in_the_history_was_written_by_whom_it_says(self) -> None:
        if hasattr(self, "desk"):
            for text in self.written("person"):
                assert text in self.saved | self.moved, f"{text!r} was taken for a person's"

    @invariant()
    def nothing_is_lost(self) -> None:
        if not hasattr(self, "desk"):
            return
        kept = {text for kind in ("person", "run") for text in self.written(kind)}
        kept |= {path.read_text() for path in self.desk.files.rglob("*.md")} if self.desk.files.exists() else set()
        kept |= {path.read_text() for path in self.desk.aside.rglob("text")} if self.desk.aside.exists() else set()
        assert self.accepted <= kept
        assert self.saved - self.overwritten <= kept

    @invariant()
    def nothing_is_deleted_by_itself(self) -> None:
        if hasattr(self, "desk"):
            deleted = {each.ref.name for each in self.desk.do(self.desk.capsules.deleted())}
            assert deleted <= self.removed

    def written(self, kind: str) -> list[str]:
        found = fetch(self.database.read, "SELECT packed, body FROM versions WHERE author_kind = ?", kind)
        return [unpacked(packed, body) for packed, body in found]


ALIKE: dict[str, Any] = {"suppress_health_check": list(HealthCheck), "database": None}

TestFiles = Files.TestCase
TestFiles.settings = settings(max_examples=15, stateful_step_count=15, **ALIKE)


class BlindFiles(Files):
    """The same with agents who bring what they write into the file without a look at what is there."""

    @rule(name=NAMES, stale=st.booleans(), looks=st.booleans())
    def an_agent_writes(self, name: str, stale: bool, looks: bool) -> None:
        super().an_agent_writes(name, stale, looks)
        if name in self.desk.names():
            self.desk.save(f"{name}.md", self.desk.read(name).body)


def test_a_mirror_that_writes_blindly_loses_what_was_saved() -> None:
    blindly = settings(max_examples=200, stateful_step_count=15, derandomize=True, phases=[Phase.generate], **ALIKE)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(BlindFiles, settings=blindly)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("examples", [pytest.param(30, marks=pytest.mark.slow), pytest.param(300, marks=pytest.mark.soak)])
def test_files_agents_and_crashes_at_length(examples: int) -> None:
    run_state_machine_as_test(Files, settings=settings(max_examples=examples, stateful_step_count=40, **ALIKE))
