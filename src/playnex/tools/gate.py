"""The gate: the one place where a tool is executed, and the order in which a call is decided.

    allow-list → argument schema → (policy → approval → budget) → journal → execute → label

A call that is not admitted is a recorded step too, failed with the reason `refused`, so that the model reads why and the
record shows it. `call` never raises for what an agent asked: only the store's own failures and interruptions pass through.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from playnex.canonical import Json, encode
from playnex.errors import NotFoundError, PlaynexError, ToolFailed, ToolRefused, UsageError
from playnex.spec.context import Attempt, Do, StepContext, StepPlan, Write
from playnex.spec.envelope import Envelope
from playnex.spec.faults import did_you_mean
from playnex.spec.flow import NO_RETRY, RetrySpec
from playnex.tools.arguments import misfits, signature
from playnex.tools.tool import CallScope, Tool, Toolbox
from playnex.tools.toolbox import is_named

ANYWHERE = CallScope()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRequest:
    """A call as it was asked for. `step` is its name in the context's scope; `allowed` are the names and patterns that its
    agent may use, None for a flow's own tool step; `offered` are tools that the run's code gave the agent beside them; `timeout`
    (seconds) and `retry` stand above the tool's own. `may_repeat` is the user's word that a tool which declares no effect may run
    again."""

    tool: str
    arguments: Json
    step: str = "tool-1"
    allowed: tuple[str, ...] | None = None
    offered: tuple[Tool, ...] = ()
    scope: CallScope = ANYWHERE
    timeout: float | None = None
    retry: RetrySpec = NO_RETRY
    may_repeat: bool = False


Check: TypeAlias = Callable[[Tool, CallRequest], str]
"""Why a call is not admitted, or nothing."""


def fits_schema(tool: Tool, request: CallRequest) -> str:
    """Refuses arguments that the tool's schema does not allow."""
    found = misfits(tool.parameters, request.arguments)
    return f"{tool.name} cannot be called so: {'; '.join(found)}. Its parameters: {signature(tool.parameters)}" if found else ""


CHECKS: tuple[Check, ...] = (fits_schema,)
"""In the order of the drawing above, behind the allow-list."""


@dataclass(slots=True)
class Execution:
    """One admitted call being carried out. What the tool wants written waits in `writes` until its result is recorded. One whose
    outcome a person has decided is completed, and was never executed here."""

    tool: Tool
    request: CallRequest
    writes: tuple[Write, ...] = ()
    was_completed: bool = False

    async def execute(self, attempt: Attempt) -> Envelope:
        """Run the tool. Raises ToolRefused, ToolFailed: the step context records them."""
        try:
            result = await self.tool.call(self.request.arguments, _scope(self.request.scope, attempt))
        except PlaynexError:
            raise
        except Exception as fault:  # a user's code may raise anything
            raise ToolFailed(f"{type(fault).__name__}: {fault}") from fault
        if isinstance(result, Envelope):
            self.writes = ()
            return result
        self.writes = result.writes
        return Envelope(output=result.output, labels=result.labels, sources=result.sources)

    async def complete(self, outcome: Envelope, attempt: Attempt) -> Envelope:
        """The result with its writes. Completed again because they were overtaken, the tool is asked anew: it tells."""
        if self.was_completed:
            outcome = await self.execute(attempt)
        attempt.writes.extend(self.writes)
        self.was_completed = True
        return outcome


class Gate:
    """Decides, journals and executes every call of a workspace's tools."""

    def __init__(self, toolbox: Toolbox) -> None:
        self._toolbox = toolbox

    async def call(self, context: StepContext, request: CallRequest) -> Envelope:
        """The call's recorded envelope. Failed ones have `{"error": message}` as output and `refused`, `tool-failed` or
        `timeout` as reason."""
        try:
            tool = self._admitted(request)
        except ToolRefused as refusal:
            plan = StepPlan(kind="tool", actor=request.tool, effect="pure", announce=True, input=_input(request))
            return await context.perform(request.step, _refuse(refusal), plan)
        execution = Execution(tool, request)
        return await context.perform(request.step, execution.execute, _plan(execution))

    def _admitted(self, request: CallRequest) -> Tool:
        tool = _listed(self._toolbox, request)
        for check in CHECKS:
            if why := check(tool, request):
                raise ToolRefused(why)
        return tool


def _listed(toolbox: Toolbox, request: CallRequest) -> Tool:
    """The tool, where it exists and the caller's list has it; what the list does not have is not even named."""
    if (offered := next((tool for tool in request.offered if tool.name == request.tool), None)) is not None:
        return offered
    listed = [name for name in toolbox.names() if request.allowed is None or is_named(name, request.allowed)]
    if request.tool not in listed:
        raise ToolRefused(_not_listed(request, [*(tool.name for tool in request.offered), *listed]))
    try:
        return toolbox.get(request.tool)
    except NotFoundError as fault:
        raise ToolRefused(fault.message) from None


def _not_listed(request: CallRequest, listed: list[str]) -> str:
    if request.allowed is None:
        message = f"there is no tool {request.tool!r}"
    else:
        message = f"the tool {request.tool!r} is not in the list of this agent, which may use: {', '.join(listed) or 'none'}"
    suggestion = did_you_mean(request.tool, listed)
    return f"{message}; {suggestion}" if suggestion else message


def _plan(execution: Execution) -> StepPlan:
    tool, request = execution.tool, execution.request
    return StepPlan(
        kind="tool",
        actor=tool.name,
        effect=tool.effect or ("idempotent" if request.may_repeat else "once"),
        timeout=tool.timeout if request.timeout is None else request.timeout,
        retry=request.retry,
        complete=execution.complete,
        announce=True,
        input=_input(request),
    )


def _input(request: CallRequest) -> Json:
    try:
        encode(request.arguments)
        arguments = request.arguments
    except UsageError:
        arguments = ascii(request.arguments)
    return {"tool": request.tool, "arguments": arguments, "agent": request.scope.agent}


def _refuse(refusal: ToolRefused) -> Do:
    async def do(_attempt: Attempt) -> Envelope:
        raise refusal

    return do


def _scope(scope: CallScope, attempt: Attempt) -> CallScope:
    run = scope.run or attempt.context.run_id
    key = scope.idempotency_key or f"{run}/{attempt.key}"
    return replace(scope, run=run, step=scope.step or attempt.key, idempotency_key=key, context=attempt.context)
