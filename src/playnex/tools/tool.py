"""The one interface of a tool, and the contract of a box that holds them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeAlias

from playnex.canonical import Json
from playnex.spec.context import Effect, StepContext, Write
from playnex.spec.envelope import Envelope, Label
from playnex.spec.memory import Moment, RecallSpec
from playnex.spec.origin import PRIVATE, UNTRUSTED
from playnex.spec.tool_rules import NEVER, Egress


@dataclass(frozen=True, slots=True, kw_only=True)
class CallScope:
    """Where a call comes from and what it may touch: `folders` are readable from outside the workspace (inputs of type
    folder or file), `idempotency_key` is stable for this call in the life of the run, `labels` and `sources` say what the
    caller had read before it made the call: they stay with whatever the call writes. `memory_at` is the moment at which a
    forked run sees shared memory, None for a run that sees it as it is. `recall` is what `memory.recall` searches, None for
    nothing. `trusted` are values of the user and of trusted sources, in which the gate looks for the arguments that matter.
    `context` is the scope below the call, for a tool that has steps of its own."""

    run: str = ""
    step: str = ""
    agent: str = ""
    idempotency_key: str = ""
    folders: tuple[Path, ...] = ()
    memory_read: tuple[str, ...] = ()
    memory_write: tuple[str, ...] = ()
    labels: tuple[Label, ...] = ()
    sources: tuple[str, ...] = ()
    trusted: tuple[Json, ...] = ()
    memory_at: Moment | None = None
    recall: RecallSpec | None = None
    context: StepContext | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """What a tool gave. `writes` are committed together with the call's result; where somebody was faster
    (CapsuleConflict) the tool is asked again, so a tool with writes must do nothing else that lasts."""

    output: Json
    labels: tuple[Label, ...] = ()
    sources: tuple[str, ...] = ()
    writes: tuple[Write, ...] = ()


Links: TypeAlias = Callable[[Mapping[str, Json], Json], tuple[str, ...]]
"""What a call with these arguments and this output offers to later calls."""

Call: TypeAlias = Callable[[Mapping[str, Json], CallScope], Awaitable[ToolResult | Envelope]]
"""Makes a call. One that has steps of its own gives their envelope, which may be a failure that is known in full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A capability. `parameters` is the JSON Schema of its arguments (an object); `timeout` in seconds bounds each call. An
    `effect` that is not declared (None) is `once`, unless a step's own retry is the user's word that the tool may run again (rulings).
    `approval` is when a person is asked before a call: `never`, `ask`, or a rule over `args`. `sinks` are the arguments that matter where a
    call writes, sends, pays or deletes; None says nothing of it, so that all of them count. What an `untrusted` tool says comes from
    outside, what a `private` one says must not leave this machine unasked; their errors too. `gives` says which field of its results is the
    server's own word for which argument of other calls, such as `{"event_id": "id"}`. What its results offer by `links` is known to all
    tools of its `family` as if the user had said it, and to no others: the links of a page to those who may follow them. The arguments of
    one that is not `editable` cannot be changed by a person who is asked. One with an `account` signs in somewhere else."""

    name: str
    description: str
    parameters: Mapping[str, Json] = field(default_factory=lambda: {"type": "object", "properties": {}, "additionalProperties": False})
    effect: Effect | None = None
    egress: Egress = "none"
    approval: str = NEVER
    sinks: tuple[str, ...] | None = None
    untrusted: bool = False
    private: bool = False
    gives: Mapping[str, str] = field(default_factory=dict)
    family: str = ""
    links: Links | None = None
    editable: bool = True
    account: bool = False
    timeout: float | None = 60.0
    call: Call
    source: str = ""

    @property
    def labels(self) -> tuple[Label, ...]:
        """What is known of all that it says."""
        return (*(UNTRUSTED if self.untrusted else ()), *(PRIVATE if self.private else ()))


class Toolbox(Protocol):
    """The tools of a workspace."""

    def names(self) -> tuple[str, ...]:
        """All names, sorted."""
        ...

    def get(self, name: str) -> Tool:
        """The tool. Raises NotFoundError with a suggestion."""
        ...
