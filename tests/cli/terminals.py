"""A command on a real terminal, and a person who types what it waits for; every wait is bounded."""

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

BOUND = 60


@dataclass(slots=True, kw_only=True)
class OnScreen:
    """A command on a terminal. `shown` is all that it has shown, `read` how much of that was waited for."""

    process: "subprocess.Popen[bytes]"
    terminal: int
    shown: str = ""
    read: int = 0

    def until(self, text: str) -> str:
        """What came, up to and with that text; it must come in time."""
        deadline = time.monotonic() + BOUND
        while text not in self.shown[self.read :]:
            assert time.monotonic() < deadline, f"waited in vain for {text!r}: {self.shown}"
            assert self._more(), f"it ended without {text!r}: {self.shown}"
        before, self.read = self.read, self.shown.index(text, self.read) + len(text)
        return self.shown[before : self.read]

    def type(self, text: str) -> None:
        """Type the text as it is."""
        os.write(self.terminal, text.encode())

    def answer(self, question: str, *lines: str) -> None:
        """Once the question is there, type these lines; none is Enter alone."""
        self.until(question)
        self.type("".join(f"{line}\n" for line in lines or ("",)))

    def end(self) -> int:
        """Its exit code, once it has ended; the rest is shown."""
        deadline = time.monotonic() + BOUND
        while self._more():
            assert time.monotonic() < deadline, f"it does not end: {self.shown}"
        return self.process.wait(BOUND)

    def _more(self) -> bool:
        if not select.select([self.terminal], [], [], BOUND)[0]:
            return False
        try:
            came = os.read(self.terminal, 4096)
        except OSError:  # the terminal has no other end any more
            return False
        self.shown += came.decode(errors="replace").replace("\r\n", "\n")
        return bool(came)


OWN_TERMINAL = (
    "import os, sys; os.open(os.ttyname(0), os.O_RDWR); os.execv(sys.executable, (sys.executable, '-m', 'playnex', *sys.argv[1:]))"
)
"""The head of a session that opens a terminal has it as its own: then Ctrl-C reaches it."""


@contextmanager
def on_screen(folder: Path, *words: str, **environment: str) -> Iterator[OnScreen]:
    """The command on a terminal of its own; it is gone when the block ends."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        (sys.executable, "-c", OWN_TERMINAL, *words),
        cwd=folder,
        env=os.environ | {"TERM": "xterm", "NO_COLOR": "1", "PLAYNEX_HOME": ""} | environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield OnScreen(process=process, terminal=ours)
    finally:
        process.kill()
        process.wait(BOUND)
        os.close(ours)
