"""What the gate remembers of one agent's work: what its calls brought that can be trusted, what they offered to tools of their own family,
and which of them a person refused.

It lies in memory alone: whoever goes on with the work after a crash makes the same calls again, which answer from the journal.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from playnex.canonical import Json, digest, encode_sorted
from playnex.spec.envelope import Envelope

ASKED = "asked"
"""The field in a refused call's output that says that a person was asked, and said no."""


@dataclass(slots=True, eq=False)
class Ledger:
    """Grows with every call of the work."""

    trusted: list[Json] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    offered: dict[str, list[str]] = field(default_factory=dict)

    def offer(self, family: str, links: Iterable[str]) -> None:
        """Take up what a result offers to the tools of a family."""
        self.offered.setdefault(family, []).extend(links)

    def note(self, wish: str, record: Envelope, *, is_trusted: bool) -> None:
        """Take up what came of a call; `is_trusted` says that nothing untrusted led to it."""
        if record.status == "failed":
            if isinstance(record.output, Mapping) and record.output.get(ASKED):
                self.refused.add(wish)
        elif is_trusted and "untrusted" not in record.labels:
            self.trusted.append(record.output)


def wish_of(tool: str, arguments: Json) -> str:
    """A call as it was wished: the same tool with the same arguments is the same wish."""
    return f"{tool} {digest(encode_sorted(arguments))}"
