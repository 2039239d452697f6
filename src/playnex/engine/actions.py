"""What the interpreter asks of the rest of the house: agents, tools and capsules, each through the step context."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from playnex.canonical import Json
from playnex.spec.context import Attempt, StepContext, Verdict, Verify, Write
from playnex.spec.envelope import CapsuleRef, Envelope, Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A piece of data handed to an agent beside its prompt: `kind` is `step` or `capsule`, `name` says which."""

    kind: str
    name: str
    text: str
    labels: tuple[Label, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentWork:
    """An agent's part in a step. `schema` is the JSON Schema of its answer, None for plain text; `folders` are the run's
    inputs of type file or folder."""

    step: str
    agent: str
    prompt: str
    schema: Mapping[str, Json] | None = None
    given: tuple[Given, ...] = ()
    folders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternWork:
    """A pattern's part in a step: its `settings` as the table of patterns has them (agents by name), and the `checks` on what its
    agents hand over, by the setting's name. The rest is as for an agent."""

    step: str
    pattern: str
    settings: Mapping[str, Json]
    checks: Mapping[str, Verify]
    prompt: str
    schema: Mapping[str, Json] | None = None
    given: tuple[Given, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolWork:
    """A tool's part in a step. `own` are the arguments that the flow gives of trusted values. `may_repeat` is the user's word that it may
    run again."""

    step: str
    tool: str
    arguments: Mapping[str, Json]
    own: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    may_repeat: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonWork:
    """A function's part in a step, as `module:function`. `may_repeat` is the user's word that it may run again."""

    step: str
    function: str
    arguments: Mapping[str, Json]
    may_repeat: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonCheck:
    """A function that judges an output; it may ask for the flow's `inputs` too."""

    function: str
    output: Json
    inputs: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """A result on its way into a capsule."""

    name: str
    body: str
    step: str
    agent: str
    model: str
    envelope: Envelope


class Actions(Protocol):
    """The effects of a flow's steps; each journals what it does through the context it is given."""

    async def model_of(self, context: StepContext, agent: str) -> str:
        """The name of the model that this agent uses in this run."""
        ...

    async def ask_agent(self, attempt: Attempt, work: AgentWork) -> Envelope:
        """Let the agent work; its record, also when it failed."""
        ...

    async def carry_out_pattern(self, attempt: Attempt, work: PatternWork) -> Envelope:
        """Let the pattern's agents work together; the record, also when they failed."""
        ...

    async def call_tool(self, attempt: Attempt, work: ToolWork) -> Envelope:
        """Call the tool through the gate; its record, also when it failed."""
        ...

    async def call_python(self, attempt: Attempt, work: PythonWork) -> Envelope:
        """Call the function where synchronous Python tools run; its record. Raises StepFailed."""
        ...

    async def check_python(self, attempt: Attempt, check: PythonCheck) -> Verdict:
        """What the function says of the output; a function that fails says no."""
        ...

    async def find_capsule(self, name: str) -> CapsuleRef:
        """The newest version of that capsule. Raises NotFoundError."""
        ...

    def noting(self, refs: Sequence[CapsuleRef], step: str) -> Write:
        """The write that notes that the step, by its key, was given these versions."""
        ...

    async def is_gone(self, ref: CapsuleRef) -> bool:
        """Whether that capsule was deleted."""
        ...

    async def read_capsule(self, ref: CapsuleRef) -> Given:
        """That version as data for an agent. Raises NotFoundError for a deleted one."""
        ...

    async def prepare(self, run: str, saving: Saving) -> tuple[CapsuleRef, Write]:
        """The capsule's version that will be, and the write that makes it."""
        ...
