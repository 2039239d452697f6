"""Broken agent files: each fault at its place in the whole file, in the words of the file, and all of them at once."""

from pathlib import Path

import pytest

from cli.stage import playnex
from playnex.app.templates import lay_out
from playnex.spec.read_agent import read_agent

BODY = "You write.\n"

BROKEN = {
    "an empty file": ("", "1:1", "the file has no front matter"),
    "no front matter": ("You write.\n", "1:1", "the file has no front matter"),
    "front matter without an end": ("---\nname: writer\n", "1:1", "the front matter that begins here has no end"),
    "no instructions": ("---\nname: writer\n---\n\n", "3:1", "the agent has no instructions"),
    "an unknown key": (f"---\nmodle: main\n---\n{BODY}", "2:1", "an agent has no key 'modle'"),
    "a duplicate key": (f"---\nmodel: a\nmodel: b\n---\n{BODY}", "3:1", "the key 'model' occurs twice"),
    "no YAML": (f"---\nname: [writer\n---\n{BODY}", "3:1", "expected ',' or ']' here"),
    "a list": (f"---\n- writer\n---\n{BODY}", "2:1", "the front matter must be a map"),
    "another name than the file's": (f"---\nname: editor\n---\n{BODY}", "2:7", "the agent is named 'editor' and its file 'writer.md'"),
    "a name of two words": (f"---\nname: The writer\n---\n{BODY}", "2:7", "the name 'The writer' is not a slug"),
    "an empty model": (f"---\nmodel: ''\n---\n{BODY}", "2:8", "`model` is empty"),
    "a map of tools": (f"---\ntools: {{ file: read }}\n---\n{BODY}", "2:8", "`tools` must be a list of texts, not a map"),
    "a list among the tools": (f"---\ntools: [a, [b]]\n---\n{BODY}", "2:12", "an item of `tools` must be a text, not a list"),
    "a word as memory": (
        f"---\nmemory: all\n---\n{BODY}",
        "2:9",
        "`memory` must be `none`, `history`, or a map",
    ),
    "recall that is no map": (f"---\nmemory: {{ recall: [a] }}\n---\n{BODY}", "2:19", "`recall` must be a map"),
    "too many hits": (f"---\nmemory: {{ recall: {{ limit: 90 }} }}\n---\n{BODY}", "2:28", "`limit` is 90; it must be from 1 to 50"),
    "a tag to write": (f"---\nmemory: {{ write: ['#a'] }}\n---\n{BODY}", "2:18", "`write` takes names, and no tags"),
    "a tag without a name": (f"---\nmemory: {{ read: ['#'] }}\n---\n{BODY}", "2:17", "`read` has a tag without a name"),
    "an unknown key of memory": (f"---\nmemory: {{ raed: [a] }}\n---\n{BODY}", "2:11", "`memory` has no key 'raed'"),
    "too many turns": (f"---\nlimits: {{ turns: 900 }}\n---\n{BODY}", "2:18", "`turns` is 900; it must be from 1 to 200"),
    "no turns": (f"---\nlimits: {{ turns: 0 }}\n---\n{BODY}", "2:18", "`turns` is 0"),
    "an unknown limit": (f"---\nlimits: {{ token: 5 }}\n---\n{BODY}", "2:11", "`limits` has no key 'token'"),
    "a limit in words": (f"---\nlimits: {{ time: soon }}\n---\n{BODY}", "2:17", "`time`: 'soon' is not a duration"),
    "a plan in words": (f"---\nplan: yes\n---\n{BODY}", "2:7", "`plan` must be true or false, not 'yes'"),
    "an unknown reflection": (f"---\nreflect: sometimes\n---\n{BODY}", "2:10", "`reflect` cannot be 'sometimes'"),
    "an unknown type of output": (f"---\noutput: {{ a: strng }}\n---\n{BODY}", "2:14", "there is no type 'strng'"),
    "a temperature too high": (f"---\ntemperature: 3\n---\n{BODY}", "2:14", "`temperature` is 3; it must be from 0 to 2"),
    "an output of no tokens": (f"---\nmax_output_tokens: 0\n---\n{BODY}", "2:20", "`max_output_tokens`: 0 is not above zero"),
    "a list as approval": (f"---\napproval: [a]\n---\n{BODY}", "2:11", "`approval` must be `ask`, or a map of tools"),
    "an approval that is laxer": (f"---\napproval: {{ mail.send: never }}\n---\n{BODY}", "2:24", "an agent can only be stricter"),
    "an approval that is no rule": (f"---\napproval: {{ mail.send: aks }}\n---\n{BODY}", "2:24", "a rule knows `args`, not 'aks'"),
    "a key for later": (f"---\nskills: [a]\n---\n{BODY}", "2:1", "'skills' is not available in this version yet"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_fault_is_told_at_its_place(what: str) -> None:
    text, place, message = BROKEN[what]
    faults = [str(fault) for fault in read_agent(text, "agents/writer.md", "writer").faults]
    assert any(fault.startswith(f"agents/writer.md:{place}: {message}") for fault in faults), faults


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_file_gives_no_agent(what: str) -> None:
    assert read_agent(BROKEN[what][0], "agents/writer.md", "writer").agent is None


def test_a_sound_file_has_no_fault_and_keeps_its_instructions() -> None:
    read = read_agent("---\r\nmodel: fast\r\n---\r\n\r\n# You\r\nwrite.\r\n", "agents/writer.md", "writer")
    assert read.faults == ()
    assert read.agent is not None
    assert (read.agent.name, read.agent.model, read.agent.instructions) == ("writer", "fast", "# You\nwrite.")


def test_unknown_tools_and_models_are_told_with_all_other_faults_in_file_order(tmp_path: Path) -> None:
    lay_out("minimal", tmp_path)
    (tmp_path / "agents" / "writer.md").write_text("---\nmodle: x\nmodel: fats\ntools: [file.*, file.raed]\nplan: maybe\n---\nWrite.\n")
    said = playnex("check", folder=tmp_path).err
    told = [line for line in said.splitlines() if line.startswith("agents/writer.md:")]
    assert told == [
        "agents/writer.md:2:1: error: an agent has no key 'modle'",
        "agents/writer.md:3:8: error: there is no model 'fats'",
        "agents/writer.md:4:17: error: there is no tool 'file.raed'",
        "agents/writer.md:5:7: error: `plan` must be true or false, not 'maybe'",
    ]


def test_an_approval_for_tools_that_are_not_there_is_told(tmp_path: Path) -> None:
    lay_out("minimal", tmp_path)
    text = "---\ntools: [file.*]\napproval: { file.raed: ask, file.read: args.pth == '', consequential: ask }\n---\nWrite.\n"
    (tmp_path / "agents" / "writer.md").write_text(text)
    told = [line for line in playnex("check", folder=tmp_path).err.splitlines() if line.startswith("agents/writer.md:")]
    assert told == [
        "agents/writer.md:3:24: error: there is no tool 'file.raed'",
        "agents/writer.md:3:40: error: file.read: the tool has no parameter 'pth'",
    ]


def test_a_capsules_name_that_cannot_be_is_told_before_anything_runs(tmp_path: Path) -> None:
    lay_out("minimal", tmp_path)
    flow = tmp_path / "flows" / "hello.yaml"
    flow.write_text(flow.read_text().replace("save: notes/hello", "save: notes/hello!"))
    assert "flows/hello.yaml:12:11: error: 'notes/hello!' cannot be a capsule's name" in playnex("check", folder=tmp_path).err
