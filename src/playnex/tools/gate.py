"""The gate: the one place where a tool is executed, and the order in which a call is decided.

    allow-list → argument schema → policy → approval → budget → intent → execute → label, journal

A call that is not admitted, or that a person refuses, is a recorded step too, failed with the reason `refused`, so that the model reads
why and the record shows it. `call` never raises for what an agent asked: only the store's own failures and interruptions pass through.
The budget and the intent are the step context's, which knows the run.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from playnex.canonical import Json, encode
from playnex.errors import NotFoundError, PlaynexError, ToolFailed, ToolRefused, UsageError
from playnex.spec.context import Attempt, Do, StepContext, StepPlan, Write
from playnex.spec.envelope import Envelope, Label
from playnex.spec.faults import did_you_mean
from playnex.spec.flow import NO_RETRY, RetrySpec
from playnex.spec.origin import Origin, current, within
from playnex.tools.arguments import misfits, signature
from playnex.tools.asking import Proposal, ask, refusal, remembered
from playnex.tools.policy import Policy, Wish, doubts, has_consequences, is_pointed_at
from playnex.tools.provenance import doubtful, fields_of
from playnex.tools.tool import CallScope, Tool, Toolbox
from playnex.tools.toolbox import is_named
from playnex.tools.trail import Trail, wish_of

ANYWHERE = CallScope()
CAREFUL = Policy()
NO_APPROVAL: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRequest:
    """A call as it was asked for. `step` is its name in the context's scope; `allowed` are the names and patterns that its
    agent may use, None for a flow's own tool step; `offered` are tools that the run's code gave the agent beside them; `timeout`
    (seconds) and `retry` stand above the tool's own. `may_repeat` is the user's word that a tool which declares no effect may run
    again. `approval` is what the agent's file says of asking, `own` which arguments a flow gives of trusted values, `trail` what the
    agent's earlier calls have brought, `following` are the arguments of calls of the same tool that come after this one in the same
    answer of its model."""

    tool: str
    arguments: Json
    step: str = "tool-1"
    allowed: tuple[str, ...] | None = None
    offered: tuple[Tool, ...] = ()
    scope: CallScope = ANYWHERE
    timeout: float | None = None
    retry: RetrySpec = NO_RETRY
    may_repeat: bool = False
    approval: Mapping[str, str] = field(default_factory=lambda: NO_APPROVAL)
    own: tuple[str, ...] = ()
    trail: Trail = field(default_factory=Trail)
    following: tuple[Json, ...] = ()

    def origin(self) -> Origin:
        """What is known of how the call came about."""
        known = Origin(labels=self.scope.labels, trusted=(*self.scope.trusted, *self.trail.trusted))
        return current().joined(known)


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
    policy: Policy
    ids: frozenset[str] = frozenset()
    writes: tuple[Write, ...] = ()
    was_completed: bool = False

    async def settle(self, attempt: Attempt) -> Envelope | None:
        """Ask a person where the call asks; what they refuse is its result, and what they change is what is called."""
        tool, request = self.tool, self.request
        found = doubts(self._wish(request.arguments), self.policy)
        if found.refuses:
            return refusal(f"{tool.name} was not called, and nobody is asked here: {'; '.join(found.refuses)}")
        if not found.asks:
            return None
        wish = wish_of(tool.name, request.arguments)
        match request.trail.answer(wish):
            case "yes":
                return None
            case "ask":
                answer = await self._asked(attempt, found.asks, wish)
            case refused:
                answer = remembered(refused, tool.name)
        if isinstance(answer, Envelope):
            return answer
        self.request = replace(request, arguments=answer)
        return None

    async def _asked(self, attempt: Attempt, why: tuple[str, ...], wish: str) -> Mapping[str, Json] | Envelope:
        """A person's answer, to this call and those after it in the same answer of the model that ask as well."""
        tool, request = self.tool, self.request
        others = () if wish in request.trail.alone else self._others(wish)
        proposal = Proposal(
            tool=tool, agent=request.scope.agent, arguments=request.arguments, why=why, others=others, timeout=self.policy.timeout
        )
        answer = await ask(attempt.context, proposal)
        request.trail.decide((wish_of(tool.name, other) for other in others), not isinstance(answer, Envelope))
        return answer

    def _others(self, first: str) -> tuple[Mapping[str, Json], ...]:
        """The calls that follow, fit the schema, ask as well, and were not refused before."""
        trail = self.request.trail
        return tuple(
            arguments
            for arguments in self.request.following
            if not misfits(self.tool.parameters, arguments)
            and wish_of(self.tool.name, arguments) not in trail.refused | trail.alone | {first}
            and (found := doubts(self._wish(arguments), self.policy)).asks
            and not found.refuses
        )

    def _wish(self, arguments: Mapping[str, Json]) -> Wish:
        return replace(_wish(self.tool, self.request, arguments), ids=self.ids)

    async def execute(self, attempt: Attempt) -> Envelope:
        """Run the tool. Raises ToolRefused, ToolFailed: the step context records them."""
        try:
            with within(self.request.origin()):
                result = await self.tool.call(self.request.arguments, _scope(self.request.scope, attempt))
        except ToolFailed as fault:
            if self.tool.labels:
                return _failed_outside(fault, self.tool.labels)
            raise
        except PlaynexError:
            raise
        except Exception as fault:  # a user's code may raise anything
            raise ToolFailed(f"{type(fault).__name__}: {fault}") from fault
        if isinstance(result, Envelope):
            return result
        self.writes = result.writes
        labels = tuple(dict.fromkeys((*self.tool.labels, *result.labels)))
        return Envelope(output=result.output, labels=labels, sources=result.sources)

    async def complete(self, outcome: Envelope, attempt: Attempt) -> Envelope:
        """The result with its writes. Completed again because they were overtaken, the tool is asked anew: it tells."""
        if self.was_completed:
            outcome = await self.execute(attempt)
        attempt.writes.extend(self.writes)
        self.was_completed = True
        return outcome


class Gate:
    """Decides, journals and executes every call of a workspace's tools."""

    def __init__(self, toolbox: Toolbox, policy: Policy = CAREFUL) -> None:
        self._toolbox = toolbox
        self._policy = policy
        self._ids = frozenset(argument for name in toolbox.names() for argument in toolbox.get(name).gives)

    async def call(self, context: StepContext, request: CallRequest) -> Envelope:
        """The call's recorded envelope. Failed ones have `{"error": message}` as output and `refused`, `tool-failed` or
        `timeout` as reason; where a person was asked and said no, `asked` is in the output too."""
        try:
            tool = self._admitted(request)
        except ToolRefused as refused:
            plan = StepPlan(kind="tool", actor=request.tool, effect="pure", announce=True, input=_input(request))
            return await context.perform(request.step, _refuse(refused), plan)
        execution = Execution(tool, request, self._policy, self._ids)
        record = await context.perform(request.step, execution.execute, _plan(execution))
        _note(tool, execution.request, record)
        return record

    def _admitted(self, request: CallRequest) -> Tool:
        tool = _listed(self._toolbox, request)
        for check in CHECKS:
            if why := check(tool, request):
                raise ToolRefused(why)
        return tool


def _wish(tool: Tool, request: CallRequest, arguments: Mapping[str, Json]) -> Wish:
    return Wish(
        tool=tool,
        arguments=arguments,
        origin=request.origin(),
        own=request.own,
        given=request.trail.given,
        offered=tuple(request.trail.offered.get(tool.family, ())),
        approval=request.approval,
    )


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
        input=_input(request) | ({"egress": tool.egress} if tool.egress == "remote" else {}),
        settle=execution.settle,
    )


def _input(request: CallRequest) -> dict[str, Json]:
    try:
        encode(request.arguments)
        arguments = request.arguments
    except UsageError:
        arguments = ascii(request.arguments)
    return {"tool": request.tool, "arguments": arguments, "agent": request.scope.agent}


def _refuse(refused: ToolRefused) -> Do:
    async def do(_attempt: Attempt) -> Envelope:
        raise refused

    return do


def _note(tool: Tool, request: CallRequest, record: Envelope) -> None:
    """Take up in the agent's trail what came of the call."""
    trail, wish = request.trail, _wish(tool, request, request.arguments)
    trail.note(wish_of(tool.name, request.arguments), record, is_trusted=_is_trusted(tool, request))
    if record.status == "failed":
        return
    if tool.links:
        trail.offer(tool.family, tool.links(request.arguments, record.output))
    if tool.gives and is_pointed_at(wish):
        for argument, name in tool.gives.items():
            trail.give(argument, fields_of(record.output, name))
    if wish.origin.is_untrusted and has_consequences(tool) and doubtful(request.arguments, wish.origin.trusted):
        trail.has_written = True


def _is_trusted(tool: Tool, request: CallRequest) -> bool:
    """Whether nothing untrusted led to the call: then what a trusted tool answers is trusted as well. A tool of the run's code gives back
    what the agent itself has read or said."""
    origin = request.origin()
    return not origin.is_untrusted or not (tool in request.offered or doubtful(request.arguments, origin.trusted))


def _failed_outside(fault: ToolFailed, labels: tuple[Label, ...]) -> Envelope:
    """The failure of a tool whose words carry these labels."""
    message = f"{fault.message}; {fault.hint}" if fault.hint else fault.message
    return Envelope(status="failed", reason=fault.code, output={"error": message}, labels=labels)


def _scope(scope: CallScope, attempt: Attempt) -> CallScope:
    run = scope.run or attempt.context.run_id
    key = scope.idempotency_key or f"{run}/{attempt.key}"
    return replace(scope, run=run, step=scope.step or attempt.key, idempotency_key=key, context=attempt.context)
