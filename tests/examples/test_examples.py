"""The examples of the patterns, each as a user runs it, against a server that plays its roles."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from cli.stage import playnex
from flows.stage import Desk
from house.sources import ROOT
from playnex.testing.model_replies import Asked, Reply, answer, calls, value
from playnex.testing.model_server import ModelServer, serving

EXAMPLES = ROOT / "examples"
Role = Callable[[Asked], Reply]


def playing(roles: Mapping[str, Role]) -> Role:
    """A script that plays each agent by what its file says: `You are the NAME`."""

    def play(asked: Asked) -> Reply:
        return next(role for name, role in roles.items() if f"You are the {name}." in asked.prompt)(asked)

    return play


def says(text: str) -> Role:
    return lambda asked: answer(text)


def desk_of(example: str, folder: Path, server: ModelServer) -> Desk:
    """The example's folder, copied, with that server as its model."""
    shutil.copytree(EXAMPLES / example, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".playnex"))
    (folder / "playnex.toml").write_text(f'[models.main]\nbase_url = "{server.url}"\nname = "scripted"\ncontext = 32768\n')
    return Desk(folder)


def ran(desk: Desk, *words: str) -> Any:
    """What a run of the flow printed."""
    done = desk.playnex("flow", "run", *words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def asked_of(server: ModelServer, name: str) -> list[Asked]:
    return [asked for asked in server.asked if f"You are the {name}." in asked.prompt]


def test_one_adviser_answers_with_one_request(tmp_path: Path) -> None:
    with serving(playing({"adviser": says("Try a week.")})) as server:
        run = ran(desk_of("single", tmp_path, server), "advise", "--input", "question=Move?")
    assert (run["output"], run["usage"]["requests"]) == ("Try a week.", 1)


def test_the_chair_of_a_debate_chooses_and_the_run_tells_whose_draft_it_was(tmp_path: Path) -> None:
    draft = "I say {}, and I have good reasons for it."
    roles = {name: says(draft.format(name)) for name in ("optimist", "sceptic", "pragmatist")}
    with serving(playing({**roles, "chair": lambda asked: value({"winner": "C", "reason": "a next step"})})) as server:
        desk = desk_of("debate", tmp_path, server)
        run = ran(desk, "decide", "--input", "question=Move?")
        step = desk.json("run", "show", "last")["steps"][0]
    assert run["output"] == draft.format("pragmatist")
    assert (step["status"], step["reason"], step["usage"]["requests"]) == ("succeeded", "C (pragmatist) by judge", 7)
    assert run["capsules"][0]["name"].startswith("decisions/")
    assert "draft A" in asked_of(server, "chair")[0].prompt and "sceptic" not in asked_of(server, "chair")[0].prompt.split("draft A")[0]


def test_a_text_is_mended_until_it_passes_and_a_word_that_is_not_allowed_never_reaches_the_reviewer(tmp_path: Path) -> None:
    def writes(asked: Asked) -> Reply:
        return (
            answer("A lamp." if "Say whom" not in asked.prompt else "A lamp for bicycles.")
            if "refused" in asked.prompt
            else answer("We guarantee it.")
        )

    def reviews(asked: Asked) -> Reply:
        return value({"pass": "bicycles" in asked.prompt, "feedback": "Say whom it is for."})

    with serving(playing({"writer": writes, "reviewer": reviews})) as server:
        desk = desk_of("review", tmp_path, server)
        run = ran(desk, "product-text", "--input", "facts=80 lumen")
    assert run["output"] == {"text": "A lamp for bicycles.", "passed": True}
    assert all("guarantee" not in asked.prompt for asked in asked_of(server, "reviewer"))


@pytest.mark.slow
def test_a_text_that_never_passes_is_returned_and_told(tmp_path: Path) -> None:
    roles = {"writer": says("A lamp."), "reviewer": lambda asked: value({"pass": False, "feedback": "Say whom it is for."})}
    with serving(playing(roles)) as server:
        desk = desk_of("review", tmp_path, server)
        run = ran(desk, "product-text", "--input", "facts=80 lumen")
        step = desk.json("run", "show", "last")["steps"][0]
    assert run["output"] == {"text": "A lamp.", "passed": False}
    assert (step["status"], step["reason"]) == ("fallback", "not-converged")


def test_a_question_goes_to_whom_the_clerk_chooses(tmp_path: Path) -> None:
    roles = {"clerk": lambda asked: value({"route": "garden", "reason": "beans grow"}), "gardener": says("In May.")}
    with serving(playing(roles)) as server:
        run = ran(desk_of("router", tmp_path, server), "ask", "--input", "question=When do I plant beans?")
    assert (run["output"], run["usage"]["requests"]) == ("In May.", 2)
    assert "- food: Answers about food" in server.asked[0].prompt


def test_three_read_at_the_same_time_and_one_puts_it_together(tmp_path: Path) -> None:
    roles = {name: says(f"{name} read it") for name in ("buyer", "lawyer", "editor")}
    with serving(playing({**roles, "secretary": says("1. Prove it.")})) as server:
        run = ran(desk_of("parallel", tmp_path, server), "second-opinions", "--input", "text=For ever.")
    assert (run["output"], run["usage"]["requests"]) == ("1. Prove it.", 4)
    merged = asked_of(server, "secretary")[0].prompt
    assert merged.index("buyer read it") < merged.index("lawyer read it") < merged.index("editor read it")


def test_every_thing_of_a_list_gets_its_name_in_its_place(tmp_path: Path) -> None:
    def names(asked: Asked) -> Reply:
        return value({"name": "Glow" if "lamp" in asked.prompt else "Drip", "why": "it fits"})

    with serving(playing({"namer": names})) as server:
        run = ran(desk_of("map", tmp_path, server), "name-all", "--input", 'things=["a bag", "a lamp"]')
    assert [each["name"] for each in run["output"]] == ["Drip", "Glow"]


def wanting(*wished: tuple[str, Any], then: Role) -> Role:
    """Calls at first; once there are results, the other role."""
    return lambda asked: then(asked) if any(each["role"] == "tool" for each in asked.body["messages"]) else calls(*wished)


def test_an_editor_delegates_and_answers_from_what_comes_back(tmp_path: Path) -> None:
    parts = (("delegate", {"worker": "reader", "task": "How many lamps came back?"}), ("delegate", {"worker": "checker", "task": "Check."}))
    roles = {
        "editor": wanting(*parts, then=says("More came back: 31, not 18.")),
        "reader": wanting(("file__read", {"path": "reports/february.md"}), then=says("31 lamps (february.md)")),
        "checker": says("31 is more than 18."),
    }
    with serving(playing(roles)) as server:
        desk = desk_of("supervisor", tmp_path, server)
        run = ran(desk, "ask-reports", "--input", "question=Do more lamps come back?")
        shown = desk.playnex("run", "show", "last", "--tools").stdout
    assert (run["output"], run["usage"]["requests"]) == ("More came back: 31, not 18.", 5)
    assert "31 lamps (february.md)" in asked_of(server, "editor")[-1].prompt
    assert "29 of them with a broken clip" in asked_of(server, "reader")[-1].prompt
    assert shown.count("delegate") == 2 and "about" not in shown


def test_a_plan_is_carried_out_by_two_and_written_up_by_a_third(tmp_path: Path) -> None:
    steps = [
        {"id": "ideas", "task": "Collect ideas.", "agent": "scout"},
        {"id": "cost", "task": "What does it cost?", "agent": "reckoner", "needs": ["ideas"]},
    ]
    roles = {
        "planner": lambda asked: value({"steps": steps}),
        "scout": says("A grill and a band."),
        "reckoner": says("600 euros."),
        "writer": says("We propose a grill and a band for 600 euros."),
    }
    with serving(playing(roles)) as server:
        desk = desk_of("planner", tmp_path, server)
        run = ran(desk, "propose", "--input", "goal=A summer party")
        waiting = desk.playnex("flow", "run", "propose", "--input", "goal=A party", "--input", "ask=true")
        shown = desk.json("run", "show", "last")
        asked = len(server.asked)
        done = desk.playnex("inbox", "approve", "last", "--value", json.dumps({"steps": steps[:1]}))
    assert (run["output"], run["usage"]["requests"]) == ("We propose a grill and a band for 600 euros.", 4)
    assert "A grill and a band." in asked_of(server, "reckoner")[0].prompt
    assert (waiting.returncode, asked) == (6, 5) and "Collect ideas." in str(shown)
    assert done.returncode == 0 and len(server.asked) == 7, done.stderr


def test_a_customer_is_handed_on_until_somebody_answers(tmp_path: Path) -> None:
    def packet(to: str, findings: str) -> tuple[str, Any]:
        return ("handoff", {"to": to, "why": "It is theirs.", "task": "Help.", "findings": findings, "next_step": "Go on."})

    roles = {
        "reception": wanting(packet("workshop", "The brake squeals."), then=says("?")),
        "workshop": wanting(packet("till", "It has to be set."), then=says("?")),
        "till": says("We set your brake for nothing."),
    }
    with serving(playing(roles)) as server:
        desk = desk_of("handoff", tmp_path, server)
        run = ran(desk, "front-desk", "--input", "says=My brake squeals")
        steps = {step["step"]: step for step in desk.json("run", "show", "last")["steps"]}
    assert run["output"] == {"answer": "We set your brake for nothing.", "way": "reception -> workshop -> till"}
    assert "It has to be set." in asked_of(server, "till")[0].prompt and "squeals." not in asked_of(server, "till")[0].prompt
    assert list(steps) == [f"handoff-v1/{name}" for name in ("hop-1/reception", "handoff", "hop-2/workshop", "handoff#2", "hop-3/till")]
    assert (steps["handoff-v1/handoff"]["output"]["from"], steps["handoff-v1/handoff"]["output"]["why"]) == ("reception", "It is theirs.")


def test_the_template_review_is_the_example(tmp_path: Path) -> None:
    assert Desk(tmp_path).playnex("init", "--template", "review").returncode == 0
    example = {path.relative_to(EXAMPLES / "review"): path.read_text() for path in files_of(EXAMPLES / "review")}
    assert {path.relative_to(tmp_path): path.read_text() for path in files_of(tmp_path)} == example
    assert Desk(tmp_path).playnex("check").returncode == 0


WITH_SERVERS = ("market-watch",)
"""Examples whose tools are there only once their servers are added; each has a test of its own."""


@pytest.mark.parametrize("example", sorted(path.name for path in EXAMPLES.iterdir() if path.name not in WITH_SERVERS))
def test_every_example_passes_the_check_and_says_how_it_is_run(example: str, tmp_path: Path) -> None:
    folder = tmp_path / example
    shutil.copytree(EXAMPLES / example, folder, ignore=shutil.ignore_patterns(".playnex"))
    checked = playnex("check", folder=folder)
    assert checked.code == 0, checked.err
    flows = [path.stem for path in (folder / "flows").iterdir() if path.suffix in (".yaml", ".py")]
    readme = (folder / "README.md").read_text()
    assert all(f"playnex flow run {flow} --input" in readme for flow in flows)


def files_of(folder: Path) -> list[Path]:
    """The files of a workspace that are the user's."""
    own = {".playnex", ".gitignore", ".vscode"}
    return [path for path in folder.rglob("*") if path.is_file() and not own & set(path.relative_to(folder).parts)]
