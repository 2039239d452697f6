"""Tools that a run's own code gives an agent, as the gate and the model see them."""

from collections.abc import Mapping, Sequence

from playnex.agents.transcript import transcript_of
from playnex.canonical import Json
from playnex.models.model import Message, ToolOffer
from playnex.spec.context import CodeTool
from playnex.spec.envelope import Envelope
from playnex.tools.tool import CallScope, Tool


def offers_of(tools: Sequence[CodeTool]) -> tuple[ToolOffer, ...]:
    """The tools as the model sees them."""
    return tuple(ToolOffer(name=tool.name, description=tool.description, parameters=dict(tool.parameters)) for tool in tools)


def gated(tools: Sequence[CodeTool], messages: Sequence[Message] = ()) -> tuple[Tool, ...]:
    """The tools as the gate calls them: what they do is recorded below the call, so the call itself may be made again. `messages` is the
    conversation of the agent that calls them, where it is known."""
    return tuple(_gated(tool, messages) for tool in tools)


def _gated(tool: CodeTool, messages: Sequence[Message]) -> Tool:
    async def call(arguments: Mapping[str, Json], scope: CallScope) -> Envelope:
        assert scope.context is not None, "the gate calls a tool below its step"
        transcript = {"transcript": transcript_of(messages)} if tool.with_transcript else {}
        return await tool.call({**arguments, **transcript}, scope.context)

    return Tool(
        name=tool.name,
        description=tool.description,
        parameters=tool.parameters,
        effect="idempotent",
        timeout=None,
        call=call,
        source="code",
    )
