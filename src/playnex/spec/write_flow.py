"""A flow or an agent as the text of its file: the keys in the order of the docs, each step a paragraph, prompts as blocks."""

from collections.abc import Iterator, Mapping, Sequence

from playnex.canonical import Json
from playnex.spec.flow import FORMAT
from playnex.spec.write_yaml import STEP_IN, entry_lines, written_key

FLOW_ORDER = (
    "playnex", "name", "description", "goal", "constraints", "context", "success", "on", "concurrency", "inputs", "defaults", "budget",
    "steps", "output",
)  # fmt: skip
TOGETHER = ("playnex", "name", "description")
"""Keys that stand in one paragraph; each of the others has its own."""

STEP_ORDER = (
    "name", "description", "needs", "if", "else", "for-each", "max-parallel", "switch", "agent", "tool", "flow", "python", "approve",
    "wait", "repeat", "with", "cases", "default", "steps", "capsules", "prompt", "output", "verify", "timeout", "retry", "fallback",
    "continue-on-error", "on-refuse", "save", "content",
)  # fmt: skip
INPUT_ORDER = ("type", "required", "default", "description")


def flow_text(flow: Mapping[str, Json], *, comments: Sequence[str] = ()) -> str:
    """The file of a flow that is given in the file's own words, as plain data; what it means is for the check to say."""
    whole = {"playnex": FORMAT, **flow}
    paragraphs = [f"# {comment}" for comment in comments]
    for key in ordered(whole, FLOW_ORDER):
        lines = list(_section(key, whole[key]))
        paragraphs += lines if key in TOGETHER else ["", *lines]
    return "\n".join(paragraphs) + "\n"


def agent_text(front: Mapping[str, Json], instructions: str) -> str:
    """The file of an agent: its keys between two lines of hyphens, then what it is told to be."""
    lines = [line for key, value in front.items() for line in entry_lines(key, value)]
    return "\n".join(("---", *lines, "---", instructions.strip())) + "\n"


def ordered(entries: Mapping[str, Json], order: Sequence[str]) -> list[str]:
    """The keys in that order; those that it does not name come last, as they came."""
    return sorted(entries, key=lambda key: order.index(key) if key in order else len(order))


def _section(key: str, value: Json) -> Iterator[str]:
    if not isinstance(value, Mapping) or not value or key not in ("inputs", "steps"):
        yield from entry_lines(key, value)
        return
    yield f"{key}:"
    yield from (" " * STEP_IN + line if line else "" for line in (_inputs(value) if key == "inputs" else _steps(value)))


def _inputs(inputs: Mapping[str, Json]) -> Iterator[str]:
    room = max(len(written_key(name)) for name in inputs) + 1
    for name, entry in inputs.items():
        yield from entry_lines(name, _sorted(entry, INPUT_ORDER), room=room)


def _steps(steps: Mapping[str, Json]) -> Iterator[str]:
    for number, (step_id, entry) in enumerate(steps.items()):
        if number:
            yield ""
        if not isinstance(entry, Mapping) or not entry:
            yield from entry_lines(step_id, entry)
            continue
        yield f"{written_key(step_id)}:"
        for key in ordered(entry, STEP_ORDER):
            yield from (" " * STEP_IN + line if line else "" for line in entry_lines(key, entry[key]))


def _sorted(entry: Json, order: Sequence[str]) -> Json:
    return {key: entry[key] for key in ordered(entry, order)} if isinstance(entry, Mapping) else entry
