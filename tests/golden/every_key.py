"""A flow file with the keys that have journal formats of their own. Golden journals were written by it: it must not change any more."""

from playnex.canonical import Json
from playnex.testing.flow_script import Call, Script, flow_of

FILE_RUNS = ("file-finished", "file-asked", "file-back", "file-cut")
CUT = 24
"""The append at which the worker of `file-cut` died: in the second round of the loop."""

TEXT = """
playnex: 1
name: every-key
steps:
  topic: { tool: say, with: { value: cats } }
  rounds:
    repeat: { max: 4, until: steps.both.output.number == 3 }
    steps:
      left: { needs: [], python: "steps:say", with: { value: "${{ iteration.number }}" } }
      right: { needs: [], for-each: [1, 2], max-parallel: 1, tool: say, with: { value: "${{ item }} ${{ steps.topic.output }}" } }
      both:
        needs: [left, right]
        tool: say
        with: { value: { number: "${{ steps.left.output }}", before: "${{ (iteration.previous or steps).left.output }}" } }
  way: { switch: "${{ steps.rounds.output.number }}", cases: { 3: { step: apart } }, default: { tool: say, with: { value: no } } }
  apart: { tool: fail, retry: { times: 1, delay: 1s }, fallback: { step: instead } }
  instead: { tool: say, with: { value: "instead of ${{ steps.topic.output }}" } }
  letter: { tool: say, with: { value: Dear Ana }, output: string, verify: { python: "steps:is_long", on-fail: ask } }
  send: { approve: { message: Send it?, show: "${{ steps.letter.output }}" }, on-refuse: way }
  last: { tool: say, with: { value: ["${{ steps.send.output }}", "${{ steps.way.output }}", "${{ steps.way.status }}"] } }
"""

ANSWERS: dict[str, Json] = {
    "letter/answer": {"approved": True, "value": "Dear Anastasia"},
    "send/answer": {"approved": False, "reason": "too warm"},
    "letter#2/answer": {"approved": True},
    "send#2/answer": {"approved": True},
}


def say(call: Call) -> Json:
    """What the flow's tools and functions do."""
    match call.name:
        case "fail":
            raise OSError("never")
        case "steps:is_long":
            return len(call.arguments["output"]) > 8 or "too short"
        case _:
            return call.arguments["value"]


every_key = flow_of(TEXT, Script(say))
