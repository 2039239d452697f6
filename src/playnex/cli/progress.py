"""Progress of a run on stderr: one live line per active step on a terminal, plain lines with times elsewhere."""

import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from playnex.app.step_lines import StepLine, Watched
from playnex.cli.ear import Ear
from playnex.cli.terminal import Terminal, counted, seconds, visible
from playnex.cli.watching import layout_of, line_text
from playnex.journal.events import Event
from playnex.spec.flow import FlowSpec

if TYPE_CHECKING:
    from rich.text import Text

REDRAWS = 8
"""A second; cli.md allows ten."""


class Progress(Protocol):
    """Somebody who shows a run's events."""

    def open(self) -> None:
        """Begin to show, or begin again."""
        ...

    def show(self, event: Event) -> None:
        """Show what the event changed."""
        ...

    def warn(self, text: str) -> None:
        """Tell the person what is worth a warning, also under --quiet."""
        ...

    def close(self) -> None:
        """Leave the terminal tidy."""
        ...


class PlainProgress:
    """A line per finished step, with the time of day."""

    def __init__(self, flow: FlowSpec, terminal: Terminal) -> None:
        self._terminal = terminal
        self._watched = _watched(flow)
        self._layout = layout_of(flow)

    def open(self) -> None:
        return

    def show(self, event: Event) -> None:
        for line in self._watched.fold(event):
            self._terminal.say(f"{time.strftime('%H:%M:%S', time.localtime(event.at))} {line_text(line, self._terminal, self._layout)}")

    def warn(self, text: str) -> None:
        self._terminal.tell(f"{self._terminal.symbol('fallback')} {text}")

    def close(self) -> None:
        return


class LiveProgress:
    """Finished steps scroll up; below them stand the active ones and the run's own line, redrawn a few times a second."""

    def __init__(self, flow: FlowSpec, terminal: Terminal, ear: Ear) -> None:
        from rich.console import Console  # late: only a terminal needs it
        from rich.live import Live

        self._flow = flow
        self._terminal = terminal
        self._ear = ear
        self._watched = _watched(flow)
        self._layout = layout_of(flow)
        self._began = time.monotonic()
        self._console = Console(stderr=True, highlight=False)
        self._live = Live(get_renderable=self._picture, console=self._console, refresh_per_second=REDRAWS, transient=True)

    def open(self) -> None:
        self._live.start()

    def show(self, event: Event) -> None:
        for line in self._watched.fold(event):
            self._console.print(
                self._text(line_text(line, self._terminal, self._layout)), soft_wrap=False, overflow="ellipsis", no_wrap=True
            )

    def warn(self, text: str) -> None:
        self._console.print(self._text(f"{self._terminal.symbol('fallback')} {text}"), soft_wrap=True)

    def close(self) -> None:
        self._live.stop()

    def _text(self, ansi: str) -> "Text":
        from rich.text import Text  # late: as above

        return Text.from_ansi(ansi)

    def _picture(self) -> "Text":
        now = time.time()
        endings = self._ear.endings()
        lines = [line_text(_live(line, now, endings), self._terminal, self._layout) for line in self._watched.running]
        return self._text("\n".join([*lines, self._summary()]))

    def _summary(self) -> str:
        budget = self._flow.budget.tokens
        spent = f"{self._watched.spent / 1000:.1f}k" + (f" of {budget / 1000:.0f}k tokens" if budget else " tokens")
        return f"  {self._progress()} · {seconds(time.monotonic() - self._began)} · {spent}"

    def _progress(self) -> str:
        """A bar and its figures; only a count where nobody knows how many steps there will be, as in a Python flow."""
        total = len(self._flow.steps)
        if not total:
            return f"{counted(self._watched.done, 'step')} done"
        done = min(self._watched.done, total)
        bar = self._terminal.styled("━" * (20 * done // total), "green") + self._terminal.styled("━" * (20 - 20 * done // total), "dim")
        return f"{bar}  {done}/{total} steps"


def progress_for(flow: FlowSpec, terminal: Terminal, ear: Ear) -> Progress:
    """What suits this stderr."""
    return LiveProgress(flow, terminal, ear) if sys.stderr.isatty() and not terminal.quiet else PlainProgress(flow, terminal)


def _live(line: StepLine, now: float, endings: Mapping[str, str]) -> StepLine:
    """The line with the time so far, and with what its model is saying, if it is."""
    said = next((text for step, text in endings.items() if step.startswith(f"{line.key}/") and text), "")
    return replace(line, took=max(0.0, now - line.began), gist=f"… {visible(said)}" if said else line.gist)


def _watched(flow: FlowSpec) -> Watched:
    return Watched(retries={step.id: step.retry.times for step in flow.steps})
