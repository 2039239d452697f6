"""What a run's steps do for real: agents through the loop, tools through the gate, capsules through their store."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from playnex.agents.loop import run_agent
from playnex.agents.task import AgentPorts, AgentTask, DataBlock
from playnex.app.function_outline import Outline, file_of, name_of, outline
from playnex.app.opening import App
from playnex.app.pinning import Pinned
from playnex.canonical import Json
from playnex.capsules.capsule import Author, CapsuleDraft
from playnex.engine.actions import AgentWork, Given, PythonCheck, PythonWork, Saving, ToolWork
from playnex.errors import StepFailed
from playnex.spec.agent import AgentSpec
from playnex.spec.brief import brief_text
from playnex.spec.context import Attempt, StepContext, StepPlan, Verdict, Write
from playnex.spec.envelope import CapsuleRef, Envelope
from playnex.tools.gate import CallRequest
from playnex.tools.python_functions import Source
from playnex.tools.tool import CallScope

CALL = "call"
"""The step below a Python step's own, and below a Python check's, in which its function's answer is recorded."""

CHECK_SECONDS = 60.0
"""How long a checking function may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunActions:
    """Implements the interpreter's `Actions` for one run, with the agents and functions that it pinned. `forked_at` is when it was
    forked, if it was: it sees memory as it was then."""

    app: App
    pinned: Pinned
    run: str
    inputs: Mapping[str, Json]
    forked_at: float | None = None

    async def model_of(self, context: StepContext, agent: str) -> str:
        alias = self.pinned.agents[agent].model

        async def find() -> Json:
            return (await self.app.models.card(alias)).name

        return str(await context.step(f"{agent}-{alias}", find))

    async def ask_agent(self, attempt: Attempt, work: AgentWork) -> Envelope:
        agent = self.pinned.agents[work.agent]
        task = AgentTask(
            agent=agent,
            prompt=work.prompt,
            brief=brief_text(self.pinned.flow.brief, self.inputs),
            schema=work.schema,
            feedback=attempt.feedback,
            data=tuple(DataBlock(name=f"{given.kind} {given.name}", text=given.text, labels=given.labels) for given in work.given),
            scope=self._scope(work.step, work.folders, agent),
        )
        ports = AgentPorts(models=self.app.models, gate=self.app.gate, toolbox=self.app.toolbox, clock=self.app.clock)
        return await run_agent(attempt.context, task, ports)

    async def call_tool(self, attempt: Attempt, work: ToolWork) -> Envelope:
        scope = self._scope(work.step, work.folders)
        request = CallRequest(tool=work.tool, arguments=dict(work.arguments), scope=scope, may_repeat=work.may_repeat)
        record = await self.app.gate.call(attempt.context, request)
        if record.status == "failed":
            raise StepFailed(str(record.output["error"]), step=attempt.key, reason=record.reason)
        return record

    async def call_python(self, attempt: Attempt, work: PythonWork) -> Envelope:
        shown, source = self._function(work.function)

        async def call(_attempt: Attempt) -> Envelope:
            return Envelope(output=await self.app.functions.call(source, work.arguments))

        plan = StepPlan(
            kind="python",
            actor=work.function,
            effect=shown.effect or ("idempotent" if work.may_repeat else "once"),
            announce=True,
            input={"function": work.function, "arguments": dict(work.arguments)},
        )
        record = await attempt.context.perform(CALL, call, plan)
        if record.status == "failed":
            raise StepFailed(str(record.output["error"]), step=attempt.key, reason=record.reason)
        return record

    async def check_python(self, attempt: Attempt, check: PythonCheck) -> Verdict:
        source = self._function(check.function)[1]

        async def judge(_attempt: Attempt) -> Envelope:
            said = await self.app.functions.judge(source, check.output, check.inputs)
            return Envelope(output={"pass": said.passed, "reason": said.reason})

        plan = StepPlan(kind="verify", actor=check.function, timeout=CHECK_SECONDS)
        record = await attempt.context.perform(CALL, judge, plan)
        if record.status == "failed":
            return Verdict(passed=False, reason=f"{check.function} failed: {record.output['error']}")
        return Verdict(passed=record.output["pass"], reason=record.output["reason"])

    def _function(self, name: str) -> tuple[Outline, Source]:
        """The function as the run has pinned its file."""
        path = file_of(name)
        text = self.pinned.functions[path]
        shown = outline(name, text)
        return shown, Source(path=path, text=text, function=name_of(name), is_async=shown.is_async)

    def _scope(self, step: str, folders: tuple[str, ...], agent: AgentSpec | None = None) -> CallScope:
        scope = CallScope(run=self.run, folders=tuple(Path(folder) for folder in folders), memory_at=self.forked_at)
        if agent is None:
            return replace(scope, memory_read=("*",))
        return replace(scope, agent=agent.name, memory_read=agent.memory.read, memory_write=agent.memory.write)

    async def find_capsule(self, name: str) -> CapsuleRef:
        if self.forked_at is None:
            return (await self.app.capsules.read(name)).ref
        return (await self.app.capsules.read_as_of(name, self.forked_at, self.run)).ref

    async def read_capsule(self, ref: CapsuleRef) -> Given:
        capsule = await self.app.capsules.read(ref.id, ref.version)
        return Given(kind="capsule", name=capsule.name, text=capsule.body, labels=capsule.labels)

    async def prepare(self, run: str, saving: Saving) -> tuple[CapsuleRef, Write]:
        draft = CapsuleDraft(
            name=saving.name,
            body=saving.body,
            author=Author(kind="run", run=run, step=saving.step, agent=saving.agent),
            labels=saving.envelope.labels,
            sources=saving.envelope.sources,
            header={"model": saving.model} if saving.model else None,
        )
        prepared = await self.app.capsules.prepare(draft)
        return prepared.ref, prepared.write
