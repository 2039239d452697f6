"""Machines that write, edit and send each other what they have, in any order: they end alike or say each conflict, and nothing is lost."""

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from playnex.app.carrying import Imported, export, history_of, take_in
from playnex.capsules.capsule import Author, Capsule, CapsuleDraft
from playnex.capsules.stores.rows import MIGRATIONS
from playnex.capsules.stores.sqlite_capsules import SqliteCapsules
from playnex.clock import SystemClock
from playnex.errors import NotFoundError
from playnex.store.database import Database
from playnex.store.file import Opening

T = TypeVar("T")
NAMES = st.sampled_from(["a", "notes/b", "a-imported"])
ENOUGH = 8
"""Rounds of exchange after which machines that nobody writes on must be at rest."""


class Machines(RuleBasedStateMachine):
    """Some machines, each with capsules of its own."""

    count = 2

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="playnex-exchange-"))
        unsynced = Opening(synchronous="OFF")  # nothing here loses its power
        self.databases = [Database(self.folder / str(number) / "store.db", MIGRATIONS, unsynced) for number in range(self.count)]
        self.machines = [SqliteCapsules(database, SystemClock()) for database in self.databases]
        self.texts: list[set[str]] = [set() for _ in self.machines]
        self.written = self.parcels = 0

    def teardown(self) -> None:
        try:
            self.exchange_until_rest()
        finally:
            for database in self.databases:
                database.close()
            shutil.rmtree(self.folder)

    def play(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run(work)

    @rule(machine=st.integers(0, 7), name=NAMES)
    def write(self, machine: int, name: str) -> None:
        self.written += 1
        machine %= self.count
        text = f"text {self.written}"
        self.play(self.machines[machine].write(CapsuleDraft(name=name, body=text, author=Author(name=f"person {machine}"))))
        self.texts[machine].add(text)

    @rule(machine=st.integers(0, 7), name=NAMES)
    def forget(self, machine: int, name: str) -> None:
        """Delete and make anew, so that two capsules have had the name."""
        machine %= self.count
        try:
            gone = self.history(machine, name)
        except NotFoundError:
            return
        self.play(self.machines[machine].delete(name))
        for texts in self.texts:
            texts -= {version.body for version in gone}

    @rule(source=st.integers(0, 7), step=st.integers(1, 6), zipped=st.booleans())
    def send(self, source: int, step: int, zipped: bool) -> None:
        source, target = source % self.count, (source + step) % self.count
        if source != target:
            self.sent(source, target, zipped=zipped)

    def sent(self, source: int, target: int, *, zipped: bool = False) -> tuple[Imported, ...]:
        self.parcels += 1
        parcel = self.folder / f"parcel-{self.parcels}{'.zip' if zipped else ''}"
        self.play(export(self.machines[source], parcel, ()))
        told = self.play(take_in(self.machines[target], parcel))
        for one in told:
            assert one.verdict in ("deleted", "purged") or self.history(target, one.name)
        coming = self.all(source)
        self.texts[target] |= {text for text in self.texts[source] if text in coming and text in self.all(target)}
        lost = {one.name for one in told if one.verdict in ("deleted", "purged")}
        missing = coming - self.all(target)
        assert not missing or lost, f"{missing} came and is nowhere, and nobody was told"
        return told

    def exchange_until_rest(self) -> None:
        """Everybody sends everything to everybody until nothing new comes; then each text is everywhere that did not delete it."""
        pairs = [(one, other) for one in range(self.count) for other in range(self.count) if one != other]
        for _ in range(ENOUGH):
            told = [each for pair in pairs for each in self.sent(*pair)]
            if not any(each.versions for each in told):
                break
        else:
            raise AssertionError(f"they never come to rest: {[sorted(self.names(number)) for number in range(self.count)]}")

    def history(self, machine: int, name: str) -> tuple[Capsule, ...]:
        return self.play(history_of(self.machines[machine], name))

    def names(self, machine: int) -> set[str]:
        return {head.name for head in self.play(self.machines[machine].list())}

    def all(self, machine: int) -> set[str]:
        """All texts of all versions of its capsules."""
        return {version.body for name in self.names(machine) for version in self.history(machine, name)}

    @invariant()
    def nothing_is_lost(self) -> None:
        for machine, texts in enumerate(self.texts):
            assert texts <= self.all(machine)


class ThreeMachines(Machines):
    count = 3


TestMachines = Machines.TestCase
TestMachines.settings = settings(max_examples=10, stateful_step_count=12, deadline=None, database=None)


@pytest.mark.slow
def test_three_machines_exchange() -> None:
    run_state_machine_as_test(ThreeMachines, settings=settings(max_examples=8, stateful_step_count=15, deadline=None, database=None))


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("machines", [Machines, ThreeMachines])
def test_machines_exchange_at_length(machines: type[Machines]) -> None:
    run_state_machine_as_test(machines, settings=settings(max_examples=60, stateful_step_count=25, deadline=None, database=None))
