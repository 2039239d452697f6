"""Who has which process of a server: shared by all runs, one for each run, or a fresh one each time; and nobody waits for ever."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mcp_servers.stage import Stage, left, on_stage, rude
from playnex.errors import ToolFailed
from playnex.spec.server import ServerSpec, Share


def counted(folder: Path, share: Share, *, name: str = "rude", processes: int = 4, timeout: float = 20) -> ServerSpec:
    """A server that notes its starts."""
    spec = rude(f"starts={folder}/{name}", share=share, processes=processes, timeout=timeout)
    return replace(spec, name=name)


def starts(folder: Path, name: str = "rude") -> int:
    return len((folder / name).read_text().splitlines())


async def looked_at(stage: Stage, spec: ServerSpec) -> None:
    """Learn the server's tools, and forget that start."""
    await stage.call_in("look", spec, "echo", text="")
    stage.servers.give_back("look")
    (stage.folder / spec.name).write_text("")


async def waiting(stage: Stage, run: str, spec: ServerSpec) -> "asyncio.Task[Any]":
    """A call that stands in line."""
    call = asyncio.create_task(stage.call_in(run, spec, "echo", text=run))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not call.done()
    return call


def test_runs_that_go_on_at_the_same_time_share_one_process(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> Any:
        spec = counted(tmp_path, "all")
        await stage.call_in("a", spec, "echo", text="")
        said = await asyncio.gather(*(stage.call_in(run, spec, "echo", text=run) for run in "abcdefgh"))
        stage.servers.give_back("a")
        return said, await stage.call_in("b", spec, "count")

    said, count = on_stage(tmp_path, scenario)
    assert said == list("abcdefgh")
    assert (count["calls"], starts(tmp_path)) == (10, 1)


def test_a_crash_of_a_shared_server_fails_the_calls_in_it_and_the_next_call_starts_it_again(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> Any:
        spec, other = counted(tmp_path, "all"), counted(tmp_path, "all", name="polite")
        await stage.call_in("a", spec, "echo", text="")
        await stage.call_in("a", other, "echo", text="")
        calls = (stage.call_in("a", spec, "die"), stage.call_in("b", spec, "echo", text=""), stage.call_in("c", other, "echo", text="well"))
        ended = await asyncio.gather(*calls, return_exceptions=True)
        return ended, await asyncio.gather(*(stage.call_in(run, spec, "echo", text="again") for run in "abc"))

    (*failed, said), again = on_stage(tmp_path, scenario)
    assert [str(each) for each in failed] == ["the MCP server 'rude' ended in the middle of it (exit code 7)"] * 2
    assert said == "well"
    assert (again, starts(tmp_path)) == (["again"] * 3, 2)


def test_a_run_has_a_process_for_itself_and_the_next_run_takes_it_over_warm(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> Any:
        spec = counted(tmp_path, "run")
        await looked_at(stage, spec)
        await asyncio.gather(*(stage.call_in(run, spec, "echo", text="") for run in "abab"))
        at_once = starts(tmp_path)
        stage.servers.give_back("a")
        return at_once, await stage.call_in("c", spec, "count"), await stage.call_in("b", spec, "count")

    at_once, of_third, of_second = on_stage(tmp_path, scenario)
    assert at_once == 1, "the one that was looked at was warm for the first run, and the second one got its own"
    assert {of_third["calls"], of_second["calls"]} == {3, 4}, "each had the calls of its own run, and one that of the look"
    assert starts(tmp_path) == 1


def test_a_run_finds_nothing_of_another_run_in_a_server_that_is_never_shared(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> Any:
        spec = counted(tmp_path, "never")
        first = [await stage.call_in("a", spec, "count"), await stage.call_in("a", spec, "count")]
        stage.servers.give_back("a")
        gone = left(f"starts={tmp_path}/rude")
        return first, gone, await stage.call_in("b", spec, "count")

    first, gone, second = on_stage(tmp_path, scenario)
    assert [each["calls"] for each in first] == [1, 2]
    assert gone == [], "it ended with its run"
    assert second["calls"] == 1
    assert starts(tmp_path) == 3, "and one for the look"


@pytest.mark.parametrize("share", ["run", "never"])
def test_runs_above_the_processes_wait_their_turn(tmp_path: Path, share: Share) -> None:
    async def scenario(stage: Stage) -> Any:
        spec = counted(tmp_path, share, processes=2)
        await looked_at(stage, spec)
        await asyncio.gather(*(stage.call_in(run, spec, "echo", text="") for run in "ab"))
        third, fourth = await waiting(stage, "c", spec), await waiting(stage, "d", spec)
        stage.servers.give_back("b")
        said = await third
        assert not fourth.done() and len(left(f"starts={tmp_path}/rude", within=0)) <= 4, "each with its guard"
        stage.servers.give_back("a")
        return said, await fourth

    assert on_stage(tmp_path, scenario) == ("c", "d")


def test_a_run_that_waits_too_long_fails_by_name_and_leaves_the_line(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> Any:
        spec = counted(tmp_path, "run", processes=1)
        await stage.call_in("a", spec, "echo", text="")
        with pytest.raises(ToolFailed) as caught:
            await stage.call_in("b", replace(spec, timeout=0.1), "echo", text="")
        behind = await waiting(stage, "c", spec)
        stage.servers.give_back("a")
        return caught.value, await behind

    fault, said = on_stage(tmp_path, scenario)
    assert fault.message == "other runs had the one process of the MCP server 'rude' for 0.1 seconds"
    assert "`processes`" in fault.hint and ".mcp.json:3" in fault.hint
    assert said == "c", "the run that had given up did not hold the place"


def test_two_runs_each_with_the_server_that_the_other_wants_do_not_wait_for_ever(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> Any:
        one, two = (counted(tmp_path, "run", name=name, processes=1, timeout=5) for name in ("one", "two"))
        await stage.call_in("a", one, "echo", text="")
        await stage.call_in("b", two, "echo", text="")
        hasty = asyncio.create_task(stage.call_in("a", replace(two, timeout=0.1), "echo", text=""))
        patient = await waiting(stage, "b", one)
        await asyncio.wait((hasty,))
        stage.servers.give_back("a")
        return hasty.exception(), await patient

    failed, said = on_stage(tmp_path, scenario)
    assert isinstance(failed, ToolFailed) and said == "b"


def test_a_run_that_ends_while_it_stands_in_line_holds_up_nobody(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> Any:
        spec = counted(tmp_path, "never", processes=1)
        await looked_at(stage, spec)
        await stage.call_in("a", spec, "echo", text="")
        second, third = await waiting(stage, "b", spec), await waiting(stage, "c", spec)
        second.cancel()
        await asyncio.wait((second,))
        stage.servers.give_back("b")
        stage.servers.give_back("a")
        return await third

    assert on_stage(tmp_path, scenario) == "c"


def test_a_run_whose_own_server_died_gets_another_in_its_place(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> Any:
        spec = counted(tmp_path, "run", processes=1)
        await looked_at(stage, spec)
        with pytest.raises(ToolFailed, match="exit code 7"):
            await stage.call_in("a", spec, "die")
        again = await stage.call_in("a", spec, "echo", text="again")
        with pytest.raises(ToolFailed, match="exit code 7"):
            await stage.call_in("a", spec, "die")
        stage.servers.give_back("a")
        return again, await stage.call_in("b", spec, "count")

    again, count = on_stage(tmp_path, scenario)
    assert (again, count["calls"]) == ("again", 1)
