"""A stage for Pydantic AI agents: a scripted model in plain Python, and flows that ask one agent."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic_ai import Agent
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart, UserPromptPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from playnex.canonical import Json
from playnex.spec.agent_result import AgentResult
from playnex.spec.context import StepContext
from playnex.spec.pydantic_agent import PydanticAgent
from playnex.testing import Rehearsal

Said = str | Mapping[str, Json] | Sequence[tuple[str, Json]]
"""An answer: text, or calls as name and arguments."""


@dataclass
class Replies:
    """A model that says one thing after another, the last for ever; it goes by the conversation, not by how often it was asked, so a
    resumed agent hears the same. `asked` are the conversations."""

    said: Sequence[Said]
    asked: list[list[ModelMessage]] = field(default_factory=list)
    offered: list[AgentInfo] = field(default_factory=list)

    def __call__(self, messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        self.asked.append(messages)
        self.offered.append(info)
        turn = sum(isinstance(message, ModelResponse) for message in messages)
        said = self.said[min(turn, len(self.said) - 1)]
        if isinstance(said, str):
            return ModelResponse(parts=[TextPart(said)])
        calls = said.items() if isinstance(said, Mapping) else said
        return ModelResponse(
            parts=[ToolCallPart(name, arguments, tool_call_id=f"{turn}-{at}") for at, (name, arguments) in enumerate(calls)]
        )

    @property
    def prompts(self) -> list[str]:
        """The user's texts of the newest conversation."""
        parts = [part for message in self.asked[-1] for part in message.parts]
        return [str(part.content) for part in parts if isinstance(part, UserPromptPart)]


def agent_of(replies: Callable[..., ModelResponse], **options: Any) -> "Agent[Any, Any]":
    """An agent named `poet` with that model."""
    return Agent(FunctionModel(replies), **{"name": "poet", **options})


def asking(agent: "Agent[Any, Any] | PydanticAgent", prompt: str = "Write.", **asked: Any) -> Rehearsal:
    """A rehearsal of a flow that asks the agent once, and gives what came as JSON."""

    async def flow(ctx: StepContext, _inputs: Any) -> Json:
        return summary(await ctx.agent(agent).try_run(prompt, **asked))

    return Rehearsal(flow)


def summary(result: AgentResult) -> Json:
    """A result as JSON."""
    return {"output": result.output, "reason": result.reason, "message": result.message, "partial": result.partial}


def came(rehearsal: Rehearsal) -> Any:
    """Play it to its end; what the flow gave."""
    ending: Any = rehearsal.play()
    assert ending.status == "succeeded", ending
    return ending.output


def statuses(rehearsal: Rehearsal) -> dict[str, str]:
    """How the recorded steps ended, by key."""
    return {key: record.status for key, record in rehearsal.results.items()}
