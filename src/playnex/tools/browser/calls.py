"""A browser's tools: what the proxy saw is recorded with each call, and a run's steps and time are counted."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field

from playnex.canonical import Json
from playnex.clock import Clock
from playnex.errors import ToolFailed, ToolRefused
from playnex.spec.browser import BrowserSpec
from playnex.spec.server import ServerSpec
from playnex.tools.browser.escort import Escort, Visit
from playnex.tools.browser.kinds import Kind, kind_of, plain
from playnex.tools.browser.links import links
from playnex.tools.browser.proxy import Seen
from playnex.tools.mcp.definition import Definition
from playnex.tools.mcp.servers import Servers
from playnex.tools.tool import Call, CallScope, Tool, ToolResult

REQUESTS = "browser.requests"
"""The step below a call's own in which the requests that its page made are recorded; no step of a flow or a tool has a dot in its name."""

OPENING = ("browser_navigate", "browser_tabs")
NO_PAGE = (
    "no page is open: the browser is fresh in this run, or was started anew since it went on; navigate to the page, and look at it again "
    "before you act on it"
)

DONE = "done; a snapshot shows the page as it is now"
"""For an answer without a word."""

TOLD, TOLD_URL = 5, 120
"""Refused requests that an agent is told of, and characters of the address of each."""


@dataclass(slots=True)
class _Use:
    """What a run has used: its calls, and until when (monotonic seconds) it may make more."""

    until: float
    calls: int = 0


@dataclass(slots=True, eq=False)
class Browsing:
    """The use of one browser by the runs of this process."""

    spec: ServerSpec
    browser: BrowserSpec
    servers: Servers
    clock: Clock
    _uses: dict[str, _Use] = field(default_factory=dict)

    def calling(self, definition: Definition, kind: Kind) -> Call:
        """What makes a call of that tool."""

        async def call(arguments: Mapping[str, Json], scope: CallScope) -> ToolResult:
            left = self._counted(scope.run)
            visit = Visit(may_write=kind.acts)
            try:
                result = await self._called(definition, arguments, scope, visit=visit, left=left)
            except ToolFailed as fault:
                await _record(scope, visit)
                raise type(fault)(plain(fault.message) + _refusals(visit.seen), hint=fault.hint) from None
            await _record(scope, visit)
            output = (plain(result.output) or DONE) + _refusals(visit.seen) if isinstance(result.output, str) else result.output
            return ToolResult(output=output, labels=result.labels)

        return call

    async def _called(
        self, definition: Definition, arguments: Mapping[str, Json], scope: CallScope, *, visit: Visit, left: float
    ) -> ToolResult:
        escort = await self.servers.beside(self.spec, run=scope.run)
        assert isinstance(escort, Escort)
        if not (escort.has_page or definition.name in OPENING):
            raise ToolFailed(NO_PAGE)
        escort.end_in(left)
        try:
            async with asyncio.timeout(left):
                with escort.during(visit):
                    result = await self.servers.call(self.spec, definition, arguments, run=scope.run)
        except TimeoutError:
            raise self._out_of_time() from None
        escort.has_page = True
        return result

    def _counted(self, run: str) -> float:
        """Seconds that are left to the run. Raises ToolRefused where nothing is."""
        now = self.clock.monotonic()
        use = self._uses.setdefault(run, _Use(until=now + self.browser.seconds))
        if use.calls >= self.browser.steps:
            raise ToolRefused(f"the browser's {self.browser.steps} steps are used up in this run", hint=self._where())
        if now >= use.until:
            raise self._out_of_time()
        use.calls += 1
        return use.until - now

    def _out_of_time(self) -> ToolRefused:
        return ToolRefused(f"the browser's {self.browser.seconds:g} seconds are used up in this run", hint=self._where())

    def _where(self) -> str:
        return f"`browser` at {self.spec.place.path}:{self.spec.place.line} gives it more: steps, time"


def browser_tools(spec: ServerSpec, definitions: Iterable[Definition], servers: Servers) -> tuple[Tool, ...]:
    """The accepted tools of a browser that are known here; what its server says of them decides nothing."""
    assert spec.browser is not None
    browsing = Browsing(spec, spec.browser, servers, servers.clock)
    known = ((definition, kind_of(definition.name)) for definition in definitions)
    return tuple(_tool(browsing, definition, kind) for definition, kind in known if kind)


def _tool(browsing: Browsing, definition: Definition, kind: Kind) -> Tool:
    spec = browsing.spec
    return Tool(
        name=f"{spec.name}.{spec.short(definition.name)}",
        description=definition.description,
        parameters=definition.parameters,
        effect=spec.effect_of(definition.name) or kind.effect,
        egress=spec.reach(),
        approval=kind.approval,
        sinks=kind.sinks,
        family=spec.name,
        links=links if kind.has_links else None,
        timeout=None,
        call=browsing.calling(definition, kind),
        source=f"{spec.place.path}:{spec.place.line}",
        untrusted=True,
    )


async def _record(scope: CallScope, visit: Visit) -> None:
    """Put what came by into the journal."""
    if not visit.seen or scope.context is None:
        return

    async def seen() -> Json:
        return {"requests": [_told(each) for each in visit.seen]} | ({"more": visit.unseen} if visit.unseen else {})

    await scope.context.step(REQUESTS, seen)


def _told(seen: Seen) -> Json:
    return {name: value for name, value in asdict(seen).items() if value != ""}


def _refusals(seen: Iterable[Seen]) -> str:
    """What an agent is told of requests that were refused, in as few lines as can be."""
    lines = tuple(dict.fromkeys(f"- {each.method} {each.url[:TOLD_URL]}: {each.refused}" for each in seen if each.refused))
    if not lines:
        return ""
    more = (f"- and {len(lines) - TOLD} more",) if len(lines) > TOLD else ()
    return "\n".join(("\n### Requests that Playnex refused", *lines[:TOLD], *more))
