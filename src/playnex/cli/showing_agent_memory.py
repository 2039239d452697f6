"""`playnex agent show NAME --memory`: what an agent would be given of memory now, before anything runs."""

from typing import TYPE_CHECKING

from playnex.app.definition_lines import memory_json
from playnex.canonical import Json
from playnex.cli import door
from playnex.cli.terminal import counted, emit, indented, write

if TYPE_CHECKING:
    from playnex.agents.memory import Gathered, Memory
    from playnex.spec.agent import AgentSpec


async def show_memory(name: str, task: str, as_json: bool) -> int:
    """Print it. Raises NotFoundError, DefinitionError."""
    from playnex.agents.memory import Remembering  # late, here and below: only what the command needs
    from playnex.app.memory import RunMemory
    from playnex.app.opening import opened

    async with opened(door.workspace) as app:
        agent = app.definitions.agent(name)
        remembering = Remembering(agent=name, spec=agent.memory, key="", query=task)
        gathered, _ = await RunMemory(app=app).gather(remembering)
    if as_json:
        emit(memory_document(agent, gathered))
    else:
        write("\n".join(_page(agent, gathered, has_task=bool(task))))
    return 0


def memory_document(agent: "AgentSpec", gathered: "Gathered") -> dict[str, Json]:
    """`playnex.agent-memory/1`."""
    return {
        "schema": "playnex.agent-memory/1",
        "agent": agent.name,
        "memory": memory_json(agent),
        "given": [_piece_json(piece) for piece in gathered.pieces],
        "left_out": [{"name": name, "characters": characters} for name, characters in gathered.left_out],
        "words_alone": gathered.why,
    }


def memory_lines(agent: "AgentSpec") -> list[tuple[str, str]]:
    """Its memory in words, by what it is."""
    memory, recall = agent.memory, agent.memory.recall
    found = [("reads", ", ".join(memory.read) or "only what its step gives it"), ("writes", ", ".join(memory.write) or "nothing by itself")]
    given = [
        "what it was asked and answered before in the run" if memory.history else "",
        f"the pinned capsules ({', '.join(memory.standing)})" if memory.pinned else "",
    ]
    if recall:
        when = "before its first turn" if recall.at_start else "when it asks"
        given.append(f"{counted(recall.limit, 'hit')} of {', '.join(memory.recalled)} {when}")
    return found + [("recalls", "; ".join(part for part in given if part))] * any(given)


def _piece_json(piece: "Memory") -> dict[str, Json]:
    return {
        "kind": piece.kind,
        "capsule": piece.name,
        "version": piece.version,
        "by": piece.by,
        "run": piece.run,
        "date": piece.date,
        "labels": list(piece.labels),
        "found": piece.found,
        "characters": piece.whole,
        "text": piece.text,
    }


def _page(agent: "AgentSpec", gathered: "Gathered", *, has_task: bool) -> list[str]:
    lines = [door.terminal.styled(agent.name, "bold"), *(f"{name:<8}{said}" for name, said in memory_lines(agent)), ""]
    for piece in gathered.pieces:
        labels = f"  [{', '.join(piece.labels)}]" if piece.labels else ""
        lines += [door.terminal.styled(piece.title, "bold") + labels, indented(piece.text), ""]
    lines += [f"left out, for it does not fit: {name} ({characters:,} characters)" for name, characters in gathered.left_out]
    if gathered.why:
        lines.append(f"recall went by words alone: {gathered.why}")
    if not gathered.pieces:
        lines.append("it would be given nothing of memory" if agent.memory.gives else "it is given nothing of memory by itself")
    if agent.memory.recall and agent.memory.recall.at_start and not has_task:
        lines.append('what it recalls depends on its task: --task "…"')
    return lines
