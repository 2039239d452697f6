"""Broken flow files: each fault at its place, in the words of the file, and all of them at once."""

import pytest

from playnex.spec.agent import AgentSpec
from playnex.spec.check_flow import Catalogue, check_flow
from playnex.spec.read_flow import read_flow

CATALOGUE = Catalogue(
    agents={"writer": AgentSpec(name="writer")},
    tools={
        "file.read": {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"], "additionalProperties": False}
    },
)
HEAD = "playnex: 1\nname: f\ninputs:\n  topic: { type: string, required: true }\nsteps:\n"
WRITE = "  write:\n    agent: writer\n    prompt: About ${{ inputs.topic }}\n"

BROKEN = {
    "an unknown key": (HEAD + WRITE + "    promt: x\n", "9:5", "promt"),
    "a duplicate key": (HEAD + WRITE + "    agent: writer\n", "9:5", "agent"),
    "an unknown agent": (HEAD + "  write:\n    agent: writr\n    prompt: x\n", "7:12", "writr"),
    "an unknown tool": (HEAD + "  read:\n    tool: file.raed\n", "7:11", "file.raed"),
    "a missing argument": (HEAD + "  read:\n    tool: file.read\n", "7:11", "path"),
    "an unknown input": (HEAD + "  write:\n    agent: writer\n    prompt: ${{ inputs.topc }}\n", "8:17", "topc"),
    "an unknown step": (HEAD + WRITE + "  more:\n    agent: writer\n    prompt: ${{ steps.wrte.output }}\n", "11:17", "wrte"),
    "a step that comes later": (HEAD + "  a:\n    agent: writer\n    prompt: ${{ steps.write.output }}\n" + WRITE, "8:17", "write"),
    "a bad expression": (HEAD + "  write:\n    agent: writer\n    prompt: ${{ inputs. }}\n", "8:", "template"),
    "two things to do": (HEAD + WRITE + "    tool: file.read\n", "9:5", "tool"),
    "a bad timeout": (HEAD + WRITE + "    timeout: soon\n", "9:14", "soon"),
    "a key for later": (HEAD + WRITE + "    if: inputs.topic\n", "9:5", "not available"),
    "no steps": ("playnex: 1\nname: f\n", "1:1", "steps"),
    "no YAML": ("playnex: 1\n name: [f\n", "2:", ""),
    "a bad name": (HEAD.replace("name: f", "name: F F") + WRITE, "2:7", "F F"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_fault_is_told_at_its_place(what: str) -> None:
    text, place, word = BROKEN[what]
    faults = [str(fault) for fault in check_flow(read_flow(text, "f.yaml"), CATALOGUE)]
    assert any(fault.startswith(f"f.yaml:{place}") and word in fault for fault in faults), faults


def test_a_sound_flow_has_no_fault() -> None:
    assert check_flow(read_flow(HEAD + WRITE, "f.yaml"), CATALOGUE) == ()


def test_all_faults_come_at_once_in_file_order() -> None:
    text = HEAD + "  write:\n    agent: writr\n    prompt: ${{ inputs.topc }}\n    promt: x\n"
    lines = [fault.place.line for fault in check_flow(read_flow(text, "f.yaml"), CATALOGUE)]
    assert lines == [7, 8, 9]
