"""The main job, as a user runs it: a folder of notes becomes an article, whatever happens on the way."""

import json
import os
import signal
import threading
from pathlib import Path

import pytest

from flows.stage import Desk, research_desk, wait_for
from playnex.testing.model_replies import Asked, Reply, answer, calls, refusal, text_of, value
from playnex.testing.model_scripts import research
from playnex.testing.model_server import serving

RUN = ("flow", "run", "research-to-article", "--input", "topic=local-first software")
STEPS = ["gather", "research", "write", "edit", "publish"]


def test_a_folder_of_notes_becomes_an_article_capsule_by_four_agents(tmp_path: Path) -> None:
    with serving() as server:
        desk = research_desk(tmp_path, server.url)
        done = desk.playnex(*RUN, "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["schema"], document["status"], document["reason"]) == ("playnex.run/1", "succeeded", "")
    assert [made["step"] for made in document["capsules"]] == ["research", "write", "edit", "publish"]
    assert [made["version"] for made in document["capsules"]] == [1, 1, 2, 1]
    assert document["usage"]["requests"] == len(server.asked) == 4
    article = desk.playnex("capsule", "view", "articles/local-first-software").stdout
    assert article.startswith("# ") and "## Sources" in article and "Written by scripted" in article


def test_steps_run_in_the_listed_order_and_each_is_watched_with_its_agent_and_tokens(tmp_path: Path) -> None:
    with serving() as server:
        desk = research_desk(tmp_path, server.url)
        done = desk.playnex(*RUN)
    lines = [line for line in done.stderr.splitlines() if " tok " in line or "file.passages" in line]
    assert [line.split()[2] for line in lines] == STEPS
    assert "playnex capsule view articles/local-first-software" in done.stderr
    assert "\x1b[" not in done.stdout + done.stderr, "no colour where there is no terminal"


def test_every_step_result_is_readable_as_a_capsule(tmp_path: Path) -> None:
    with serving() as server:
        desk = research_desk(tmp_path, server.url)
        run = desk.json(*RUN)["run"]
    assert desk.playnex("capsule", "view", f"runs/{run}/write").stdout.strip()
    assert desk.json("capsule", "view", "runs/last/gather")["author"]["step"] == "gather"


@pytest.mark.slow
@pytest.mark.parametrize("asked", range(1, 5))
def test_a_killed_run_resumes_and_no_answered_request_is_sent_again(tmp_path: Path, asked: int) -> None:
    """kill -9 while request number `asked` is in flight: after the resume each request was sent once, the one in flight twice."""
    hold = threading.Event()
    server_asked: list[str] = []

    def script(request: Asked) -> Reply:
        server_asked.append(request.digest)
        if len(server_asked) == asked and not hold.is_set():
            hold.wait(60)
        return research(request)

    with serving(script) as server:
        desk = research_desk(tmp_path, server.url)
        child = desk.start(*RUN)
        wait_for(lambda: len(server_asked) >= asked, f"request {asked}")
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        hold.set()
        before = desk.json("run", "show", "last")
        done = desk.playnex("run", "resume", "last", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"] == "succeeded"
    assert len(server.counts) == 4
    assert sorted(server.counts.values()) == [1, 1, 1, 2]
    assert [step["step"] for step in before["steps"]] == STEPS[:asked], "what was finished survived the kill"


@pytest.mark.slow
@pytest.mark.parametrize("moment", range(6))
def test_a_run_killed_at_any_moment_is_finished_by_resumes(tmp_path: Path, moment: int) -> None:
    with serving() as server:
        desk = research_desk(tmp_path, server.url)
        child = desk.start(*RUN)
        finished = threading.Event()
        finished.wait(0.4 + 0.45 * moment)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        runs = desk.json("run", "list")["items"]
        done = desk.playnex("run", "resume", "last") if runs else desk.playnex(*RUN)
    assert done.returncode == 0, done.stderr
    assert len(server.counts) == 4
    assert sum(server.counts.values()) <= 5, "at most the one request in flight was sent twice"


@pytest.mark.slow
def test_the_first_ctrl_c_pauses_the_run_and_it_goes_on_later(tmp_path: Path) -> None:
    hold = threading.Event()
    seen: list[str] = []

    def script(request: Asked) -> Reply:
        seen.append(request.digest)
        if len(seen) == 2:
            hold.wait(60)
        return research(request)

    with serving(script) as server:
        desk = research_desk(tmp_path, server.url)
        child = desk.start(*RUN)
        wait_for(lambda: len(seen) >= 2, "the second request")
        child.send_signal(signal.SIGINT)
        code = child.wait(30)
        hold.set()
        state = desk.json("run", "list")["items"][0]["state"]
        done = desk.playnex("run", "resume", "last")
    assert (code, state, done.returncode) == (130, "paused", 0)


@pytest.mark.slow
def test_a_run_keeps_the_definition_it_started_with(tmp_path: Path) -> None:
    world = {"down": True}

    def script(request: Asked) -> Reply:
        return refusal(400, "not today") if world["down"] else research(request)

    with serving(script) as server:
        desk = research_desk(tmp_path, server.url)
        assert desk.playnex(*RUN).returncode == 1
        (tmp_path / "flows/research-to-article.yaml").write_text("this is no flow any more")
        (tmp_path / "agents/research.md").unlink()
        world["down"] = False
        done = desk.playnex("run", "resume", "last", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["capsules"][-1]["name"] == "articles/local-first-software"
    assert any("research agent" in asked.prompt for asked in server.asked), "the deleted agent's instructions were pinned"


@pytest.mark.slow
def test_a_model_server_that_is_down_fails_the_run_with_a_reason_and_keeps_what_is_finished(tmp_path: Path) -> None:
    desk = research_desk(tmp_path, "http://127.0.0.1:9/v1")
    done = desk.playnex(*RUN, "--json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["status"], document["reason"]) == (1, "failed", "model-unavailable")
    assert [step["status"] for step in desk.json("run", "show", "last")["steps"]] == ["succeeded", "failed"]


def test_a_missing_input_is_told_with_the_flag_to_add_and_exit_2(tmp_path: Path) -> None:
    desk = research_desk(tmp_path, "http://127.0.0.1:9/v1")
    done = desk.playnex("flow", "run", "research-to-article")
    assert done.returncode == 2
    assert '--input topic="..."' in done.stderr
    assert desk.json("flow", "run", "research-to-article")["error"]["code"] == "usage"


def test_all_faults_of_a_flow_and_its_agents_come_at_once_with_their_places_and_no_request(tmp_path: Path) -> None:
    with serving() as server:
        desk = research_desk(tmp_path, server.url)
        flow = tmp_path / "flows/research-to-article.yaml"
        text = flow.read_text().replace("agent: writing", "agent: writng").replace("    save: drafts", "    sav: drafts", 1)
        flow.write_text(text)
        done = desk.playnex(*RUN)
    assert done.returncode == 3
    assert "did you mean 'writing'?" in done.stderr and "did you mean 'save'?" in done.stderr
    assert "flows/research-to-article.yaml:" in done.stderr and "^^^" in done.stderr
    assert server.asked == []


@pytest.mark.slow
def test_a_model_that_calls_tools_reads_a_file_in_the_flow_before_it_answers(tmp_path: Path) -> None:
    """With the same files as for the smallest model."""
    summary = "There are no spinners, because the work is done on your own machine. Local-first software is not free of trade-offs."

    def script(request: Asked) -> Reply:
        if "research agent" not in request.prompt:
            return research(request)
        read = [text_of(message) for message in request.body["messages"] if message["role"] == "tool"]
        return answer(summary) if read else calls(("file__read", {"path": "what-it-means.md"}))

    with serving(script) as server:
        desk = research_desk(tmp_path, server.url)
        done = desk.playnex(*RUN, "--json")
    assert done.returncode == 0, done.stderr
    first, second = server.asked[:2]
    assert [tool["function"]["name"] for tool in first.body["tools"]] == ["file__list", "file__read", "file__search"]
    assert "simple complaint" not in first.prompt and "The essay starts from a simple complaint" in second.prompt
    assert json.loads(done.stdout)["usage"]["requests"] == len(server.asked) == 5
    step = desk.json("run", "show", "last")["steps"][1]
    assert (step["step"], step["status"], step["output"]) == ("research", "succeeded", summary)
    assert "file.read" in desk.playnex("run", "show", "last", "--transcript").stdout


@pytest.mark.slow
def test_a_faithful_draft_becomes_the_article_as_it_was_written(tmp_path: Path) -> None:
    draft = (
        "The essay names seven ideals for local-first software. There are no spinners, because the work is done on your own machine.\n\n"
        "Local-first software is not free of trade-offs. Git is close to local-first for programmers."
    )

    def script(request: Asked) -> Reply:
        return answer(draft) if request.schema is None else value({"title": "Seven ideals for local-first software"})

    with serving(script) as server:
        desk = research_desk(tmp_path, server.url)
        assert desk.playnex(*RUN).returncode == 0
    article = desk.playnex("capsule", "view", "articles/local-first-software").stdout
    assert article.startswith(f"# Seven ideals for local-first software\n\n{draft}\n\n## Sources\n\n- ")
    assert article.endswith("*Written by scripted from the files named above.*\n"), "nothing had to be replaced"
    assert {step["status"] for step in desk.json("run", "show", "last")["steps"]} == {"succeeded"}


@pytest.mark.slow
def test_a_model_that_never_finishes_an_answer_leaves_an_article_of_the_sources_own_sentences(tmp_path: Path) -> None:
    with serving(lambda _: answer("Bananas can fly and", finish="length")) as server:
        desk = research_desk(tmp_path, server.url)
        done = desk.playnex(*RUN)
    assert done.returncode == 0, done.stderr
    article = desk.playnex("capsule", "view", "articles/local-first-software").stdout
    assert article.startswith("# Local-first software\n\n") and "The essay names seven ideals" in article
    assert "their own sentences stand there instead.*" in article
    assert [step["status"] for step in desk.json("run", "show", "last")["steps"]] == ["succeeded", *["fallback"] * 4]


def test_a_topic_that_no_source_speaks_of_ends_the_run_with_the_mend_and_no_request(tmp_path: Path) -> None:
    with serving() as server:
        desk = research_desk(tmp_path, server.url)
        done = desk.playnex("flow", "run", "research-to-article", "--input", "topic=zeppelins")
    assert done.returncode == 1
    assert "no sentence below './sources' fits 'zeppelins'" in done.stderr
    assert server.asked == []


def test_an_unknown_flow_or_run_is_exit_5(tmp_path: Path) -> None:
    desk = research_desk(tmp_path, "http://127.0.0.1:9/v1")
    assert desk.playnex("flow", "run", "reserch-to-article").returncode == 5
    assert desk.playnex("run", "show", "ZZZZZZ").returncode == 5


def test_a_model_beyond_this_machine_is_refused_in_local_mode(tmp_path: Path) -> None:
    desk = research_desk(tmp_path, "https://api.example.com/v1")
    done = desk.playnex(*RUN)
    assert done.returncode == 3
    assert "playnex.toml:2:1" in done.stderr and "not on this machine" in done.stderr


def test_an_agent_alone_makes_one_request(tmp_path: Path) -> None:
    with serving() as server:
        desk = research_desk(tmp_path, server.url)
        done = desk.playnex("agent", "run", "writing", "The river is long and it reaches the sea.")
    assert done.returncode == 0, done.stderr
    assert len(server.asked) == 1
    assert done.stdout.strip()


def test_the_agents_of_the_template_differ_in_purpose_tools_memory_and_limits(tmp_path: Path) -> None:
    desk = research_desk(tmp_path, "http://127.0.0.1:9/v1")
    agents = {agent["name"]: agent for agent in desk.json("agent", "list")["items"]}
    assert set(agents) == {"research", "writing", "editing", "publishing"}
    for trait in ("instructions", "memory", "limits"):
        assert len({json.dumps(agent[trait], sort_keys=True) for agent in agents.values()}) == 4, trait
    tools = {name: agent["tools"] for name, agent in agents.items()}
    assert tools == {
        "research": ["file.list", "file.read", "file.search"],
        "writing": ["capsule.read"],
        "editing": ["capsule.read"],
        "publishing": [],
    }


@pytest.mark.slow
def test_capsules_are_created_from_typed_piped_and_file_text_and_deleted(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    assert desk.playnex("init", "--template", "minimal").returncode == 0
    (tmp_path / "draft.md").write_text("from a file")
    assert desk.playnex("capsule", "create", "notes/typed", "typed text").returncode == 0
    assert desk.playnex("capsule", "create", "notes/piped", stdin="piped text").returncode == 0
    assert desk.playnex("capsule", "create", "notes/filed", "--file", "draft.md").returncode == 0
    items = desk.json("capsules")["items"]
    assert [item["name"] for item in items] == ["notes/filed", "notes/piped", "notes/typed"]
    assert desk.playnex("capsule", "view", items[1]["id"][-6:]).stdout == "piped text\n"
    assert desk.playnex("capsule", "delete", "notes/typed").returncode == 2, "silence means no"
    assert desk.playnex("capsule", "delete", "notes/typed", "--yes").returncode == 0
    assert desk.playnex("capsule", "view", "notes/typed").returncode == 5
