"""Memory from the user's side: what agents remember, what is shown before a run, and what a killed or forked run sees."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from flows.stage import Desk, wait_for
from playnex.app.opening import opened
from playnex.app.templates import lay_out
from playnex.capsules.capsule import CapsuleDraft
from playnex.testing.model_replies import Asked, Reply, answer, calls
from playnex.testing.model_server import ModelServer, serving

pytest.importorskip("numpy", reason="numpy is not installed: pip install 'playnex[recall]'")

ALIKE = {"refund": "money", "reimbursed": "money", "charged": "bill", "billed": "bill", "twice": "double", "duplicate": "double"}
AGENT = """\
---
name: clerk
memory: {memory}
tools: [memory.recall]
---
You answer customers.
"""
FLOW = """\
playnex: 1
name: reply
steps:
  draft: { agent: clerk, prompt: "A customer was billed in duplicate." }
output: ${{ steps.draft.output }}
"""


def desk(folder: Path, server: ModelServer, memory: str = "{ recall: true }") -> Desk:
    """A workspace whose agent remembers like this, with the same server for answers and for vectors."""
    server.alike = ALIKE
    lay_out("minimal", folder)
    (folder / "agents/clerk.md").write_text(AGENT.replace("{memory}", memory))
    (folder / "flows/reply.yaml").write_text(FLOW)
    settings = f'base_url = "{server.url}"\nname = "scripted"\ncontext = 32768\n'
    (folder / "playnex.toml").write_text(f'[models.main]\n{settings}[models.other]\n{settings}[recall]\nembedder = "main"\n')
    return Desk(folder)


def stocked(folder: Path, server: ModelServer, memory: str = "{ recall: true }") -> Desk:
    made = desk(folder, server, memory)
    made.playnex("capsule", "create", "kb/refunds", "Whoever is charged twice is given a refund within three days.")
    made.playnex("capsule", "create", "style/voice", "Write short and friendly sentences.")
    return made


async def stock(folder: Path, count: int) -> None:
    async with opened(str(folder)) as app:
        for number in range(count):
            await app.capsules.write(CapsuleDraft(name=f"n/{number}", body=f"note {number}"))


def says(text: str) -> Any:
    return lambda asked: answer(text)


def test_an_agent_with_recall_is_given_what_means_the_same_with_capsule_run_and_date(tmp_path: Path) -> None:
    with serving(says("You get it back.")) as server:
        made = stocked(tmp_path, server)
        assert made.playnex("flow", "run", "reply").returncode == 0
        prompt = server.asked[-1].prompt
        assert "from memory: kb/refunds, version 1, by " in prompt
        assert "given a refund within three days" in prompt
        assert "[end of data" in prompt
        used = made.json("capsule", "history", "kb/refunds")["items"][0]
        assert "draft" in json.dumps(used)


def test_recall_is_off_where_nothing_is_said(tmp_path: Path) -> None:
    with serving(says("Fine.")) as server:
        made = stocked(tmp_path, server, "none")
        made.playnex("flow", "run", "reply")
        assert "refund" not in server.asked[-1].prompt
        assert not server.embedded


def test_what_an_agent_would_be_given_is_shown_before_any_run(tmp_path: Path) -> None:
    with serving(says("Fine.")) as server:
        made = stocked(tmp_path, server, "{ pinned: true, recall: { limit: 1, in: kb } }")
        made.playnex("capsule", "pin", "style/voice")
        shown = made.json("agent", "show", "clerk", "--memory", "--task", "billed in duplicate")
        assert [(piece["kind"], piece["capsule"]) for piece in shown["given"]] == [("pinned", "style/voice"), ("recalled", "kb/refunds")]
        assert shown["given"][1]["date"]
        page = made.playnex("agent", "show", "clerk", "--memory", "--task", "billed in duplicate").stdout
        assert "long-term memory: style/voice" in page
        made.playnex("flow", "run", "reply")
        for piece in shown["given"]:
            assert piece["text"] in server.asked[-1].prompt


def test_only_pinned_capsules_stand_in_the_context(tmp_path: Path) -> None:
    with serving(says("Fine.")) as server:
        made = stocked(tmp_path, server, "{ pinned: true }")
        made.playnex("capsule", "pin", "style/voice")
        made.playnex("flow", "run", "reply")
        assert "short and friendly" in server.asked[-1].prompt
        assert "refund" not in server.asked[-1].prompt
        made.playnex("capsule", "unpin", "style/voice")
        made.playnex("flow", "run", "reply")
        assert "short and friendly" not in server.asked[-1].prompt


def test_a_deleted_capsule_is_recalled_by_nobody(tmp_path: Path) -> None:
    with serving(says("Fine.")) as server:
        made = stocked(tmp_path, server)
        made.playnex("flow", "run", "reply")
        made.playnex("capsule", "delete", "kb/refunds", "--yes")
        made.playnex("flow", "run", "reply")
        assert "refund" not in server.asked[-1].prompt
        assert made.json("agent", "show", "clerk", "--memory", "--task", "charged twice")["given"] == []


def test_an_agent_asks_its_memory_with_a_tool_and_only_where_it_has_recall(tmp_path: Path) -> None:
    def script(asked: Asked) -> Reply:
        if any(message["role"] == "tool" for message in asked.body["messages"]):
            return answer("Done.")
        return calls(("memory.recall", {"query": "billed in duplicate"}))

    with serving(script) as server:
        made = stocked(tmp_path, server, "{ recall: { at-start: false } }")
        made.playnex("flow", "run", "reply")
        result = str(server.asked[-1].body["messages"][-1]["content"])
        assert "kb/refunds" in result
        assert '"date"' in result
        assert "refund" not in server.asked[0].prompt
        (tmp_path / "agents/clerk.md").write_text(AGENT.replace("{memory}", "none"))
        made.playnex("flow", "run", "reply")
        assert "no recall" in str(server.asked[-1].body["messages"][-1]["content"])


def test_changing_the_model_loses_no_memory_and_a_killed_run_remembers_what_it_did(tmp_path: Path) -> None:
    stalled = Reply(ending="stall")

    def script(asked: Asked) -> Reply:
        return stalled if asked.number == 1 else answer("You get it back.")

    with serving(script) as server:
        made = stocked(tmp_path, server)
        running = made.start("flow", "run", "reply")
        wait_for(lambda: server.asked, "the first request")
        running.kill()
        running.wait()
        made.playnex("capsule", "delete", "kb/refunds", "--yes")
        toml = tmp_path / "playnex.toml"
        toml.write_text(toml.read_text().replace("[models.main]", "[models.was]").replace("[models.other]", "[models.main]"))
        assert made.playnex("run", "resume", "last").returncode == 0
        assert server.asked[1].body["messages"] == server.asked[0].body["messages"]


REVIEW = """\
playnex: 1
name: twice
steps:
  first: { agent: clerk, prompt: "Name a color." }
  second: { agent: clerk, prompt: "Name another one." }
"""


@pytest.mark.parametrize(("memory", "remembers"), [("history", True), ("none", False)])
def test_history_is_what_the_agent_was_asked_and_answered_before_in_the_run(tmp_path: Path, memory: str, remembers: bool) -> None:
    with serving(says("Green.")) as server:
        made = desk(tmp_path, server, memory)
        (tmp_path / "flows/twice.yaml").write_text(REVIEW)
        assert made.playnex("flow", "run", "twice").returncode == 0
        assert ("You were asked:\nName a color.\n\nYou answered:\nGreen." in server.asked[-1].prompt) is remembers
        assert "You were asked" not in server.asked[0].prompt


def test_search_says_why_a_capsule_was_found_and_index_how_far_the_vectors_are(tmp_path: Path) -> None:
    with serving(says("Fine.")) as server:
        made = stocked(tmp_path, server)
        first, *_ = made.json("capsule", "search", "reimbursed duplicate")["items"]
        assert (first["name"], first["found"]["by"]) == ("kb/refunds", "meaning")
        asyncio.run(stock(tmp_path, 20))
        assert "2 of 22 capsules have vectors of scripted" in made.playnex("capsule", "index", "--status").stderr
        told = made.playnex("capsule", "index").stderr
        assert "18 of 22 capsules\n" in told
        assert "22 of 22 capsules have vectors of scripted" in told
        assert made.json("capsule", "index", "--status")["done"] == 22


@pytest.mark.slow
def test_a_search_says_how_many_capsules_have_vectors_while_most_have_none(tmp_path: Path) -> None:
    with serving(says("Fine.")) as server:
        made = stocked(tmp_path, server)
        asyncio.run(stock(tmp_path, 400))
        told = made.playnex("capsule", "search", "reimbursed duplicate").stderr
        assert re.search(
            r"\d+ of 402 capsules have vectors of scripted.*; the others are found by words alone until: playnex capsule index", told
        )


def test_a_workspace_without_an_embedder_searches_by_words_and_says_what_to_do_about_it(tmp_path: Path) -> None:
    with serving(says("Fine.")) as server:
        made = stocked(tmp_path, server)
        toml = tmp_path / "playnex.toml"
        toml.write_text(toml.read_text().replace('embedder = "main"', ""))
        assert [hit["name"] for hit in made.json("capsule", "search", "refund")["items"]] == ["kb/refunds"]
        assert made.json("capsule", "search", "reimbursed")["items"] == []
        refused = made.playnex("capsule", "index")
        assert refused.returncode == 2
        assert "[recall]" in refused.stderr
        toml.write_text(toml.read_text().replace("[recall]", '[recall]\nembedder = "mian"'))
        assert "did you mean 'main'" in made.playnex("capsules").stderr
