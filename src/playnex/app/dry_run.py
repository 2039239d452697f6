"""What a run would do, told without doing any of it: no model is asked, no tool is called, nothing is recorded."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from playnex.app.may_ask import Foresight
from playnex.app.opening import App
from playnex.app.pinning import Pinned
from playnex.app.runs import Runs
from playnex.app.spending import limits
from playnex.canonical import Json
from playnex.config import ModelSettings
from playnex.spec.expression import references
from playnex.spec.flow import BriefSpec, FlowSpec, StepSpec, VerifySpec
from playnex.spec.inputs import private_inputs, untrusted_inputs
from playnex.spec.known_part import known_part, known_text
from playnex.spec.pattern_requests import askings, bounds
from playnex.spec.pattern_table import members
from playnex.spec.read_flow import BRIEF_KEYS
from playnex.spec.waves import waves
from playnex.tools.policy import Policy
from playnex.tools.toolbox import WorkspaceToolbox

FOUND_LATER = "found when it runs"


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """A flow with what it would be given; `missing` are the inputs that it could not start without."""

    pinned: Pinned
    inputs: Mapping[str, Json]
    missing: tuple[str, ...]
    models: Mapping[str, ModelSettings]
    toolbox: WorkspaceToolbox
    foresight: Foresight

    def document(self) -> dict[str, Json]:
        """`playnex.dry-run/1`: the steps in waves, each with its agents, what they are asked, which calls may ask a
        person, and what it leaves behind. Templates are
        filled in as far as the inputs are known; what only the run will know stands as it is written."""
        flow = self.pinned.flow
        return {
            "schema": "playnex.dry-run/1",
            "flow": flow.name,
            "inputs": dict(self.inputs),
            "missing": list(self.missing),
            "brief": self._brief(flow.brief),
            "budget": limits(flow.budget),
            "waves": [[self._step(step) for step in wave] for wave in waves(flow.steps)],
            "output": self._known(flow.output),
        }

    def _brief(self, brief: BriefSpec) -> dict[str, Json]:
        """What every agent is told, where anything is said."""
        points = {"constraints": list(map(self._text, brief.constraints)), "success": list(map(self._text, brief.success))}
        told = {"goal": self._text(brief.goal), "context": self._text(brief.context), **points}
        return {key: told[key] for key in BRIEF_KEYS if told[key]}

    def _step(self, step: StepSpec) -> dict[str, Json]:
        told = {"step": step.id, "needs": list(step.needs), **self._does(step)}
        told |= {"if": step.condition} if step.condition is not None else {}
        if step.for_each is not None:
            told |= {"for_each": self._known(step.for_each.items), "max_parallel": step.for_each.at_most}
        return {key: value for key, value in told.items() if value not in (None, "", [], {}) or key == "needs"}

    def _does(self, step: StepSpec) -> dict[str, Json]:
        """What the step does, as far as a case of a switch can say it, too."""
        return {
            "does": step.kind,
            "target": step.target,
            "agents": [self._agent(name, step) for name in _own_agents(step)],
            "prompt": self._text(step.prompt),
            "given": self._given(step),
            "capsules": [self._text(name) for name in step.capsules],
            "arguments": self._known(dict(step.arguments)),
            "may_ask": self._may_ask(step),
            "requests": self._requests(step),
            "repeat": self._loop(step),
            "approve": self._approval(step),
            "wait": None if step.wait is None else {"signal": self._text(step.wait.signal), "seconds": step.wait.seconds},
            **self._routes(step),
            "verify": [_check(check) for check in step.verify],
            "checks": {name: [_check(check) for check in checks] for name, checks in step.checks.items()},
            "timeout": step.timeout,
            "retries": step.retry.times or None,
            "fallback": self._fallback(step),
            "saves": self._text(step.save),
        }

    def _routes(self, step: StepSpec) -> dict[str, Json]:
        if step.switch is None:
            return {}
        leads = [(case.value, case.step) for case in step.switch.cases] + ([(None, step.switch.default)] if step.switch.default else [])
        cases = [{"value": value, **self._does(replace(done, needs=step.needs))} for value, done in leads]
        return {"switch": self._known(step.switch.on), "cases": [_filled(case) for case in cases]}

    def _may_ask(self, step: StepSpec) -> list[str]:
        """Why a person may be asked before the step's own call of a tool."""
        if step.kind != "tool":
            return []
        return list(self.foresight.of_step(self.toolbox.get(step.target), step, self._known(dict(step.arguments))))

    def _loop(self, step: StepSpec) -> Json:
        """A loop's cap, and its steps in waves."""
        if step.repeat is None:
            return None
        inner = [[self._step(each) for each in wave] for wave in waves(step.repeat.steps)]
        return {"max": step.repeat.most, "until": step.repeat.until, "waves": inner}

    def _agent(self, name: str, step: StepSpec) -> dict[str, Json]:
        agent = self.pinned.agents[name]
        return {
            "agent": name,
            "part": _part(name, step),
            "model": agent.model,
            "answered_by": self._answered_by(agent.model),
            "tools": list(agent.tools),
            "may_ask": {
                tool.name: list(why) for tool in self.toolbox.matching(agent.tools) if (why := self.foresight.of_agent(tool, agent))
            },
            "limits": limits(replace(agent.limits, turns=agent.turns)),
        }

    def _requests(self, step: StepSpec) -> Json:
        """How often one try of a pattern asks its agents, and the model requests that come of it; null where only the run will know."""
        if step.kind != "pattern":
            return None
        asked = askings(step, self._known(dict(step.arguments)))
        costs = bounds(asked, {name: agent.turns for name, agent in self.pinned.agents.items()})
        told = [{"agent": each.agent, "part": each.part, "least": each.least, "most": each.most} for each in asked]
        return {"asked": told, "least": costs.least, "most": costs.most}

    def _answered_by(self, alias: str) -> str:
        settings = self.models.get(alias)
        return FOUND_LATER if settings is None else settings.name or settings.kind

    def _given(self, step: StepSpec) -> list[str]:
        """The steps whose outputs the agent is given with its prompt, which refers to none."""
        refers = any(reference.keys[0] == "steps" for reference in references(step.prompt or ""))
        return list(step.needs) if step.kind in ("agent", "pattern") and not refers else []

    def _approval(self, step: StepSpec) -> Json:
        if step.approve is None:
            return None
        asked = step.approve
        shown = {"message": self._text(asked.message), "show": self._known(asked.show), "editable": asked.editable}
        return {**shown, "seconds": asked.timeout, "on_refuse": "continue" if asked.goes_on else asked.refused_to or "fail"}

    def _fallback(self, step: StepSpec) -> Json:
        if step.fallback is None:
            return None
        if step.fallback.step is not None:
            return {"step": step.fallback.step.id, **_filled(self._does(step.fallback.step))}
        return {"agent": step.fallback.agent} if step.fallback.agent else {"value": self._known(step.fallback.value)}

    def _text(self, template: str | None) -> str | None:
        return None if template is None else known_text(template, {"inputs": self.inputs})

    def _known(self, value: Json) -> Json:
        return known_part(value, {"inputs": self.inputs})


def dry_run(app: App, flow: str, given: Mapping[str, Json]) -> DryRun:
    """What a run of that flow would do. Raises NotFoundError, DefinitionError, UsageError for inputs that it would refuse."""
    pinned = app.definitions.flow(flow)
    missing = missing_inputs(pinned.flow, given)
    there = replace(pinned.flow, inputs=tuple(spec for spec in pinned.flow.inputs if spec.name not in missing))
    inputs = Runs(app=app).inputs_of(replace(pinned, flow=there), given)
    config = app.workspace.config()
    foresight = Foresight(
        policy=Policy(untrusted=config.untrusted, private=config.private),
        untrusted=untrusted_inputs(pinned.flow),
        private=private_inputs(pinned.flow),
    )
    return DryRun(pinned=pinned, inputs=inputs, missing=missing, models=config.models, toolbox=app.toolbox, foresight=foresight)


def missing_inputs(flow: FlowSpec, given: Mapping[str, Json]) -> tuple[str, ...]:
    """The inputs that the flow needs and nobody gave."""
    return tuple(spec.name for spec in flow.inputs if spec.required and spec.default is None and spec.name not in given)


def _own_agents(step: StepSpec) -> tuple[str, ...]:
    """The agents of the step itself: its own, its judges and its stand-in; those of the steps within it are told there."""
    if step.switch is not None:
        return ()
    own = (step.target,) if step.kind == "agent" else step.members()
    others = (*(check.agent for check in step.all_checks()), step.fallback.agent if step.fallback else None)
    return tuple(dict.fromkeys(name for name in (*own, *others) if name))


def _part(name: str, step: StepSpec) -> str:
    if step.kind == "agent" and name == step.target:
        return "works"
    if step.kind == "pattern" and (part := dict(members(step.target, step.arguments)).get(name)):
        return part
    return "judges" if any(check.agent == name for check in step.all_checks()) else "stands in"


def _check(check: VerifySpec) -> dict[str, Json]:
    told = {"that": check.that, "agent": check.agent, "python": check.python, "on_fail": check.on_fail}
    return {key: value for key, value in told.items() if value is not None}


def _filled(told: dict[str, Json]) -> dict[str, Json]:
    return {key: value for key, value in told.items() if value not in (None, "", [], {}) or key == "value"}
