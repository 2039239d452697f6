"""Leases on this machine: one holder at a time, and a question is no holder."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import pytest

from playnex.errors import RunBusy
from playnex.journal.file_locks import FileLocks
from playnex.journal.lease import TRIES, FileLeases, Locks
from playnex.journal.range_locks import ARE_HERE, RangeLocks

RUN = "01KAQ7000000000000000000ZZ"
ROUNDS = 300
KINDS: tuple[Callable[[Path], Locks], ...] = (FileLocks, *((RangeLocks,) if ARE_HERE else ()))


@pytest.fixture(params=KINDS)
def locks(request: pytest.FixtureRequest) -> Callable[[Path], Locks]:
    """Both kinds of locks, where this system has both."""
    kind: Callable[[Path], Locks] = request.param
    return kind


def test_that_any_run_is_held_can_be_asked_and_what_the_dead_left_is_no_holder(tmp_path: Path, locks: Callable[[Path], Locks]) -> None:
    (tmp_path / "DEAD.lock").write_text("4711")
    leases = FileLeases(tmp_path, locks=locks)
    assert not leases.any_is_held() and [path.stem for path in leases.left_behind()] == ["DEAD"]

    async def play() -> None:
        async with leases.hold(RUN):
            assert FileLeases(tmp_path, locks=locks).any_is_held()

    asyncio.run(play())
    assert not leases.any_is_held()


def test_a_run_that_is_let_go_within_the_short_wait_can_be_held(tmp_path: Path, locks: Callable[[Path], Locks]) -> None:
    async def play() -> None:
        async with AsyncExitStack() as first:
            await first.enter_async_context(FileLeases(tmp_path, locks=locks).hold(RUN))
            leases = FileLeases(tmp_path, locks=locks, pause=lambda _: first.aclose())
            async with leases.hold(RUN):
                assert leases.is_held(RUN)

    asyncio.run(play())


def test_a_run_that_stays_held_is_refused_after_a_bounded_wait(tmp_path: Path, locks: Callable[[Path], Locks]) -> None:
    waits: list[float] = []

    async def pause(seconds: float) -> None:
        waits.append(seconds)

    async def play() -> None:
        async with FileLeases(tmp_path, locks=locks).hold(RUN):
            with pytest.raises(RunBusy, match="by process"):
                await FileLeases(tmp_path, locks=locks, pause=pause).hold(RUN).__aenter__()
            assert FileLeases(tmp_path, locks=locks).is_held(RUN), "its holder is undisturbed"

    asyncio.run(play())
    assert len(waits) == TRIES
    assert sum(waits) <= 0.2


def test_a_question_never_makes_a_hold_fail_nor_fails_itself(tmp_path: Path, locks: Callable[[Path], Locks]) -> None:
    leases = FileLeases(tmp_path, locks=locks)

    async def play() -> None:
        for _ in range(ROUNDS):
            async with leases.hold(RUN):
                assert leases.is_held(RUN)

    with asked_all_the_time(leases) as answers:
        asyncio.run(play())
    assert len(answers) > 0
    assert not leases.is_held(RUN)


def test_those_who_ask_do_not_take_each_other_for_a_holder(tmp_path: Path, locks: Callable[[Path], Locks]) -> None:
    (tmp_path / f"{RUN}.lock").write_text("4711")  # what a killed holder leaves behind
    leases = FileLeases(tmp_path, locks=locks)
    with asked_all_the_time(leases) as answers:
        mine = [leases.is_held(RUN) for _ in range(20 * ROUNDS)]
    assert set(answers) | set(mine) == {False}


@contextmanager
def asked_all_the_time(leases: FileLeases) -> Iterator[list[bool]]:
    """Two threads ask whether the run is held for the length of the block; their answers, and what they raise is raised here."""
    over = threading.Event()
    answers: list[bool] = []

    def ask() -> None:
        answers.append(leases.is_held(RUN))
        while not over.is_set():
            answers.append(leases.is_held(RUN))

    with ThreadPoolExecutor(2) as askers:
        asking = [askers.submit(ask) for _ in range(2)]
        try:
            yield answers
        finally:
            over.set()
        for one in asking:
            one.result(10)


HOLDER = """
import asyncio, sys
from pathlib import Path
from playnex.journal.lease import FileLeases

async def hold():
    async with FileLeases(Path(sys.argv[1])).hold(sys.argv[2]):
        print("held", flush=True)
        await asyncio.Event().wait()

asyncio.run(hold())
"""


def test_a_killed_process_lets_go_at_once_and_is_named_while_it_lives(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path), RUN], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None and holder.stdout.readline() == "held\n"
    leases = FileLeases(tmp_path)

    async def hold(run: str) -> None:
        async with leases.hold(run):
            pass

    with pytest.raises(RunBusy, match=f"by process {holder.pid}"):
        asyncio.run(hold(RUN))
    assert leases.is_held(RUN) and not leases.is_held("ANOTHER")
    asyncio.run(hold("ANOTHER"))
    holder.kill()
    holder.communicate()
    assert not leases.is_held(RUN)
    asyncio.run(hold(RUN))
