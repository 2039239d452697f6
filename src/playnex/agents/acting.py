"""What is done about the calls of one answer, and what they gave: pure decisions of the agent's loop."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from playnex.agents.borders import too_many_errors
from playnex.agents.phases import reflection
from playnex.agents.progress import Progress, ended, finished, told
from playnex.agents.stuck import circle, made, with_result
from playnex.agents.task import AgentTask
from playnex.canonical import Json, encode
from playnex.models.model import ToolCall, ToolMessage, UserMessage
from playnex.spec.envelope import Envelope

CALLS_PER_TURN = 16
"""Calls of one answer that are made; the model is told of the others."""

TOKENS_PER_CALL = 512
"""A window has room for one call for so many of its tokens, so a small one has room for fewer."""

KEPT = 16_000
"""Characters of a result that stay in a conversation; the rest is read in pages."""

NOT_MADE = "(this call was not made)"
WITHDRAWN = "You have no tools any more. Answer the task now, with what you have."


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The numbers (from 1) of those calls that are `made`, what is said about the others, and whether the agent goes in a circle."""

    progress: Progress
    made: tuple[int, ...] = ()
    remarks: tuple[str, ...] = ()
    in_circle: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Acts:
    """The calls of one answer with what they gave, by their numbers; `turn` is the scope that they were made in."""

    turn: str
    calls: Sequence[ToolCall]
    results: Mapping[int, Envelope]


def decide(progress: Progress, calls: Sequence[ToolCall]) -> Decided | Envelope:
    """Which calls are made; an end where the agent went in circles and still does not answer."""
    decided = Decided(progress=progress)
    for number, call in enumerate(calls, 1):
        if "stuck" in decided.progress.sent_back:
            return ended(decided.progress, "stuck", f"the agent went in circles, and called {call.name} when it had no tools any more")
        decided = _with_call(decided, call, number)
    return decided


def _with_call(decided: Decided, call: ToolCall, number: int) -> Decided:
    progress = replace(decided.progress, calls=(*decided.progress.calls, made(call)))
    remark, repeated = "", circle(progress.calls)
    if call.invalid:
        remark = f"The arguments of your call of {call.name} are not a JSON object. Call it again with correct JSON."
    elif number > (most := _calls_per_turn(progress.window)):
        remark = f"Only the first {most} calls of an answer are made; {call.name} was beyond them."
    elif repeated:
        remark = f"You made {repeated} ({call.name}); it gives nothing new."
    if not remark:
        return replace(decided, progress=progress, made=(*decided.made, number))
    in_circle = decided.in_circle or bool(repeated)
    return replace(decided, progress=progress, remarks=(*decided.remarks, remark), in_circle=in_circle)


def _calls_per_turn(window: int) -> int:
    return min(CALLS_PER_TURN, max(1, window // TOKENS_PER_CALL)) if window else CALLS_PER_TURN


def observed(decided: Decided, acts: Acts, task: AgentTask) -> Progress | Envelope:
    """With what the calls gave: every call has a result before the model is told anything else. An end, where one of them was to end the
    work, or too many have failed."""
    progress = decided.progress
    for number, call in enumerate(acts.calls, 1):
        result = acts.results.get(number)
        progress = _unmade(progress, call) if result is None else _answered(progress, acts, number)
    progress = _counted(progress, decided, acts)
    if (end := _ended_by_a_call(progress, acts, task)) is not None:
        return end
    if why := too_many_errors(progress):
        return ended(progress, "stuck", f"{why}; the last: {_last_error(acts)}")
    return _reflecting(_remarked(progress, decided), acts, task)


def _ended_by_a_call(progress: Progress, acts: Acts, task: AgentTask) -> Envelope | None:
    """The end to which the first call came that was to end the work: with its result, or as the failure that it was."""
    tools = {tool.name: tool for tool in task.tools}
    for number, call in enumerate(acts.calls, 1):
        tool, result = tools.get(call.name), acts.results.get(number)
        if tool is None or result is None:
            continue
        if tool.ends and result.status != "failed":
            return replace(finished(progress, result.output), reason=call.name)
        if result.status == "failed" and result.reason in tool.ends_on:
            return ended(progress, result.reason, str(result.output["error"]))
    return None


def _unmade(progress: Progress, call: ToolCall) -> Progress:
    """With a place-holder for the result of a call that is not made: no call stays without one."""
    return told(progress, ToolMessage(id=call.id, name=call.name, text=NOT_MADE))


def _answered(progress: Progress, acts: Acts, number: int) -> Progress:
    """With a call's result, what is known of its origin, and what was spent on the agent's behalf."""
    call, result = acts.calls[number - 1], acts.results[number]
    text, at = _as_text(result.output), f"{acts.turn}/tool-{number}"
    known = replace(
        progress,
        labels=tuple(dict.fromkeys((*progress.labels, *result.labels))),
        sources=tuple(dict.fromkeys((*progress.sources, *result.sources))),
        usage=progress.usage + result.usage,
        wholes=progress.wholes if len(text) <= _SHORT else {**progress.wholes, at: text},
    )
    whole = len(text) if len(text) > _SHORT else 0
    return told(known, ToolMessage(id=call.id, name=call.name, text=text[:KEPT], at=at, whole=whole))


_SHORT = 200
"""Characters of a result that no window cuts."""


def _counted(progress: Progress, decided: Decided, acts: Acts) -> Progress:
    """With the results in the history of calls, and the failures that there were in a row: refusals in one answer are one, for the model
    could not learn from the first of them."""
    before = len(progress.calls) - len(acts.calls)
    calls, failures, was_refused = list(progress.calls), progress.failures, False
    for number, call in enumerate(acts.calls, 1):
        result = acts.results.get(number)
        if result is not None:
            calls[before + number - 1] = with_result(calls[before + number - 1], _as_text(result.output))
            again = was_refused and result.reason == "refused"
            failures = 0 if result.status != "failed" else failures if again else failures + 1
            was_refused = result.reason == "refused"
        elif call.invalid:
            failures += 1
    nudges = progress.nudges if failures else progress.nudges - {"errors"}
    return replace(progress, calls=tuple(calls), failures=failures, nudges=nudges)


def _remarked(progress: Progress, decided: Decided) -> Progress:
    """With what is said about an answer's calls, once they all have their results. An agent in a circle loses its tools:
    nothing is left to it but to answer."""
    remarks = decided.remarks
    if not remarks:
        return progress
    if decided.in_circle:
        remarks = (*remarks, WITHDRAWN)
        progress = replace(progress, request=replace(progress.request, tools=()), sent_back=progress.sent_back | {"stuck"})
    return told(progress, UserMessage(text="\n".join(dict.fromkeys(remarks))))


def _reflecting(progress: Progress, acts: Acts, task: AgentTask) -> Progress:
    """On the way to a turn of reflection, where the agent is to reflect on what it did."""
    failed = any(result.status == "failed" for result in acts.results.values())
    text = "" if "stuck" in progress.sent_back else reflection(task.agent, failed=failed)
    return told(replace(progress, phase="reflect"), UserMessage(text=text)) if text else progress


def _last_error(acts: Acts) -> str:
    failed = [result for result in acts.results.values() if result.status == "failed"]
    return str(failed[-1].output.get("error", "")) if failed and isinstance(failed[-1].output, dict) else "its arguments were no JSON"


def _as_text(output: Json) -> str:
    return output if isinstance(output, str) else encode(output).decode()
