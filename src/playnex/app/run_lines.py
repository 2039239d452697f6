"""Runs as rows of the dashboard's list, and one run as a page has it: a snapshot, made of the journal's events alone."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from playnex.app.opening import App
from playnex.app.reports import shown_state
from playnex.app.run_graph import graph_of
from playnex.app.run_view import Patch, RunView, merged, title_of
from playnex.canonical import Json
from playnex.ids import short
from playnex.journal.events import END_STATES, Event, RunState
from playnex.journal.journal import RunSummary

FRAMES = 400
"""Steps of a replay; a longer run's are put together."""

KEPT = 500
"""Rows of ended runs that are kept at hand."""

MOMENT = 0.15
"""Seconds in which the rows of a page are counted."""

UNCOUNTED: dict[str, Json] = {"counted": None, "seconds": None, "tokens": None, "usd": None, "last": "", "message": ""}

AT_HAND = 64
"""Views of runs that go on that are kept at hand."""

LINE = ("title", "counted", "seconds", "tokens", "usd", "last", "message")
"""What a row of the list has from the run's view."""

OF_ENDED = ("output",)
"""Fields of a header that only the snapshot of an ended run has."""


@dataclass(slots=True, kw_only=True)
class RunLines:
    """The runs of an open workspace, for pages."""

    app: App
    known: "OrderedDict[tuple[str, float], dict[str, Json]]" = field(default_factory=OrderedDict)
    views: "OrderedDict[str, RunView]" = field(default_factory=OrderedDict)

    async def line(self, summary: RunSummary) -> dict[str, Json]:
        """A row of the list."""
        return self._bare(summary) | await self._of_view(summary)

    async def lines(self, runs: Sequence[RunSummary]) -> list[Json]:
        """Rows of the list."""
        return [await self.line(run) for run in runs]

    async def quick_lines(self, runs: Sequence[RunSummary]) -> tuple[list[Json], list[str]]:
        """Rows of the list, within a moment; and the runs whose rows lack what has to be counted, since theirs are long journals."""
        rows: list[Json] = []
        late: list[str] = []
        began = self.app.clock.monotonic()
        for run in runs:
            if self.app.clock.monotonic() - began < MOMENT or (run.id, run.updated) in self.known:
                rows.append(await self.line(run))
            else:
                rows.append(self._bare(run) | UNCOUNTED | {"title": title_of(run.inputs)})
                late.append(run.id)
        return rows, late

    def _bare(self, summary: RunSummary) -> dict[str, Json]:
        worker = summary.state == "running" and self.app.leases.is_held(summary.id)
        return {
            "run": summary.id,
            "short": short(summary.id),
            "flow": summary.flow,
            "state": summary.state,
            "shown_state": shown_state(summary.state, worker),
            "reason": summary.reason,
            "worker": worker,
            "started": summary.started,
            "updated": summary.updated,
        }

    async def _of_view(self, summary: RunSummary) -> dict[str, Json]:
        at = (summary.id, summary.updated)
        if (known := self.known.get(at)) is not None:
            return known
        header = (await self.current(summary.id)).header
        found = {name: getattr(header, name) for name in LINE}
        if summary.state in END_STATES:
            self.known[at] = found
            self.views.pop(summary.id, None)
            if len(self.known) > KEPT:
                self.known.popitem(last=False)
        return found

    async def current(self, run: str) -> RunView:
        """The run folded up to now; of a run that goes on, only what is new is read."""
        view = self.views.pop(run, None) or RunView(run)
        view.fold_all(await self.app.journal.events(run, view.position))
        self.views[run] = view
        if len(self.views) > AT_HAND:
            self.views.popitem(last=False)
        return view

    async def view(self, run: str, at: int | None = None) -> RunView:
        """The run folded, up to a position where one is named. Raises NotFoundError."""
        events = await self.app.journal.events(run)
        return RunView(run).fold_all(event for event in events if at is None or event.position <= at)

    async def snapshot(self, run: str, at: int | None = None) -> dict[str, Json]:
        """The run as a page shows it. Raises NotFoundError."""
        view = await self.view(run, at)
        whole = view.snapshot()
        return {
            "position": view.position,
            "header": self.header(view, dict(whole.run)),
            "steps": [row.document() for row in whole.steps],
            "graph": graph_of(view.pinned.flow) if view.pinned else {"nodes": [], "edges": []},
        }

    def header(self, view: RunView, fields: dict[str, Json]) -> dict[str, Json]:
        """A snapshot's header: with who is at work, and the commands that do the same."""
        if view.standing.state not in END_STATES:
            fields = {name: value for name, value in fields.items() if name not in OF_ENDED}
        return fields | self.worker_of(view) | {"position": view.position, "commands": commands_of(view.run)}

    def worker_of(self, view: RunView) -> dict[str, Json]:
        """Whether somebody advances it now, and how it stands, for people."""
        state: RunState = view.standing.state
        worker = self.app.leases.is_held(view.run)
        return {"worker": worker, "shown_state": shown_state(state, worker)}

    async def frames(self, run: str) -> dict[str, Json]:
        """The run's patches one after another, at most so many; longer runs have several events a frame."""
        events = await self.app.journal.events(run)
        view = RunView(run)
        size = -(-len(events) // FRAMES)
        groups = [events[start : start + size] for start in range(0, len(events), size)]
        return {"frames": [_frame(view, group) for group in groups]}


def _frame(view: RunView, events: Sequence[Event]) -> Json:
    patch: Patch = merged([view.fold(event) for event in events])
    return {"position": view.position, "at": events[-1].at, "patch": patch.document()}


def commands_of(run: str) -> dict[str, Json]:
    """What does the same in a terminal."""
    name = short(run)
    verbs = ("watch", "show", "resume", "pause", "cancel", "logs")
    return {verb: f"playnex run {verb} {name}" for verb in verbs} | {
        "transcript": f"playnex run show {name} --transcript",
        "tools": f"playnex run show {name} --tools",
        "fork": f"playnex run fork {name} --from STEP",
        "retry": f"playnex run retry {name} --from STEP",
    }
