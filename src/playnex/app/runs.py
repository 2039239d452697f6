"""What can be done with runs: start one, carry it on, find it by what a person typed, look at it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from playnex import __version__
from playnex.app.opening import App
from playnex.app.pinning import Pinned, Unpinning, pin
from playnex.app.reports import run_detail, run_document, run_line
from playnex.app.spending import Expectation, expectation
from playnex.app.typed_ids import meant, reach
from playnex.app.working import working
from playnex.canonical import Json
from playnex.engine.code import Code, Load
from playnex.engine.engine import Ending
from playnex.engine.worker import Worker, told_to_nobody
from playnex.errors import ExpressionError, NotItsTurn, UsageError
from playnex.ids import new_id
from playnex.journal.events import RunStarted
from playnex.journal.journal import NewRun, RunSummary
from playnex.spec.context import StepContext
from playnex.spec.expression import render
from playnex.spec.flow import FlowSpec
from playnex.spec.inputs import path_inputs, private_inputs, resolve_inputs, untrusted_inputs
from playnex.spec.memory import Moment
from playnex.spec.origin import current

if TYPE_CHECKING:
    from playnex.app.python_flows import PythonFlow
    from playnex.app.team import Team
    from playnex.engine.replay import Replayed


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """The runs of an open workspace. `in_line` is told where a run that is carried on has to wait for its turn in its group."""

    app: App
    unpin: Unpinning = field(default_factory=Unpinning)
    in_line: Callable[[NotItsTurn], None] = told_to_nobody

    async def start(self, flow: str, given: Mapping[str, Json], *, key: str = "") -> str:
        """Check the flow and its inputs, pin the definition, journal the start; the new run's id, or that of the run of this flow
        that was started with the same idempotency key.

        Raises NotFoundError, DefinitionError (with every fault of the flow and its agents, and with every agent whose model was seen to
        lack what it needs), UsageError for inputs."""
        checked = self.app.definitions.flow(flow)
        inputs = self.inputs_of(checked, given)
        await require_fit(self.app, checked)
        return await self._begin(checked, inputs, key)

    def inputs_of(self, pinned: Pinned, given: Mapping[str, Json]) -> dict[str, Json]:
        """What the flow is given, converted and checked. Raises UsageError."""
        inputs = resolve_inputs(pinned.flow, given)
        for name in path_inputs(pinned.flow):
            self._check_path(name, inputs.get(name))
        return inputs

    async def start_agent(self, agent: str, message: str) -> str:
        """Start the one-step flow that is the agent alone; the new run's id. Raises NotFoundError, DefinitionError."""
        alone = self.app.definitions.agent_alone(agent, message)
        await require_fit(self.app, alone)
        return await self._begin(alone, {}, "")

    async def _begin(self, pinned: Pinned, inputs: Mapping[str, Json], key: str) -> str:
        return await self.begin(pin(pinned), inputs, key)

    async def begin(self, definition: Json, inputs: Mapping[str, Json], key: str) -> str:
        """A run of a pinned definition with these inputs, which fit; its id, or that of the run of this flow which has the key already.
        Raises UsageError where its concurrency group has no name, AllStopped."""
        self.app.halt.refuse()
        flow = self.unpin(definition).flow
        started = RunStarted(
            flow=flow.name,
            inputs=dict(inputs),
            definition=definition,
            version=__version__,
            concurrency=group_of(flow, inputs),
            cancels=flow.concurrency is not None and flow.concurrency.cancels,
        )
        return await self.app.journal.create(NewRun(id=new_id(), started=started, idempotency_key=key))

    def worker(self, at_most: int = 100) -> Worker:
        """What carries runs of this workspace on in this process."""
        app = self.app
        return Worker(engine=app.engine, journal=app.journal, held=app.leases, load=self.load, at_most=at_most, in_line=self.in_line)

    def load(self, run: str) -> Load:
        """What gives that run's code."""
        return partial(self.code, run)

    async def carry(self, run: str, *, through: bool = False) -> Ending:
        """Carry the run on to its end, or until only a person or a signal can help it, and `through` that too. Raises RunBusy,
        StoreError, JournalMismatch, AllStopped; a cancelled task leaves it paused."""
        self.app.halt.refuse()
        async with working(self.app):
            return await self.worker().carry(run, through=through)

    async def apply(self, run: str) -> Ending:
        """Have the run take up what was posted to it, without waiting for anything. Raises as `carry`."""
        return await self.app.engine.advance(run, self.load(run))

    async def replay(self, run: str) -> "Replayed":
        """Call the run's code against its journal, without any effect. Raises NotFoundError, JournalMismatch."""
        from playnex.engine.replay import replay  # late: only `run replay` does

        return await replay(run, self.app.journal, self.app.clock, load=self.load(run))

    def code(self, run: str, started: RunStarted) -> Code:
        """What the run carries out, from the definition that it pinned. Raises JournalMismatch."""
        return self._code_of(run, started, self.unpin(started.definition))

    def _code_of(self, run: str, started: RunStarted, pinned: Pinned) -> Code:
        # late: whoever only reads runs, or answers one, does without agents, patterns and user code
        from playnex.app import python_flows
        from playnex.app.actions import RunActions
        from playnex.engine.interpreter import Interpreter

        team, flows = self._team(run, started, pinned), self._sub_flows(run)
        if pinned.source:
            python_flows.make_importable(self.app.workspace.root)
            flow = python_flows.unpinned(pinned.source, pinned.flow.path)
            return Code(body=partial(_called, flow, started.inputs), budget=pinned.flow.budget, flows=flows, agents=team)
        interpreter = Interpreter(
            flow=pinned.flow,
            inputs=started.inputs,
            actions=RunActions(team=team),
            folders=team.folders,
            untrusted=team.untrusted,
            private=team.private,
        )
        return Code(body=interpreter.run, budget=pinned.flow.budget, flows=flows, agents=team)

    def _team(self, run: str, started: RunStarted, pinned: Pinned) -> "Team":
        from playnex.app.team import Team  # late: as above

        folders = tuple(str(self._path(started.inputs[name])) for name in path_inputs(pinned.flow) if started.inputs.get(name))
        untrusted = frozenset(started.inputs) if current().is_untrusted else untrusted_inputs(pinned.flow)
        private = frozenset(started.inputs) if current().is_private else private_inputs(pinned.flow)
        return Team(
            app=self.app,
            pinned=pinned,
            run=run,
            inputs=started.inputs,
            folders=folders,
            untrusted=untrusted,
            private=private,
            memory_at=Moment(at=started.forked["at"], run=run) if started.forked else None,
        )

    def _sub_flows(self, run: str) -> "SubFlows":
        return SubFlows(runs=self, run=run)

    async def pinned(self, run: str) -> Pinned:
        """The flow and agents that the run was started with."""
        first = (await self.app.journal.events(run))[0].fact
        assert isinstance(first, RunStarted)
        return self.unpin(first.definition)

    async def find(self, typed: str) -> RunSummary:
        """The run of that id, of an id that starts or ends like this, or `last`. Raises NotFoundError, UsageError."""
        newest = await self.app.journal.runs(limit=reach(typed))
        return meant(typed, newest, noun="run", plural="runs", begin="playnex flow run NAME")

    async def document(self, run: str) -> dict[str, Json]:
        """The run as `playnex.run/1`."""
        return run_document(await self.app.journal.summary(run), await self.app.journal.events(run), await self.expectation(run))

    async def expectation(self, run: str) -> Expectation | None:
        """What the run is expected to spend, if that can be said."""
        return await expectation(self.app.journal, (await self.app.journal.summary(run)).flow, run)

    async def detail(self, run: str) -> dict[str, Json]:
        """The run with its steps."""
        summary, events = await self.app.journal.summary(run), await self.app.journal.events(run)
        ahead = await self.app.engine.turns.ahead(run, summary.concurrency) if summary.state in ("pending", "running") else ""
        line = {"concurrency": summary.concurrency, "behind": ahead}
        return run_detail(summary, events, self.app.leases.is_held(run), expected=await self.expectation(run)) | line

    async def list(self, limit: int) -> tuple[Json, ...]:
        """The newest runs."""
        return tuple(run_line(run, self.app.leases.is_held(run.id)) for run in await self.app.journal.runs(limit=limit))

    def _path(self, typed: str) -> Path:
        return (self.app.workspace.root / typed).resolve()

    def _check_path(self, name: str, typed: Json) -> None:
        if typed is not None and not self._path(typed).exists():
            raise UsageError(f"input {name!r}: there is no {self._path(typed)}", hint=f"name another with --input {name}=PATH")


async def require_fit(app: App, pinned: Pinned) -> None:
    """Refuse a flow whose agents' models were seen to lack what they need. Raises DefinitionError."""
    from playnex.app.fitness import Fitness  # late: it counts what an agent would ask, and only a new run wants to know

    await Fitness(app=app).require(pinned)


def group_of(flow: FlowSpec, inputs: Mapping[str, Json]) -> str:
    """The concurrency group of a run with these inputs; empty for none. Raises UsageError where its name cannot be made."""
    if flow.concurrency is None:
        return ""
    try:
        return render(flow.concurrency.group, {"inputs": dict(inputs)}).strip()
    except ExpressionError as error:
        raise UsageError(f"the concurrency group cannot be named: {error.message}", hint=error.hint) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubFlows:
    """Implements the engine's `Flows`: the flows of the workspace, for a run that calls one of them."""

    runs: Runs
    run: str

    async def pin(self, name: str) -> Json:
        pinned = self.runs.app.definitions.flow(name)
        await require_fit(self.runs.app, pinned)
        return pin(pinned)

    def load(self, definition: Json, given: Mapping[str, Json]) -> Code:
        pinned = self.runs.unpin(definition)
        inputs = self.runs.inputs_of(pinned, given)
        started = RunStarted(flow=pinned.flow.name, inputs=inputs, definition=definition, version=__version__)
        return self.runs.code(self.run, started)


async def _called(flow: "PythonFlow", inputs: Mapping[str, Json], context: StepContext) -> Json:
    """A Python flow with its inputs; what it returns must be JSON."""
    return await flow.function(context, flow.given(inputs))
