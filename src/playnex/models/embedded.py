"""The embedded model's server: llama.cpp's own, OpenAI-compatible, in a child process that cannot outlive us.

The child speaks on a free loopback port behind a key that nobody else has, prints nothing, and ends when its stdin closes,
which the operating system does for us however we end. Run as `python -m playnex.models.embedded GGUF CONTEXT`.
"""

import asyncio
import json
import os
import secrets
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playnex.errors import ModelUnavailable
from playnex.secrets.known import KNOWN

SILENT = -1
PATIENCE = 120.0
"""Seconds within which the weights must be loaded; 1 to 3 are usual."""


@dataclass(slots=True)
class EmbeddedServer:
    """A running server: where it answers, and the key it asks for."""

    child: "subprocess.Popen[bytes]"
    base_url: str
    api_key: str

    def close(self) -> None:
        """End the child."""
        self.child.kill()
        self.child.wait()
        for pipe in (self.child.stdin, self.child.stdout):
            if pipe is not None:
                pipe.close()


async def start_server(weights: Path, context: int) -> EmbeddedServer:
    """Start the child and wait until the model is loaded. Raises ModelUnavailable."""
    command = [sys.executable, "-m", "playnex.models.embedded", str(weights), str(context)]
    child = _started(command)
    assert child.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE):
            line = await _in_thread(child.stdout.readline)
        return EmbeddedServer(child, **json.loads(line))
    except (ValueError, TimeoutError):
        raise ModelUnavailable(f"the embedded model {weights} could not be loaded", hint="run: playnex model install smollm2") from None
    except BaseException:
        child.kill()
        raise


def _started(command: list[str]) -> "subprocess.Popen[bytes]":
    pipe, nowhere, environment = subprocess.PIPE, subprocess.DEVNULL, KNOWN.environment(os.environ)
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nowhere, env=environment, start_new_session=True)


async def _in_thread(read: Any) -> bytes:
    """The result of a blocking read, in a thread that does not hold up the end of the process."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[bytes] = loop.create_future()

    def work() -> None:
        line = read()
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle, future, line)

    threading.Thread(target=work, daemon=True).start()
    return await future


def _settle(future: "asyncio.Future[bytes]", line: bytes) -> None:
    if not future.done():
        future.set_result(line)


def serve(weights: Path, context: int) -> None:
    """The child's life: load, announce, live until stdin closes, leave without native destructors."""
    announce = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    key = secrets.token_urlsafe(32)
    server = _server(weights, context, key)
    address = server.listening_address
    while not _is_healthy(address):
        time.sleep(0.02)
    os.write(announce, json.dumps({"base_url": f"{address}/v1", "api_key": key}).encode() + b"\n")
    os.close(announce)
    sys.stdin.buffer.read()
    os._exit(0)


def _server(weights: Path, context: int, key: str) -> Any:
    import xllamacpp  # late: 34 MB of native code, needed by the child alone

    params = xllamacpp.CommonParams()
    params.model.path = str(weights)
    params.model_alias = {weights.name.partition(".")[0]}
    params.n_ctx = context
    params.n_parallel = 1
    params.ctx_shift = False
    threads = max(1, (os.cpu_count() or 2) - 1)  # one core is left to the caller, or generation collapses
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [key]
    params.ui = False
    params.endpoint_slots = False
    params.cors_origins = ""
    params.n_threads_http = 2
    params.verbosity = SILENT
    return xllamacpp.Server(params)


def _is_healthy(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except urllib.error.URLError:
        return False


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
