"""Progress of a batch on stderr: one live line on a terminal, plain lines with times elsewhere; the first failures by name."""

import asyncio
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from playnex.app.batch_work import Tally
from playnex.canonical import Json
from playnex.cli.terminal import Terminal, gist, seconds
from playnex.ids import short

if TYPE_CHECKING:
    from rich.text import Text

REDRAWS = 8
"""A second; cli.md allows ten."""

PLAIN = 5.0
"""Seconds between two plain lines."""

NAMED = 10
"""Failures that are shown one by one; the others are counted."""

RECENT = 10.0
"""Seconds that the speed is taken from."""


class BatchProgress(Protocol):
    """Somebody who shows how a batch comes on."""

    def show(self, result: dict[str, Json]) -> None:
        """Show a case that has ended, if it is worth a line."""
        ...

    async def follow(self, tally: Callable[[], Tally]) -> None:
        """Show how the cases stand, again and again, until this is cancelled."""
        ...

    def close(self) -> None:
        """Leave the terminal tidy; safe to call twice."""
        ...


@dataclass(slots=True)
class Speed:
    """How fast cases end: over the last seconds, and over all where there are not so many yet."""

    marks: list[tuple[float, int]] = field(default_factory=list)

    def per_second(self, now: float, ended: int) -> float:
        """Cases a second."""
        self.marks.append((now, ended))
        while len(self.marks) > 2 and self.marks[1][0] < now - RECENT:
            self.marks.pop(0)
        then, before = self.marks[0]
        return (ended - before) / (now - then) if now > then else 0.0


@dataclass(slots=True)
class Failures:
    """The first failures, as lines."""

    terminal: Terminal
    count: int = 0

    def line(self, result: dict[str, Json]) -> str:
        """The line of a case that failed, or nothing."""
        if result["status"] == "succeeded":
            return ""
        self.count += 1
        if self.count > NAMED:
            return "  further failures are only counted" if self.count == NAMED + 1 else ""
        name = f"{result['case']} ({result['key']})" if result["key"] else str(result["case"])
        said = gist(result["message"] or result["reason"], 80)
        return f"{self.terminal.symbol('failed')} case {name}: {said}  playnex run show {short(result['run'])}"


def tally_text(tally: Tally, per_second: float) -> str:
    """`1,204 of 10,000 · 3 failed · 2 fallback · 1 waiting · 241/s · 36.5s left`."""
    left = tally.cases - tally.ended - len(tally.set_aside)
    parts = [
        f"{tally.ended:,} of {tally.cases:,} cases",
        f"{tally.failed:,} failed",
        f"{tally.fallback:,} fallback",
        f"{len(tally.set_aside):,} waiting",
        f"{per_second:,.1f}/s" if per_second < 10 else f"{per_second:,.0f}/s",
        *([f"{seconds(left / per_second)} left"] if per_second and left else []),
    ]
    return " · ".join(parts)


class PlainBatchProgress:
    """A line every few seconds, with the time of day."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._failures = Failures(terminal)

    def show(self, result: dict[str, Json]) -> None:
        if line := self._failures.line(result):
            self._say(line)

    async def follow(self, tally: Callable[[], Tally]) -> None:
        speed = Speed()
        speed.per_second(time.monotonic(), tally().ended)
        while True:
            await asyncio.sleep(PLAIN)
            now = tally()
            self._say(tally_text(now, speed.per_second(time.monotonic(), now.ended)))

    def close(self) -> None:
        return

    def _say(self, line: str) -> None:
        self._terminal.say(f"{time.strftime('%H:%M:%S')} {line}")


class LiveBatchProgress:
    """One line, redrawn a few times a second; failures scroll up above it."""

    def __init__(self, terminal: Terminal) -> None:
        from rich.console import Console  # late: only a terminal needs it
        from rich.live import Live

        self._terminal = terminal
        self._failures = Failures(terminal)
        self._tally: Callable[[], Tally] | None = None
        self._speed = Speed()
        self._console = Console(stderr=True, highlight=False)
        self._live = Live(get_renderable=self._picture, console=self._console, auto_refresh=False, transient=True)
        self._live.start()

    def show(self, result: dict[str, Json]) -> None:
        if line := self._failures.line(result):
            self._console.print(self._text(line), soft_wrap=False, overflow="ellipsis", no_wrap=True)

    async def follow(self, tally: Callable[[], Tally]) -> None:
        self._tally = tally
        while True:
            self._live.refresh()
            await asyncio.sleep(1 / REDRAWS)

    def close(self) -> None:
        self._live.stop()

    def _picture(self) -> "Text":
        if self._tally is None:
            return self._text("")
        tally = self._tally()
        width = 20 * tally.ended // max(1, tally.cases)
        bar = self._terminal.styled("━" * width, "green") + self._terminal.styled("━" * (20 - width), "dim")
        return self._text(f"  {bar}  {tally_text(tally, self._speed.per_second(time.monotonic(), tally.ended))}")

    def _text(self, ansi: str) -> "Text":
        from rich.text import Text  # late: as above

        return Text.from_ansi(ansi)


def progress_for(terminal: Terminal) -> BatchProgress:
    """What suits this stderr."""
    return LiveBatchProgress(terminal) if sys.stderr.isatty() and not terminal.quiet else PlainBatchProgress(terminal)
