"""An approval asked in place: on the terminal where the run was carried on. Whatever is not a clear yes is a no.

The run is set aside while the person thinks, so somebody else may answer it meanwhile, or its time may come to an end: then the
prompt closes, and the run goes on with what it was told.
"""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal

from playnex.app.inbox import Inbox, Item
from playnex.app.opening import App
from playnex.cli import door
from playnex.cli.editing import edited
from playnex.cli.showing_inbox import action
from playnex.errors import UsageError

Left = Literal["answered", "later", "gone"]
"""How a question is left: the run can go on; it is left for later; the terminal itself is gone."""

Said = Literal["yes", "no", "edit", "later", "nothing", "closed", "over", "unclear"]

CHOICES: tuple[Said, ...] = ("yes", "no", "edit", "later")
"""What a person can say; the first letter is enough."""

GLANCE = 0.2
"""Seconds between two looks whether the question still stands."""

CLOSED = "the prompt was closed without an answer"


async def ask_in_place(app: App, run: str) -> Left:
    """Ask the person at this terminal the run's first open question, and record the answer."""
    inbox = Inbox(app=app)
    item = next((item for item in await inbox.of(run) if item.kind == "approval"), None)
    if item is None:
        return "answered"
    with _outliving_the_terminal() as is_gone:
        return await Question(inbox=inbox, item=item, is_gone=is_gone).ask()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One item at one terminal; `is_gone` says whether the terminal was closed."""

    inbox: Inbox
    item: Item
    is_gone: Callable[[], bool]

    async def ask(self) -> Left:
        """Show the whole action and ask until there is an answer."""
        lines = "\n".join(action(self.item)).replace("\n", "\n  ")
        door.terminal.tell(f"{door.terminal.symbol('waiting')} {self.item.id} asks:\n  {lines}")
        while True:
            said = heard(await self._line(choices(self.item)), self.item)
            if said == "later":
                return "later"
            if said == "unclear" or not await self._recorded(said):
                continue
            if self.is_gone():
                return "gone"
            if said == "closed":
                door.terminal.tell("")
            return "answered"

    async def _recorded(self, said: Said) -> bool:
        """Record the answer; whether the question is done with."""
        if said == "over":
            door.terminal.tell("\n  no longer asked: its time is over, or somebody has answered it elsewhere")
            return True
        try:
            value = edited(self.item.show) if said == "edit" else None
        except UsageError as error:
            door.terminal.tell(f"  {error.message}; {error.hint}")
            return False
        try:
            await self._answer(said, value)
        except UsageError as error:
            door.terminal.tell(f"  {error.message}")
        return True

    async def _answer(self, said: Said, value: Any) -> None:
        match said:
            case "yes":
                await self.inbox.approve(self.item)
            case "edit":
                await self.inbox.approve_as(self.item, value)
            case "no":
                await self.inbox.reject(self.item, (await self._line("  why: ") or "").strip())
            case _:
                await self.inbox.reject(self.item, CLOSED if said == "closed" else "")

    async def _line(self, prompt: str) -> str | None:
        """What the person types, with its line break; empty at the end of input; None where the question was closed meanwhile."""
        _forget_what_was_typed()
        sys.stderr.write(prompt)
        sys.stderr.flush()
        return await _typed(self._is_over)

    async def _is_over(self) -> bool:
        """Whether the run no longer waits for this answer."""
        journal, now = self.inbox.app.journal, self.inbox.app.clock.now()
        line = await journal.summary(self.item.run)
        return line.state != "waiting" or (line.due is not None and line.due <= now)


def choices(item: Item) -> str:
    """The prompt, with what avoids it."""
    edit = "[e]dit, " if item.editable else ""
    return f"  approve? [y]es, [N]o, {edit}[l]ater (or use --no-input, and: playnex inbox approve {item.id}) "


def heard(line: str | None, item: Item) -> Said:
    """What a typed line means; an empty one is a no, the end of input too, and of anything unclear the person is asked again."""
    if line is None:
        return "over"
    word = line.strip().lower()
    if not word:
        return "nothing" if line else "closed"
    said: Said = next((said for said in CHOICES if word in (said, said[0])), "unclear")
    return "unclear" if said == "edit" and not item.editable else said


async def _typed(is_over: Callable[[], Awaitable[bool]]) -> str | None:
    """The next line of stdin, empty at its end; None as soon as `is_over` holds."""
    ready = asyncio.Event()
    loop = asyncio.get_running_loop()
    try:
        loop.add_reader(sys.stdin.fileno(), ready.set)
    except NotImplementedError:  # Windows' loop watches no terminals: the line is waited for, and nothing beside it
        return sys.stdin.readline()
    try:
        while not ready.is_set():
            if await is_over():
                return None
            with suppress(TimeoutError):
                async with asyncio.timeout(GLANCE):
                    await ready.wait()
    finally:
        loop.remove_reader(sys.stdin.fileno())
    try:
        return sys.stdin.readline()
    except OSError:  # the terminal is gone
        return ""


def _forget_what_was_typed() -> None:
    """What was typed before the question was asked answers something else."""
    with suppress(ImportError, OSError):
        import termios  # late: Windows has none

        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)


@contextmanager
def _outliving_the_terminal() -> Iterator[Callable[[], bool]]:
    """While the block runs, a terminal that closes does not take this process with it: the end of its input is an answer."""
    heard_of: list[int] = []
    number = getattr(signal, "SIGHUP", None)
    if number is None:
        yield lambda: False
        return
    before = signal.signal(number, lambda given, frame: heard_of.append(given))
    try:
        yield lambda: bool(heard_of)
    finally:
        signal.signal(number, before)
