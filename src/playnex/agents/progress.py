"""How far an agent has come, and the pure decisions of its loop: what its answer means, and how it ends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from playnex.agents.quoting import DATA_RULE, with_brief, with_data
from playnex.agents.stuck import SAME_CALLS, is_stuck
from playnex.agents.task import AgentTask
from playnex.agents.typed_output import is_text, read_output
from playnex.canonical import Json
from playnex.models.model import (
    Message,
    ModelAnswer,
    ModelRequest,
    ToolCall,
    ToolMessage,
    ToolOffer,
    UserMessage,
    request_json,
)
from playnex.spec.envelope import Envelope, Label, Usage
from playnex.spec.statements import whole_sentences
from playnex.tools.gate import shown

CALLS_PER_TURN = 16
"""Calls of one answer that are made; the model is told of the others."""

SentBack = Literal["empty", "invalid", "stuck"]
NOT_MADE = "(this call was not made)"
WITHDRAWN = "You have no tools any more. Answer the task now, with what you have."


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """An agent at work. `request` is the whole conversation, `fresh` what of it the journal has not seen yet, `calls` the
    calls wished, `sent_back` what the model was already told once, `seconds` the time that its answers took."""

    request: ModelRequest
    fresh: tuple[Message, ...]
    usage: Usage = field(default_factory=Usage)
    labels: tuple[Label, ...] = ()
    sources: tuple[str, ...] = ()
    calls: tuple[ToolCall, ...] = ()
    sent_back: frozenset[SentBack] = frozenset()
    seconds: float = 0.0
    last_text: str = ""


def begin(task: AgentTask, offers: Sequence[ToolOffer]) -> Progress:
    """The first request: who the agent is, its task, its data, and why an earlier answer was refused."""
    agent = task.agent
    rule = DATA_RULE if task.data or offers else ""
    opening = UserMessage(text=with_data(with_brief(task.brief, _asked(task)), task.data))
    request = ModelRequest(
        instructions="\n\n".join(part for part in (agent.instructions, rule) if part),
        messages=(opening,),
        tools=tuple(offers),
        schema=task.schema,
        temperature=agent.temperature,
        max_output_tokens=agent.max_output_tokens,
    )
    labels = tuple(dict.fromkeys(label for block in task.data for label in block.labels))
    sources = tuple(dict.fromkeys(source for block in task.data for source in block.sources))
    return Progress(request=request, fresh=(opening,), labels=labels, sources=sources)


def _asked(task: AgentTask) -> str:
    if not task.feedback:
        return task.prompt
    return f"{task.prompt}\n\nAn earlier answer of yours was refused: {task.feedback}\nAnswer again, so that this is mended."


def asked(progress: Progress, number: int) -> Json:
    """What a turn's request adds to the one before: the whole of the first, then the new messages, and the tools' withdrawal."""
    whole = request_json(replace(progress.request, messages=progress.fresh))
    return whole if number == 1 else {"messages": whole["messages"]} | ({} if progress.request.tools else {"tools": []})


def heard(progress: Progress, answer: ModelAnswer) -> Progress:
    """With the model's answer; an empty one leaves no message behind."""
    said = answer.message
    history = (*progress.request.messages, said) if said.text.strip() or said.calls else progress.request.messages
    return replace(
        progress,
        request=replace(progress.request, messages=history),
        usage=progress.usage + answer.usage,
        last_text=said.text or progress.last_text,
    )


def told(progress: Progress, *messages: Message) -> Progress:
    """With what the model is told next."""
    history = (*progress.request.messages, *messages)
    return replace(progress, request=replace(progress.request, messages=history), fresh=(*progress.fresh, *messages))


def judged(progress: Progress, answer: ModelAnswer) -> Progress | Envelope:
    """What a final answer means: the end, or once more with the reason."""
    text = answer.message.text
    if answer.finish == "content-filter":
        return ended(progress, "content-filter", "the model's server withheld the answer")
    if answer.finish == "length":
        whole = replace(progress, last_text=whole_sentences(progress.last_text))
        return ended(whole, "cut-off", "the answer was cut at the token limit; raise max_output_tokens or ask for less")
    if not text.strip():
        return _once_more(progress, "empty", "Your answer was empty. Answer the task.", "the model gave an empty answer twice")
    if is_text(progress.request.schema):
        return _finished(progress, text)
    reading = read_output(text, progress.request.schema or {})
    if not reading.fault:
        return _finished(progress, reading.value)
    asked_again = f"Your answer does not fit the form asked for: {reading.fault}. Answer again, with JSON alone that fits."
    bare = replace(progress, request=replace(progress.request, tools=()))  # so that the server can enforce the form
    return _once_more(bare, "invalid", asked_again, f"the answer does not fit the agent's output: {reading.fault}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What is done about the calls of one answer: the numbers (from 1) of those that are `made`, and what is said about the others."""

    progress: Progress
    made: tuple[int, ...] = ()
    remarks: tuple[str, ...] = ()


def decide(progress: Progress, calls: Sequence[ToolCall]) -> Decided | Envelope:
    """Which calls are made; an end where the agent went in circles and still does not answer."""
    made: list[int] = []
    remarks: list[str] = []
    for number, call in enumerate(calls, 1):
        if "stuck" in progress.sent_back:
            return ended(progress, "stuck", f"the agent went in circles, and called {call.name} when it had no tools any more")
        progress = replace(progress, calls=(*progress.calls, call))
        if remark := _refusal(progress, call, number):
            remarks.append(remark)
        else:
            made.append(number)
    return Decided(progress=progress, made=tuple(made), remarks=tuple(remarks))


def _refusal(progress: Progress, call: ToolCall, number: int) -> str:
    """Why a call is not made, in words for the model; empty where it is. `number` counts the calls of this answer."""
    if call.invalid:
        return f"The arguments of your call of {call.name} are not a JSON object. Call it again with correct JSON."
    if number > CALLS_PER_TURN:
        return f"Only the first {CALLS_PER_TURN} calls of an answer are made; {call.name} was beyond them."
    if is_stuck(progress.calls):
        return f"You called {call.name} with the same arguments {SAME_CALLS} times; it gives nothing new."
    return ""


def observed(decided: Decided, results: Mapping[int, Envelope], *, calls: Sequence[ToolCall], task: AgentTask) -> Progress | Envelope:
    """With what the calls gave, by their numbers: every call has a result before the model is told anything else. An end, where one
    of them was to end the work."""
    progress, ends = decided.progress, {tool.name for tool in task.tools if tool.ends}
    for number, call in enumerate(calls, 1):
        result = results.get(number)
        progress = _unmade(progress, call) if result is None else _answered(progress, call, result)
    for number, call in enumerate(calls, 1):
        if call.name in ends and number in results and results[number].status != "failed":
            return replace(_finished(progress, results[number].output), reason=call.name)
    return _remarked(progress, decided.remarks)


def _unmade(progress: Progress, call: ToolCall) -> Progress:
    """With a place-holder for the result of a call that is not made: no call stays without one."""
    return told(progress, ToolMessage(id=call.id, name=call.name, text=NOT_MADE))


def _remarked(progress: Progress, remarks: Sequence[str]) -> Progress:
    """With what is said about an answer's calls, once they all have their results. An agent in a circle loses its tools:
    nothing is left to it but to answer."""
    if not remarks:
        return progress
    if is_stuck(progress.calls):
        remarks = (*remarks, WITHDRAWN)
        progress = replace(progress, request=replace(progress.request, tools=()), sent_back=progress.sent_back | {"stuck"})
    return told(progress, UserMessage(text="\n".join(dict.fromkeys(remarks))))


def _answered(progress: Progress, call: ToolCall, result: Envelope) -> Progress:
    """With a tool's result, what is known of its origin, and what was spent on the agent's behalf."""
    labels = tuple(dict.fromkeys((*progress.labels, *result.labels)))
    sources = tuple(dict.fromkeys((*progress.sources, *result.sources)))
    known = replace(progress, labels=labels, sources=sources, usage=progress.usage + result.usage)
    return told(known, ToolMessage(id=call.id, name=call.name, text=shown(result.output)))


def ended(progress: Progress, reason: str, message: str) -> Envelope:
    """A failure with what there is of an answer."""
    partial = {"partial": progress.last_text} if progress.last_text else {}
    return replace(_envelope(progress), status="failed", reason=reason, output={"error": message} | partial)


def _finished(progress: Progress, value: Json) -> Envelope:
    return replace(_envelope(progress), output=value)


def _envelope(progress: Progress) -> Envelope:
    return Envelope(usage=progress.usage, labels=progress.labels, sources=progress.sources)


def _once_more(progress: Progress, why: SentBack, message: str, failure: str) -> Progress | Envelope:
    if why in progress.sent_back:
        return ended(progress, "empty-answer" if why == "empty" else "invalid-output", failure)
    return told(replace(progress, sent_back=progress.sent_back | {why}), UserMessage(text=message))
