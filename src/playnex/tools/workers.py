"""Worker processes for synchronous Python tools: one call at a time in each, and a call that is given up ends its process."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from playnex.canonical import Json, decode, encode
from playnex.errors import ToolFailed
from playnex.secrets.known import KNOWN
from playnex.tools.beginning import begun
from playnex.tools.private_memory import keep_memory_private
from playnex.tools.process_tree import end_below

LINE_LIMIT = 16_000_000
"""Bytes of an answer's line at most; the worker keeps well below it (worker.ANSWER_LIMIT)."""

AT_ONCE = 16
"""Calls that run at the same time; further ones wait their turn."""

PRINTED = 65_536
LONGEST_PRINTED = 1_000_000
"""Bytes of a line of what tools print; a longer one is broken."""

GRACE = 2.0
"""Seconds for a killed process to be gone."""


@dataclass(frozen=True, slots=True)
class Worker:
    """One child process, the leader of its own group."""

    process: Process
    printing: asyncio.Task[None]

    async def ask(self, request: Json) -> Json:
        """The answer. Raises ToolFailed with the tool's own message, or where the process died."""
        line = await self._line(encode(request) + b"\n")
        try:
            spoken = decode(line)
        except ValueError:
            raise ToolFailed("the tool's process did not speak the protocol") from None
        return spoken

    async def end(self) -> None:
        """Kill the process and all below it; they are gone when this returns."""
        with suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self.process.pid, signal.SIGSTOP)
                end_below(self.process.pid)
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()
        if self.process.stdin and self.process.stdout:
            self.process.stdin.close()
            with suppress(TimeoutError, ValueError):
                async with asyncio.timeout(GRACE):
                    await self.process.stdout.read()
        await self.process.wait()
        await asyncio.wait((self.printing,), timeout=GRACE)
        self.printing.cancel()

    async def _line(self, request: bytes) -> bytes:
        assert self.process.stdin is not None and self.process.stdout is not None
        try:
            self.process.stdin.write(request)
            await self.process.stdin.drain()
            line = await self.process.stdout.readline()
        except (BrokenPipeError, ConnectionResetError):
            line = b""
        except ValueError:
            raise ToolFailed(f"the tool's answer is longer than {LINE_LIMIT:,} bytes", hint="return less, or write a file") from None
        if not line.endswith(b"\n"):
            raise ToolFailed(f"the tool's process ended in the middle of the call ({await self._ending()})")
        return line

    async def _ending(self) -> str:
        code = await self.process.wait()
        with suppress(ValueError):
            return signal.Signals(-code).name
        return f"exit code {code}"


def inherited() -> dict[str, str]:
    """Our own environment, without the secrets that are known."""
    return KNOWN.environment(os.environ)


class Workers:
    """The worker processes of one workspace. All within one event loop; `close` before it ends. What tools print is
    appended to `log`, without secrets, or dropped. `environment` is what they are given, asked for when one is started."""

    def __init__(self, workspace: Path, *, log: Path | None = None, environment: Callable[[], Mapping[str, str]] = inherited) -> None:
        self._workspace = workspace
        self._environment = environment
        self._log = log
        self._idle: list[Worker] = []
        self._room = asyncio.Semaphore(AT_ONCE)

    async def ask(self, request: Json) -> Json:
        """The answer of a free worker, or of a new one. Given up (cancelled, timed out), its whole process group ends."""
        async with self._room:
            worker = await self._free()
            try:
                answer = await worker.ask(request)
            except BaseException:
                await worker.end()
                raise
            self._idle.append(worker)
        return answer

    async def close(self) -> None:
        """End all; safe to call twice."""
        while self._idle:
            await self._idle.pop().end()

    async def _free(self) -> Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.process.returncode is None:
                return worker
            await worker.end()
        return await self._started()

    async def _started(self) -> Worker:
        keep_memory_private()
        making = asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "playnex.tools.worker", str(self._workspace), str(os.getpid())),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=dict(self._environment()),
            start_new_session=True,
            limit=LINE_LIMIT,
        )
        process = await begun(making, lambda process: self._worker(process).end())
        return self._worker(process)

    def _worker(self, process: Process) -> Worker:
        return Worker(process, asyncio.create_task(self._keep(process)))

    async def _keep(self, process: Process) -> None:
        """Append what a worker's tools print to the log, line by line, until nobody can print there any more."""
        assert process.stderr is not None
        rest = b""
        while chunk := await process.stderr.read(PRINTED):
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > LONGEST_PRINTED:
                lines, rest = [*lines, rest], b""
            self._append(b"".join(line + b"\n" for line in lines))
        self._append(rest)

    def _append(self, text: bytes) -> None:
        if self._log and text:
            with suppress(OSError), open(os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as file:
                file.write(KNOWN.line(text))
