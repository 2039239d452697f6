"""What a run's steps do for real: agents through the loop, tools through the gate, capsules through their store."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from playnex.agents.loop import run_agent
from playnex.agents.task import AgentPorts, AgentTask, DataBlock
from playnex.app.opening import App
from playnex.canonical import Json
from playnex.capsules.capsule import Author, CapsuleDraft
from playnex.engine.actions import AgentWork, Given, Saving, ToolWork
from playnex.errors import StepFailed
from playnex.spec.agent import AgentSpec
from playnex.spec.brief import brief_text
from playnex.spec.context import Attempt, StepContext, Write
from playnex.spec.envelope import CapsuleRef, Envelope
from playnex.spec.flow import FlowSpec
from playnex.tools.gate import CallRequest
from playnex.tools.tool import CallScope


@dataclass(frozen=True, slots=True, kw_only=True)
class RunActions:
    """Implements the interpreter's `Actions` for one run, with the flow and the agents that it pinned. `forked_at` is when it was forked,
    if it was: it sees memory as it was then."""

    app: App
    agents: Mapping[str, AgentSpec]
    run: str
    flow: FlowSpec
    inputs: Mapping[str, Json]
    forked_at: float | None = None

    async def model_of(self, context: StepContext, agent: str) -> str:
        alias = self.agents[agent].model

        async def find() -> Json:
            return (await self.app.models.card(alias)).name

        return str(await context.step(f"{agent}-{alias}", find))

    async def ask_agent(self, attempt: Attempt, work: AgentWork) -> Envelope:
        agent = self.agents[work.agent]
        task = AgentTask(
            agent=agent,
            prompt=work.prompt,
            brief=brief_text(self.flow.brief, self.inputs),
            schema=work.schema,
            feedback=attempt.feedback,
            data=tuple(DataBlock(name=f"{given.kind} {given.name}", text=given.text, labels=given.labels) for given in work.given),
            scope=self._scope(work.step, work.folders, agent),
        )
        ports = AgentPorts(models=self.app.models, gate=self.app.gate, toolbox=self.app.toolbox, clock=self.app.clock)
        return await run_agent(attempt.context, task, ports)

    async def call_tool(self, attempt: Attempt, work: ToolWork) -> Envelope:
        request = CallRequest(tool=work.tool, arguments=dict(work.arguments), scope=self._scope(work.step, work.folders))
        record = await self.app.gate.call(attempt.context, request)
        if record.status == "failed":
            raise StepFailed(str(record.output["error"]), step=attempt.key, reason=record.reason)
        return record

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
