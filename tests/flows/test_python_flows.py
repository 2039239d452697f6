"""Flows in Python, from the command line: pinned, replayed, forked; branches, recovery and ends."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.stage import Said, playnex
from flows.stage import Desk, pair_desk, research_desk
from playnex.app.templates import lay_out
from playnex.testing.model_replies import Asked, Reply, answer, calls
from playnex.testing.model_server import serving

HEAD = """\
import asyncio
import playnex


def tell(word):
    with open("outside.txt", "ab", buffering=0) as file:
        file.write(f"{word}\\n".encode())


def doing(word, then=None):
    async def do():
        tell(word)
        return word if then is None else await then()

    return do

"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lay_out("minimal", tmp_path)
    return tmp_path


def write(folder: Path, body: str, name: str = "work") -> None:
    """A flow of that name with this body."""
    lines = "".join(f"    {line}\n" for line in body.strip().splitlines())
    (folder / f"flows/{name}.py").write_text(f'{HEAD}\n@playnex.flow\nasync def {name}(ctx, inputs):\n    """Work."""\n{lines}')


def told(folder: Path) -> list[str]:
    """What was really done, in order."""
    path = folder / "outside.txt"
    return path.read_text().split() if path.exists() else []


def do(folder: Path, *words: str) -> Said:
    return playnex(*words, folder=folder)


def shown(folder: Path) -> Any:
    """The newest run, whole."""
    return json.loads(do(folder, "run", "show", "last", "--json").out)


def test_a_flow_that_is_edited_or_broken_after_its_start_does_not_hurt_the_run(folder: Path) -> None:
    write(folder, 'await ctx.step("one", doing("one"))\nawait ctx.wait_for("go")\nreturn await ctx.step("two", doing("two"))')
    assert do(folder, "flow", "run", "work").code == 6
    (folder / "flows/work.py").write_text("this is no Python (")
    assert do(folder, "run", "signal", "last", "go").code == 0
    done = do(folder, "run", "resume", "last")
    assert (done.code, done.out, told(folder)) == (0, "two\n", ["one", "two"])


@pytest.mark.slow
def test_a_helper_that_was_changed_stops_the_run_at_the_step_that_no_longer_fits_and_nothing_is_done(folder: Path) -> None:
    (folder / "wording.py").write_text('NAME = "two"\n')
    body = 'from wording import NAME\nawait ctx.step("one", doing("one"))\nawait ctx.step(NAME, doing("two"))\nawait ctx.wait_for("go")\n'
    write(folder, body + 'return await ctx.step("three", doing("three"))')
    desk = Desk(folder)
    assert desk.playnex("flow", "run", "work").returncode == 6
    (folder / "wording.py").write_text('NAME = "second"\n')
    desk.playnex("run", "signal", "last", "go")
    done = desk.playnex("run", "resume", "last")
    assert done.returncode == 1
    assert "step 'two' does not fit this run's journal" in done.stderr and "'second'" in done.stderr
    assert desk.json("run", "resume", "last")["error"]["code"] == "journal-mismatch"
    assert told(folder) == ["one", "two"]
    (folder / "wording.py").write_text('NAME = "two"\n')
    assert desk.playnex("run", "resume", "last").returncode == 0


def test_a_finished_run_is_replayed_without_doing_anything(folder: Path) -> None:
    write(folder, 'x = await ctx.map([3, 1, 2], lambda c, n: c.step("one", doing(f"n{n}")))\nreturn [x, ctx.random(), await ctx.now()]')
    assert do(folder, "flow", "run", "work").code == 0
    before = told(folder)
    replayed = do(folder, "run", "replay", "last")
    assert (replayed.code, replayed.out) == (0, "same: 4 steps answered from the journal\n")
    assert told(folder) == before


@pytest.mark.slow
def test_a_run_is_replayed_forked_from_a_step_and_compared_and_what_is_kept_is_not_asked_again(tmp_path: Path) -> None:
    with serving() as server:
        desk = research_desk(tmp_path, server.url)
        assert desk.playnex("flow", "run", "research-to-article", "--input", "topic=local-first software").returncode == 0
        first = len(server.asked)
        forked = desk.playnex("run", "fork", "last", "--from", "write", "--set", "length=100")
        assert forked.returncode == 0, forked.stderr
        assert "kept: gather, research" in forked.stderr
        asked = [request.prompt for request in server.asked[first:]]
        assert len(asked) == 3 and "about 100 words" in asked[0]
    newest, oldest = [run["run"] for run in desk.json("run", "list")["items"]]
    assert desk.playnex("run", "replay", oldest).stdout.startswith("same"), "with the model server gone"
    assert desk.playnex("run", "replay", newest).stdout.startswith("same")
    compared = desk.json("run", "diff", oldest, newest)
    assert compared["inputs"] == {"length": [200, 100]}
    assert [step["step"] for step in compared["steps"] if step["same"]][:2] == ["gather", "research"]


READER = """\
---
description: Reads the house style.
tools: [capsule.read]
memory: { read: ["style/*"] }
---
You keep to the house style.
"""
STYLED = """\
playnex: 1
name: styled
steps:
  first: { agent: helper, prompt: Write the first part. }
  second: { agent: reader, prompt: Write the second part., capsules: [style/house] }
"""
REPAINT = "playnex: 1\nname: repaint\nsteps: { paint: { save: style/house, content: Always in purple ink. } }\n"


@pytest.mark.slow
def test_a_forked_run_sees_memory_as_it_was_at_its_fork_in_prompts_and_through_tools(tmp_path: Path) -> None:
    def script(asked: Asked) -> Reply:
        has_read = any(message["role"] == "tool" for message in asked.body["messages"])
        wants = "second part" in asked.prompt and not has_read
        return calls(("capsule__read", {"name": "style/house"})) if wants else answer("Written in style.")

    with serving(script) as server:
        desk = pair_desk(tmp_path, server.url)
        (tmp_path / "agents/reader.md").write_text(READER)
        (tmp_path / "flows/styled.yaml").write_text(STYLED)
        assert desk.playnex("capsule", "create", "style/house", "Always in green ink.").returncode == 0
        (tmp_path / "flows/repaint.yaml").write_text(REPAINT)
        first = desk.json("flow", "run", "styled")["run"]
        assert desk.playnex("flow", "run", "repaint").returncode == 0
        forked = desk.playnex("run", "fork", first, "--from", "second")
        assert forked.returncode == 0, forked.stderr
        fresh = desk.playnex("flow", "run", "styled")
        assert fresh.returncode == 0, fresh.stderr
    prompts = [asked.prompt for asked in server.asked]
    assert len(prompts) == 3 + 2 + 3
    assert ["green" in prompt for prompt in prompts[3:5]] == [True, True]
    assert not any("purple" in prompt for prompt in prompts[:5]) and all("purple" in prompt for prompt in prompts[6:])
    assert prompts[4].count("green") == 2, "given with the prompt, and read through the tool"


def test_results_come_in_declared_order_whatever_order_they_finish_in(folder: Path) -> None:
    body = """
first_may = asyncio.Event()

async def late():
    await first_may.wait()
    tell("first")
    return "first"

async def early():
    tell("second")
    first_may.set()
    return "second"

return await ctx.all(lambda c: c.step("a", late), lambda c: c.step("b", early))
"""
    write(folder, body)
    done = do(folder, "flow", "run", "work", "--json")
    assert (json.loads(done.out)["output"], told(folder)) == (["first", "second"], ["second", "first"])


def test_no_more_items_go_on_at_once_than_the_flow_says(folder: Path) -> None:
    body = """
going, most = set(), []

async def one(c, number):
    async def do():
        going.add(number)
        most.append(len(going))
        await asyncio.sleep(0.01)
        going.discard(number)

    await c.step("do", do)

await ctx.map(range(9), one, at_most=3)
return max(most)
"""
    write(folder, body)
    assert do(folder, "flow", "run", "work").out == "3\n"


def test_a_failed_branch_neither_loses_nor_alters_the_others_and_only_it_is_done_again(folder: Path) -> None:
    body = """
import os

async def shaky():
    tell("bad")
    if not os.path.exists("well"):
        raise ValueError("not well")
    return "bad"

def one(c, word):
    return c.step(word, shaky if word == "bad" else doing(word))

return await ctx.map(["x", "bad", "y"], one)
"""
    write(folder, body)
    failed = do(folder, "flow", "run", "work", "--json")
    document = json.loads(failed.out)
    assert (failed.code, document["status"], document["reason"]) == (1, "failed", "error")
    assert "ValueError: not well" in document["message"]
    assert [step["status"] for step in shown(folder)["steps"]] == ["succeeded", "failed", "succeeded"]
    (folder / "well").touch()
    again = do(folder, "run", "retry", "last", "--json")
    assert json.loads(again.out)["output"] == ["x", "bad", "y"]
    assert sorted(told(folder)) == ["bad", "bad", "x", "y"]


def test_a_retry_a_timeout_and_a_fallback_are_marked(folder: Path) -> None:
    body = """
import os

async def twice():
    tell("twice")
    if not os.path.exists("tried"):
        os.mkdir("tried")
        raise ValueError("once more")
    return "well"

async def for_ever():
    await asyncio.Event().wait()

quick = playnex.Retry(times=1, delay=0)
return [
    await ctx.step("tried", twice, retry=quick),
    await ctx.step("late", for_ever, timeout=0.05, retry=quick, fallback=doing("instead")),
]
"""
    write(folder, body)
    done = do(folder, "flow", "run", "work")
    assert done.code == 0, done.err
    tried, late = shown(folder)["steps"]
    assert (tried["status"], tried["attempts"]) == ("succeeded", 2)
    assert (late["status"], late["reason"], late["attempts"], late["output"]) == ("fallback", "timeout", 2, "instead")
    assert "error: ValueError: once more" in done.err and "fallback used: timed out" in done.err


ENDS = {
    "return 1": (0, "succeeded", "", ""),
    "raise ValueError('no')": (1, "failed", "error", "ValueError: no"),
    "return await ctx.wait_for('go', timeout=0.01)": (124, "failed", "timeout", "no signal 'go' came in time"),
    "return await ctx.flow('nowhere')": (1, "failed", "not-found", "there is no flow 'nowhere'"),
    "return await ctx.flow('work')": (1, "failed", "usage", "flows that call each other in a circle never end"),
    "return await ctx.flow(work)": (1, "failed", "usage", "flows that call each other in a circle never end"),
    "return await ctx.step('own', lambda: ctx.flow(work))": (1, "failed", "usage", "flows that call each other in a circle never end"),
}


@pytest.mark.parametrize("body", ENDS)
def test_every_end_has_a_state_and_a_reason_and_flows_in_a_circle_end(folder: Path, body: str) -> None:
    write(folder, body)
    done = do(folder, "flow", "run", "work", "--json")
    document = json.loads(done.out)
    code, status, reason, message = ENDS[body]
    assert (done.code, document["status"], document["reason"]) == (code, status, reason)
    assert message in document.get("message", "")


def test_the_runs_log_tells_each_step_with_its_result_and_what_was_said_from_outside(folder: Path) -> None:
    write(folder, 'await ctx.step("one", doing("one"))\nawait ctx.wait_for("go")\nraise ValueError("no")')
    do(folder, "flow", "run", "work")
    do(folder, "run", "signal", "last", "go", "--data", "7")
    do(folder, "run", "resume", "last")
    lines = [json.loads(line) for line in do(folder, "run", "logs", "last").out.splitlines()]
    assert [(line["event"], line["step"]) for line in lines if line["step"]] == [
        ("StepFinished", "one"),
        ("WaitStarted", "go"),
        ("StepFinished", "go"),
    ]
    assert [line["result"] for line in lines if line["event"] == "StepFinished"] == ["one", 7]
    assert (lines[-1]["status"], lines[-1]["message"]) == ("failed", "ValueError: no")
    assert all({"time", "position", "event", "step"} <= line.keys() for line in lines)


@pytest.mark.slow
def test_an_agents_turns_and_tool_calls_are_in_the_log(tmp_path: Path) -> None:
    def script(asked: Asked) -> Reply:
        has_read = any(message["role"] == "tool" for message in asked.body["messages"])
        return answer("Read.") if has_read else calls(("capsule__read", {"name": "style/house"}))

    with serving(script) as server:
        desk = pair_desk(tmp_path, server.url)
        (tmp_path / "agents/reader.md").write_text(READER)
        desk.playnex("capsule", "create", "style/house", "Always in green ink.")
        assert desk.playnex("agent", "run", "reader", "Which ink?").returncode == 0
    lines = [json.loads(line) for line in desk.playnex("run", "logs", "last").stdout.splitlines()]
    models = [line for line in lines if line.get("kind") == "model"]
    assert [(line["agent"], line["turn"], line["goes_on"]) for line in models] == [("reader", 1, True), ("reader", 2, False)]
    assert all(line["tokens"] for line in models)
    tool = next(line for line in lines if line.get("kind") == "tool")
    assert (tool["tool"], tool["arguments"], tool["status"]) == ("capsule.read", {"name": "style/house"}, "succeeded")
