"""The agent's loop: ask, act, observe, until an answer or a limit; every request and every call is a journaled step.

Nothing of the model's dialect reaches the journal or the loop's decisions: a run goes on with whatever model its agent has
now, and a replay needs no model at all.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from playnex.agents.code_tools import gated, offers_of
from playnex.agents.dialect import dialect_of, spoken, understood
from playnex.agents.progress import Progress, asked, begin, decide, ended, heard, judged, observed
from playnex.agents.task import AgentPorts, AgentTask
from playnex.canonical import Json
from playnex.models.model import ModelAnswer, ModelCard, ModelRequest, ToolCall, ToolOffer, answer_from_json, answer_json
from playnex.models.tokens import request_tokens
from playnex.spec.context import Attempt, StepContext, StepPlan
from playnex.spec.envelope import Envelope
from playnex.spec.flow import RetrySpec
from playnex.tools.gate import CallRequest
from playnex.tools.tool import Toolbox
from playnex.tools.toolbox import is_named

MODEL_RETRY = RetrySpec(times=3, delay=0.5, backoff=2.0, on=("model-unavailable",))

ROOM_FOR_ANSWER = 1024
"""Tokens reserved for an answer whose agent sets no limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One agent at one task; `began` is the clock's time when this process took it up."""

    task: AgentTask
    ports: AgentPorts
    began: float


async def run_agent(context: StepContext, task: AgentTask, ports: AgentPorts) -> Envelope:
    """Let the agent work until it answers. Never raises for what a model or a tool does: the envelope is then failed, with
    `{"error": message, "partial": last text}` as output and one of these reasons: `turn-limit`, `exhausted`, `stuck`,
    `cut-off`, `content-filter`, `empty-answer`, `invalid-output`, or the model step's own (`model-unavailable`,
    `model-refused`, `not-found`, `credential`, `timeout`)."""
    work = Work(task=task, ports=ports, began=ports.clock.monotonic())
    progress = begin(task, (*offers_of(task.tools), *offers(ports.toolbox, task.agent.tools)))
    for number in range(1, task.agent.turns + 1):
        outcome = await _turn(context.scope(f"turn-{number}"), progress, number, work)
        if isinstance(outcome, Envelope):
            return outcome
        progress = outcome
    return ended(progress, "turn-limit", f"agent {task.agent.name!r} did not finish within its {task.agent.turns} turns")


def offers(toolbox: Toolbox, allowed: Sequence[str]) -> tuple[ToolOffer, ...]:
    """The tools that an agent's list names, as its model sees them."""
    tools = (toolbox.get(name) for name in toolbox.names() if is_named(name, allowed))
    return tuple(ToolOffer(name=tool.name, description=tool.description, parameters=dict(tool.parameters)) for tool in tools)


async def _turn(context: StepContext, progress: Progress, number: int, work: Work) -> Progress | Envelope:
    record = await _ask(context, progress, number, work)
    progress = replace(progress, fresh=())
    if record.status == "failed":
        spent = replace(progress, usage=progress.usage + record.usage)
        return ended(spent, record.reason, str(record.output.get("error", "")))
    answer = answer_from_json(record.output, record.usage)
    progress = heard(replace(progress, seconds=progress.seconds + record.output["seconds"]), answer)
    if answer.message.calls:
        return await _act(context, progress, answer.message.calls, work)
    return judged(progress, answer)


async def _ask(context: StepContext, progress: Progress, number: int, work: Work) -> Envelope:
    """The turn's model request, as a journaled step."""

    async def do(attempt: Attempt) -> Envelope:
        return await _within_limits(progress, work)

    request = progress.request
    plan = StepPlan(
        kind="model",
        actor=work.task.agent.model,
        effect="idempotent",
        retry=MODEL_RETRY,
        announce=True,
        input=asked(progress, number),
        tokens=reservation(request),
    )
    return await context.perform("model", do, plan)


def reservation(request: ModelRequest) -> int:
    """What a request may cost: a bound of its own tokens, and the room for its answer."""
    return request_tokens(request) + (request.max_output_tokens or ROOM_FOR_ANSWER)


async def _within_limits(progress: Progress, work: Work) -> Envelope:
    """The answer, or the limit of the agent's own that forbids the request or ran out while it was under way."""
    left = _time_left(progress, work)
    if why := _spent(progress, work, left):
        return ended(progress, "exhausted", why)
    try:
        async with asyncio.timeout(left) as limit:
            return await _answer(progress.request, work)
    except TimeoutError:
        if not limit.expired():
            raise
        return ended(progress, "exhausted", _spent(progress, work, 0.0))


def _time_left(progress: Progress, work: Work) -> float | None:
    """Seconds that the agent still has; after a crash the journal knows better than this process what was used."""
    limit = work.task.agent.limits.time
    return None if limit is None else limit - max(work.ports.clock.monotonic() - work.began, progress.seconds)


def _spent(progress: Progress, work: Work, left: float | None) -> str:
    """Which limit of the agent's own forbids its next request; empty where none does."""
    agent, used, needed = work.task.agent, progress.usage.tokens, reservation(progress.request)
    if left is not None and left <= 0:
        return f"agent {agent.name!r} is at its limit: its {agent.limits.time:g} s are used"
    if agent.limits.tokens is not None and used + needed > agent.limits.tokens:
        said = f"{used:,} of its {agent.limits.tokens:,} tokens are used and the next request may take {needed:,}"
        return f"agent {agent.name!r} is at its limit: {said}"
    return ""


async def _answer(request: ModelRequest, work: Work) -> Envelope:
    """One live request. Raises what the model raises: the step context records and retries it."""
    clock = work.ports.clock
    model = await work.ports.models.get(work.task.agent.model)
    began = clock.monotonic()
    answer = understood(await model.ask(spoken(request, model.card)), request, model.card)
    return Envelope(output=_record(answer, model.card, clock.monotonic() - began), usage=answer.usage)


def _record(answer: ModelAnswer, card: ModelCard, seconds: float) -> Json:
    """The answer as it is journaled, with how its model was spoken to, and whether the request left the machine."""
    return answer_json(answer) | {"dialect": dialect_of(card), "local": card.local, "seconds": round(seconds, 3)}


async def _act(context: StepContext, progress: Progress, calls: Sequence[ToolCall], work: Work) -> Progress | Envelope:
    """Make the calls of one answer, in their order or beside each other; every call gets a result before the model is told anything
    else."""
    decided = decide(progress, calls)
    if isinstance(decided, Envelope):
        return decided
    results: dict[int, Envelope] = {}

    async def make(number: int) -> None:
        results[number] = await work.ports.gate.call(context, _call_request(calls[number - 1], number, work.task))

    for group in _groups(decided.made, calls, work.task):
        await context.together([partial(make, number) for number in group])
    return observed(decided, results, calls=calls, task=work.task)


def _groups(made: Sequence[int], calls: Sequence[ToolCall], task: AgentTask) -> list[list[int]]:
    """The numbers of the calls that are made, those in one list that go on beside each other."""
    beside = {tool.name for tool in task.tools if tool.beside}
    groups: list[list[int]] = []
    for number in made:
        is_beside = calls[number - 1].name in beside
        if groups and is_beside and calls[groups[-1][-1] - 1].name in beside:
            groups[-1].append(number)
        else:
            groups.append([number])
    return groups


def _call_request(call: ToolCall, number: int, task: AgentTask) -> CallRequest:
    scope = replace(task.scope, agent=task.agent.name)
    return CallRequest(
        tool=call.name,
        arguments=dict(call.arguments),
        step=f"tool-{number}",
        allowed=task.agent.tools,
        offered=gated(task.tools),
        scope=scope,
    )
