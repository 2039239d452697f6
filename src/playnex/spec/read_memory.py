"""The `memory` of an agent's file."""

from playnex.spec.located import MapNode, Node, ScalarNode, find
from playnex.spec.memory import HITS, MOST_HITS, NO_MEMORY, TAG, MemorySpec, RecallSpec, below
from playnex.spec.reading import Reading

MEMORY_KEYS = ("read", "write", "history", "pinned", "recall")
RECALL_KEYS = ("limit", "in", "at-start")
FORMS = "`none`, `history`, or a map such as {read: [style/*], recall: true}"


def read_memory(reading: Reading, node: Node | None) -> MemorySpec:
    """What an agent remembers."""
    if node is None or (isinstance(node, ScalarNode) and node.value == "none"):
        return NO_MEMORY
    if isinstance(node, ScalarNode) and node.value == "history":
        return MemorySpec(history=True)
    if not isinstance(node, MapNode):
        reading.wrong(node, "`memory`", FORMS)
        return NO_MEMORY
    reading.keys(node, MEMORY_KEYS, what="`memory`")
    return MemorySpec(
        read=_patterns(reading, find(node, "read"), "`read`"),
        write=_names(reading, find(node, "write")),
        history=reading.flag(find(node, "history"), "`history`") or False,
        pinned=reading.flag(find(node, "pinned"), "`pinned`") or False,
        recall=_read_recall(reading, find(node, "recall")),
    )


def _patterns(reading: Reading, node: Node | None, what: str) -> tuple[str, ...]:
    found = reading.texts(node, what)
    if node is not None and TAG in found:
        reading.fault(node, f"{what} has a tag without a name", hint='write it in quotes, with its name: "#style"')
    return found


def _names(reading: Reading, node: Node | None) -> tuple[str, ...]:
    found = reading.texts(node, "`write`")
    if node is not None and any(pattern.startswith(TAG) for pattern in found):
        reading.fault(node, "`write` takes names, and no tags", hint="name the capsules: notes/*")
    return found


def _read_recall(reading: Reading, node: Node | None) -> RecallSpec | None:
    if node is None:
        return None
    if isinstance(node, ScalarNode):
        return RecallSpec() if reading.flag(node, "`recall`") else None
    recall = reading.map(node, "`recall`", hint="write `true`, or {limit: 5, in: notes}")
    if recall is None:
        return None
    reading.keys(recall, RECALL_KEYS, what="`recall`")
    limit = find(recall, "limit")
    starts = reading.flag(find(recall, "at-start"), "`at-start`")
    return RecallSpec(
        limit=HITS if limit is None else reading.whole(limit, "`limit`", least=1, most=MOST_HITS) or HITS,
        within=tuple(pattern for place in _patterns(reading, find(recall, "in"), "`in`") for pattern in below(place)),
        at_start=True if starts is None else starts,
    )
