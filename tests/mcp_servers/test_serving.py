"""`playnex mcp serve` as another program meets it: the SDK's own client over stdio."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

from flows.stage import Desk

T = TypeVar("T")

SECONDS = 60
ECHO = """\
playnex: 1
name: greet
description: Greet somebody.
inputs: { who: { type: string, required: true, description: whom } }
steps:
  say: { tool: words.say, with: { who: "${{ inputs.who }}" } }
output: { said: "${{ steps.say.output }}" }
"""
ASKS = """\
playnex: 1
name: asks
steps:
  may: { approve: { message: May it? } }
output: done
"""
WORDS = '''\
import playnex


@playnex.tool(effect="pure")
def say(who: str) -> str:
    """Say it."""
    print("on stdout")
    if who == "nobody":
        raise ValueError("nobody is there")
    return f"hello {who}"
'''


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.playnex("init")
    (tmp_path / "tools").mkdir(exist_ok=True)
    (tmp_path / "tools/words.py").write_text(WORDS)
    (tmp_path / "flows/greet.yaml").write_text(ECHO)
    (tmp_path / "flows/asks.yaml").write_text(ASKS)
    (tmp_path / "flows/broken.yaml").write_text("playnex: 1\n")
    return desk


def talk(desk: Desk, scenario: Callable[[ClientSession], Awaitable[T]]) -> T:
    """What comes of a client's talk with the workspace."""

    async def play() -> T:
        command = StdioServerParameters(
            command=sys.executable, args=["-m", "playnex", "mcp", "serve"], env=dict(os.environ), cwd=str(desk.folder)
        )
        async with stdio_client(command) as (heard, say), ClientSession(heard, say) as client:
            await client.initialize()
            return await asyncio.wait_for(scenario(client), SECONDS)

    return asyncio.run(play())


@pytest.mark.slow
def test_flows_are_tools_whose_calls_are_runs(desk: Desk) -> None:
    async def scenario(client: ClientSession) -> Any:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        calls = [await client.call_tool("greet", given) for given in ({"who": "Ana"}, {"who": "nobody"}, {"whom": "Ana"})]
        return tools, calls

    tools, (greeted, failed, misfit) = talk(desk, scenario)
    assert "broken" not in tools and tools["greet"].description == "Greet somebody."
    assert tools["greet"].input_schema["required"] == ["who"]
    assert (greeted.structured_content, greeted.is_error) == ({"said": "hello Ana"}, False)
    assert failed.is_error and "nobody is there" in failed.content[0].text
    assert misfit.is_error and "input 'who' is missing" in misfit.content[0].text
    assert [run["state"] for run in desk.json("run", "list")["items"]] == ["failed", "succeeded"]


@pytest.mark.slow
def test_a_run_that_waits_for_a_person_says_how_to_go_on_and_gives_its_output_afterwards(desk: Desk) -> None:
    async def scenario(client: ClientSession) -> Any:
        waits = await client.call_tool("asks", {})
        answered = await asyncio.to_thread(desk.playnex, "inbox", "approve", "last")
        run = waits.structured_content["run"]
        return waits, answered, await client.call_tool("run_result", {"run": run})

    waits, answered, given = talk(desk, scenario)
    assert "a person answers with: playnex inbox" in waits.content[0].text and not waits.is_error
    assert answered.returncode == 0, answered.stderr
    assert given.content[0].text == "done"


@pytest.mark.slow
def test_capsules_are_resources(desk: Desk) -> None:
    desk.playnex("capsule", "create", "notes/first", "An *idea*.")

    async def scenario(client: ClientSession) -> Any:
        (resource,) = (await client.list_resources()).resources
        return resource, await client.read_resource(resource.uri)

    resource, read = talk(desk, scenario)
    assert resource.name.startswith("notes/first")
    assert "An *idea*." in read.contents[0].text
