"""Asking an agent of the workspace from a run's own code: each question a step, the agent's loop below it."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import msgspec

from playnex.agents.loop import run_agent
from playnex.agents.task import AgentPorts, AgentTask
from playnex.canonical import Json
from playnex.errors import UsageError
from playnex.spec.agent import AgentSpec
from playnex.spec.agent_result import AgentResult, result_of
from playnex.spec.context import AgentHandle, Attempt, OutputForm, Question, StepContext, StepPlan
from playnex.spec.envelope import Envelope
from playnex.spec.schema import is_json_schema, to_json_schema
from playnex.tools.tool import CallScope

DEFINITION = "agent.definition"
"""Where an agent's definition is recorded that a run asks by name; no agent's name has a dot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What all agents of a run share: the rest of the house, what they are told of the flow, and where an agent's calls may reach."""

    ports: AgentPorts
    brief: str
    scope_of: Callable[[AgentSpec], CallScope]
    find: Callable[[str], AgentSpec]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceAgent(AgentHandle):
    """Implements `AgentHandle` for an agent by its name, pinned when it is first asked, or for one that is known already."""

    context: StepContext
    agent: str | AgentSpec
    around: Surroundings

    @property
    def name(self) -> str:
        return self.agent if isinstance(self.agent, str) else self.agent.name

    async def about(self) -> str:
        agent = self.agent

        async def look() -> Json:
            return self.around.find(agent).description if isinstance(agent, str) else agent.description

        return str(await self.context.step(f"{self.name}.about", look))

    async def answer(self, question: Question) -> AgentResult:
        schema, name = schema_of(question.output), question.step or self.name

        async def do(attempt: Attempt) -> Envelope:
            agent = await self._definition(attempt)
            task = AgentTask(
                agent=agent,
                prompt=question.prompt,
                brief=self.around.brief,
                schema=agent.output if schema is None else schema,
                feedback=attempt.feedback,
                data=question.data,
                tools=question.tools,
                scope=self.around.scope_of(agent),
            )
            return await run_agent(attempt.context, task, self.around.ports)

        key = self.context.key(name)
        return result_of(self.name, key, await self.context.perform(name, do, plan_of(self.name, question)))

    async def _definition(self, attempt: Attempt) -> AgentSpec:
        if isinstance(self.agent, AgentSpec):
            return self.agent
        name = self.agent

        async def pin() -> Json:
            return msgspec.to_builtins(self.around.find(name))

        return msgspec.convert(await attempt.context.step(DEFINITION, pin), type=AgentSpec)


def plan_of(agent: str, question: Question) -> StepPlan:
    """How an agent's question is carried out and told."""
    asked: Json = {"prompt": question.prompt, "data": [block.name for block in question.data]}
    return replace(question.plan, kind="agent", actor=agent, announce=True, input=asked)


def schema_of(output: OutputForm) -> Mapping[str, Json] | None:
    """The JSON Schema of a form; None for none. Raises UsageError for what is no form."""
    if output is None:
        return None
    if isinstance(output, type):
        return _schema_of_type(output)
    if isinstance(output, Mapping) and is_json_schema(output):
        return dict(output)
    return to_json_schema(list(output) if isinstance(output, tuple) else output)


def _schema_of_type(form: type) -> Mapping[str, Json]:
    if hasattr(form, "model_json_schema"):
        found: Mapping[str, Json] = form.model_json_schema()
        return found
    if dataclasses.is_dataclass(form) or form in (str, int, float, bool):
        (schema,), components = msgspec.json.schema_components([form], ref_template="#/$defs/{name}")
        if "$ref" in schema:
            schema = {**components.pop(schema["$ref"].rpartition("/")[2]), "additionalProperties": False}
        return {**schema, **({"$defs": components} if components else {})}
    raise UsageError(f"{form.__name__} is no form of an answer", hint="give a JSON Schema, a dataclass or a Pydantic model")
