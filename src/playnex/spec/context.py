"""The step context: the one interface that flows, agents and patterns ask for every effect."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias, TypeVar

from playnex.canonical import Json
from playnex.spec.agent_result import AgentResult, DataBlock
from playnex.spec.envelope import Envelope, Label, Usage
from playnex.spec.flow import NO_RETRY, RetrySpec

T = TypeVar("T")
Item = TypeVar("Item")

Effect = Literal["pure", "idempotent", "once"]
Write: TypeAlias = Callable[[Any], object]
"""A piece of work for the store's own transaction (see store/database.py): called with its connection, by its writer."""

StepKind = Literal[
    "step", "agent", "tool", "python", "save", "model", "verify", "flow", "switch", "wait", "approve", "repeat", "round", "pattern"
]


@dataclass(slots=True, kw_only=True)
class Attempt:
    """One try of a step. `context` has the try's own scope; `feedback` is why a verifier refused the try before;
    what is put in `writes` is committed in the same transaction as the step's result."""

    key: str
    number: int
    context: "StepContext"
    feedback: str = ""
    writes: list[Write] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a verifier says; a refused result takes `on_fail`, where `ask` means that a person was asked and said no.
    `instead` is the result as a person has approved it."""

    passed: bool
    reason: str = ""
    on_fail: Literal["retry", "fallback", "fail", "ask"] = "fail"
    instead: Envelope | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """What a person is asked: the whole action is in `message` and `show`, and `more` are facts about it, by names of their own.
    `editable` lets them change what is shown; without an answer within `timeout` seconds it is a no."""

    message: str
    show: Json = None
    more: Mapping[str, Json] = field(default_factory=dict)
    editable: bool = False
    timeout: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """So many `steps` that are to be done, again perhaps, and why."""

    steps: int
    why: Json = None


Branch: TypeAlias = Callable[["StepContext"], Awaitable[T]]
"""A part of a run that goes on beside others, in a scope of its own."""

Do: TypeAlias = Callable[[Attempt], Awaitable[Envelope]]
Verify: TypeAlias = Callable[[Envelope, Attempt], Awaitable[Verdict]]
Fallback: TypeAlias = Callable[[Envelope, Attempt], Awaitable[Envelope]]
Complete: TypeAlias = Callable[[Envelope, Attempt], Awaitable[Envelope]]
Settle: TypeAlias = Callable[[Attempt], Awaitable[Envelope | None]]
Price: TypeAlias = Callable[[], Awaitable[float]]
"""US dollars that a request may cost at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPlan:
    """How a step is carried out, in this order: attempt (each with its own `timeout`, in seconds) → `retry` → `verify` →
    `fallback` → `complete` (last touches on the result that goes into the journal, such as saving a capsule).

    `announce` puts a StepStarted event with `input` into the journal, for those who watch. `tokens` and `usd` are what a step of the kind
    `model` may spend: reserved from the run's budget before each try starts, and counted in full where nobody learns what it did spend.
    `price` says the same of the money where that is only known when the step begins; it is asked where a budget counts money.

    `settle` comes before all of them, and before the intent: what must be settled before the first try, such as a person's yes. Its steps
    lie below the step's own, no time limit is on it, and what it gives is the step's result; None lets the tries begin. Whoever
    `says_origin` says itself what the step was made from (spec/origin.py); else all that its code was given so far may be in it.
    """

    kind: StepKind = "step"
    actor: str = ""
    effect: Effect = "idempotent"
    timeout: float | None = None
    retry: RetrySpec = NO_RETRY
    verify: Verify | None = None
    fallback: Fallback | None = None
    complete: Complete | None = None
    announce: bool = False
    input: Json = None
    tokens: int = 0
    usd: float = 0.0
    price: Price | None = None
    settle: Settle | None = None
    says_origin: bool = False


PLAIN = StepPlan()

OutputForm: TypeAlias = "Mapping[str, Json] | str | Sequence[str] | type | None"
"""The form of an answer: a JSON Schema, a short schema as in flow files, a dataclass or a Pydantic model; None for text."""

CodeCall: TypeAlias = "Callable[[Mapping[str, Json], StepContext], Awaitable[Envelope]]"
"""Makes a call with these arguments, which fit; all that it does are steps in the context that it is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeTool:
    """A tool that the run's own code gives an agent for one task. Its calls go through the gate like all others and are steps of the
    run; one that a crash cut off is made again, and answers from what is recorded below it. With the first call that succeeds of
    one that `ends`, the agent's work ends, and that result is the agent's; with a failure whose reason is one of `ends_on`, it ends as
    failed. Those that go on `beside` each other are made at the same time, where one answer wishes several. A `with_transcript` call
    is given, as one more argument `transcript`, what the agent was told and said so far."""

    name: str
    description: str
    parameters: Mapping[str, Json]
    call: CodeCall
    ends: bool = False
    ends_on: tuple[str, ...] = ()
    beside: bool = False
    with_transcript: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What an agent is asked: the words, the form of its answer (JSON in any case; None: as the agent's file says), material, and tools
    beside its own. `plan` says how the step is carried out: its time limit, retries, checks and fallback; `step` is the step's name,
    empty for the agent's."""

    prompt: str
    output: OutputForm = None
    data: tuple[DataBlock, ...] = ()
    tools: tuple[CodeTool, ...] = ()
    plan: StepPlan = PLAIN
    step: str = ""


class AgentHandle(ABC):
    """An agent, ready to be asked in a run. Each question is a step of the run; its requests and calls are steps below it."""

    __slots__ = ()

    @property
    @abstractmethod
    def name(self) -> str:
        """What the agent is called."""

    @abstractmethod
    async def about(self) -> str:
        """What its file says that it is for, recorded when it is first asked for. Raises StepFailed where there is no such agent."""

    @abstractmethod
    async def answer(self, question: Question) -> AgentResult:
        """Its answer; never raises for what the agent, its model or its tools do."""

    async def run(
        self,
        prompt: str,
        *,
        output: OutputForm = None,
        data: Sequence[DataBlock] = (),
        tools: Sequence[CodeTool] = (),
        plan: StepPlan = PLAIN,
        step: str = "",
    ) -> AgentResult:
        """Its answer to a `Question` of these parts. Raises StepFailed where it fails."""
        asked = Question(prompt=prompt, output=output, data=tuple(data), tools=tuple(tools), plan=plan, step=step)
        return (await self.answer(asked)).checked()

    async def try_run(
        self,
        prompt: str,
        *,
        output: OutputForm = None,
        data: Sequence[DataBlock] = (),
        tools: Sequence[CodeTool] = (),
        plan: StepPlan = PLAIN,
        step: str = "",
    ) -> AgentResult:
        """The same for whoever goes on with a failure: it never raises for what the agent, its model or its tools do."""
        return await self.answer(Question(prompt=prompt, output=output, data=tuple(data), tools=tuple(tools), plan=plan, step=step))


class StepContext(Protocol):
    """A run as its code sees it. Keys are paths; a name used again in one scope numbers itself (`think`, `think#2`)."""

    @property
    def run_id(self) -> str:
        """The run's full id."""
        ...

    def scope(self, name: str) -> "StepContext":
        """A context whose steps have keys under `name/`."""
        ...

    def key(self, name: str) -> str:
        """The key that the next step of that name will have."""
        ...

    async def step(
        self,
        name: str,
        do: Callable[[], Awaitable[Json]],
        *,
        effect: Effect = "idempotent",
        timeout: float | None = None,
        retry: int | RetrySpec = 0,
        fallback: Callable[[], Awaitable[Json]] | None = None,
    ) -> Json:
        """Run `do` once in the life of this run; ever after, answer from the journal. `timeout` in seconds bounds each try,
        `retry` says how often a failed one is tried again, and what `fallback` gives stands in when all have failed (the record
        says so). Raises StepFailed, also where the failure was recorded earlier."""
        ...

    async def perform(self, name: str, do: Do, plan: StepPlan = PLAIN) -> Envelope:
        """The full form of `step`: the recorded envelope, also when it is a failure."""
        ...

    async def gather(self, branches: Mapping[str, Branch[T]], *, at_most: int | None = None) -> dict[str, T]:
        """Let named branches go on at the same time, `at_most` of them, each in the scope of its name; their results in the order
        given. All have ended before this returns; where some failed, the first failure in that order is raised."""
        ...

    async def together(self, works: Sequence[Callable[[], Awaitable[None]]], *, at_most: int | None = None) -> None:
        """Let these go on at the same time, `at_most` of them, in this very scope, so that their steps must have names of their own.
        All have ended before this returns."""
        ...

    async def all(self, *branches: Branch[T]) -> list[T]:
        """`gather` for branches without names: their results in order."""
        ...

    async def map(self, items: Iterable[Item], do: Callable[["StepContext", Item], Awaitable[T]], *, at_most: int | None = None) -> list[T]:
        """Do the same with every item, `at_most` at the same time; results in the order of the items."""
        ...

    async def flow(self, called: "str | Callable[[StepContext, Any], Awaitable[Json]]", inputs: Mapping[str, Json] | None = None) -> Json:
        """What another flow returns: one of the workspace by its name, or a function that is a flow. It is a step of this run, its own
        steps lie below it, and its definition is pinned when it is first called. Raises StepFailed."""
        ...

    def agent(self, agent: "str | object") -> AgentHandle:
        """An agent to ask: one of the workspace by its name, or a Pydantic AI `Agent`, whose requests and tool calls are then recorded
        like those of any other. Raises NotFoundError, UsageError."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; the time is set once and holds through every restart."""
        ...

    async def wait_for(self, signal: str, *, timeout: float | None = None) -> Json:
        """The payload of the next signal of that name, sent before or after this is asked. Raises StepFailed with reason
        `timeout` where none comes in that many seconds."""
        ...

    async def approve(self, name: str, approval: Approval) -> Json:
        """What was shown, as the person approved it. Raises StepFailed with reason `refused` for a no, and for no answer."""
        ...

    async def now(self) -> float:
        """Seconds since 1970, read once and recorded."""
        ...

    def random(self) -> float:
        """A number in [0, 1): the same one each time the run's code comes here."""
        ...

    def uuid(self) -> str:
        """A UUID (version 8, RFC 9562): the same one each time the run's code comes here."""
        ...

    async def recorded(self, is_wanted: Callable[[str], bool]) -> dict[str, Envelope]:
        """What the journal knew within this scope when this worker took the run over: records by their full keys, in the order in which
        they came, of those whose keys below the scope are wanted. It is for counts that a crash must not reset."""
        ...

    def spent(self) -> Usage:
        """What this run's model requests have cost so far."""
        ...

    def labels(self) -> tuple[Label, ...]:
        """What is known of the origin of all that the code at work here was given so far."""
        ...

    async def round(self, name: str, round_: Round) -> None:
        """Record that a loop begins a round, or that a route leads back; its steps count against the cap of the run, which no setting
        removes. Raises BudgetExhausted."""
        ...
