"""The agent's loop: plan, act, observe, reflect, until an answer or a border; every request and every call is a journaled step.

Nothing of the model's dialect or window reaches the loop's decisions: what had to give way in a request is told by the request's
own record. So a run goes on with whatever model its agent has now, and a replay needs no model at all.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from playnex.agents.acting import Acts, decide, observed
from playnex.agents.asking import MODEL_RETRY, Asking, reservation, with_compaction
from playnex.agents.borders import nudged
from playnex.agents.code_tools import gated, offers_of
from playnex.agents.paging import pager
from playnex.agents.progress import Progress, asked, begin, ended, heard, judged, sent, thought
from playnex.agents.remembering import remembered
from playnex.agents.task import AgentPorts, AgentTask
from playnex.errors import StepFailed
from playnex.models.model import ToolCall, ToolOffer, answer_from_json
from playnex.spec.context import Attempt, StepContext, StepPlan
from playnex.spec.envelope import Envelope
from playnex.spec.origin import UNTRUSTED, Origin, current
from playnex.tools.gate import CallRequest
from playnex.tools.tool import CallScope, Toolbox
from playnex.tools.toolbox import is_named

CHARACTERS = 2.5
"""Characters of a page for each token of its share of the window: a little less than a result may have, for what stands around it."""

PAGE_SHARE = 0.25
PAGE_WITHOUT_WINDOW = 3_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One agent at one task; `began` is the clock's time when this process took it up."""

    task: AgentTask
    ports: AgentPorts
    began: float


async def run_agent(context: StepContext, task: AgentTask, ports: AgentPorts) -> Envelope:
    """Let the agent work until it answers. Never raises for what a model or a tool does: the envelope is then failed, with
    `{"error": message, "partial": last text, "incomplete": true}` as output and one of these reasons: `turn-limit`, `exhausted`, `stuck`,
    `cut-off`, `content-filter`, `empty-answer`, `invalid-output`, or the model step's own (`model-unavailable`,
    `model-refused`, `not-found`, `credential`, `timeout`). Where a tool that the run's code gave it has ended its work, the output is
    that tool's, and the reason its name."""
    task = await remembered(context, task, ports.memories)
    work = Work(task=task, ports=ports, began=ports.clock.monotonic())
    progress = begin(task, (*offers_of(task.tools), *offers(ports.toolbox, task.agent.tools)))
    for number in range(1, task.agent.turns + 1):
        progress = nudged(progress, task.agent, number)
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
    progress = heard(with_compaction(progress, record.output), answer)
    if progress.phase != "act":
        return thought(progress)
    if answer.message.calls:
        return await _act(context, progress, answer.message.calls, number=number, work=work)
    return judged(progress, answer)


async def _ask(context: StepContext, progress: Progress, number: int, work: Work) -> Envelope:
    """The turn's model request, as a journaled step."""
    asking = Asking(context=context, progress=progress, agent=work.task.agent, ports=work.ports)

    async def do(attempt: Attempt) -> Envelope:
        return await _within_limits(asking, work, attempt.key)

    plan = StepPlan(
        kind="model",
        actor=work.task.agent.model,
        effect="idempotent",
        retry=MODEL_RETRY,
        announce=True,
        input=asked(progress, number, after_plan=work.task.agent.plan),
        tokens=reservation(sent(progress), progress.window),
        price=asking.price,
    )
    return await context.perform("model", do, plan)


async def _within_limits(asking: Asking, work: Work, key: str) -> Envelope:
    """The answer, or the limit of the agent's own that forbids the request or ran out while it was under way."""
    progress = asking.progress
    left = _time_left(progress, work)
    if why := _spent(progress, work, left):
        raise StepFailed(why, step=key, reason="exhausted", unspent=True)
    try:
        async with asyncio.timeout(left) as limit:
            return await asking.answer(key)
    except TimeoutError:
        if not limit.expired():
            raise
        raise StepFailed(_spent(progress, work, 0.0), step=key, reason="exhausted") from None


def _time_left(progress: Progress, work: Work) -> float | None:
    """Seconds that the agent still has; after a crash the journal knows better than this process what was used."""
    limit = work.task.agent.limits.time
    return None if limit is None else limit - max(work.ports.clock.monotonic() - work.began, progress.seconds)


def _spent(progress: Progress, work: Work, left: float | None) -> str:
    """Which limit of the agent's own forbids its next request; empty where none does."""
    agent, used, needed = work.task.agent, progress.usage, reservation(sent(progress), progress.window)
    if left is not None and left <= 0:
        return f"agent {agent.name!r} is at its limit: its {agent.limits.time:g} s are used"
    if agent.limits.tokens is not None and used.tokens + needed > agent.limits.tokens:
        said = f"{used.tokens:,} of its {agent.limits.tokens:,} tokens are used and the next request may take {needed:,}"
        return f"agent {agent.name!r} is at its limit: {said}"
    if agent.limits.usd is not None and used.usd >= agent.limits.usd:  # what one request may cost is not known before it is priced
        return f"agent {agent.name!r} is at its limit: ${used.usd:.4f} of its ${agent.limits.usd:.4f} are used"
    return ""


async def _act(context: StepContext, progress: Progress, calls: Sequence[ToolCall], *, number: int, work: Work) -> Progress | Envelope:
    """Make the calls of one answer, in their order or beside each other; every call gets a result before the model is told anything
    else."""
    decided = decide(progress, calls)
    if isinstance(decided, Envelope):
        return decided
    results: dict[int, Envelope] = {}

    async def make(at: int) -> None:
        request = _call_request(decided.progress, calls[at - 1], at, task=work.task)
        following = tuple(
            dict(calls[later - 1].arguments) for later in decided.made if later > at and calls[later - 1].name == request.tool
        )
        results[at] = await work.ports.gate.call(context, replace(request, following=following))

    for group in _groups(decided.made, calls, work.task):
        await context.together([partial(make, at) for at in group])
    return observed(decided, Acts(turn=f"turn-{number}", calls=calls, results=results), work.task)


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


def _call_request(progress: Progress, call: ToolCall, number: int, *, task: AgentTask) -> CallRequest:
    page = int(progress.window * PAGE_SHARE * CHARACTERS) or PAGE_WITHOUT_WINDOW
    return CallRequest(
        tool=call.name,
        arguments=dict(call.arguments),
        step=f"tool-{number}",
        allowed=task.agent.tools,
        offered=gated((*task.tools, pager(progress.wholes, page)), progress.request.messages),
        scope=_scope_of(progress, task),
        approval=task.agent.approval,
        trail=task.trail,
    )


def _scope_of(progress: Progress, task: AgentTask) -> CallScope:
    """Where the calls come from. The task is the user's own word unless it was made from something untrusted; what a check said of an
    earlier answer may be."""
    origin = current().joined(Origin(labels=task.scope.labels, trusted=(*task.scope.trusted, task.agent.instructions)))
    own = () if origin.is_untrusted else (task.prompt, task.brief, *(block.text for block in task.data if "untrusted" not in block.labels))
    labels = (*origin.labels, *progress.labels, *(UNTRUSTED if task.feedback else ()))
    return replace(
        task.scope,
        agent=task.agent.name,
        labels=tuple(dict.fromkeys(labels)),
        sources=tuple(dict.fromkeys((*task.scope.sources, *progress.sources))),
        trusted=(*origin.trusted, *own),
    )
