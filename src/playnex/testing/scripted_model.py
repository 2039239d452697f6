"""Models in memory that play a script: no library, no server, every request kept."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from playnex.errors import NotFoundError
from playnex.models.model import FinishReason, Model, ModelAnswer, ModelCard, ModelMessage, ModelRequest, ToolCall
from playnex.models.tokens import request_tokens
from playnex.spec.envelope import Usage

CARD = ModelCard(alias="main", kind="openai", name="scripted", base_url="http://127.0.0.1:1/v1", context=32_768)

Line: TypeAlias = ModelAnswer | Exception
"""What a script gives for a request: an answer, or the fault that is raised."""

ModelScript: TypeAlias = Callable[[ModelRequest], Line] | Sequence[Line]
"""A rule, or lines in order; the last line is said for ever."""


@dataclass(slots=True, eq=False)
class ScriptedModel:
    """Implements `Model`; `asked` has every request."""

    script: ModelScript
    card: ModelCard = CARD
    asked: list[ModelRequest] = field(default_factory=list)

    async def ask(self, request: ModelRequest) -> ModelAnswer:
        self.asked.append(request)
        line = self.script(request) if callable(self.script) else self.script[min(len(self.asked), len(self.script)) - 1]
        if isinstance(line, Exception):
            raise line
        return _counted(line, request)

    async def close(self) -> None:
        pass


@dataclass(slots=True, eq=False)
class ScriptedModels:
    """Implements `Models`; `opened` has every alias that was asked for."""

    models: Mapping[str, Model]
    opened: list[str] = field(default_factory=list)

    async def get(self, alias: str) -> Model:
        self.opened.append(alias)
        if alias not in self.models:
            raise NotFoundError(f"there is no model {alias!r}")
        return self.models[alias]

    async def close(self) -> None:
        for model in self.models.values():
            await model.close()


def says(text: str, finish: FinishReason = "stop") -> ModelAnswer:
    """A text answer."""
    return ModelAnswer(message=ModelMessage(text=text), finish=finish, usage=Usage(), model=CARD.name)


def wishes(*calls: ToolCall) -> ModelAnswer:
    """An answer that asks for tools."""
    return ModelAnswer(message=ModelMessage(calls=calls), finish="tool-calls", usage=Usage(), model=CARD.name)


def _counted(answer: ModelAnswer, request: ModelRequest) -> ModelAnswer:
    """The answer with a usage, where the script gave none."""
    if answer.usage.requests:
        return answer
    usage = Usage(requests=1, input_tokens=request_tokens(request), output_tokens=len(answer.message.text.split()) + 1)
    return ModelAnswer(message=answer.message, finish=answer.finish, usage=usage, model=answer.model, thinking=answer.thinking)
