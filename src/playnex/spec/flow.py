"""What a flow is, once read and checked: pure data that a run pins and a journal keeps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from playnex.canonical import Json
from playnex.spec.pattern_table import PATTERNS, members

FORMAT = 1

MOST_AT_ONCE = 10_000
"""How many items or branches may go on at the same time."""

InputType = Literal["string", "integer", "number", "boolean", "list", "map", "file", "folder"]
ActionKind = Literal["agent", "tool", "flow", "python", "switch", "approve", "wait", "save", "pattern", "repeat"]
OnFail = Literal["retry", "fallback", "fail", "ask"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InputSpec:
    """One input of a flow; `choices` is empty unless the type is a list of allowed values. An `untrusted` one is not the user's own word,
    a mail that came in for example; what is made from a `private` one does not leave the machine unasked."""

    name: str
    type: InputType = "string"
    required: bool = False
    default: Json = None
    description: str = ""
    choices: tuple[str, ...] = ()
    untrusted: bool = False
    private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefSpec:
    """What every agent of a flow is told beside its own task: templates that see the inputs. Empty where nothing is said."""

    goal: str = ""
    constraints: tuple[str, ...] = ()
    context: str = ""
    success: tuple[str, ...] = ()


NO_BRIEF = BriefSpec()


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Limits in turns (model requests), tokens, US dollars and seconds; None means no limit of that kind."""

    turns: int | None = None
    tokens: int | None = None
    usd: float | None = None
    time: float | None = None


NO_LIMITS = Budget()


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrySpec:
    """How often a step is tried again after its first attempt; `delay` in seconds, multiplied by `backoff` each time.
    `on` names the reasons worth another try; empty means every ordinary failure."""

    times: int = 0
    delay: float = 1.0
    backoff: float = 2.0
    on: tuple[str, ...] = ()


NO_RETRY = RetrySpec()


@dataclass(frozen=True, slots=True, kw_only=True)
class FallbackSpec:
    """What stands in when a step's attempts are spent: a `value` (templates in it see the rejected `output`), an agent, or another
    step, which runs in no other place."""

    value: Json = None
    agent: str | None = None
    step: "StepSpec | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifySpec:
    """A check on a step's output before anyone sees it: an expression `that`, a judge `agent` answering `{pass, reason}`, or a
    `python` function, as `module:function`. `timeout` is how many seconds a person has who is asked about a result that fails it;
    None means for ever."""

    that: str | None = None
    agent: str | None = None
    python: str | None = None
    on_fail: OnFail = "fail"
    timeout: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveSpec:
    """What a person is asked: templates in `message` and `show`. `goes_on` says that a no does not end the run, `refused_to` names
    the step where it goes on instead."""

    message: str
    show: Json = None
    editable: bool = False
    timeout: float | None = None
    goes_on: bool = False
    refused_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitSpec:
    """What a step waits for: so many `seconds`, or a `signal`, for so many seconds at most."""

    seconds: float | None = None
    signal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ElseSpec:
    """The output of a step that is skipped; templates keep their type."""

    value: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class ForEachSpec:
    """A step done for every item of a list (a template, or the list itself), `at_most` at the same time."""

    items: Json
    at_most: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSpec:
    """What a switch does for one value: the switch's own step with other settings, or another step, which has an id of its own."""

    value: str
    step: "StepSpec"


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchSpec:
    """A route: the template `on` gives the value, `cases` say what each value leads to, `default` what any other does."""

    on: str
    cases: tuple[CaseSpec, ...] = ()
    default: "StepSpec | None" = None

    def steps(self) -> tuple["StepSpec", ...]:
        """All that it can lead to."""
        return (*(case.step for case in self.cases), *((self.default,) if self.default else ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatSpec:
    """A loop: its `steps` are done in rounds, `most` of them, until the expression `until` holds (None: all rounds are done)."""

    most: int
    until: str | None = None
    steps: tuple["StepSpec", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSpec:
    """One step. `kind` and `target` say what it does: the name of the agent, tool, flow, function or pattern, or for the others nothing.
    A pattern's settings are its `arguments`, and `checks` has those on what its agents hand over, by the setting's name.
    `needs` is what it waits for, resolved: without a declaration (`declares_needs`), the step above it. `condition` is a bare
    expression; where it does not hold the step is skipped, and `otherwise` is its output."""

    id: str
    kind: ActionKind
    target: str = ""
    name: str = ""
    description: str = ""
    needs: tuple[str, ...] = ()
    prompt: str | None = None
    arguments: Mapping[str, Json] = field(default_factory=dict)
    content: str | None = None
    capsules: tuple[str, ...] = ()
    output: Mapping[str, Json] | None = None
    verify: tuple[VerifySpec, ...] = ()
    checks: Mapping[str, tuple[VerifySpec, ...]] = field(default_factory=dict)
    timeout: float | None = None
    retry: RetrySpec = NO_RETRY
    fallback: FallbackSpec | None = None
    save: str | None = None
    declares_needs: bool = False
    condition: str | None = None
    otherwise: ElseSpec | None = None
    goes_on: bool = False
    approve: ApproveSpec | None = None
    wait: WaitSpec | None = None
    for_each: ForEachSpec | None = None
    switch: SwitchSpec | None = None
    repeat: RepeatSpec | None = None

    def within(self) -> tuple["StepSpec", ...]:
        """The steps that are done as a part of this one or in its place."""
        stand_in = (self.fallback.step,) if self.fallback and self.fallback.step else ()
        return (*(self.switch.steps() if self.switch else ()), *(self.repeat.steps if self.repeat else ()), *stand_in)

    def workers(self) -> tuple[str, ...]:
        """The agents that the step, or a step within it, is the work of."""
        own = (self.target,) if self.kind == "agent" else self.members()
        return (*own, *(agent for step in self.within() for agent in step.workers()))

    def members(self) -> tuple[str, ...]:
        """The agents that the settings of its pattern name."""
        return tuple(agent for agent, _ in members(self.target, self.arguments)) if self.kind == "pattern" else ()

    def all_checks(self) -> tuple[VerifySpec, ...]:
        """The checks on its output, and those within its pattern."""
        return (*self.verify, *(check for checks in self.checks.values() for check in checks))

    def agents(self) -> tuple[str, ...]:
        """The agents that may work on it: its own, those of the steps within it, its judges and its stand-in, each once."""
        judges = tuple(check.agent for check in self.all_checks() if check.agent)
        stand_in = (self.fallback.agent,) if self.fallback and self.fallback.agent else ()
        deeper = tuple(agent for step in self.within() for agent in step.agents())
        return tuple(dict.fromkeys((*self.workers(), *deeper, *judges, *stand_in)))

    def functions(self) -> tuple[str, ...]:
        """The Python functions that it may call, as `module:function`, each once."""
        own = ((self.target,) if self.kind == "python" else ()) + tuple(check.python for check in self.all_checks() if check.python)
        return tuple(dict.fromkeys((*own, *(function for step in self.within() for function in step.functions()))))


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleSpec:
    """A cron expression on the clock of a zone, and the inputs that each of its runs is given."""

    cron: str
    zone: str = "UTC"
    inputs: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcurrencySpec:
    """The group, a template over the inputs, whose runs go one at a time; a newer one `cancels` those before it, or waits for them."""

    group: str
    cancels: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowSpec:
    """A flow. `output` is a template value (templates keep their type) that the run returns; None returns the last step's output.
    `accepts_any` is said of a Python flow that declares no inputs: it takes whatever it is given."""

    name: str
    format: int = FORMAT
    description: str = ""
    brief: BriefSpec = NO_BRIEF
    inputs: tuple[InputSpec, ...] = ()
    steps: tuple[StepSpec, ...] = ()
    budget: Budget = NO_LIMITS
    output: Json = None
    schedules: tuple[ScheduleSpec, ...] = ()
    concurrency: ConcurrencySpec | None = None
    accepts_any: bool = False
    path: str = ""

    def step(self, step_id: str) -> StepSpec | None:
        """The step of that id, if there is one."""
        return next((step for step in self.steps if step.id == step_id), None)


def form_of_output(step: StepSpec) -> Mapping[str, Json] | None:
    """The JSON Schema of a step's output as a whole, where it is known: `output` is the form of each answer of a list or a map of them."""
    returns = PATTERNS[step.target].returns(step.arguments) if step.kind == "pattern" and step.target in PATTERNS else "answer"
    if returns == "list":
        return {"type": "array"} | ({"items": step.output} if step.output else {})
    if returns == "map":
        return {"type": "object"} | ({"additionalProperties": step.output} if step.output else {})
    return step.output
