"""Servers as they are: rude, slow, dying, chatty. Each spoils its own call, by name and in time, and no other."""

import asyncio
import os
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from flows.stage import wait_for
from mcp_servers.stage import KINDS, PLACE, Kind, Stage, left, on_stage, require_sandbox, rude, trust_in
from playnex.clock import SystemClock
from playnex.errors import ToolFailed, ToolRefused
from playnex.spec.server import ServerSpec, Trust
from playnex.tools.mcp.fetched import installed_by
from playnex.tools.mcp.servers import Servers


@pytest.fixture(params=[*KINDS, "full"])
def kind(request: pytest.FixtureRequest) -> Kind:
    require_sandbox(request.param)
    return cast(Kind, request.param)


@pytest.fixture(params=KINDS)
def closed(request: pytest.FixtureRequest) -> Kind:
    require_sandbox(request.param)
    return cast(Kind, request.param)


async def failure(stage: Stage, *manners: str, tool: str = "echo", trust: Trust = "full", **arguments: object) -> str:
    with pytest.raises(ToolFailed) as caught:
        await stage.call(rude(*manners, trust=trust, timeout=1), tool, **arguments)
    return caught.value.message


def test_a_server_is_started_once_and_answers_warm(tmp_path: Path, kind: Kind) -> None:
    async def scenario(stage: Stage) -> Any:
        spec = rude(trust=trust_in(kind))
        return [await stage.call(spec, "echo", text="né"), await stage.call(spec, "echo", text="b"), await stage.call(spec, "count")]

    assert on_stage(tmp_path, scenario, kind) == ["né", "b", {"calls": 3, "renamed": 0}]


def test_calls_of_one_server_run_at_the_same_time_as_those_of_a_hanging_one(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> Any:
        other = rude("other")
        hanging = asyncio.create_task(failure(stage, "first", tool="hang"))
        named = type(other)(**{name: getattr(other, name) for name in other.__slots__} | {"name": "polite"})
        return await stage.call(named, "echo", text="still here"), await hanging

    said, failed = on_stage(tmp_path, scenario)
    assert said == "still here"
    assert failed == "the MCP server 'rude' did not answer 'hang' within 1 seconds"


def test_a_server_that_dies_in_a_call_is_named_with_its_end_and_started_again(tmp_path: Path, kind: Kind) -> None:
    async def scenario(stage: Stage) -> Any:
        failed = await failure(stage, tool="die", trust=trust_in(kind))
        return failed, await stage.call(rude(trust=trust_in(kind), timeout=5), "echo", text="again")

    failed, said = on_stage(tmp_path, scenario, kind)
    assert (failed, said) == ("the MCP server 'rude' ended in the middle of it (exit code 7)", "again")


def test_an_answer_of_fifty_megabytes_spoils_its_own_call_and_the_server_stays(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> Any:
        spec = rude(timeout=20)
        with pytest.raises(ToolFailed, match="the answer has 50,000,"):
            await stage.call(spec, "flood", bytes=50_000_000)
        return await stage.call(spec, "count")

    assert on_stage(tmp_path, scenario) == {"calls": 2, "renamed": 0}


def test_every_kind_of_failure_is_named_while_the_others_go_on(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> Any:
        async def failed(name: str, *manners: str, tool: str = "echo", timeout: float = 20, **given: object) -> str:
            with pytest.raises(ToolFailed) as caught:
                await stage.call(replace(rude(*manners, timeout=timeout), name=name), tool, **given)
            return caught.value.message

        await stage.call(replace(rude(), name="polite"), "echo", text="warm")
        failing = asyncio.gather(
            failed("hanging", tool="hang", timeout=1),
            failed("dying", tool="die"),
            failed("flooding", tool="flood", bytes=50_000_000),
            failed("leaving", "exits"),
            failed("erring", "noisy", tool="fail", why="no such file"),
        )
        said = [await stage.call(replace(rude(), name="polite"), "echo", text=str(number)) for number in range(20)]
        return said, await failing

    said, failed = on_stage(tmp_path, scenario)
    assert said == [str(number) for number in range(20)]
    hanging, dying, flooding, leaving, erring = failed
    assert hanging == "the MCP server 'hanging' did not answer 'hang' within 1 seconds"
    assert dying == "the MCP server 'dying' ended in the middle of it (exit code 7)"
    assert "the MCP server 'flooding'" in flooding and "the answer has 50,000," in flooding
    assert leaving == "the MCP server 'leaving' ended before it had greeted us (exit code 3): I would rather not"
    assert erring == "no such file"


def test_a_byte_that_is_no_utf8_spoils_itself_and_nothing_else(tmp_path: Path) -> None:
    assert on_stage(tmp_path, lambda stage: stage.call(rude("no-utf8"), "echo", text="here:.")) == "here:\ufffd."


def test_garbage_between_the_answers_is_passed_over_and_told_with_the_next_failure(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> Any:
        spec = rude("noisy", timeout=1)
        return await stage.call(spec, "echo", text="heard"), await failure(stage, "noisy", tool="hang")

    said, failed = on_stage(tmp_path, scenario)
    assert said == "heard"
    assert "it printed what is no MCP: 'null'" in failed


def test_a_server_that_never_greets_fails_within_its_time(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> str:
        stage.servers.greeting = 0.5
        return await failure(stage, "never-greets")

    assert "did not answer within 0.5 seconds of its start" in on_stage(tmp_path, scenario)
    assert left(str(tmp_path)) == []


def test_a_server_that_never_starts_rests_after_three_tries(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> list[str]:
        return [await failure(stage, "exits") for _ in range(4)]

    *tries, last = on_stage(tmp_path, scenario)
    assert tries == ["the MCP server 'rude' ended before it had greeted us (exit code 3): I would rather not"] * 3
    assert "was started 3 times without one answer; it rests for" in last


def test_slow_bytes_make_whole_answers(tmp_path: Path) -> None:
    assert on_stage(tmp_path, lambda stage: stage.call(rude("slow"), "echo", text="x" * 500)) == "x" * 500


def test_an_error_of_the_tool_is_a_failed_call_in_the_servers_words(tmp_path: Path) -> None:
    assert on_stage(tmp_path, lambda stage: failure(stage, tool="fail", why="no such file")) == "no such file"


def test_content_that_is_no_text_is_described(tmp_path: Path) -> None:
    assert on_stage(tmp_path, lambda stage: stage.call(rude(), "picture")) == (
        "done\n[image, image/png, 8 characters of base64, not shown]"
    )


def test_a_tool_that_changes_in_mid_run_is_refused_from_then_on(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> Any:
        spec = rude()
        before = await stage.call(spec, "echo", text="fine")
        await stage.call(spec, "rename")
        with pytest.raises(ToolRefused, match="has changed what it says of 'echo' since it was accepted"):
            await stage.call(spec, "echo", text="not again")
        return before, await stage.call(spec, "count")

    assert on_stage(tmp_path, scenario) == ("fine", {"calls": 3, "renamed": 1})


def test_a_call_that_is_cancelled_ends_its_server_and_a_call_beside_it_is_answered_first(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> Any:
        spec = rude(f"log={tmp_path}/log", timeout=30)
        await stage.call(spec, "echo", text="warm")
        hanging = asyncio.create_task(stage.call(spec, "hang"))
        await asyncio.to_thread(wait_for, lambda: (tmp_path / "log").read_text().count("tools/call") == 2, "the call is under way")
        hanging.cancel()
        await asyncio.wait((hanging,))
        return left(f"log={tmp_path}/log")

    assert on_stage(tmp_path, scenario) == []


def test_a_server_sees_of_our_environment_what_its_entry_grants(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> Any:
        return await stage.call(rude(env={"KEY": "${TOKEN}", "MODE": "${MODE:-plain}"}), "environment", pid=1)

    seen = on_stage(tmp_path, scenario, TOKEN="sk-a-secret-of-mine", OTHER="unseen", LANG="C.UTF-8")["own"]
    assert seen["MODE"] == "plain" and "OTHER" not in seen and "TOKEN" not in seen
    assert set(seen) <= {"HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER", "LANG", "KEY", "MODE", "LC_CTYPE", "PWD"}


def test_a_secret_that_a_server_says_is_replaced_by_its_name(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> Any:
        spec = rude(env={"KEY": "Bearer ${TOKEN}"})
        with pytest.raises(ToolFailed, match=r"bad token \[TOKEN\]"):
            await stage.call(spec, "fail", why='bad token a"secret')
        return await stage.call(spec, "echo", text='a"secret, said')

    assert on_stage(tmp_path, scenario, TOKEN='a"secret') == "[TOKEN], said"


def test_a_variable_that_is_not_set_is_named_before_anything_starts(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        await stage.call(rude(env={"KEY": "${NOT_SET_ANYWHERE}"}), "echo", text="")

    with pytest.raises(ToolFailed, match="NOT_SET_ANYWHERE is not set in the environment") as caught:
        on_stage(tmp_path, scenario)
    assert ".mcp.json:3" in caught.value.hint


def test_in_a_sandbox_a_server_reads_no_home_and_no_store_and_writes_only_what_it_was_granted(tmp_path: Path, closed: Kind) -> None:
    home, folder = tmp_path / "home", tmp_path / "work"
    for path in (home, folder, folder / ".playnex", folder / "out"):
        path.mkdir()
    (home / "key").write_text("private")
    (folder / ".playnex" / "store.db").write_text("rows")
    (folder / "note").write_text("a note")

    async def scenario(stage: Stage) -> list[object]:
        spec = rude(trust="sandbox", write=("out",))
        paths = (home / "key", folder / ".playnex" / "store.db", folder / "note")
        read = [await stage.call(spec, "read", path=str(path)) for path in paths]
        return read + [await stage.call(spec, "write", path=str(folder / name), text="x") for name in ("new", "out/new")]

    key, store, note, new, granted = on_stage(folder, scenario, closed, HOME=str(home))
    assert key == store == ("cannot: FileNotFoundError" if closed == "bubblewrap" else "cannot: PermissionError")
    assert (note, granted, str(new)[:7]) == ("a note", "done", "cannot:")
    assert (folder / "out" / "new").read_text() == "x" and not (folder / "new").exists()


def test_a_folder_that_holds_the_store_can_be_written_and_the_store_is_still_not_there(tmp_path: Path) -> None:
    require_sandbox("bubblewrap")
    (tmp_path / ".playnex").mkdir()
    (tmp_path / ".playnex" / "store.db").write_text("rows")

    async def scenario(stage: Stage) -> list[object]:
        spec = rude(trust="sandbox", write=(".",))
        read = await stage.call(spec, "read", path=str(tmp_path / ".playnex" / "store.db"))
        return [read, await stage.call(spec, "write", path=str(tmp_path / "new"), text="x")]

    assert on_stage(tmp_path, scenario, "bubblewrap") == ["cannot: FileNotFoundError", "done"]
    with pytest.raises(ToolFailed, match=r"cannot let it write .* without .*\.playnex: name the folders beside that in `write`"):
        on_stage(tmp_path, scenario, "landlock")


def test_what_a_server_puts_into_its_temporary_folder_and_its_home_is_thrown_away(tmp_path: Path, closed: Kind) -> None:
    async def scenario(stage: Stage) -> list[str]:
        spec = rude(trust="sandbox")
        seen = (await stage.call(spec, "environment", pid=1))["own"]
        paths = [f"{seen.get('TMPDIR', '/tmp')}/scratch", f"{seen['HOME']}/settings"]
        written = [await stage.call(spec, "write", path=path, text="x") for path in paths]
        assert written == ["done", "done"]
        return paths

    (home := tmp_path / "home").mkdir()
    assert not any(Path(path).exists() for path in on_stage(tmp_path, scenario, closed, HOME=str(home)))


def test_in_a_sandbox_a_server_reaches_nobody_unless_its_entry_grants_the_network(tmp_path: Path, closed: Kind) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def reached(network: bool) -> object:
            return on_stage(tmp_path, lambda stage: stage.call(rude(trust="sandbox", network=network), "reach", port=port), closed)

        assert str(reached(False)).startswith("cannot: ")
        assert reached(True) == "done"


def test_without_a_sandbox_a_server_that_needs_one_is_refused(tmp_path: Path) -> None:
    async def scenario() -> None:
        servers = Servers(root=tmp_path, own=tmp_path, environment=os.environ, clock=SystemClock(), sandboxes=())
        await servers.definitions(rude(trust="sandbox"))

    with pytest.raises(ToolFailed, match="there is no sandbox here") as caught:
        asyncio.run(scenario())
    assert "install bubblewrap" in caught.value.hint


@pytest.mark.parametrize(
    ("command", "install"),
    [
        (("/usr/bin/npx", "-y", "@scope/server@1.2", "/notes"), "--npm @scope/server@1.2"),
        (("npx", "-p", "one", "other"), "--npm one"),
        (("npm", "exec", "--", "one"), "--npm one"),
        (("uvx", "mcp-server-time"), "--pypi mcp-server-time"),
        (("uv", "tool", "run", "--from", "git-server", "serve"), "--pypi git-server"),
        (("uv", "run", "server.py"), ""),
        (("python3", "npx"), ""),
    ],
)
def test_a_command_that_would_fetch_its_program_is_told_apart(command: tuple[str, ...], install: str) -> None:
    assert installed_by(command) == install


def test_in_a_sandbox_a_server_that_would_be_fetched_is_refused_with_the_way_to_install_it(tmp_path: Path, closed: Kind) -> None:
    (tmp_path / "uvx").write_text("#!/bin/sh\n")
    (tmp_path / "uvx").chmod(0o755)
    spec = ServerSpec(name="time", command=str(tmp_path / "uvx"), args=("mcp-server-time",), place=PLACE)
    with pytest.raises(ToolFailed, match="uvx would fetch it anew, and cannot in the sandbox") as caught:
        on_stage(tmp_path, lambda stage: stage.call(spec, "now"), closed)
    assert "playnex mcp add time --pypi mcp-server-time" in caught.value.hint


def test_a_log_stays_small(tmp_path: Path) -> None:
    from playnex.tools.mcp import child  # late: only this test looks inside

    log, size = tmp_path / "log", 0
    for _ in range(30):
        size = child._append(log, b"x" * 99_999 + b"\n", size)
        assert log.stat().st_size == size <= child.LOG_BYTES
