"""The definition that a run is started with: the flow and its agents as checked data, kept with the run whatever happens to the files."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from playnex.canonical import Json
from playnex.errors import JournalMismatch
from playnex.spec.agent import AgentSpec
from playnex.spec.flow import FORMAT, FlowSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """A flow with every agent that it uses; `source` is the text of its file, where it is written in Python; `functions` are the texts
    of the Python files whose functions it calls, by their path below the workspace."""

    flow: FlowSpec
    agents: Mapping[str, AgentSpec]
    source: str = ""
    functions: Mapping[str, str] = field(default_factory=dict)
    format: int = FORMAT


def pin(pinned: Pinned) -> Json:
    """The definition as JSON."""
    return msgspec.to_builtins(pinned)


def unpin(definition: Json) -> Pinned:
    """The definition that `pin` made. Raises JournalMismatch where this version cannot read it."""
    try:
        return msgspec.convert(definition, type=Pinned)
    except msgspec.ValidationError as fault:
        raise JournalMismatch(
            f"the run's pinned definition does not fit this Playnex: {fault}", hint="go on with the version that started it"
        ) from None


@dataclass(slots=True)
class Unpinning:
    """Unpins definitions; the last one is remembered, for all runs of a batch have the same."""

    last: list[tuple[Json, Pinned]] = field(default_factory=list)

    def __call__(self, definition: Json) -> Pinned:
        """As `unpin`."""
        if not self.last or self.last[0][0] != definition:
            self.last = [(definition, unpin(definition))]
        return self.last[0][1]
