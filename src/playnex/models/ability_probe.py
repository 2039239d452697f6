"""What a model can do besides reading: answer at all, call a tool and use its result, keep to a JSON Schema, and how fast it writes."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from playnex.canonical import Json
from playnex.clock import Clock
from playnex.errors import ModelError
from playnex.models.model import ModelAnswer, ModelMessage, ModelRequest, ToolMessage, ToolOffer, UserMessage
from playnex.models.window_probe import Bare
from playnex.spec.check_value import problems

ROOM = 400
"""Tokens for an answer, thoughts included."""

BOXES = (("blue", "walnut"), ("green", "lantern"))
"""What is looked up, one pair for each try: a box, and the word in it, which no model can guess."""

OPEN_BOX = ToolOffer(
    name="open_box",
    description="Opens the box of that colour and tells the word in it.",
    parameters={
        "type": "object",
        "properties": {"color": {"type": "string", "description": "the colour of the box"}},
        "required": ["color"],
        "additionalProperties": False,
    },
)
CITIES = ("Paris", "Tokyo")
CITY_SCHEMA: dict[str, Json] = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "maxLength": 40},
        "continent": {"type": "string", "enum": ["Africa", "America", "Asia", "Europe", "Oceania"]},
        "is_capital": {"type": "boolean"},
    },
    "required": ["city", "continent", "is_capital"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolsSeen:
    """Whether the tool was called, with the right arguments, and its result used; `note` says what went wrong, where something did."""

    called: bool = False
    arguments: bool = False
    used: bool = False
    note: str = ""

    @property
    def works(self) -> bool:
        """Whether an agent's tools can be offered to it."""
        return self.called and self.arguments and self.used


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaSeen:
    """Whether the answer fitted its schema."""

    kept: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedSeen:
    """Seconds of a first short answer, and tokens written a second (0: the server counts none)."""

    seconds: float
    written: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AbilityProbe:
    """The trials; `tell` is told each before it begins."""

    model: Bare
    clock: Clock
    tell: Callable[[str], None]

    async def speed(self) -> SpeedSeen:
        """Whether it answers, and how fast it writes. Raises what the model raises: without an answer there is nothing to probe."""
        self.tell("a first answer")
        began = self.clock.monotonic()
        await self.model.send(_asking("Say hello."))
        seconds, began = self.clock.monotonic() - began, self.clock.monotonic()
        self.tell("speed")
        answer = await self.model.send(_asking("Write the numbers from one to sixty as words, with commas.", room=160))
        took = self.clock.monotonic() - began
        return SpeedSeen(seconds=seconds, written=answer.usage.output_tokens / took if took > 0 else 0.0)

    async def tools(self) -> ToolsSeen:
        """Offer it a tool that it needs; two tries, the better one counts."""
        seen = ToolsSeen()
        for color, word in BOXES:
            self.tell(f"tools: the {color} box")
            found = await self._open(color, word)
            if found.works:
                return found
            seen = max(seen, found, key=lambda each: (each.called, each.arguments, bool(each.note)))
        return seen

    async def schema(self) -> SchemaSeen:
        """Ask for prose under a schema: only who keeps to the schema answers with JSON. Two tries."""
        seen = SchemaSeen()
        for city in CITIES:
            self.tell(f"JSON by schema: {city}")
            seen = await self._describe(city)
            if seen.kept:
                break
        return seen

    async def _open(self, color: str, word: str) -> ToolsSeen:
        asked = UserMessage(text=f"Which word is in the {color} box? Open the box with the tool, then tell me the word.")
        try:
            first = await self.model.send(_request(asked, tools=(OPEN_BOX,)))
            if not first.message.calls:
                return ToolsSeen(note="it answers instead of calling the tool")
            call = first.message.calls[0]
            if call.name != OPEN_BOX.name or str(call.arguments.get("color", "")).lower() != color:
                written = call.invalid or json.dumps(dict(call.arguments), ensure_ascii=False)
                return ToolsSeen(called=True, note=f"it calls {call.name!r} with {written[:80]}")
            result = ToolMessage(id=call.id, name=call.name, text=f"The word is {word}.")
            last = await self.model.send(_request(asked, ModelMessage(text=first.message.text, calls=(call,)), result, tools=(OPEN_BOX,)))
        except ModelError as fault:
            return ToolsSeen(note=fault.message)
        used = word in last.message.text.lower()
        return ToolsSeen(called=True, arguments=True, used=used, note="" if used else "it does not use what the tool gave")

    async def _describe(self, city: str) -> SchemaSeen:
        asked = UserMessage(text=f"Where is {city}, and is it a capital?")
        try:
            answer = await self.model.send(_request(asked, schema=CITY_SCHEMA))
        except ModelError as fault:
            return SchemaSeen(note=fault.message)
        wrong = _breaks(answer)
        return SchemaSeen(kept=not wrong, note=wrong)


def _breaks(answer: ModelAnswer) -> str:
    """What the answer has against the schema, or nothing."""
    try:
        value = json.loads(answer.message.text)
    except (ValueError, RecursionError):
        return "its answer is not JSON"
    return next(iter(problems(CITY_SCHEMA, value, root="answer")), "")


def _asking(text: str, *, room: int = ROOM) -> ModelRequest:
    return ModelRequest(instructions="", messages=(UserMessage(text=text),), temperature=0.0, max_output_tokens=room)


def _request(
    *messages: UserMessage | ModelMessage | ToolMessage, tools: tuple[ToolOffer, ...] = (), schema: dict[str, Json] | None = None
) -> ModelRequest:
    return ModelRequest(instructions="", messages=messages, tools=tools, schema=schema, temperature=0.0, max_output_tokens=ROOM)
