"""What the gate remembers of one agent's work: what its calls brought that can be trusted, and which of them a person refused.

It lies in memory alone: whoever goes on with the work after a crash makes the same calls again, which answer from the journal.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from playnex.canonical import Json, digest, encode_sorted
from playnex.spec.envelope import Envelope

ASKED = "asked"
"""The field in a refused call's output that says that a person has said no: true where they were asked about this call."""

REFUSALS = 3
"""So many questions about one tool that a person has answered with no in one agent's work: then nobody is asked about it any more."""

TOGETHER = "asked_together"
"""The same, where they were asked about several calls at once: they may have meant only one of them. True in the first of them."""

Answer = Literal["ask", "yes", "no", "no-together", "tired"]


@dataclass(slots=True, eq=False)
class Trail:
    """Grows with every call of the work. `given` are values that may be used as the argument of that name; `offered` are the links of
    results, by the family of tools that may follow them. `decided` is what a person said of calls that were shown to them together, and
    that are still to come; those in `alone` are asked about one by one from now on. `noes` counts what a person has refused, by tools. Once
    it `has_written` something that nobody vouches for, nothing that it reads is trusted any more: a tool may give back what another one
    was made to keep."""

    trusted: list[Json] = field(default_factory=list)
    given: dict[str, list[Json]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    decided: dict[str, list[bool]] = field(default_factory=dict)
    alone: set[str] = field(default_factory=set)
    noes: Counter[str] = field(default_factory=Counter)
    has_written: bool = False
    offered: dict[str, list[str]] = field(default_factory=dict)

    def note(self, wish: str, record: Envelope, *, is_trusted: bool) -> None:
        """Take up what came of a call; `is_trusted` says that nothing untrusted led to it."""
        if record.status == "failed":
            output = record.output if isinstance(record.output, Mapping) else {}
            if ASKED in output:
                self.refused.add(wish)
            if TOGETHER in output:
                self.alone.add(wish)
            self.noes[_tool_of(wish)] += output.get(ASKED) is True or output.get(TOGETHER) is True
        elif is_trusted and not self.has_written and "untrusted" not in record.labels:
            self.trusted.append(record.output)

    def give(self, argument: str, values: Iterable[Json]) -> None:
        """Let these values be used as the argument of that name."""
        if not self.has_written:
            self.given.setdefault(argument, []).extend(values)

    def offer(self, family: str, links: Iterable[str]) -> None:
        """Take up what a result offers to the tools of a family."""
        self.offered.setdefault(family, []).extend(links)

    def decide(self, wishes: Iterable[str], said: bool) -> None:
        """Keep what a person said of calls that are still to come."""
        for wish in wishes:
            self.decided.setdefault(wish, []).append(said)

    def answer(self, wish: str) -> Answer:
        """What a person has said already of a call that asks; a word about several calls at once counts once for each."""
        if said := self.decided.get(wish):
            return "yes" if said.pop(0) else "no-together"
        if wish in self.refused:
            return "no"
        return "tired" if self.noes[_tool_of(wish)] >= REFUSALS else "ask"


def wish_of(tool: str, arguments: Json) -> str:
    """A call as it was wished: the same tool with the same arguments is the same wish."""
    return f"{tool} {digest(encode_sorted(arguments))}"


def _tool_of(wish: str) -> str:
    return wish.partition(" ")[0]
