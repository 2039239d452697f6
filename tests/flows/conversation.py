"""A command on a real terminal of its own, and a person who types."""

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

BOUND = 60


class Conversation:
    """One command, from its start to its end; `shown` is all that the terminal has shown."""

    def __init__(self, folder: Path, *words: str, **environment: str) -> None:
        self._terminal, theirs = pty.openpty()
        command = (sys.executable, "-c", TAKES_THE_TERMINAL, sys.executable, "-m", "playnex", *words)
        env = os.environ | {"TERM": "xterm", "PLAYNEX_HOME": "", "COLUMNS": "200"} | environment
        self._child = subprocess.Popen(command, cwd=folder, env=env, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
        os.close(theirs)
        self._from = 0
        self.shown = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.kill()
        self._child.wait(BOUND)
        if self._terminal >= 0:
            os.close(self._terminal)

    def until(self, text: str) -> None:
        """Read on until it is shown."""
        while text not in self.shown[self._from :]:
            assert self._read(), f"it ended without {text!r}: {self.shown}"
        self._from = self.shown.index(text, self._from) + len(text)

    def say(self, prompt: str, answer: str) -> None:
        """Type the answer once the prompt is there and heeded."""
        self.until(prompt)
        self.until(") " if prompt.endswith("?") else " ")
        os.write(self._terminal, answer.encode())

    def end(self) -> int:
        """Read to the end; the exit code."""
        while self._read():
            pass
        return self._child.wait(BOUND)

    def hang_up(self) -> None:
        """Close the terminal, and be there until the command has ended."""
        os.close(self._terminal)
        self._terminal = -1
        self._child.wait(BOUND)

    def _read(self) -> bool:
        deadline = time.monotonic() + BOUND
        assert select.select([self._terminal], [], [], BOUND)[0] and time.monotonic() < deadline, f"nothing more came: {self.shown}"
        try:
            read = os.read(self._terminal, 4096)
        except OSError:  # the terminal has no other end any more
            return False
        self.shown += read.decode(errors="replace")
        return bool(read)


TAKES_THE_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Makes the terminal the command's own, so that Ctrl-C and hanging up reach it as they do a person's shell."""
