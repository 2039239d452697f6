"""The agents that a run's code can ask: those of its workspace, by name or as the run has pinned them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from playnex.agents.handle import Surroundings, WorkspaceAgent
from playnex.agents.pydantic_handle import PydanticHandle, PydanticSurroundings
from playnex.agents.task import AgentPorts
from playnex.app.memory import RunMemory
from playnex.app.opening import App
from playnex.app.pinning import Pinned
from playnex.canonical import Json
from playnex.errors import UsageError
from playnex.spec.agent import AgentSpec
from playnex.spec.brief import brief_templates, brief_text
from playnex.spec.context import AgentHandle, StepContext
from playnex.spec.envelope import Label
from playnex.spec.expression import references
from playnex.spec.inputs import is_among
from playnex.spec.memory import Moment
from playnex.spec.origin import PRIVATE, UNTRUSTED
from playnex.spec.pydantic_agent import PydanticAgent, is_pydantic_agent
from playnex.tools.tool import CallScope


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """Implements the engine's `Agents` for one run. `folders` are its inputs of type file or folder, resolved; `untrusted` those of its
    inputs that are not the user's own word, `private` those that must not leave the machine unasked; `memory_at` is the moment at
    which it sees memory, where it was forked."""

    app: App
    pinned: Pinned
    run: str
    inputs: Mapping[str, Json]
    folders: tuple[str, ...] = ()
    untrusted: frozenset[str] = frozenset()
    private: frozenset[str] = frozenset()
    memory_at: Moment | None = None

    def handle(self, context: StepContext, agent: str | object) -> AgentHandle:
        """The agent. Raises NotFoundError, DefinitionError, UsageError."""
        if isinstance(agent, str):
            return WorkspaceAgent(context=context, agent=self.pinned.agents.get(agent, agent), around=self.around(context))
        if isinstance(agent, AgentSpec):
            return WorkspaceAgent(context=context, agent=agent, around=self.around(context))
        if is_pydantic_agent(agent):
            agent = PydanticAgent(agent)
        if isinstance(agent, PydanticAgent):
            return PydanticHandle(context=context, agent=agent, around=self.around_pydantic(context))
        raise UsageError(f"{type(agent).__name__} is no agent", hint="give the name of an agent of the workspace, or a Pydantic AI Agent")

    def around(self, context: StepContext) -> Surroundings:
        """What all agents of the run share. Code may put into a prompt whatever it was given, so all of that counts as read."""
        brief = brief_text(self.pinned.flow.brief, self.inputs)

        def scope_of(agent: AgentSpec) -> CallScope:
            scope = self.scope_of(agent)
            return replace(scope, labels=tuple(dict.fromkeys((*scope.labels, *self._labels_of_code(context)))))

        return Surroundings(ports=self.ports(), brief=brief, scope_of=scope_of, find=self.app.definitions.agent)

    def around_pydantic(self, context: StepContext) -> PydanticSurroundings:
        """What all Pydantic AI agents of the run share."""
        app, brief = self.app, brief_text(self.pinned.flow.brief, self.inputs)
        scope = CallScope(run=self.run, labels=self._labels_of_code(context), trusted=self.trusted())
        return PydanticSurroundings(gate=app.gate, clock=app.clock, scope=scope, brief=brief, local=app.local)

    def ports(self) -> AgentPorts:
        """The rest of the house, as an agent sees it."""
        app = self.app
        memories = RunMemory(app=app, run=self.run, moment=self.memory_at)
        told = partial(app.live.told, self.run)
        return AgentPorts(models=app.models, gate=app.gate, toolbox=app.toolbox, clock=app.clock, memories=memories, told=told)

    def scope_of(self, agent: AgentSpec) -> CallScope:
        """Where that agent's calls may reach."""
        memory = agent.memory
        return CallScope(
            run=self.run,
            agent=agent.name,
            folders=tuple(Path(folder) for folder in self.folders),
            memory_read=memory.read,
            memory_write=memory.write,
            memory_at=self.memory_at,
            recall=replace(memory.recall, within=memory.recalled) if memory.recall else None,
            labels=self._labels_of_brief(),
            trusted=self.trusted(),
        )

    def trusted(self) -> tuple[Json, ...]:
        """The user's own words that every agent of the run may act on: the inputs that are theirs, and the brief as it is written."""
        brief = self.pinned.flow.brief
        own = (value for name, value in self.inputs.items() if name not in self.untrusted)
        return (*own, *(text for text in brief_templates(brief) if text))

    def _labels_of_brief(self) -> tuple[Label, ...]:
        asked = [reference.keys for text in brief_templates(self.pinned.flow.brief) for reference in references(text)]
        marked = ((UNTRUSTED, self.untrusted), (PRIVATE, self.private))
        return tuple(label for labels, names in marked if any(is_among(keys, names) for keys in asked) for label in labels)

    def _labels_of_code(self, context: StepContext) -> tuple[Label, ...]:
        """Of all that a Python flow was given: it may put any of it into a prompt."""
        marked = ((UNTRUSTED, self.untrusted), (PRIVATE, self.private))
        given = (label for labels, names in marked if self.pinned.source and names for label in labels)
        return (*context.labels(), *given)
