"""`playnex flow create`: the interview on a real terminal, the same by flags, and what must never be left behind."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.stage import Said, playnex
from cli.terminals import OnScreen, on_screen
from playnex.app.creating import Creating, Draft
from playnex.app.definitions import Definitions
from playnex.app.templates import lay_out, names
from playnex.cli.flow_interview import FlowInterview, Offers
from playnex.cli.talk import OutOfAnswers, Talk
from playnex.spec.located import plain
from playnex.spec.short_forms import input_of, step_of
from playnex.spec.write_flow import flow_text
from playnex.spec.yaml_source import read_yaml
from playnex.testing.model_server import serving
from playnex.workspace import Workspace

CTRL_C, CTRL_D = "\x03", "\x04"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    lay_out("minimal", tmp_path)
    return tmp_path


def test_an_interview_makes_a_flow_with_a_new_agent_that_passes_the_check_and_runs_at_once(workspace: Path) -> None:
    with on_screen(workspace, "flow", "create") as screen:
        tell_poem(screen)
        screen.answer("[Y/n]")
        assert screen.end() == 0
    assert 'next: playnex flow run poem --input topic="…"' in screen.shown
    assert (workspace / "flows/poem.yaml").read_text() == POEM
    assert (workspace / "agents/poet.md").read_text() == POET
    assert playnex("check", folder=workspace).code == 0
    with serving() as server:
        (workspace / "playnex.toml").write_text(f'[models.main]\nbase_url = "{server.url}"\nname = "scripted"\ncontext = 32768\n')
        ran = playnex("flow", "run", "poem", "--input", "topic=the sea", "--json", folder=workspace)
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["capsules"][0]["name"] == "poem/the-sea"


def test_the_file_is_shown_before_it_is_written_and_a_no_writes_nothing(workspace: Path) -> None:
    with on_screen(workspace, "flow", "create") as screen:
        tell_poem(screen)
        shown = screen.until("Write flows/poem.yaml and agents/poet.md? (flag: --yes) [Y/n]")
        assert all(f"  {line}".rstrip() in shown for line in POEM.splitlines())
        screen.type("n\n")
        assert screen.end() == 2
    assert "nothing was written: you said no" in screen.shown
    assert written(workspace) == []


def test_a_bad_answer_is_told_at_once_and_asked_again(workspace: Path) -> None:
    with on_screen(workspace, "flow", "create") as screen:
        screen.answer("Name", "My Poem")
        screen.until("'My Poem' cannot be the name of a flow; try my-poem")
        screen.answer("Name", "hello")
        screen.until("there is a flow 'hello' already: flows/hello.yaml; choose another name, or replace it with --force")
        screen.answer("Name", "poem")
        screen.answer("What is it for")
        screen.answer("Input 1", "the topic")
        screen.until("cannot be used in ${{ }}; call it 'the_topic'")
        screen.answer("Input 1", "topic")
        screen.answer("type:", "strng")
        screen.until("there is no type 'strng'; did you mean 'string'?")
        screen.answer("type:")
        screen.answer("must it be given?", "perhaps")
        screen.until("'perhaps' is neither yes nor no; type y or n")
        screen.answer("must it be given?")
        screen.answer("what is it?")
        screen.answer("Input 2")
        screen.answer("Step 1")
        screen.until("a flow needs at least one step")
        screen.answer("Step 1", "write")
        screen.answer("what does it do?", "agnet")
        screen.until("'agnet' is none of them; did you mean 'agent'?")
        screen.answer("what does it do?")
        screen.answer("which agent?", "1")
        screen.answer("What is it asked?", "About ${{ inputs.topc }}", "")
        screen.until("the flow has no input 'topc'; did you mean 'topic'?")
        screen.answer("What is it asked?", "About ${{ inputs.topic }}", "")
        screen.answer("Step 2")
        screen.answer("Keep it in the capsule", "no such name!")
        screen.until("cannot be a capsule's name")
        screen.answer("Keep it in the capsule", "-")
        screen.answer("[Y/n]")
        assert screen.end() == 0
    assert "agent: helper" in (workspace / "flows/poem.yaml").read_text()


def test_one_can_go_back_as_far_as_one_likes(workspace: Path) -> None:
    with on_screen(workspace, "flow", "create", "poem") as screen:
        screen.answer("What is it for", "Wrong")
        screen.answer("Input 1", "wrong")
        screen.answer("type:", "<")
        screen.answer("Input 1", "<")
        screen.answer("What is it for", "Right")
        screen.answer("Input 1")
        screen.answer("Step 1", "nap")
        screen.answer("what does it do?", "wait")
        screen.answer("for how long?", "soon")
        screen.until("'soon' is not a duration")
        screen.answer("for how long?", "1s")
        screen.answer("Step 2")
        screen.answer("[Y/n]")
        assert screen.end() == 0
    text = (workspace / "flows/poem.yaml").read_text()
    assert "description: Right" in text
    assert "rong" not in text


@pytest.mark.parametrize(
    ("key", "code", "said"), [(CTRL_C, 130, "nothing was written"), (CTRL_D, 2, "the answers ended before the flow did")]
)
def test_leaving_in_the_middle_leaves_nothing_behind(key: str, code: int, said: str, workspace: Path) -> None:
    with on_screen(workspace, "flow", "create") as screen:
        tell_poem(screen)
        screen.until("[Y/n]")
        screen.type(key)
        assert screen.end() == code
    assert said in screen.shown
    assert "Traceback" not in screen.shown
    assert written(workspace) == []


def test_the_flags_make_what_the_interview_makes_and_need_no_terminal(workspace: Path) -> None:
    made = created(workspace, "poem", *POEM_FLAGS)
    assert made.code == 0, made.err
    assert (workspace / "flows/poem.yaml").read_text() == POEM
    assert made.err.splitlines()[-2:] == ["✓ 2 files checked, no fault", 'next: playnex flow run poem --input topic="…"']


def test_what_the_flags_say_wrong_is_told_with_the_line_that_would_be_written_and_nothing_is(workspace: Path) -> None:
    said = created(workspace, "poem", "--step", "write=agent:helpr prompt:About ${{ inputs.topic }}")
    assert said.code == 3
    assert "flows/poem.yaml:7:12: error: there is no agent 'helpr'\n    7 |     agent: helpr\n" in said.err
    assert "did you mean 'helper'?" in said.err
    assert "the flow has no input 'topic'" in said.err
    assert said.err.endswith("nothing was written\n")
    assert written(workspace) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("poem",), "a flow needs a name and at least one step"),
        (("--step", "nap=wait:1s"), "the flow has no name"),
        (("Poem", "--step", "nap=wait:1s"), "'Poem' cannot be the name of a flow"),
        (("hello", "--step", "nap=wait:1s"), "there is a flow 'hello' already"),
        (("poem", "--step", "nap"), "--step 'nap' cannot be read"),
        (("poem", "--step", "a=agent:helper promt:x"), "a step has no key 'promt'"),
        (("poem", "--step", "a=agent:helper nonsense"), "'nonsense' is no key:value"),
        (("poem", "--step", "a=wait:1s", "--step", "a=wait:1s"), "--step names 'a' twice"),
        (("poem", "--step", "a=wait:1s wait:2s"), "says 'wait' twice"),
        (("poem", "--step", "a=wait:1s", "--input", "x:strng"), "there is no type 'strng'"),
        (("poem", "--step", "a=wait:1s", "--input", ":"), "--input ':' cannot be read"),
        (("poem", "--step", "a=agent:new prompt:x", "--agent", "new"), "--agent 'new' has no purpose"),
        (("poem", "--template", "reserch"), "there is no template 'reserch'"),
        (("poem", "--template", "research", "--step", "a=wait:1s"), "a template brings its own inputs and steps"),
    ],
)
def test_flags_that_cannot_be_are_told_with_the_mend(words: tuple[str, ...], message: str, workspace: Path) -> None:
    said = created(workspace, *words)
    assert said.code == 2
    assert message in said.err
    assert len(said.err.splitlines()) == 2, "what is wrong, and what to do"
    assert written(workspace) == []


def test_force_replaces_a_flow_and_nothing_else_does(workspace: Path) -> None:
    before = (workspace / "flows/hello.yaml").read_text()
    assert created(workspace, "hello", "--step", "nap=wait:1s").code == 2
    assert (workspace / "flows/hello.yaml").read_text() == before
    assert created(workspace, "hello", "--step", "nap=wait:1s", "--force").code == 0
    assert "wait: 1s" in (workspace / "flows/hello.yaml").read_text()


def test_a_flow_comes_from_json_in_the_words_of_the_file(workspace: Path) -> None:
    flow = {"inputs": {"who": "string"}, "steps": {"greet": {"agent": "helper", "prompt": "Greet ${{ inputs.who }}:\nkindly\n"}}}
    (workspace / "flow.json").write_text(json.dumps(flow))
    assert created(workspace, "greet", "--from-json", "flow.json").code == 0
    assert plain(read_yaml((workspace / "flows/greet.yaml").read_text(), "").root) == {"playnex": 1, "name": "greet", **flow}
    (workspace / "flow.json").write_text("[]")
    assert "the flow must be a JSON object" in created(workspace, "other", "--from-json", "flow.json").err


@pytest.mark.parametrize("template", names())
def test_each_template_gives_its_flow_under_a_new_name_and_takes_what_is_there_as_it_is(template: str, workspace: Path) -> None:
    (workspace / "agents/research.md").write_text("---\nname: research\n---\nMine.\n")
    made = created(workspace, "mine", "--template", template, "--json")
    assert made.code == 0, made.err
    assert "flows/mine.yaml" in json.loads(made.out)["files"]
    assert "Mine." in (workspace / "agents/research.md").read_text()
    assert playnex("check", folder=workspace).code == 0


def test_the_answer_in_json_names_the_files_and_the_next_command(workspace: Path) -> None:
    made = json.loads(created(workspace, "poem", *POEM_FLAGS, "--json").out)
    assert made == {
        "schema": "playnex.created/1",
        "flow": "poem",
        "files": ["flows/poem.yaml", "agents/poet.md"],
        "next": 'playnex flow run poem --input topic="…"',
    }


def test_an_agent_is_made_by_flags_and_checked_before_it_is_written(workspace: Path) -> None:
    made = playnex("agent", "create", "clerk", "--purpose", "You answer from notes. Be brief.", "--tools", "file.*", folder=workspace)
    assert made.code == 0, made.err
    text = "---\nname: clerk\ndescription: You answer from notes.\ntools: [file.*]\n---\nYou answer from notes. Be brief.\n"
    assert (workspace / "agents/clerk.md").read_text() == text
    assert "there is an agent 'clerk' already" in playnex("agent", "create", "clerk", "--purpose", "x", folder=workspace).err
    assert "has no purpose" in playnex("agent", "create", "other", folder=workspace).err
    wrong = playnex("agent", "create", "other", "--purpose", "x", "--tools", "file.raed", folder=workspace)
    assert (wrong.code, (workspace / "agents/other.md").exists()) == (3, False)
    assert "there is no tool 'file.raed'" in wrong.err


WORDS = st.sampled_from(
    (
        *(
            "",
            "",
            "",
            "<",
            "-",
            "y",
            "n",
            "1",
            "2",
            "3",
            "4",
            "5",
            "agent",
            "tool",
            "approve",
            "save",
            "wait",
            "10m",
            "string",
            "integer",
            "a,b",
        ),
        *(
            "topic",
            "draft",
            "send",
            "my-step",
            "poet",
            "helper",
            "file.read",
            "sources/a.md",
            "Write: it # now",
            "notes/${{ inputs.topic }}",
        ),
        *("About ${{ inputs.topic }}", "${{ steps.draft.output }}", "${{ steps['my-step'].output | upper }}", "${{ nothing }}", "{% for"),
    )
)


@given(st.lists(WORDS | st.text(max_size=8).map(lambda text: text.replace("\n", " ").replace("\r", " ")), max_size=120))
@settings(max_examples=150, deadline=None)
def test_whatever_is_answered_an_interview_that_ends_gives_a_flow_without_a_fault(answers: list[str]) -> None:
    lines = iter(("flow", *answers))
    talk = Talk(read=lambda: next((f"{line}\n" for line in lines), ""), show=lambda text: None)
    draft = told(talk)
    assert draft is None or creating().faults(draft) is None


@given(
    st.lists(st.tuples(st.sampled_from(("topic", "n")), st.sampled_from(("string!", "integer=4", "[a,b]=a # Which"))), max_size=2),
    st.data(),
)
@settings(max_examples=100, deadline=None)
def test_whatever_the_flags_build_comes_back_from_the_file_as_it_was(inputs: list[tuple[str, str]], data: st.DataObject) -> None:
    prompt = data.draw(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip))
    step_id, step = step_of(f"draft=agent:helper save:notes/x prompt:{prompt}")
    flow = {"name": "f", "inputs": dict(input_of(f"{name}:{rest}") for name, rest in inputs), "steps": {step_id: step}}
    read = read_yaml(flow_text(flow), "flows/f.yaml")
    assert read.faults == ()
    assert plain(read.root) == {"playnex": 1, **flow}


def creating() -> Creating:
    """Over a workspace that is nowhere, with two tools."""
    path = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"], "additionalProperties": False}
    workspace = Workspace(root=Path("nowhere"))
    return Creating(workspace=workspace, definitions=Definitions(workspace=workspace, tools={"file.read": path, "file.list": {}}))


def told(talk: Talk) -> Draft | None:
    """The draft, where the answers make one."""
    offers = Offers(agents=(), tools=creating().definitions.tools, models=("main",))
    try:
        sketch = FlowInterview(creating=creating(), offers=offers, begun={}).hold(talk)
    except OutOfAnswers:
        return None
    return creating().draft(sketch.flow, sketch.agents)


def created(workspace: Path, *words: str) -> Said:
    return playnex("flow", "create", *words, folder=workspace)


def written(workspace: Path) -> list[str]:
    """What is there beside the template's own files."""
    own = {"flows/hello.yaml", "agents/helper.md"}
    found = (path.relative_to(workspace).as_posix() for folder in ("flows", "agents") for path in (workspace / folder).iterdir())
    return sorted(set(found) - own)


def tell_poem(screen: OnScreen) -> None:
    """All answers but the last."""
    screen.answer("Name", "poem")
    screen.answer("What is it for", "A short poem on a topic.")
    screen.answer("Input 1", "topic")
    screen.answer("type:")
    screen.answer("must it be given?")
    screen.answer("what is it?", "What it is about")
    screen.answer("Input 2")
    screen.answer("Step 1", "write")
    screen.answer("what does it do?")
    screen.answer("which agent?", "poet")
    screen.answer("What is it told to be?", "You write short poems. You rhyme.", "")
    screen.answer("What is it asked?", "Write a poem on ${{ inputs.topic }}.", "Four lines, no title.", "")
    screen.answer("Step 2")
    screen.answer("Keep it in the capsule")


POEM = """\
# Run it with: playnex flow run poem --input topic="…"
playnex: 1
name: poem
description: A short poem on a topic.

inputs:
  topic: { type: string, required: true, description: What it is about }

steps:
  write:
    agent: poet
    prompt: |
      Write a poem on ${{ inputs.topic }}.
      Four lines, no title.
    save: poem/${{ inputs.topic | slug }}

output: ${{ steps.write.output }}
"""

POET = """\
---
name: poet
description: You write short poems.
---
You write short poems. You rhyme.
"""

POEM_FLAGS = (
    *("--description", "A short poem on a topic.", "--input", "topic:string! # What it is about"),
    *("--agent", "poet=You write short poems. You rhyme.", "--save", "poem/${{ inputs.topic | slug }}", "--output", "write"),
    *("--step", "write=agent:poet prompt:Write a poem on ${{ inputs.topic }}.\nFour lines, no title.\n"),
)
