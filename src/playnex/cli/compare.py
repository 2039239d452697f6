"""`playnex compare`: does a team of agents pay?"""

import asyncio
from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from playnex.cli.batch import checked
from playnex.cli.flags import AsJson, FlowName
from playnex.errors import UsageError

Baseline = Annotated[str, Parameter(metavar="AGENT", help="the agent that does the flow's work alone")]
Cases = Annotated[
    str,
    Parameter(
        name="--inputs", metavar="FILE", help="the cases: a .jsonl or .csv file with the flow's inputs; other columns may stand beside"
    ),
]
Judge = Annotated[str, Parameter(metavar="AGENT", help="an agent that says which of two answers is better, not knowing whose they are")]
Check = Annotated[
    str,
    Parameter(
        metavar="EXPRESSION",
        help="how good an answer is: true or false, or a number from 0 to 1; it sees output, inputs and case, the whole row of the file",
    ),
]
Prompt = Annotated[
    str,
    Parameter(metavar="TEMPLATE", help="what the agent alone is told, a template that sees inputs and brief; @FILE reads it from a file"),
]
AtMost = Annotated[int, Parameter(name="--at-most", metavar="N", help="how many cases at the same time, in either arm")]
First = Annotated[int | None, Parameter(name="--limit", metavar="N", help="take only the first N cases")]
Trial = Annotated[str, Parameter(metavar="NAME", help="another trial of the same: all is answered anew, and kept under that name")]
Out = Annotated[str, Parameter(metavar="FILE", help="a file for the cases, one JSON object a line: inputs, both answers, scores, runs")]
Yes = Annotated[bool, Parameter(negative=(), help="do not ask before it begins")]


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How answers are looked at, and what the agent alone is told."""

    judge: Judge = ""
    check: Check = ""
    prompt: Prompt = ""


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How much is compared, and how it goes on."""

    at_most: AtMost = 4
    limit: First = None
    trial: Trial = ""
    out: Out = ""
    yes: Yes = False


def compare(
    name: FlowName,
    /,
    *,
    baseline: Baseline,
    inputs: Cases,
    quality: Quality = Quality(),
    extent: Extent = Extent(),
    as_json: AsJson = False,
) -> int:
    """Let a flow and a single agent do the same cases, and say which to use.

    Both really run, the flow first. Quality is what a check or a judge says; without either only tokens, time and cost are compared. The
    same command again goes on where it stopped, and shows what there is: no answer is paid for twice. Ends with 0 where all cases were
    compared, 1 where some could not be, 6 where some wait for a person, 130 where it was interrupted.

    $ playnex compare support-ticket --baseline frontdesk --inputs tickets.jsonl --judge checker
    $ playnex compare triage --baseline solo --inputs tickets.csv --check "output.queue == case.expected" --out cases.jsonl
    $ playnex compare triage --baseline solo --inputs tickets.csv --prompt @solo.md --limit 20
    """
    from playnex.app.comparing import ComparisonOrder  # late, here and below: the engine is needed only by who really compares
    from playnex.cli.comparing import Wish, compare_arms
    from playnex.cli.given import text_of

    if extent.limit is not None and extent.limit < 1:
        raise UsageError(f"--limit cannot be {extent.limit}", hint="give a number from 1 on")
    order = ComparisonOrder(
        flow=name,
        baseline=baseline,
        file=inputs,
        judge=quality.judge,
        check=quality.check,
        prompt=text_of(quality.prompt[1:]) if quality.prompt.startswith("@") else quality.prompt,
        at_most=checked(extent.at_most),
        limit=extent.limit,
        trial=extent.trial,
    )
    return asyncio.run(compare_arms(order, Wish(out=extent.out, yes=extent.yes, as_json=as_json)))
