"""What a run's steps do for real: agents through the loop, tools through the gate, capsules through their store."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from playnex.agents.loop import run_agent
from playnex.agents.task import AgentTask
from playnex.app.function_outline import Outline, file_of, name_of, outline
from playnex.app.opening import App
from playnex.app.pattern_making import pattern_of
from playnex.app.pinning import Pinned
from playnex.app.team import Team
from playnex.canonical import Json
from playnex.capsules.capsule import Author, CapsuleDraft
from playnex.engine.actions import AgentWork, Given, PatternWork, PythonCheck, PythonWork, Saving, ToolWork
from playnex.errors import StepFailed
from playnex.patterns.pattern import Task
from playnex.spec.agent_result import DataBlock, record_of
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
    """Implements the interpreter's `Actions` for one run, with the agents and functions that it pinned."""

    team: Team

    @property
    def app(self) -> App:
        return self.team.app

    @property
    def pinned(self) -> Pinned:
        return self.team.pinned

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
            brief=brief_text(self.pinned.flow.brief, self.team.inputs),
            schema=work.schema,
            feedback=attempt.feedback,
            data=_as_data(work.given),
            scope=replace(self.team.scope_of(agent), folders=_paths(work.folders)),
        )
        return await run_agent(attempt.context, task, self.team.ports())

    async def carry_out_pattern(self, attempt: Attempt, work: PatternWork) -> Envelope:
        pattern = pattern_of(work.pattern, work.settings, agents=self.pinned.agents, checks=work.checks)
        task = Task(prompt=work.prompt, data=_as_data(work.given), output=work.schema)
        return record_of(await pattern.attempt(attempt, task))

    async def call_tool(self, attempt: Attempt, work: ToolWork) -> Envelope:
        team = self.team
        scope = CallScope(run=team.run, folders=_paths(work.folders), memory_at=team.memory_at, memory_read=("*",), trusted=team.trusted())
        request = CallRequest(tool=work.tool, arguments=dict(work.arguments), scope=scope, may_repeat=work.may_repeat, own=work.own)
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

    async def find_capsule(self, name: str) -> CapsuleRef:
        if self.team.memory_at is None:
            return (await self.app.capsules.read(name)).ref
        return (await self.app.capsules.read_at(name, self.team.memory_at)).ref

    def noting(self, refs: Sequence[CapsuleRef], step: str) -> Write:
        return self.app.capsules.noting(refs, Author(kind="run", run=self.team.run, step=step))

    async def is_gone(self, ref: CapsuleRef) -> bool:
        return await self.app.capsules.standing(ref.id) in ("deleted", "purged")

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


def _as_data(given: tuple[Given, ...]) -> tuple[DataBlock, ...]:
    return tuple(DataBlock(name=f"{piece.kind} {piece.name}", text=piece.text, labels=piece.labels) for piece in given)


def _paths(folders: tuple[str, ...]) -> tuple[Path, ...]:
    return tuple(Path(folder) for folder in folders)
