"""What the gate remembers of one agent's work: what its calls brought that can be trusted, and which of them a person refused.

It lies in memory alone: whoever goes on with the work after a crash makes the same calls again, which answer from the journal.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from playnex.canonical import Json, digest, encode_sorted
from playnex.spec.envelope import Envelope

ASKED = "asked"
"""The field in a refused call's output that says that a person was asked, and said no."""

TOGETHER = "asked_together"
"""The same, where they were asked about several calls at once: they may have meant only one of them."""


@dataclass(slots=True, eq=False)
class Trail:
    """Grows with every call of the work. `given` are values that may be used as the argument of that name. `decided` is what a person said
    of calls that were shown to them together, and that are still to come; those in `alone` are asked about one by one from now on."""

    trusted: list[Json] = field(default_factory=list)
    given: dict[str, list[Json]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    decided: dict[str, list[bool]] = field(default_factory=dict)
    alone: set[str] = field(default_factory=set)

    def note(self, wish: str, record: Envelope, *, is_trusted: bool) -> None:
        """Take up what came of a call; `is_trusted` says that nothing untrusted led to it."""
        if record.status == "failed":
            output = record.output if isinstance(record.output, Mapping) else {}
            if output.get(ASKED):
                self.refused.add(wish)
            if output.get(TOGETHER):
                self.alone.add(wish)
        elif is_trusted and "untrusted" not in record.labels:
            self.trusted.append(record.output)

    def give(self, argument: str, values: Iterable[Json]) -> None:
        """Let these values be used as the argument of that name."""
        self.given.setdefault(argument, []).extend(values)

    def decide(self, wishes: Iterable[str], said: bool) -> None:
        """Keep what a person said of calls that are still to come."""
        for wish in wishes:
            self.decided.setdefault(wish, []).append(said)

    def taken(self, wish: str) -> bool | None:
        """What a person has said of this call together with others, which counts once; None where nothing was said."""
        said = self.decided.get(wish)
        return said.pop(0) if said else None


def wish_of(tool: str, arguments: Json) -> str:
    """A call as it was wished: the same tool with the same arguments is the same wish."""
    return f"{tool} {digest(encode_sorted(arguments))}"
