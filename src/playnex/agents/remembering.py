"""Gives an agent its memory before the first turn: gathered once, recorded, and from then on the same, resumed or replayed.

It goes to the model as data between marks, with the labels of where it comes from, and never as an instruction.
"""

from dataclasses import replace

import msgspec

from playnex.agents.memory import Gathered, Memories, Remembering
from playnex.agents.task import AgentTask
from playnex.canonical import Json
from playnex.spec.agent_result import DataBlock
from playnex.spec.context import Attempt, StepContext, StepPlan
from playnex.spec.envelope import Envelope
from playnex.spec.origin import current

MEMORY = "memory"
"""The step in which it is recorded, below the agent's own."""

QUERY = 2_000
"""Characters of the task, and of what came with it, that are looked for."""


async def remembered(context: StepContext, task: AgentTask, memories: Memories) -> AgentTask:
    """The task, with what the agent is given of memory."""
    spec = task.agent.memory
    if not spec.gives:
        return task
    remembering = Remembering(
        agent=task.agent.name,
        spec=spec,
        key=context.key(MEMORY).removesuffix(f"/{MEMORY}"),
        query=query_of(task),
        is_private=current().is_private or "private" in (*task.scope.labels, *(label for block in task.data for label in block.labels)),
    )

    async def gather(attempt: Attempt) -> Envelope:
        gathered, writes = await memories.gather(remembering)
        attempt.writes.extend(writes)
        labels = dict.fromkeys((*gathered.labels, *(label for piece in gathered.pieces for label in piece.labels)))
        sources = dict.fromkeys(source for piece in gathered.pieces for source in piece.sources)
        return Envelope(output=msgspec.to_builtins(gathered), labels=tuple(labels), sources=tuple(sources))

    record = await context.perform(MEMORY, gather, StepPlan(actor=task.agent.name))
    if record.status == "failed":
        return replace(task, data=(*task.data, DataBlock(name="memory", text=f"memory could not be read: {record.output['error']}")))
    return replace(task, data=(*task.data, *blocks(gathered_from(record.output))))


def query_of(task: AgentTask) -> str:
    """What is looked for: the task, and the beginning of what came with it."""
    return "\n\n".join((task.prompt, *(block.text for block in task.data)))[:QUERY]


def gathered_from(recorded: Json) -> Gathered:
    """What was recorded."""
    return msgspec.convert(recorded, type=Gathered)


def blocks(gathered: Gathered) -> tuple[DataBlock, ...]:
    """It as data for the model, and what did not fit by name."""
    found = tuple(DataBlock(name=piece.title, text=piece.text, labels=piece.labels, sources=piece.sources) for piece in gathered.pieces)
    if not gathered.left_out:
        return found
    lines = "\n".join(f"- {name} ({characters:,} characters)" for name, characters in gathered.left_out)
    return (*found, DataBlock(name="memory that did not fit and is not here", text=lines, labels=gathered.labels))
