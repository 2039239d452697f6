"""A workspace that is served by the real command in a child process, and its API as a page would use it."""

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from offline import offline

SECONDS = 60.0


@dataclass
class Served:
    """A server and who is signed in to it."""

    process: "subprocess.Popen[str]"
    folder: Path
    address: str
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = httpx.Client(base_url=self.address, headers={"origin": self.address}, timeout=SECONDS)

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    @property
    def token(self) -> str:
        return str(self.client.headers["authorization"]).removeprefix("Bearer ")

    def code(self) -> str:
        """The code of a new link, from the real command."""
        return str(self.playnex("dashboard", "--json")["link"]).partition("#code=")[2]

    def sign_in(self) -> None:
        """Do as the page does with a link."""
        answer = self.client.post("/api/session", json={"code": self.code()})
        self.client.headers["authorization"] = f"Bearer {answer.json()['token']}"

    def playnex(self, *words: str) -> Any:
        """What a command prints as JSON."""
        command = [sys.executable, "-m", "playnex", *words]
        said = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=SECONDS, check=False)
        return json.loads(said.stdout)

    def get(self, path: str, **query: Any) -> Any:
        """The document of an address."""
        return self.client.get(path, params=query).raise_for_status().json()

    def post(self, path: str, **body: Any) -> Any:
        """What a change answers."""
        return self.client.post(path, json=body).raise_for_status().json()

    def until(self, run: str, is_so: Callable[[Any], bool]) -> Any:
        """The run's snapshot, once it is so."""
        end = time.monotonic() + SECONDS
        with self.stream() as lines:
            while True:
                found = self.get(f"/api/runs/{run}")
                if is_so(found["header"]):
                    return found
                assert time.monotonic() < end, f"waited in vain: {found['header']}"
                next(lines)

    @contextmanager
    def stream(self) -> "Iterator[Iterator[Any]]":
        """The lines of the stream, of which each must come within the usual time."""
        with self.client.stream("GET", "/api/stream") as answer:
            yield map(json.loads, answer.iter_lines())

    def raw(self, text: bytes) -> bytes:
        """What is answered to these very bytes; the head and a part of the body."""
        with socket.create_connection(("127.0.0.1", self.port), SECONDS) as line:
            line.settimeout(SECONDS)
            line.sendall(text)
            got = b""
            while chunk := line.recv(65536):
                got += chunk
                if b"\r\n\r\n" in got:
                    return got
            return got


@contextmanager
def serving_folder(folder: Path, *, port: int = 0, environment: Mapping[str, str] | None = None) -> Iterator[Served]:
    """Serve that workspace, signed in, until the block ends."""
    command = [sys.executable, "-m", "playnex", "serve", "--jsonl", "--port", str(port)]
    given = {**os.environ, "PLAYNEX_HOME": "", **(environment or {})}
    with offline():  # a server for several tests starts before any of them has
        process = subprocess.Popen(command, cwd=folder, env=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        served = Served(process, folder, _ready(process).removesuffix("/"))
        with offline():
            served.sign_in()
        yield served
        served.client.close()
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=SECONDS)


def _ready(process: "subprocess.Popen[str]") -> str:
    """The address, once the server says it."""
    lines: queue.Queue[str] = queue.Queue()
    assert process.stdout is not None
    stdout = process.stdout
    threading.Thread(target=lambda: lines.put(stdout.readline()), daemon=True).start()
    line = lines.get(timeout=SECONDS)
    assert line, process.stderr.read() if process.stderr else ""
    return str(json.loads(line)["address"])
