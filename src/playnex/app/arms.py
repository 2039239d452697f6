"""The arms of a comparison, as batches: the flow, the agent alone, and the judge, each over a file of cases that is written for it.

Each case of an arm is named by its content: what is carried out, by which models, and with which inputs. So a case that was answered once
is not paid for again, whatever happened to the comparison in between, and one that is no longer the same begins anew.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from playnex.agents.quoting import DATA_RULE, quoted
from playnex.app.batch_results import replacing
from playnex.app.batches import Batches, BatchOrder
from playnex.app.opening import App
from playnex.app.pinning import Pinned, pin
from playnex.app.typed_ids import SEARCHED
from playnex.canonical import Json, digest, encode, encode_sorted
from playnex.errors import ExpressionError, UsageError
from playnex.journal.batch import Batch
from playnex.spec.agent import AgentSpec
from playnex.spec.brief import brief_text
from playnex.spec.cases import OWN_KEY
from playnex.spec.expression import references, render
from playnex.spec.flow import FlowSpec, InputSpec, StepSpec
from playnex.spec.inputs import path_inputs
from playnex.spec.references import is_single

FOLDER = "comparisons"
"""Below `.playnex`: the files of the arms' cases, each named by its content."""

TOOLS = ("tools/*.py",)
ANY_MAY_USE = (*TOOLS, "flows/*", "agents/*.md", "playnex.toml")
"""What answers may depend on: of a flow written in Python nobody can see which agents and flows it asks."""

ALONE = "Do all of this yourself, and answer with the result alone."


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """What is carried out, and the inputs of each of its cases; in a batch its cases are numbered in this order, from 1."""

    pinned: Pinned
    cases: Sequence[Mapping[str, Json]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What the flow is for, as the agent alone and the judge are told it. `prompt` is a person's own template, or nothing."""

    flow: FlowSpec
    prompt: str = ""

    def told(self, inputs: Mapping[str, Json]) -> str:
        """What the agent alone is asked in that case. Raises UsageError where the prompt cannot be made."""
        if not self.prompt:
            return f"{self.shown(inputs)}\n\n{ALONE}"
        try:
            return render(self.prompt, {"inputs": dict(inputs), "brief": brief_text(self.flow.brief, inputs)})
        except ExpressionError as error:
            raise UsageError(f"--prompt: {error.message}", hint=error.hint) from None

    def shown(self, inputs: Mapping[str, Json]) -> str:
        """The flow's description, its brief and its inputs, these as data."""
        given = [quoted(f"input {name}", as_text(value)) for name, value in inputs.items() if value is not None]
        parts = (self.flow.description, brief_text(self.flow.brief, inputs), DATA_RULE if given else "", *given)
        return "\n\n".join(part for part in parts if part)


def as_text(value: Json) -> str:
    """A text as it is, anything else as JSON."""
    return value if isinstance(value, str) else encode(value).decode()


def team(pinned: Pinned, cases: Sequence[Mapping[str, Json]]) -> Arm:
    """The flow over these inputs."""
    return Arm(pinned=pinned, cases=cases)


def alone(agent: AgentSpec, task: Task, *, of: Pinned, cases: Sequence[Mapping[str, Json]]) -> Arm:
    """The agent alone at the flow's work: one step, and no more model requests than it makes itself. It is given the files and folders
    that the flow is given; where it says nothing of the form of its answer, that is the form of the flow's."""
    paths = tuple(spec for spec in of.flow.inputs if spec.name in path_inputs(of.flow))
    name = "message"
    while any(spec.name == name for spec in paths):
        name += "_"
    step = StepSpec(id="answer", kind="agent", target=agent.name, prompt=f"${{{{ inputs.{name} }}}}", output=agent.output or form_of(of))
    flow = FlowSpec(name=agent.name, inputs=(*paths, InputSpec(name=name, required=True)), steps=(step,))
    given = [{spec.name: inputs[spec.name] for spec in paths} | {name: task.told(inputs)} for inputs in cases]
    return Arm(pinned=Pinned(flow=flow, agents={agent.name: agent}), cases=given)


def form_of(pinned: Pinned) -> Mapping[str, Json] | None:
    """The schema of what a flow returns, where that is the output of one of its steps, and an agent's."""
    flow = pinned.flow
    last = flow.steps[-1] if flow.steps else None
    if flow.output is not None:
        keys = references(flow.output)[0].keys if isinstance(flow.output, str) and is_single(flow.output) else ()
        last = flow.step(str(keys[1])) if len(keys) == 3 and keys[0] == "steps" and keys[2] == "output" else None
    if last is None or last.kind != "agent" or last.for_each is not None:
        return None
    return last.output or (pinned.agents[last.target].output if last.target in pinned.agents else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arms:
    """Makes batches of arms. `trial` names a repetition: nothing is taken over from another one."""

    app: App
    at_most: int
    trial: str = ""

    async def batch(self, arm: Arm) -> Batch:
        """The arm's batch: the one that there is, or a new one, durable; nothing of a new one has begun. Raises NotFoundError and
        ModelUnavailable for a model that is not there."""
        batches = Batches(app=self.app)
        path = self._written(arm, await self.mark(arm.pinned))
        kept = batches.kept(path)
        for batch in await self.app.batches.batches(SEARCHED):
            if batch.file == kept:
                return replace(batch, at_most=self.at_most)
        order = BatchOrder(flow=arm.pinned.flow.name, file=str(path), key=OWN_KEY, at_most=self.at_most)
        return await batches.create_of(arm.pinned, order)

    async def mark(self, pinned: Pinned) -> str:
        """What names all that answers depend on and that can be seen: the flow with those that it calls, its agents, their models, and
        the workspace's tools. Capsules and the world outside are not in it."""
        every = [pinned, *self._called(pinned.flow, set())]
        aliases = sorted({agent.model for one in every for agent in one.agents.values()})
        cards = [await self.app.models.card(alias) for alias in aliases]
        files = ANY_MAY_USE if any(one.source for one in every) else TOOLS
        seen = {
            "definitions": [pin(_placeless(one)) for one in every],
            "models": [(card.alias, card.kind, card.name) for card in cards],
            "files": self._contents(files),
            "trial": self.trial,
        }
        return digest(encode_sorted(seen))

    def _contents(self, patterns: Sequence[str]) -> dict[str, str]:
        """The workspace's files of these patterns, each with what names its content."""
        root = self.app.workspace.root
        found = sorted(path for pattern in patterns for path in root.glob(pattern) if path.is_file())
        return {path.relative_to(root).as_posix(): digest(path.read_bytes()) for path in found}

    def _called(self, flow: FlowSpec, known: set[str]) -> Iterator[Pinned]:
        """The flows that it calls, and those that they call."""
        for name in sorted(_flows_in(flow.steps) - known):
            known.add(name)
            called = self.app.definitions.flow(name)
            yield called
            yield from self._called(called.flow, known)

    def _written(self, arm: Arm, mark: str) -> Path:
        """The file of the arm's cases; where it is there already it is the same."""
        seen: Counter[str] = Counter()
        lines = []
        for inputs in arm.cases:
            content = digest(encode_sorted([mark, dict(inputs)]))
            seen[content] += 1  # two cases may be alike, and are two all the same
            given = {name: value for name, value in inputs.items() if value is not None or arm.pinned.flow.accepts_any}
            lines.append(encode(given | {OWN_KEY: f"compare {content[:40]} {seen[content]}"}) + b"\n")
        folder = self.app.workspace.own / FOLDER
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / f"{sha256(b''.join(lines)).hexdigest()[:32]}.jsonl"
        if not path.exists():
            with replacing(path) as file:
                file.writelines(lines)
        return path


def _flows_in(steps: Sequence[StepSpec]) -> set[str]:
    own = {step.target for step in steps if step.kind == "flow"}
    return own.union(*(_flows_in(step.within()) for step in steps)) if steps else own


def _placeless(pinned: Pinned) -> Pinned:
    """Without the places of its files, which are told as they look from the current folder."""
    agents = {name: replace(agent, path="") for name, agent in pinned.agents.items()}
    return replace(pinned, flow=replace(pinned.flow, path=""), agents=agents)
