"""The interview of `playnex flow create`: what is asked, in which order, and what each answer may be.

Every answer is held against the real checks at once, so what comes out is a flow that runs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from playnex.app.creating import Creating, NewAgent
from playnex.canonical import Json
from playnex.cli.talk import NONE, Talk, filled, listed
from playnex.errors import UsageError
from playnex.spec import units
from playnex.spec.agent import AgentSpec
from playnex.spec.faults import Fault
from playnex.spec.flow import InputSpec
from playnex.spec.inputs import problem_of
from playnex.spec.reading import WORD
from playnex.spec.short_forms import input_entry, prose
from playnex.spec.yaml_source import resolved

KINDS = {
    "agent": "an agent works on a prompt",
    "tool": "a tool is called, without a model",
    "approve": "a person looks at something and says yes or no",
    "save": "a text becomes a capsule",
    "wait": "some time passes",
}
KEEPS = ("agent", "tool", "approve")
"""What gives something worth keeping in a capsule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """What the workspace has to offer: its agents, its tools with the schemas of their arguments, and its models."""

    agents: tuple[AgentSpec, ...]
    tools: Mapping[str, Mapping[str, Json]]
    models: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Sketch:
    """The flow so far, in the file's own words, and the agents that it brings with it."""

    flow: dict[str, Json]
    agents: dict[str, NewAgent] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowInterview:
    """One interview; `begun` is what the flags said already and is not asked."""

    creating: Creating
    offers: Offers
    begun: Mapping[str, Json]

    def hold(self, talk: Talk) -> Sketch:
        """The flow and the agents that came of it. Raises OutOfAnswers."""
        return talk.hold(self._script)

    def _script(self, talk: Talk) -> Sketch:
        sketch = Sketch(flow={key: dict(value) if isinstance(value, Mapping) else value for key, value in self.begun.items()})
        if "name" not in sketch.flow:
            sketch.flow["name"] = talk.ask("Name, as in `playnex flow run NAME` (flag: NAME)", self.creating.check_flow_name)
        if "description" not in sketch.flow and (said := talk.ask("What is it for, in one line? (flag: --description)", str.strip)):
            sketch.flow["description"] = said
        if "inputs" not in sketch.flow:
            self._inputs(talk, sketch)
        self._steps(talk, sketch)
        self._ending(talk, sketch)
        return sketch

    def _inputs(self, talk: Talk, sketch: Sketch) -> None:
        talk.say("\nInputs: what the flow is given each time it runs. (flag: --input topic:string!)")
        inputs: dict[str, Json] = {}
        while name := talk.ask(f"Input {len(inputs) + 1}, its name (Enter: no more)", lambda typed: self._input_name(typed, inputs)):
            inputs[name] = _input(talk)
        if inputs:
            sketch.flow["inputs"] = inputs

    def _input_name(self, typed: str, inputs: Mapping[str, Json]) -> str:
        if typed in inputs:
            raise UsageError(f"there is an input {typed!r} already")
        if typed:
            self._refuse_new_faults(Sketch(flow={"name": "x"}), Sketch(flow={"name": "x", "inputs": {typed: "string"}}))
        return typed

    def _steps(self, talk: Talk, sketch: Sketch) -> None:
        talk.say("\nSteps: one after another, from top to bottom. (flag: --step 'draft=agent:writer prompt:…')")
        steps = sketch.flow.setdefault("steps", {})
        while step_id := talk.ask(
            f"Step {len(steps) + 1}, its name{' (Enter: no more)' if steps else ', such as draft'}", lambda typed: _step_id(typed, steps)
        ):
            kind = talk.choose("  what does it do? Its number or word", KINDS, default="agent")
            steps[step_id] = {}
            match kind:
                case "agent":
                    self._agent_step(talk, sketch, step_id)
                case "tool":
                    self._tool_step(talk, sketch, step_id)
                case "approve":
                    self._approval(talk, sketch, step_id)
                case "save":
                    self._saving(talk, sketch, step_id)
                case "wait":
                    steps[step_id]["wait"] = talk.ask("  for how long? 30s, 10m, 2h", _duration)

    def _agent_step(self, talk: Talk, sketch: Sketch, step_id: str) -> None:
        known = {agent.name: agent.description for agent in self.offers.agents} | dict.fromkeys(sketch.agents, "new")
        question = "  which agent? Its number, its name, or a new name" if known else "  a name for its agent, such as writer"
        agent = talk.choose(question, known, others=self.creating.check_agent_name, default=next(iter(known), ""))
        if agent not in known:
            sketch.agents[agent] = self._new_agent(talk, agent)
        step = sketch.flow["steps"][step_id]
        step["agent"] = agent
        sight = _in_sight(sketch.flow, step_id)
        question = f"  What is it asked?{f' It may use {listed(sight)}.' if sight else ''}"
        step["prompt"] = talk.ask_text(question, self._fitting(sketch, step_id, "the prompt", lambda typed: {"prompt": typed}))

    def _new_agent(self, talk: Talk, name: str) -> NewAgent:
        talk.say(f"  agents/{name}.md will be new. (flag: --agent '{name}=PURPOSE')")
        purpose = talk.ask_text("  What is it told to be? Such as: You write short, friendly texts.", filled("the purpose"))
        models = self.offers.models
        model = talk.ask(f"  its model: {listed(models)}", self._model, default="main") if len(models) > 1 else "main"
        return NewAgent(purpose=purpose, model=model)

    def _model(self, typed: str) -> str:
        if typed not in self.offers.models:
            raise UsageError(f"there is no model {typed!r}", hint=f"models: {listed(self.offers.models)}")
        return typed

    def _tool_step(self, talk: Talk, sketch: Sketch, step_id: str) -> None:
        tools = {name: ", ".join(schema.get("properties", {})) for name, schema in self.offers.tools.items()}
        tool = talk.choose("  which tool? Its number or name", tools)
        schema, step = self.offers.tools[tool], sketch.flow["steps"][step_id]
        step["tool"] = tool
        if sight := _in_sight(sketch.flow, step_id):
            talk.say(f"  An argument may use {listed(sight)}.")
        for name, described in schema.get("properties", {}).items():
            accept = self._argument(sketch, step_id, name, needed=name in schema.get("required", ()))
            said = described.get("description") or described.get("type", "anything")
            value = talk.ask(f"  {name}: {said}{'' if name in schema.get('required', ()) else ' (Enter: leave it out)'}", accept)
            if value is not None:
                step["with"] = step.get("with", {}) | {name: value}

    def _argument(self, sketch: Sketch, step_id: str, name: str, *, needed: bool) -> Callable[[str], Json]:
        """Accepts an argument beside those that the step has already."""

        def accept(typed: str) -> Json:
            if not typed and not needed:
                return None
            value = resolved(filled(name)(typed))
            arguments = sketch.flow["steps"][step_id].get("with", {})
            self._refuse(sketch, step_id, {"with": arguments | {name: value}})
            return value

        return accept

    def _approval(self, talk: Talk, sketch: Sketch, step_id: str) -> None:
        asked = {"message": talk.ask("  what is the person asked?", self._fitting(sketch, step_id, "the question", _message))}
        if shown := _outputs_above(sketch.flow, step_id)[-1:]:
            accept = self._fitting(sketch, step_id, "what is shown", lambda typed: {"approve": asked | {"show": typed}})
            asked["show"] = talk.ask("  what are they shown?", accept, default=shown[0])
        sketch.flow["steps"][step_id]["approve"] = asked

    def _saving(self, talk: Talk, sketch: Sketch, step_id: str) -> None:
        name = talk.ask("  the capsule's name", self._capsule(sketch, step_id, beside={"content": "x"}), default=_capsule_name(sketch.flow))
        accept = self._fitting(sketch, step_id, "the text", lambda typed: {"save": name, "content": typed})
        above = _outputs_above(sketch.flow, step_id)
        content = talk.ask("  the text that it holds", accept, default=above[-1] if above else "")
        sketch.flow["steps"][step_id] |= {"save": name, "content": content}

    def _ending(self, talk: Talk, sketch: Sketch) -> None:
        steps = sketch.flow["steps"]
        gives = {name: next(iter(entry)) for name, entry in steps.items() if "wait" not in entry}
        given = next(reversed(gives), "")
        if len(gives) > 1 and "output" not in sketch.flow:
            talk.say("\nWhat does the flow return?")
            given = talk.choose("the output of which step? (flag: --output STEP)", gives, default=given)
        if given and "output" not in sketch.flow:
            sketch.flow["output"] = reference(given)
        if given and any(key in steps[given] for key in KEEPS):
            question = f"Keep it in the capsule ({NONE}: in none; flag: --save NAME)"
            name = talk.ask(question, self._capsule(sketch, given, beside={}), default=_capsule_name(sketch.flow))
            steps[given] |= {} if name == NONE else {"save": name}

    def _capsule(self, sketch: Sketch, step_id: str, *, beside: Mapping[str, Json]) -> Callable[[str], str]:
        """Accepts a capsule's name, and for what may be kept in none, the word for that."""

        def accept(typed: str) -> str:
            if typed != NONE or beside:
                self._refuse(sketch, step_id, {**beside, "save": filled("the name")(typed)})
            return typed

        return accept

    def _fitting(self, sketch: Sketch, step_id: str, what: str, keys: Callable[[str], Mapping[str, Json]]) -> Callable[[str], str]:
        """Accepts a text that brings no fault into the flow, as the keys of the step that it stands for."""

        def accept(typed: str) -> str:
            text = prose(filled(what)(typed))
            self._refuse(sketch, step_id, keys(text))
            return text

        return accept

    def _refuse(self, sketch: Sketch, step_id: str, changes: Mapping[str, Json]) -> None:
        """Raises UsageError for a fault that these keys of the step would bring."""
        steps = sketch.flow["steps"]
        after = sketch.flow | {"steps": {**steps, step_id: {**steps[step_id], **changes}}}
        self._refuse_new_faults(sketch, Sketch(flow=after, agents=sketch.agents))

    def _refuse_new_faults(self, before: Sketch, after: Sketch) -> None:
        known = self._faults(before)
        for message, hint in self._faults(after).items():
            if message not in known and " needs the argument " not in message:
                raise UsageError(message, hint=hint)

    def _faults(self, sketch: Sketch) -> dict[str, str]:
        faults = self.creating.faults(self.creating.draft(sketch.flow, sketch.agents))
        return {fault.message: fault.hint for fault in faults.faults if isinstance(fault, Fault)} if faults else {}


def reference(step: str) -> str:
    """The template of a step's output."""
    return f"${{{{ steps.{step}.output }}}}" if step.isidentifier() else f"${{{{ steps['{step}'].output }}}}"


def _message(typed: str) -> Mapping[str, Json]:
    return {"approve": {"message": typed}}


def _in_sight(flow: Mapping[str, Json], step_id: str) -> list[str]:
    """The templates that a step may use, as they are written."""
    return [f"${{{{ inputs.{name} }}}}" for name in flow.get("inputs", {})] + _outputs_above(flow, step_id)


def _outputs_above(flow: Mapping[str, Json], step_id: str) -> list[str]:
    above = list(flow["steps"])[: list(flow["steps"]).index(step_id)]
    return [reference(step) for step in above if "wait" not in flow["steps"][step]]


def _capsule_name(flow: Mapping[str, Json]) -> str:
    """A name that differs with what the flow is given, where it is given a text."""
    entries = flow.get("inputs", {}).items()
    text = next((name for name, entry in entries if isinstance(entry, Mapping) and entry.get("type") == "string"), "")
    return f"{flow['name']}/${{{{ inputs.{text} | slug }}}}" if text else str(flow["name"])


def _input(talk: Talk) -> dict[str, Json]:
    kinds = "string integer number boolean list map file folder, or words like plain,formal"
    kind = talk.ask(f"  type: {kinds}", _kind_of_input, default="string")
    required = talk.agrees("  must it be given?", default=True)
    default = None if required else talk.ask("  its default (Enter: none)", lambda typed: _default(kind, typed))
    return input_entry(kind, required=required, default=default, description=talk.ask("  what is it?", str.strip))


def _kind_of_input(typed: str) -> str:
    input_entry(typed)
    return typed


def _default(kind: str, typed: str) -> str | None:
    if not typed:
        return None
    entry = input_entry(kind, default=typed)
    choices = tuple(entry["type"]) if isinstance(entry["type"], list) else ()
    spec = InputSpec(name="", type="string" if choices else entry["type"], choices=choices)
    if problem := problem_of(spec, entry["default"]):
        raise UsageError(f"the default {problem}")
    return typed


def _step_id(typed: str, steps: Mapping[str, Json]) -> str:
    if not typed and not steps:
        raise UsageError("a flow needs at least one step")
    if typed and not WORD.fullmatch(typed):
        raise UsageError(f"{typed!r} cannot be the name of a step", hint="use letters, digits, - and _, beginning with a letter")
    if typed in steps:
        raise UsageError(f"there is a step {typed!r} already")
    return typed


def _duration(typed: str) -> str:
    try:
        units.duration(typed)
    except (ValueError, OverflowError) as fault:
        raise UsageError(str(fault)) from None
    return typed
