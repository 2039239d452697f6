"""A route: somebody chooses who does the task, and the choice is recorded with its reason."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, TypeAlias

from playnex.canonical import Json
from playnex.errors import StepFailed, UsageError
from playnex.patterns.outcome import failure, failure_of, success
from playnex.patterns.pattern import Participant, Pattern, Task, ask
from playnex.patterns.team import introduced
from playnex.spec.agent_result import AgentResult, DataBlock
from playnex.spec.context import StepContext

OTHER = "other"
"""What an agent answers that finds no route for the task, where there is a default."""

CHOOSE = "Choose who should do the task below; do not do it yourself. Answer with the name of the route, and why.\n\n{routes}"

Choice: TypeAlias = Callable[[Task], str | Awaitable[str]]
"""The name of the route for a task, by code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Router(Pattern):
    """`by`, an agent or a function, names one of the `routes`, and that participant does the task. `default` does what fits no route,
    and what the choice failed for."""

    kind: ClassVar[str] = "router"

    by: Participant | Choice
    routes: Mapping[str, Participant]
    default: Participant | None = None

    def __post_init__(self) -> None:
        if not self.routes:
            raise UsageError("a router has no routes", hint="give it at least one participant by name")
        if OTHER in self.routes:
            raise UsageError(f"a route cannot be called {OTHER!r}", hint="that is what fits none: give it as the default")

    async def carry_out(self, ctx: StepContext, task: Task) -> AgentResult:
        chosen = await self._chosen(ctx, task)
        if not chosen.succeeded and self.default is None:
            return failure_of(self, chosen, [chosen], who="the choice of a route")
        said = chosen.output if chosen.succeeded else {"route": OTHER, "reason": f"the choice failed: {chosen.message}"}
        to = said["route"] if said["route"] in self.routes else OTHER

        async def tell() -> Json:
            return {"to": to, "reason": said["reason"]}

        await ctx.step("route", tell)
        taken = self.routes.get(to, self.default)
        if taken is None:
            known = ", ".join(self.routes)
            return failure(
                self, [chosen], reason="no-route", message=f"there is no route {said['route']!r} (there are: {known}), no default"
            )
        done = await ask(ctx.scope(_as_scope(to)), taken, task)
        if not done.succeeded:
            return failure_of(self, done, [chosen, done], who=f"route {to!r}")
        return success(self, done.output, [chosen, done], reason=f"route {to}")

    async def _chosen(self, ctx: StepContext, task: Task) -> AgentResult:
        """`{route, reason}`."""
        if callable(self.by) and not isinstance(self.by, Pattern):
            return await self._by_code(ctx, self.by, task)
        try:
            routes = await introduced(ctx, self.routes)
        except StepFailed as fault:
            return AgentResult(agent="choice", succeeded=False, reason=fault.reason, message=fault.message)
        prompt = CHOOSE.format(routes=routes) + (f"\n- {OTHER}: what fits none of these" if self.default is not None else "")
        form = _route_form((*self.routes, *((OTHER,) if self.default is not None else ())))
        asked = replace(task.with_data(DataBlock(name="the task", text=task.prompt)), prompt=prompt, output=form)
        return await ask(ctx, self.by, asked, step="choice")

    async def _by_code(self, ctx: StepContext, choose: Choice, task: Task) -> AgentResult:
        async def call() -> Json:
            named = choose(task)
            return str(await named if inspect.isawaitable(named) else named)

        try:
            named = await ctx.step("choice", call)
        except StepFailed as fault:
            return AgentResult(agent="choice", succeeded=False, reason=fault.reason, message=fault.message)
        return AgentResult(agent="choice", succeeded=True, output={"route": named, "reason": "chosen by code"})


def _route_form(names: tuple[str, ...]) -> Json:
    return {
        "type": "object",
        "properties": {"route": {"enum": list(names)}, "reason": {"type": "string"}},
        "required": ["route", "reason"],
        "additionalProperties": False,
    }


def _as_scope(name: str) -> str:
    """A route's name as a part of a key."""
    return name.replace("/", "-").replace("#", "-")
