"""Broken flow files: each fault at its place, in the words of the file, and all of them at once."""

from itertools import pairwise

import pytest

from playnex.spec.agent import AgentSpec
from playnex.spec.check_flow import check_flow
from playnex.spec.check_targets import Catalogue
from playnex.spec.read_flow import read_flow

CATALOGUE = Catalogue(
    agents={"writer": AgentSpec(name="writer")},
    tools={
        "file.read": {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"], "additionalProperties": False}
    },
)
HEAD = "playnex: 1\nname: f\ninputs:\n  topic: { type: string, required: true }\nsteps:\n"
WRITE = "  write:\n    agent: writer\n    prompt: About ${{ inputs.topic }}\n"

ON = "playnex: 1\nname: f\non: {{ {} }}\ninputs:\n  topic: {{ type: string, required: true }}\nsteps:\n" + WRITE.replace("{", "{{").replace(
    "}", "}}"
)
GROUP = ON.replace("on: {{ {} }}", "concurrency: {}")

STEP = "  write:\n    agent: writer\n    prompt: x\n"
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in pairwise("abcdefg")
)

BROKEN = {
    "an unknown key": (HEAD + WRITE + "    promt: x\n", "9:5", "promt"),
    "a duplicate key": (HEAD + WRITE + "    agent: writer\n", "9:5", "agent"),
    "an unknown agent": (HEAD + "  write:\n    agent: writr\n    prompt: x\n", "7:12", "writr"),
    "an unknown tool": (HEAD + "  read:\n    tool: file.raed\n", "7:11", "file.raed"),
    "a missing argument": (HEAD + "  read:\n    tool: file.read\n", "7:11", "path"),
    "an unknown input": (HEAD + "  write:\n    agent: writer\n    prompt: ${{ inputs.topc }}\n", "8:17", "topc"),
    "an unknown step": (HEAD + WRITE + "  more:\n    agent: writer\n    prompt: ${{ steps.wrte.output }}\n", "11:17", "wrte"),
    "a step that comes later": (HEAD + "  a:\n    agent: writer\n    prompt: ${{ steps.write.output }}\n" + WRITE, "8:17", "write"),
    "a bad expression": (HEAD + "  write:\n    agent: writer\n    prompt: ${{ inputs. }}\n", "8:", "ends too early"),
    "two things to do": (HEAD + WRITE + "    tool: file.read\n", "9:5", "tool"),
    "a bad timeout": (HEAD + WRITE + "    timeout: soon\n", "9:14", "soon"),
    "a cron expression that is none": (ON.format('schedule: [{ cron: "61 * * * *" }]'), "3:26", "bad minute"),
    "a cron expression of too few fields": (ON.format('schedule: [{ cron: "0 7" }]'), "3:26", "five"),
    "a zone that is none": (ON.format('schedule: [{ cron: "0 7 * * *", zone: Europe/Wien }]'), "3:45", "Europe/Wien"),
    "a schedule without a time": (ON.format("schedule: [{ zone: UTC }]"), "3:18", "cron"),
    "a schedule that is a word": (ON.format("schedule: daily"), "3:17", "a list of schedules"),
    "a start that is reserved": (ON.format("webhook: x"), "3:7", "not available"),
    "a start that is none": (ON.format("shedule: []"), "3:7", "schedule"),
    "a schedule that gives an unknown input": (
        ON.format('schedule: [{ cron: "0 7 * * *", inputs: { topik: a, topic: b } }]'),
        "3:49",
        "topik",
    ),
    "a schedule that leaves a needed input out": (ON.format('schedule: [{ cron: "0 7 * * *" }]'), "3:18", "topic"),
    "a group that is none": (GROUP.format("{ cancel-in-progress: true }"), "3:14", "names no group"),
    "a group by what is not known yet": (GROUP.format("x ${{ steps.write.output }}"), "3:20", "write"),
    "a group by an unknown input": (GROUP.format('"${{ inputs.topik }}"'), "3:19", "topik"),
    "an unknown key of a group": (GROUP.format("{ group: x, cancel: true }"), "3:26", "cancel-in-progress"),
    "an agent beside a pattern": (HEAD + WRITE + "    pattern: debate\n", "9:5", "two things"),
    "a condition on a step that is not waited for": (
        HEAD + WRITE + "    if: steps.later.output\n" + STEP.replace("write", "later"),
        "9:9",
        "later",
    ),
    "a condition that is no expression": (HEAD + WRITE + "    if: inputs.topic ==\n", "9:", "ends too early"),
    "an else without an if": (HEAD + WRITE + "    else: x\n", "9:5", "has no meaning without 'if'"),
    "an approval that asks nothing": (HEAD + "  ask:\n    approve: { show: x }\n", "7:14", "asks nothing"),
    "an approval with a timeout outside": (
        HEAD + "  ask:\n    approve: { message: x }\n    timeout: 5s\n",
        "8:5",
        "no meaning beside 'approve'",
    ),
    "a no that leads to a step": (HEAD + "  ask:\n    approve: { message: x }\n    on-refuse: other\n", "8:16", "no such step"),
    "max-parallel alone": (HEAD + WRITE + "    max-parallel: 2\n", "9:5", "without 'for-each'"),
    "items that are no list": (HEAD + WRITE + "    for-each: all of them\n", "9:15", "a list"),
    "one capsule for every item": (HEAD + WRITE + "    for-each: [1, 2]\n    save: notes/x\n", "10:5", "the same capsule"),
    "an item where there is none": (HEAD + "  write:\n    agent: writer\n    prompt: ${{ item }}\n", "8:17", "item"),
    "a switch without cases": (HEAD + "  go:\n    switch: ${{ inputs.topic }}\n", "7:5", "no cases"),
    "a case that does nothing": (
        HEAD + "  go:\n    switch: ${{ inputs.topic }}\n    cases: { a: { prompt: x } }\n",
        "8:14",
        "does nothing",
    ),
    "a case with an unknown agent": (
        HEAD + "  go:\n    switch: ${{ inputs.topic }}\n    prompt: x\n    cases: { a: { agent: writr } }\n",
        "9:26",
        "writr",
    ),
    "a case that the value never has": (
        HEAD + "  ask:\n    agent: writer\n    prompt: x\n    output: { kind: [bug, bill] }\n  go:\n"
        "    switch: ${{ steps.ask.output.kind }}\n    prompt: x\n    cases:\n"
        "      bugs: { agent: writer }\n      bill: { agent: writer }\n",
        "14:7",
        "never 'bugs'",
    ),
    "a value that no case is for": (
        HEAD + "  ask:\n    agent: writer\n    prompt: x\n    output: { kind: [bug, bill] }\n  go:\n"
        "    switch: ${{ steps.ask.output.kind }}\n    prompt: x\n    cases:\n      bill: { agent: writer }\n",
        "14:7",
        "no case for 'bug'",
    ),
    "a wait for nothing": (HEAD + "  nap:\n    wait: { timeout: 5s }\n", "7:11", "a time or a signal"),
    "a wait that is no time": (HEAD + "  nap:\n    wait: soon\n", "7:11", "soon"),
    "an unknown flow": (HEAD + "  call:\n    flow: othr\n", "7:11", "othr"),
    "one capsule saved at the same time": (
        HEAD + "  a:\n    needs: []\n    save: notes/x\n    content: a\n  b:\n    needs: []\n    save: notes/x\n    content: b\n",
        "12:11",
        "the same capsule at the same time",
    ),
    "no steps": ("playnex: 1\nname: f\n", "1:1", "steps"),
    "no YAML": ("playnex: 1\n name: [f\n", "2:", ""),
    "a bad name": (HEAD.replace("name: f", "name: F F") + WRITE, "2:7", "F F"),
    "no format": (HEAD.replace("playnex: 1\n", "") + STEP, "1:1", "the file does not say its format"),
    "another format": (HEAD.replace("playnex: 1", "playnex: 2") + STEP, "1:10", "format 2 is not known"),
    "no name": (HEAD.replace("name: f\n", "") + STEP, "1:1", "the flow has no name"),
    "a list instead of a flow": ("- playnex: 1\n", "1:1", "the file is not a flow"),
    "an empty file": ("", "1:1", "the file is not a flow"),
    "a tab before a key": ("playnex: 1\nname: f\nsteps:\n\twrite: x\n", "4:1", "a tab stands where only spaces may"),
    "a line out of line": (HEAD + "  write:\n    agent: writer\n   prompt: x\n", "8:4", "this line does not line up with the lines above"),
    "a quote never closed": (HEAD + '  write:\n    agent: writer\n    prompt: "x\n', "8:13", "a quote is opened here and never closed"),
    "a colon in a bare text": (HEAD + "  write:\n    agent: writer\n    prompt: Note: this\n", "8:17", "a ':' where no key can stand"),
    "a template bare in braces": (
        HEAD + "  write:\n    agent: writer\n    with: { a: ${{ inputs.topic }} }\n",
        "8:17",
        "expected ',' or '}' here",
    ),
    "two documents": (HEAD + STEP + "---\nplaynex: 1\n", "9:1", "a second document begins here"),
    "a tag": (HEAD + "  write:\n    agent: !x writer\n    prompt: x\n", "7:15", "the tag '!x' means nothing here"),
    "an alias of nothing": (HEAD + "  write:\n    agent: *who\n    prompt: x\n", "7:12", "no anchor &who is complete above"),
    "a list of steps": (
        "playnex: 1\nname: f\nsteps:\n  - agent: writer\n",
        "4:3",
        "`steps` must be a map of `key: value` lines, not a list",
    ),
    "a map of no steps": ("playnex: 1\nname: f\nsteps: {}\n", "3:8", "the flow has no steps"),
    "a text as step": (HEAD + "  write: writer\n", "6:10", "step 'write' must be a map of `key: value` lines, not 'writer'"),
    "a step with nothing": (HEAD + "  write:\n", "6:3", "step 'write' must be a map of `key: value` lines, not nothing"),
    "a step's id of two words": (HEAD + "  write it:\n    agent: writer\n    prompt: x\n", "6:3", "'write it' cannot be the id of a step"),
    "a step that does nothing": (HEAD + "  write:\n    prompt: x\n", "6:3", "step 'write' does nothing"),
    "an empty agent": (HEAD + "  write:\n    agent: ''\n    prompt: x\n", "7:12", "`agent` is empty"),
    "an agent that is asked nothing": (HEAD + "  write:\n    agent: writer\n", "6:3", "step 'write' asks its agent nothing"),
    "a list as prompt": (HEAD + "  write:\n    agent: writer\n    prompt: [x]\n", "8:13", "`prompt` must be a text, not a list"),
    "an unknown type of input": (HEAD.replace("type: string", "type: strng") + STEP, "4:18", "the type of an input cannot be 'strng'"),
    "an unknown key of an input": (HEAD.replace("required: true", "requird: true") + STEP, "4:26", "an input has no key 'requird'"),
    "a default of another type": (
        HEAD.replace("type: string, required: true", "type: integer, default: many") + STEP,
        "4:36",
        "the default of input 'topic' must be a whole number, not 'many'",
    ),
    "a default that is no choice": (
        HEAD.replace("type: string, required: true", "type: [a, b], default: c") + STEP,
        "4:35",
        "the default of input 'topic' must be one of a, b, not 'c'",
    ),
    "yes for true": (HEAD.replace("required: true", "required: yes") + STEP, "4:36", "`required` must be true or false, not 'yes'"),
    "an unknown budget": (HEAD.replace("steps:", "budget: { token: 5 }\nsteps:") + STEP, "5:11", "`budget` has no key 'token'"),
    "a budget in words": (
        HEAD.replace("steps:", "budget: { tokens: lots }\nsteps:") + STEP,
        "5:19",
        "`tokens`: 'lots' is not a count; write it like 500, 200k or 2M",
    ),
    "a budget below zero": (
        HEAD.replace("steps:", "budget: { usd: -1 }\nsteps:") + STEP,
        "5:16",
        "`usd` is -1; it must be from 0 to 1,000,000",
    ),
    "a retry in words": (HEAD + STEP + "    retry: often\n", "9:12", "`retry` must be a whole number, not 'often'"),
    "an unknown key of retry": (HEAD + STEP + "    retry: { time: 2 }\n", "9:14", "`retry` has no key 'time'"),
    "no time at all": (HEAD + STEP + "    timeout: 0s\n", "9:14", "`timeout`: 0 is not above zero"),
    "a need that is no step": (HEAD + STEP + "    needs: gather\n", "9:12", "step 'write' needs 'gather', and there is no such step"),
    "arguments for an agent": (HEAD + STEP + "    with: { a: 1 }\n", "9:5", "'with' has no meaning beside 'agent'"),
    "an unknown argument": (
        HEAD + "  r:\n    tool: file.read\n    with: { path: a, paht: b }\n",
        "8:22",
        "tool 'file.read' has no argument 'paht'",
    ),
    "an argument of another type": (
        HEAD + "  r:\n    tool: file.read\n    with: { path: 1 }\n",
        "8:19",
        "an argument does not fit tool 'file.read': at path: 1 is not a string",
    ),
    "content and no save": (HEAD + STEP + "    content: x\n", "9:5", "'content' has no meaning without 'save'"),
    "a check of nothing": (HEAD + STEP + "    verify: { on-fail: retry }\n", "9:13", "a check is one of `that`, `agent` and `python`"),
    "an unknown on-fail": (HEAD + STEP + "    verify: { that: 'output', on-fail: retyr }\n", "9:40", "`on-fail` cannot be 'retyr'"),
    "a fallback that is not there": (
        HEAD + STEP + "    verify: { that: 'output', on-fail: fallback }\n",
        "9:40",
        "`on-fail: fallback` and the step has no fallback",
    ),
    "an unknown judge": (HEAD + STEP + "    verify: { agent: judge }\n", "9:22", "there is no agent 'judge'"),
    "an unknown type of output": (HEAD + STEP + "    output: { a: strng }\n", "9:18", "there is no type 'strng'"),
    "a number as schema": (HEAD + STEP + "    output: 5\n", "9:13", "5 is not a schema"),
    "a field that the output has not": (
        HEAD + STEP + "    output: { a: string }\n  b:\n    agent: writer\n    prompt: ${{ steps.write.output.b }}\n",
        "12:17",
        "the output of step 'write' has no field 'b'",
    ),
    "a field that no record has": (
        HEAD + STEP + "  b:\n    agent: writer\n    prompt: ${{ steps.write.outptu }}\n",
        "11:17",
        "the record of step 'write' has no 'outptu'",
    ),
    "a capsule that nobody saves": (
        HEAD + STEP + "  b:\n    agent: writer\n    prompt: ${{ steps.write.capsule }}\n",
        "11:17",
        "step 'write' saves no capsule",
    ),
    "an unknown filter": (
        HEAD + "  write:\n    agent: writer\n    prompt: ${{ inputs.topic | slgu }}\n",
        "8:32",
        "there is no filter 'slgu'",
    ),
    "an expression never closed": (
        HEAD + "  write:\n    agent: writer\n    prompt: Hi ${{ inputs.topic\n",
        "8:27",
        "a ${{ or {% is never closed",
    ),
    "a loop never ended": (
        HEAD + "  write:\n    agent: writer\n    prompt: '{% for x in inputs.topic %}'\n",
        "8:39",
        "a {% %} is never ended",
    ),
    "a value that is not there": (
        HEAD + "  write:\n    agent: writer\n    prompt: ${{ topic }}\n",
        "8:17",
        "there is no value 'topic' here",
    ),
    "an unknown stand-in": (HEAD + STEP + "    fallback: { agent: nobody }\n", "9:24", "there is no agent 'nobody'"),
    "a step that refers to itself": (
        HEAD + "  write:\n    agent: writer\n    prompt: ${{ steps.write.output }}\n",
        "8:17",
        "step 'write' refers to itself",
    ),
    "an unknown step in the output": (HEAD + STEP + "output: ${{ steps.wrte.output }}\n", "9:13", "there is no step 'wrte'"),
    "an unknown default": (HEAD.replace("steps:", "defaults: { retries: 1 }\nsteps:") + STEP, "5:13", "`defaults` has no key 'retries'"),
    "another name than the file's": (HEAD.replace("name: f", "name: g") + STEP, "2:7", "the flow is named 'g' and its file 'f.yaml'"),
    "a hyphen that means minus": (
        HEAD + "  my-step:\n    agent: writer\n    prompt: x\n  b:\n    agent: writer\n    prompt: ${{ steps.my-step.output }}\n",
        "11:17",
        "there is no step 'my'",
    ),
    "a control character": (HEAD + "  write:\n    agent: writer\n    prompt: a\x07b\n", "8:14", "YAML forbids the character '\\x07'"),
    "a nest too deep": ("playnex: 1\nname: f\nsteps: " + "[" * 80 + "]" * 80, "3:68", "nested more than 60 levels deep"),
    "aliases that explode": (BOMB, "5:24", "the file stands for more than 50,000 values"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_fault_is_told_at_its_place(what: str) -> None:
    text, place, word = BROKEN[what]
    faults = [str(fault) for fault in check_flow(read_flow(text, "f.yaml"), CATALOGUE)]
    assert any(fault.startswith(f"f.yaml:{place}") and word in fault for fault in faults), faults


@pytest.mark.parametrize("what", BROKEN)
def test_a_fault_comes_with_its_mend(what: str) -> None:
    """All but those whose message says already what is allowed."""
    text, place, _ = BROKEN[what]
    found = next(fault for fault in check_flow(read_flow(text, "f.yaml"), CATALOGUE) if str(fault).startswith(f"f.yaml:{place}"))
    assert found.hint or any(
        word in found.message for word in ("must be", "not available", "write it like", "above zero", "does not fit", "more than", "needs")
    )


def test_a_sound_flow_has_no_fault() -> None:
    assert check_flow(read_flow(HEAD + WRITE, "f.yaml"), CATALOGUE) == ()


def test_all_faults_come_at_once_in_file_order() -> None:
    text = HEAD + "  write:\n    agent: writr\n    prompt: ${{ inputs.topc }}\n    promt: x\n"
    lines = [fault.place.line for fault in check_flow(read_flow(text, "f.yaml"), CATALOGUE)]
    assert lines == [7, 8, 9]
