"""Flows as text: whatever is written is read back as it was, and it looks as a person would write it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from playnex.canonical import Json
from playnex.spec.located import plain
from playnex.spec.write_flow import agent_text, flow_text
from playnex.spec.yaml_source import read_yaml

ODD = st.sampled_from(
    (
        *(
            "true",
            "null",
            "1",
            "0x1f",
            "~",
            "",
            "- a",
            "a: b",
            "a:",
            "# x",
            "a # b",
            "${{ a }}",
            "${{ a | default('x') }}",
            "---",
            "...",
            "*a",
            "&a",
        ),
        *(
            "x\n",
            "x\n\n",
            "  x\ny",
            "\n x",
            " \nx",
            "a\n---\nb",
            'it\'s "so"',
            "y" * 100 + ": z",
            "\u2028",
            "\x85",
            "\ufeff",
            "a\tb\n",
            "\r\n",
        ),
    )
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"])) | st.text(" \n:#{}[]$'\"-ab|>%@\t\r~.0", max_size=30) | ODD
SCALARS = TEXTS | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.none()
VALUES = st.recursive(SCALARS, lambda values: st.lists(values, max_size=3) | st.dictionaries(TEXTS, values, max_size=3), max_leaves=8)
STEPS = st.dictionaries(
    TEXTS, st.dictionaries(st.sampled_from(("agent", "prompt", "with", "save")) | TEXTS, VALUES, max_size=4), max_size=3
)
FLOWS = st.fixed_dictionaries(
    {"name": TEXTS}, optional={"description": TEXTS, "inputs": st.dictionaries(TEXTS, VALUES, max_size=3), "steps": STEPS, "output": VALUES}
)

WHOLE: dict[str, Json] = {
    "output": {"reply": "${{ steps.answer.output.reply }}"},
    "name": "ticket",
    "steps": {
        "look": {"with": {"customer": "${{ inputs.customer }}"}, "tool": "crm.lookup", "needs": []},
        "answer": {
            "prompt": "Answer:\n<ticket>${{ inputs.ticket }}</ticket>\n",
            "agent": "writer",
            "output": {"reply": "string", "sources": "string[]"},
            "verify": [{"that": "output.reply != ''", "on-fail": "retry"}],
            "needs": "look",
        },
    },
    "inputs": {"ticket": {"required": True, "type": "string"}, "customer": {"default": "", "type": "string"}},
}

WRITTEN = """\
# A comment
playnex: 1
name: ticket

inputs:
  ticket:   { type: string, required: true }
  customer: { type: string, default: "" }

steps:
  look:
    needs: []
    tool: crm.lookup
    with: { customer: "${{ inputs.customer }}" }

  answer:
    needs: look
    agent: writer
    prompt: |
      Answer:
      <ticket>${{ inputs.ticket }}</ticket>
    output: { reply: string, sources: "string[]" }
    verify:
      - { that: output.reply != '', on-fail: retry }

output: { reply: "${{ steps.answer.output.reply }}" }
"""


def test_a_flow_is_written_in_the_order_of_the_docs_with_prompts_as_blocks() -> None:
    assert flow_text(WHOLE, comments=("A comment",)) == WRITTEN


@given(FLOWS)
@settings(max_examples=300, deadline=None)
def test_whatever_is_written_is_read_back_as_it_was(flow: dict[str, Json]) -> None:
    read = read_yaml(flow_text(flow), "flows/f.yaml")
    assert read.faults == ()
    assert plain(read.root) == {"playnex": 1, **flow}


def test_an_agent_is_written_as_its_keys_and_its_instructions() -> None:
    assert agent_text({"name": "clerk", "tools": ["file.*"]}, "\nBe brief.\n\n") == "---\nname: clerk\ntools: [file.*]\n---\nBe brief.\n"
