"""Schedules: switched on and off, listed with their next fires, and fired when their time has come."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from playnex.app.opening import App
from playnex.app.person import somebody
from playnex.app.runs import Runs
from playnex.canonical import Json, encode
from playnex.clock import Clock
from playnex.errors import DefinitionError, NotFoundError, PlaynexError, UsageError
from playnex.schedules.timetable import Enabled
from playnex.spec.flow import ScheduleSpec
from playnex.spec.schedule import fires, next_fire
from playnex.workspace import PYTHON_ENDING

SCHEDULES_SCHEMA = "playnex.schedules/1"

GRACE = 86_400.0
"""Seconds after which a fire that nobody saw to is skipped."""

BACK = 5.0
"""Seconds by which the clock must have been put back to be taken for that: less is another process that looked a moment later."""


What = Literal["started", "missed", "not-started"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A schedule of a flow: whether it is on, and when it fires next, if anybody serves (seconds since 1970). `fault` says why
    nothing can be said of it."""

    flow: str
    schedule: ScheduleSpec = field(default_factory=lambda: ScheduleSpec(cron=""))
    enabled: bool = False
    next: float | None = None
    fault: str = ""

    def document(self) -> Json:
        """The schedule as JSON."""
        return {
            "flow": self.flow,
            "cron": self.schedule.cron,
            "zone": self.schedule.zone,
            "inputs": dict(self.schedule.inputs),
            "enabled": self.enabled,
            "next": self.next,
            "fault": self.fault,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What of a schedule has passed since it was last seen to: the fire at `at` is to be run, `missed` others are not, of which the
    first was at `first`."""

    at: float | None = None
    missed: int = 0
    first: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What became of a fire, for the log: a run was started, it was missed (`count` of them, the first at `at`), or the flow cannot
    be started and `why`."""

    what: What
    flow: str
    cron: str = ""
    zone: str = ""
    at: float | None = None
    run: str = ""
    count: int = 0
    why: str = ""


Tell: TypeAlias = Callable[[Told], None]


@dataclass(slots=True, kw_only=True)
class Schedules:
    """The schedules of an open workspace, by a clock."""

    app: App
    clock: Clock
    read: dict[str, tuple[tuple[int, int], tuple[ScheduleSpec, ...]]] = field(default_factory=dict)
    faulty: dict[str, str] = field(default_factory=dict)

    def planned(self) -> tuple[Planned, ...]:
        """Every schedule of every flow, by the flow's name; what is on and has no file any more is among them."""
        enabled = {line.flow for line in self.app.timetable.enabled()}
        names = dict.fromkeys((*self.app.workspace.flow_names(), *sorted(enabled)))
        return tuple(planned for name in sorted(names) for planned in self.of(name, enabled=name in enabled))

    def of(self, flow: str, *, enabled: bool) -> tuple[Planned, ...]:
        """The schedules of a flow, with their next fires where they are on."""
        try:
            schedules = self._schedules(flow)
        except PlaynexError as error:
            fault = error.message if not isinstance(error, DefinitionError) else "its file has faults; playnex check names them"
            return (Planned(flow=flow, enabled=enabled, fault=fault),) if enabled else ()
        if enabled and not schedules:
            return (Planned(flow=flow, enabled=True, fault="its file has no schedule any more"),)
        now = self.clock.now()
        return tuple(
            Planned(flow=flow, schedule=schedule, enabled=enabled, next=next_fire(schedule, now) if enabled else None)
            for schedule in schedules
        )

    async def enable(self, flow: str) -> bool:
        """Switch a flow's schedules on, from now on; whether they were off. Raises NotFoundError, DefinitionError, and UsageError where
        it has none."""
        if not self._schedules(flow):
            hint = 'add to its file: on: { schedule: [{ cron: "0 7 * * 1-5", zone: Europe/Vienna }] }'
            raise UsageError(f"flow {flow!r} has no schedule", hint=hint)
        return await self.app.timetable.enable(flow, somebody(), self.clock.now())

    async def disable(self, flow: str) -> bool:
        """Switch them off, whatever became of the flow's file; whether they were on. Raises NotFoundError."""
        was_on = await self.app.timetable.disable(flow)
        if not was_on:
            self.app.workspace.flow_path(flow)
        return was_on

    async def look(self, tell: Tell) -> None:
        """Start the runs that are due by now, each fire's once, and tell of them and of those that were missed. While all runs are
        stopped, what is due passes by."""
        now, is_halted = self.clock.now(), self.app.halt.said() is not None
        for line in self.app.timetable.enabled():
            if is_halted or now < line.seen - BACK:  # what fires a second time by the clock is the run that it was
                await self.app.timetable.see(line, now)
            elif now > line.seen:
                await self._see_to(line, now, tell)

    async def _see_to(self, line: Enabled, now: float, tell: Tell) -> None:
        """Fire what of one flow is due; where its files have faults, that is told once and tried again with each look."""
        try:
            schedules = self._schedules(line.flow)
            told = [one for schedule in schedules for one in await self._fired(line.flow, schedule, due_of(schedule, line.seen, now))]
        except (DefinitionError, NotFoundError) as error:
            if self.faulty.get(line.flow) != (why := _why(error)):
                self.faulty[line.flow] = why
                tell(Told(what="not-started", flow=line.flow, why=why))
            return
        self.faulty.pop(line.flow, None)
        if await self.app.timetable.see(line, now):
            for one in told:
                tell(one)

    async def _fired(self, flow: str, schedule: ScheduleSpec, due: Due) -> list[Told]:
        """Start the run of a fire, which is the same run however often this is said; what is to be told. Raises DefinitionError."""
        fire = Told(what="missed", flow=flow, cron=schedule.cron, zone=schedule.zone, at=due.first, count=due.missed)
        told = [fire] if due.missed else []
        if due.at is None:
            return told
        try:
            run = await Runs(app=self.app).start(flow, schedule.inputs, key=key_of(schedule, due.at))
        except UsageError as error:
            return [*told, replace(fire, what="not-started", at=due.at, count=1, why=_why(error))]
        return [*told, replace(fire, what="started", at=due.at, count=1, run=run)]

    def _schedules(self, flow: str) -> tuple[ScheduleSpec, ...]:
        """The schedules of a flow's file as it is now; read again only when it has changed. Raises NotFoundError, DefinitionError."""
        path = self.app.workspace.flow_path(flow)
        if path.suffix == PYTHON_ENDING:  # it has no place to say so, and to look into it is to run its code
            return ()
        stat = path.stat()
        stamp = (stat.st_mtime_ns, stat.st_size)
        if (known := self.read.get(flow)) and known[0] == stamp:
            return known[1]
        schedules = self.app.definitions.flow(flow).flow.schedules
        self.read[flow] = (stamp, schedules)
        return schedules


def due_of(schedule: ScheduleSpec, seen: float, now: float) -> Due:
    """What has passed since `seen`: of the fires of the last day the newest is to be run, all others were missed."""
    since = max(seen, now - GRACE)
    recent = list(fires(schedule, since, now))
    old = next_fire(schedule, seen)
    is_old = old is not None and old <= since
    missed = len(recent[:-1]) + is_old
    return Due(at=recent[-1] if recent else None, missed=missed, first=(old if is_old else recent[0]) if missed else None)


def key_of(schedule: ScheduleSpec, at: float) -> str:
    """What the run of a fire is called: the same schedule and time are the same run, for ever."""
    when = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    given = encode(dict(schedule.inputs)).decode() if schedule.inputs else ""
    return " ".join(part for part in ("schedule", when, schedule.cron, schedule.zone, given) if part)


def _why(error: PlaynexError) -> str:
    if isinstance(error, DefinitionError):
        return "its file or one of its agents has faults; playnex check names them"
    return error.message
