"""Flow files in rehearsals: a file's text as a flow whose tools, agents and functions are scripts of the test.

Rehearsal(flow_of(TEXT, Script(lambda call: call.arguments["word"].upper()))).play()
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from playnex.canonical import Json
from playnex.engine.actions import AgentWork, Given, PatternWork, PythonCheck, PythonWork, Saving, ToolWork
from playnex.engine.interpreter import Interpreter
from playnex.errors import DefinitionError, NotFoundError, StepFailed
from playnex.spec.context import Attempt, Effect, StepContext, StepPlan, Verdict, Write
from playnex.spec.envelope import CapsuleRef, Envelope
from playnex.spec.flow import FlowSpec
from playnex.spec.python_flow import FlowFunction
from playnex.spec.read_flow import read_flow


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is asked of a script: the key that its answer gets (`STEP/call`), the name of the tool, agent, pattern or function, and what
    it is given."""

    key: str
    name: str
    arguments: Mapping[str, Json]


Scripted: TypeAlias = Callable[[Call], Json | Awaitable[Json]]
"""What a call gives; it may raise."""


@dataclass(slots=True)
class Script:
    """The actions of a flow, all of them by one function. A check is given its `output`; True lets it pass, any text says why not.
    What is saved is in `saved`, by name."""

    answer: Scripted
    effect: Effect = "idempotent"
    saved: dict[str, list[str]] = field(default_factory=dict)

    async def model_of(self, context: StepContext, agent: str) -> str:
        return "scripted"

    async def ask_agent(self, attempt: Attempt, work: AgentWork) -> Envelope:
        given = {"prompt": work.prompt, "given": {each.name: each.text for each in work.given}}
        return await self._performed(attempt, work.agent, given)

    async def carry_out_pattern(self, attempt: Attempt, work: PatternWork) -> Envelope:
        given = {"prompt": work.prompt, "settings": dict(work.settings), "given": {each.name: each.text for each in work.given}}
        return await self._performed(attempt, work.pattern, given)

    async def call_tool(self, attempt: Attempt, work: ToolWork) -> Envelope:
        return await self._performed(attempt, work.tool, work.arguments)

    async def call_python(self, attempt: Attempt, work: PythonWork) -> Envelope:
        return await self._performed(attempt, work.function, work.arguments)

    async def check_python(self, attempt: Attempt, check: PythonCheck) -> Verdict:
        record = await self._performed(attempt, check.function, {"output": check.output})
        return Verdict(passed=record.output is True, reason=str(record.output))

    async def find_capsule(self, name: str) -> CapsuleRef:
        raise NotFoundError(f"there is no capsule {name!r}", hint="scripts have none")

    def noting(self, refs: Sequence[CapsuleRef], step: str) -> Write:
        return lambda _connection: None

    async def is_gone(self, ref: CapsuleRef) -> bool:
        return False

    async def read_capsule(self, ref: CapsuleRef) -> Given:
        raise NotFoundError(f"there is no capsule {ref.name!r}", hint="scripts have none")

    async def prepare(self, run: str, saving: Saving) -> tuple[CapsuleRef, Write]:
        bodies = self.saved.setdefault(saving.name, [])
        return CapsuleRef(name=saving.name, id=saving.name, version=len(bodies) + 1), lambda _: bodies.append(saving.body)

    async def _performed(self, attempt: Attempt, name: str, arguments: Mapping[str, Json]) -> Envelope:
        async def do(inner: Attempt) -> Envelope:
            given = self.answer(Call(key=inner.key, name=name, arguments=arguments))
            return Envelope(output=await given if inspect.isawaitable(given) else given)

        record = await attempt.context.perform("call", do, StepPlan(kind="tool", actor=name, effect=self.effect))
        if record.status == "failed":
            raise StepFailed(str(record.output["error"]), step=attempt.key, reason=record.reason)
        return record


def spec_of(text: str) -> FlowSpec:
    """The flow in a file's text. Raises DefinitionError."""
    read = read_flow(text, "flow")
    if read.flow is None:
        raise DefinitionError(read.faults)
    return read.flow


def flow_of(text: str | FlowSpec, script: Script) -> FlowFunction:
    """The flow, its actions scripted, for a Rehearsal. Raises DefinitionError."""
    flow = spec_of(text) if isinstance(text, str) else text

    async def play(context: StepContext, inputs: Any) -> Json:
        return await Interpreter(flow=flow, inputs=dict(inputs or {}), actions=script).run(context)

    return play
