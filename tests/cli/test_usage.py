"""A wrong command line is told in our words, with how it is right, and changes nothing."""

from pathlib import Path

import pytest

from cli.stage import playnex
from playnex.app.templates import lay_out

WRONG = {
    "flw": ("there is no command 'playnex flw'", "did you mean 'flow'?"),
    "frob": ("there is no command 'playnex frob'", "there are: demo, init"),
    "flow lst": ("there is no command 'playnex flow lst'", "did you mean 'list'?"),
    "help flow lst": ("there is no command 'playnex flow lst'", "did you mean 'list'?"),
    "flow list x": ("'x' is a word too many", "usage: playnex flow list [--json]"),
    "flow list --jsn": ("there is no flag --jsn", "did you mean '--json'?"),
    "flow list --frobnicate": ("there is no flag --frobnicate", "usage: playnex flow list"),
    "flow run": ("NAME is missing", "usage: playnex flow run NAME"),
    "run list --limit": ("--limit needs a value", "usage: playnex run list"),
    "run list --limit many": ("--limit cannot be 'many'", "usage: playnex run list"),
    "init --template reserch": ("--template cannot be 'reserch'", "minimal|research"),
    "flow list --color pink": ("--color cannot be 'pink'", "auto, always, never"),
    "flow list --color": ("--color needs a value", "--color auto|always|never"),
    "flow list --workspace nowhere": ("there is no folder 'nowhere'", "playnex init nowhere"),
    "model install gpt": ("there is no embedded model 'gpt'", "smollm2"),
    "flow run hello --input x": ("--input 'x' has no value", "name=value"),
    "flow run hello --input mesage=x": ("flow 'hello' has no input 'mesage'", "did you mean 'message'?"),
    "flow run hello --input message=@gone": ("cannot read 'gone': no such file or directory", ""),
    "flow run hello --input-file playnex.toml": ("is not JSON", ""),
    "capsule create a text --file playnex.toml": ("give the text or --file, not both", ""),
    "capsule delete a": ("'a'", ""),
    "init": ("already has agents/helper.md", "nothing was changed"),
}


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    lay_out("minimal", tmp_path)
    return tmp_path


@pytest.mark.parametrize("words", WRONG)
def test_a_wrong_command_line_is_told_with_the_mend(words: str, workspace: Path) -> None:
    said = playnex(*words.split(), folder=workspace)
    assert said.code == (5 if words == "capsule delete a" else 2)
    assert said.out == ""
    for told in WRONG[words]:
        assert told in said.err


@pytest.mark.parametrize("words", ["flow list", "run list", "capsules", "check", "agent list", "tool list", "model list"])
def test_outside_a_workspace_one_is_told_how_to_make_one(words: str, tmp_path: Path) -> None:
    said = playnex(*words.split(), folder=tmp_path)
    assert (said.code, said.out) == (2, "")
    assert "playnex init DIR --template research" in said.err
    assert list(tmp_path.iterdir()) == []


def test_a_broken_flow_is_listed_and_said_to_be_broken(workspace: Path) -> None:
    (workspace / "flows" / "worse.yaml").write_text("name: 'worse\n")
    said = playnex("flow", "list", folder=workspace)
    assert said.code == 0
    assert [line.split(None, 1)[1] for line in said.out.splitlines() if line.startswith("worse")] == [
        "cannot be read; playnex check says why"
    ]


def test_a_sound_agent_is_shown_and_listed_beside_a_broken_one(workspace: Path) -> None:
    (workspace / "agents" / "loose.md").write_text("no front matter\n")
    assert playnex("agent", "show", "helper", folder=workspace).code == 0
    listed = playnex("agent", "list", folder=workspace)
    assert listed.code == 0
    assert "cannot be read; playnex check says why" in next(line for line in listed.out.splitlines() if line.startswith("loose"))


def test_what_playnex_keeps_is_ignored_by_git_and_closed_to_others(workspace: Path) -> None:
    playnex("run", "list", folder=workspace)
    assert (workspace / ".playnex" / ".gitignore").read_text() == "*\n"
    assert (workspace / ".playnex").stat().st_mode & 0o077 == 0
