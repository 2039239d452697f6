"""One model request of an agent, live: made to fit the model's window, asked in its dialect, and recorded with what had to give way."""

from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from playnex.agents.dialect import dialect_of, spoken, understood
from playnex.agents.fitting import LEVELS, ROOM_FOR_ANSWER, cut, fits, fitted
from playnex.agents.notes import NOTES_PROMPT, notes_of, older_turns, with_notes
from playnex.agents.progress import Progress, sent
from playnex.agents.task import AgentPorts
from playnex.agents.turns import newest_turn
from playnex.canonical import Json
from playnex.models.model import Model, ModelAnswer, ModelCard, ModelRequest, Speaking, answer_json
from playnex.models.tokens import request_tokens
from playnex.spec.agent import AgentSpec
from playnex.spec.context import Attempt, StepContext, StepPlan
from playnex.spec.envelope import Envelope, Usage, usage_json
from playnex.spec.flow import RetrySpec

MODEL_RETRY = RetrySpec(times=3, delay=0.5, backoff=2.0, on=("model-unavailable",))

NOTES = "notes"
"""The step beside a turn's request in which the notes are recorded that its model made of the older turns."""

NOTES_SHARE = 6
"""The notes may take a sixth of the window."""

MOST_NOTES = 800
"""Tokens that notes have at most, however large the window is."""


def reservation(request: ModelRequest, window: int = 0) -> int:
    """What a request may cost: a bound of its own tokens, and the room for its answer; never more than its model's window, where that is
    known."""
    bound = request_tokens(request) + (request.max_output_tokens or ROOM_FOR_ANSWER)
    return min(bound, window) if window else bound


def with_compaction(progress: Progress, recorded: Json) -> Progress:
    """The progress as its newest request really was: where older turns had to give way, with the notes in their place."""
    progress = replace(progress, seconds=progress.seconds + recorded["seconds"], window=recorded.get("window", 0))
    compacted = recorded.get("compacted")
    if compacted is None:
        return progress
    shorter = with_notes(progress.request, progress.opening, compacted["notes"])
    return replace(progress, request=shorter, usage=progress.usage + Usage(**compacted["usage"]))


@dataclass(slots=True, kw_only=True)
class Asking:
    """A request on its way. `compacted` is what its older turns gave way to: made once, however often the request is tried."""

    context: StepContext
    progress: Progress
    agent: AgentSpec
    ports: AgentPorts
    compacted: dict[str, Json] | None = field(default=None, init=False)

    async def price(self) -> float:
        """US dollars that the request may cost at most."""
        request = sent(self.progress)
        room = request.max_output_tokens or ROOM_FOR_ANSWER
        card = (await self.ports.models.get(self.agent.model)).card
        return card.price.usd(reservation(request, self.progress.window) - room, room)

    async def answer(self, step: str) -> Envelope:
        """The live answer to the request of that step, told to whoever listens to it. Raises what the model raises: the step context
        records and retries it."""
        clock = self.ports.clock
        model = await self.ports.models.get(self.agent.model)
        request, began = self._capped(await self._fitting(model), model.card), clock.monotonic()
        answer = understood(await self._said(model, spoken(request, model.card), step), request, model.card)
        return Envelope(output=self._record(answer, model.card, clock.monotonic() - began), usage=answer.usage)

    async def _said(self, model: Model, request: ModelRequest, step: str) -> ModelAnswer:
        """What the model says, aloud where somebody listens and it can."""
        with self.ports.told(step) as hear:
            if hear is not None and isinstance(model, Speaking):
                return await model.ask_aloud(request, hear)
            return await model.ask(request)

    def _capped(self, request: ModelRequest, card: ModelCard) -> ModelRequest:
        """The request whose answer takes no more than its agent's limit of tokens leaves for it; the embedded one has a cap of its own."""
        limit = self.agent.limits.tokens
        if limit is None or request.max_output_tokens is not None or card.kind == "embedded":
            return request
        asked = request_tokens(request)
        left = limit - self.progress.usage.tokens - asked
        return request if asked + left >= card.context else replace(request, max_output_tokens=max(1, left))

    async def _fitting(self, model: Model) -> ModelRequest:
        """The request as it fits the model: with results cut to their share; else with notes for the older turns; else with everything
        cut as short as it takes. What does not fit even then is refused by the model."""
        request, card = sent(self.progress), model.card
        if (as_it_is := fitted(request, card, LEVELS[:1])) is not None:
            return as_it_is
        if newest_turn(request.messages, self.progress.opening) > self.progress.opening:
            if self.compacted is None:
                self.compacted = await self._compacted(model)
            request = with_notes(request, self.progress.opening, self.compacted["notes"])
        return fitted(request, card) or cut(request, card.context, LEVELS[-1])

    async def _compacted(self, model: Model) -> dict[str, Json]:
        """What stands for the older turns: notes by the model itself, where it can make some."""
        opening, record = self.progress.opening, await self._notes(model)
        said = str(record.output["text"]) if record is not None and record.status != "failed" else ""
        usage = usage_json(record.usage if record is not None else Usage())
        return {"notes": notes_of(self.progress.request, opening, said), "usage": usage}

    async def _notes(self, model: Model) -> Envelope | None:
        """The notes that the model makes of the older turns, recorded. The embedded one makes none: it would invent them."""
        card, most = model.card, min(MOST_NOTES, model.card.context // NOTES_SHARE)
        older = replace(older_turns(self.progress.request, self.progress.opening), max_output_tokens=most)
        request = next((shorter for shares in LEVELS if fits(shorter := without_offers(cut(older, card.context, shares)), card)), None)
        if card.kind == "embedded" or request is None:
            return None
        notes_request = request

        async def do(_attempt: Attempt) -> Envelope:
            answer = understood(await model.ask(spoken(notes_request, card)), notes_request, card)
            return Envelope(output=self._record(answer, card, 0.0), usage=answer.usage)

        plan = StepPlan(
            kind="model",
            actor=self.agent.model,
            retry=MODEL_RETRY,
            announce=True,
            input={"messages": [{"role": "user", "text": NOTES_PROMPT}], "phase": "notes"},
            tokens=reservation(notes_request, card.context),
        )
        return await self.context.perform(NOTES, do, plan)

    def _record(self, answer: ModelAnswer, card: ModelCard, seconds: float) -> Json:
        """The answer as it is journaled, with how its model was spoken to, its window, and whether the request left the machine,
        and whereto."""
        how = {"dialect": dialect_of(card), "local": card.local, "window": card.context, "seconds": round(seconds, 3)}
        where: dict[str, Json] = {} if card.local else {"host": urlsplit(card.base_url).hostname}
        return answer_json(answer) | how | where | ({"compacted": self.compacted} if self.compacted is not None else {})


def without_offers(request: ModelRequest) -> ModelRequest:
    """The request without tools: notes are made from what is there."""
    return replace(request, tools=())
