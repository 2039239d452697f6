"""One server process, supervised: started by the guard, spoken to in lines, gone with all that it started when it is ended."""

import asyncio
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from playnex.secrets.known import KNOWN
from playnex.tools.beginning import begun
from playnex.tools.mcp.enclosure import Way
from playnex.tools.mcp.frames import Frames, TooLong
from playnex.tools.mcp.guarding import guarded
from playnex.tools.mcp.private_folder import throw_away
from playnex.tools.mcp.surroundings import Surroundings
from playnex.tools.private_memory import keep_memory_private
from playnex.tools.process_tree import end_below

CHUNK = 65_536
LOG_BYTES = 1_000_000
"""Bytes of a server's log; a longer one begins anew."""

LOG_LINE = 8_000
SHOWN = 200
GRACE = 1.0
"""Seconds until a killed process must have been collected."""

SETTLING = 0.2
WAITING_BYTES = 16_000_000
"""Bytes that may wait for a server which does not read."""


class Beside(Protocol):
    """What goes beside a process and ends with it."""

    def close(self) -> None:
        """End; safe to call twice."""
        ...


@dataclass(slots=True)
class Child:
    """A running server. `noise` are its last lines on stdout that were no MCP, as they may be shown;
    `words` is the last line that they logged; what is `beside` it ends with it."""

    process: Process
    around: Surroundings
    log: Path
    private: Path | None = None
    noise: deque[str] = field(default_factory=lambda: deque(maxlen=3))
    words: str = ""
    beside: Beside | None = None
    _logging: asyncio.Task[None] | None = None

    async def lines(self) -> AsyncIterator[bytes | TooLong]:
        """What it says, line by line, without secrets, until it closes its end."""
        assert self.process.stdout is not None
        frames = Frames()
        while chunk := await self.process.stdout.read(CHUNK):
            for line in frames.feed(chunk):
                yield line if isinstance(line, TooLong) else KNOWN.line(line)

    def write(self, line: bytes) -> None:
        """Say a line. Raises BrokenPipeError where it is gone, or has long stopped reading."""
        pipe = self.process.stdin
        if pipe is None or pipe.is_closing() or pipe.transport.get_write_buffer_size() > WAITING_BYTES:
            raise BrokenPipeError
        pipe.write(line + b"\n")

    def kill(self) -> None:
        """Kill it and all below it, at once."""
        if self.beside:
            self.beside.close()
        if self.process.returncode is not None:  # the guard or the sandbox has ended what was below it
            return
        with suppress(ProcessLookupError, PermissionError):
            if not hasattr(os, "killpg"):
                self.process.kill()
                return
            os.kill(self.process.pid, signal.SIGSTOP)  # it starts nothing more while those below it are ended
            end_below(self.process.pid)
            os.killpg(self.process.pid, signal.SIGKILL)

    async def settled(self) -> None:
        """Wait a little for the end of a server that has closed its output, so that it can be told how it ended."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLING):
                await self.process.wait()

    async def gone(self) -> None:
        """Collect what was killed, once its output was read to the end."""
        if self.process.stdin:
            self.process.stdin.close()
        ends = [asyncio.create_task(self.process.wait()), *([self._logging] if self._logging else [])]
        _, pending = await asyncio.wait(ends, timeout=GRACE)
        for late in pending:
            late.cancel()
        if self.private:
            await asyncio.to_thread(throw_away, str(self.private))

    def ending(self) -> str:
        """How it ended, in a few words."""
        code = self.process.returncode
        if code is None:
            return "it closed its output"
        with suppress(ValueError):
            return signal.Signals(-code).name
        return f"exit code {code}"

    def keep_log(self) -> None:
        """Append what it says on stderr to its log."""
        self._logging = asyncio.create_task(self._log())

    async def _log(self) -> None:
        assert self.process.stderr is not None
        frames, written = Frames(LOG_LINE), self.log.stat().st_size if self.log.exists() else 0
        while chunk := await self.process.stderr.read(CHUNK):
            lines = [self._logged(line) for line in frames.feed(chunk)]
            self.words = lines[-1].decode(errors="replace").strip()[:SHOWN] if lines else self.words
            with suppress(OSError):
                written = _append(self.log, b"".join(lines), written)

    def _logged(self, line: bytes | TooLong) -> bytes:
        if isinstance(line, TooLong):
            return b"[a line of %d bytes]\n" % line.size
        return KNOWN.line(line) + b"\n"


async def started(around: Surroundings, log: Path, *, way: Way, descriptors: tuple[int, ...] = ()) -> Child:
    """The process, in a session and a group of its own, which is handed these descriptors. Raises OSError."""
    keep_memory_private()
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    making = asyncio.create_subprocess_exec(
        *guarded(way.words, around.command, memory=around.memory),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        cwd=around.folder,
        env=dict(around.environment),
        start_new_session=True,
        pass_fds=descriptors,
        limit=CHUNK,
    )

    def child(process: Process) -> Child:
        made = Child(process=process, around=around, log=log, private=way.private)
        made.keep_log()
        return made

    async def end(process: Process) -> None:
        unwanted = child(process)
        unwanted.kill()
        await unwanted.gone()

    return child(await begun(making, end))


def _append(log: Path, text: bytes, written: int) -> int:
    """The log's size with the text in it."""
    flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if written + len(text) <= LOG_BYTES else os.O_TRUNC)
    with open(os.open(log, flags, 0o600), "wb") as file:
        file.write(text[-LOG_BYTES:])
        return file.tell() if flags & os.O_TRUNC else written + len(text)
