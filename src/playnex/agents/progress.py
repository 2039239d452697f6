"""How far an agent has come, and the pure decisions of its loop: what its answer means, and how it ends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from playnex.agents.phases import AFTER_PLAN, AFTER_REFLECTION, Phase, plan_prompt
from playnex.agents.quoting import DATA_RULE, with_brief
from playnex.agents.stuck import Made
from playnex.agents.task import AgentTask
from playnex.agents.typed_output import is_text, read_output
from playnex.canonical import Json
from playnex.models.model import DataMessage, Message, ModelAnswer, ModelRequest, ToolOffer, UserMessage, request_json
from playnex.spec.envelope import Envelope, Label, Usage
from playnex.spec.statements import whole_sentences

PLANNED = 2
"""The turn behind a plan."""

SentBack = Literal["empty", "invalid", "stuck"]
Nudge = Literal["errors", "turns", "tokens", "usd", "time"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """An agent at work. `request` is the whole conversation, of which the first `opening` messages are the task, `fresh` what of it
    the journal has not seen yet, `phase` what the next turn is for, `calls` the calls wished, `failures` how many failed in a row,
    `sent_back` and `nudges` what the model was already told once, `seconds` the time that its answers took, `window` the last known
    window of its model (tokens, 0: none yet), `wholes` the long results by the step that they are recorded at, and the material."""

    request: ModelRequest
    fresh: tuple[Message, ...]
    opening: int = 1
    phase: Phase = "act"
    usage: Usage = field(default_factory=Usage)
    labels: tuple[Label, ...] = ()
    sources: tuple[str, ...] = ()
    calls: tuple[Made, ...] = ()
    failures: int = 0
    sent_back: frozenset[SentBack] = frozenset()
    nudges: frozenset[Nudge] = frozenset()
    seconds: float = 0.0
    window: int = 0
    wholes: Mapping[str, str] = field(default_factory=dict)
    last_text: str = ""


def begin(task: AgentTask, offers: Sequence[ToolOffer]) -> Progress:
    """The first request: who the agent is, its task, its data, and why an earlier answer was refused."""
    agent = task.agent
    rule = DATA_RULE if task.data or offers else ""
    data = tuple(DataMessage(name=block.name, text=block.text, at=f"data-{number}") for number, block in enumerate(task.data, 1))
    opening: tuple[Message, ...] = (UserMessage(text=with_brief(task.brief, _asked(task))), *data)
    request = ModelRequest(
        instructions="\n\n".join(part for part in (agent.instructions, rule) if part),
        messages=opening,
        tools=tuple(offers),
        schema=task.schema,
        temperature=agent.temperature,
        max_output_tokens=agent.max_output_tokens,
    )
    progress = Progress(
        request=request,
        fresh=opening,
        opening=len(opening),
        labels=tuple(dict.fromkeys(label for block in task.data for label in block.labels)),
        sources=tuple(dict.fromkeys(source for block in task.data for source in block.sources)),
        wholes={message.at: message.text for message in data},
    )
    return told(replace(progress, phase="plan"), UserMessage(text=plan_prompt(offers))) if agent.plan else progress


def _asked(task: AgentTask) -> str:
    if not task.feedback:
        return task.prompt
    return f"{task.prompt}\n\nAn earlier answer of yours was refused: {task.feedback}\nAnswer again, so that this is mended."


def sent(progress: Progress) -> ModelRequest:
    """The request of the next turn: who plans or reflects has no tools, and no form to keep to."""
    return progress.request if progress.phase == "act" else replace(progress.request, tools=(), schema=None)


def asked(progress: Progress, number: int, *, after_plan: bool = False) -> Json:
    """What turn `number`'s request adds to the one before: the new messages, the tools' withdrawal, and behind a plan the tools and the
    form; the whole of the first."""
    phase = {} if progress.phase == "act" else {"phase": progress.phase}
    request = request_json(replace(sent(progress), messages=progress.fresh))
    if number == 1:
        return request | phase
    new = ("messages", "tools", "schema") if after_plan and number == PLANNED else ("messages",)
    return {name: request[name] for name in new if name in request} | phase | ({} if progress.request.tools else {"tools": []})


def heard(progress: Progress, answer: ModelAnswer) -> Progress:
    """With the model's answer; an empty one leaves no message behind, and who has no tools wishes for nothing."""
    said = answer.message if progress.phase == "act" else replace(answer.message, calls=())
    history = (*progress.request.messages, said) if said.text.strip() or said.calls else progress.request.messages
    return replace(
        progress,
        request=replace(progress.request, messages=history),
        usage=progress.usage + answer.usage,
        last_text=said.text if said.text and progress.phase == "act" else progress.last_text,
    )


def told(progress: Progress, *messages: Message) -> Progress:
    """With what the model is told next."""
    history = (*progress.request.messages, *messages)
    return replace(progress, request=replace(progress.request, messages=history), fresh=(*progress.fresh, *messages))


def thought(progress: Progress) -> Progress:
    """On with the work, after a plan or a reflection."""
    following = AFTER_PLAN if progress.phase == "plan" else AFTER_REFLECTION
    return told(replace(progress, phase="act"), UserMessage(text=following))


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
        return finished(progress, text)
    reading = read_output(text, progress.request.schema or {})
    if not reading.fault:
        return finished(progress, reading.value)
    asked_again = f"Your answer does not fit the form asked for: {reading.fault}. Answer again, with JSON alone that fits."
    bare = replace(progress, request=replace(progress.request, tools=()))  # so that the server can enforce the form
    return _once_more(bare, "invalid", asked_again, f"the answer does not fit the agent's output: {reading.fault}")


def ended(progress: Progress, reason: str, message: str) -> Envelope:
    """A failure with what there is of an answer, which is labelled incomplete."""
    partial = {"partial": progress.last_text, "incomplete": True} if progress.last_text else {}
    return replace(_envelope(progress), status="failed", reason=reason, output={"error": message} | partial)


def finished(progress: Progress, value: Json) -> Envelope:
    """The end, with the answer."""
    return replace(_envelope(progress), output=value)


def _envelope(progress: Progress) -> Envelope:
    return Envelope(usage=progress.usage, labels=progress.labels, sources=progress.sources)


def _once_more(progress: Progress, why: SentBack, message: str, failure: str) -> Progress | Envelope:
    if why in progress.sent_back:
        return ended(progress, "empty-answer" if why == "empty" else "invalid-output", failure)
    return told(replace(progress, sent_back=progress.sent_back | {why}), UserMessage(text=message))
