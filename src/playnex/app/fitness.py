"""Whether the agents of a run have models that can do what they need, as far as `playnex model test` has looked."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from playnex.agents.dialect import spoken
from playnex.agents.fitting import room_for_answer
from playnex.agents.loop import offers
from playnex.agents.typed_output import is_text
from playnex.app.definitions import Checked
from playnex.app.opening import App
from playnex.app.pinning import Pinned
from playnex.errors import DefinitionError, PlaynexError
from playnex.models.model import ModelCard, ModelRequest, ToolOffer
from playnex.models.tokens import request_tokens
from playnex.spec.agent import AgentSpec
from playnex.spec.faults import Fault
from playnex.spec.flow import StepSpec

OTHER_MODEL = (
    "playnex model test {alias} looks again; else name another model in this file, or make another one main: playnex model use NAME"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """An agent with what its model must be able to do: `offers` are its tools, `typed` whether an answer of a given form is expected."""

    agent: AgentSpec
    offers: tuple[ToolOffer, ...]
    typed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitness:
    """Looks at the agents of an open workspace. A model that was never probed, and one that cannot be found now, is not judged."""

    app: App

    async def require(self, pinned: Pinned) -> None:
        """Raises DefinitionError, with a fault for each agent whose model was seen to lack what it needs."""
        faults = await self.faults(_needs(self.app, pinned))
        if faults:
            raise DefinitionError(faults)

    async def check(self, files: tuple[str, ...]) -> Checked:
        """What the definitions say of these files, or of all, and what the models of their agents lack."""
        definitions = self.app.definitions
        checked = definitions.check(files)
        found = [await self.faults(_needs(self.app, pinned)) for pinned in definitions.sound(files)]
        lacking = dict.fromkeys(fault for faults in found for fault in faults)
        return Checked(paths=checked.paths, faults=(*checked.faults, *lacking), warnings=checked.warnings)

    async def faults(self, needs: Iterable[Need]) -> tuple[Fault, ...]:
        """What their models lack, each at the agent's `model`, or at its start."""
        if not self.app.models.knows_any:
            return ()
        found = []
        for need in needs:
            card = await self._card(need.agent.model)
            for message in lacks(need, card) if card else ():
                place = self.app.definitions.place_in_agent(need.agent.name, "model")
                found.append(Fault(place=place, message=message, hint=OTHER_MODEL.format(alias=need.agent.model)))
        return tuple(found)

    async def _card(self, alias: str) -> ModelCard | None:
        try:
            return await self.app.models.card(alias)
        except PlaynexError:
            return None  # the run itself says so, when it asks


def lacks(need: Need, card: ModelCard) -> Iterator[str]:
    """What a probed model lacks for that agent, a sentence each."""
    if not card.probed:
        return
    agent, model = need.agent, f"model {card.alias!r} ({card.name})"
    wants = [word for word, wanted in (("has tools", need.offers), ("gives typed answers", need.typed)) if wanted]
    if wants and not card.tool_calling and not card.json_schema:
        yield f"agent {agent.name!r} {' and '.join(wants)}, and {model} was seen neither to call tools nor to keep to a JSON schema"
    least = least_tokens(need, card)
    if least > card.context:
        said = f"about {least:,} tokens, {least - card.context:,} more than the {card.context:,} that {model} reads"
        yield f"the instructions and tools of agent {agent.name!r} alone do not fit its model: {said}"


def least_tokens(need: Need, card: ModelCard) -> int:
    """What every request of the agent has, put as this model is asked, and the room for its answer: the rule by which a request is
    refused later."""
    agent = need.agent
    request = ModelRequest(
        instructions=agent.instructions, messages=(), tools=need.offers, schema=agent.output, max_output_tokens=agent.max_output_tokens
    )
    asked = spoken(request, card)
    return request_tokens(asked) + room_for_answer(asked, card.context)


def _needs(app: App, pinned: Pinned) -> Iterator[Need]:
    typed = set(_typed(pinned.flow.steps, pinned.agents))
    for name, agent in pinned.agents.items():
        yield Need(agent=agent, offers=offers(app.toolbox, agent.tools), typed=name in typed)


def _typed(steps: Iterable[StepSpec], agents: Mapping[str, AgentSpec]) -> Iterator[str]:
    """The agents from which an answer of a given form is expected: by their own file, by a step, or because they judge."""
    yield from (name for name, agent in agents.items() if not is_text(agent.output))
    for step in steps:
        if step.kind == "agent" and step.target and not is_text(step.output):
            yield step.target
        yield from (check.agent for check in step.verify if check.agent)
        yield from _typed(step.within(), {})
