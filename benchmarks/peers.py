"""Runs the systems that are compared: each peer from a virtual environment of its own, every subject as a child process."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from subjects.workload import READY

HERE = Path(__file__).resolve().parent
CACHE = Path(os.environ.get("PLAYNEX_BENCHMARK_CACHE") or Path(tempfile.gettempdir()) / "playnex-benchmarks")
"""Where the peers' environments are kept from one time to the next."""

PINNED = {
    "langgraph": ("langgraph==1.2.24", "langgraph-checkpoint==4.3.2", "langgraph-checkpoint-sqlite==3.1.2", "aiosqlite==0.22.1"),
    "dbos": ("dbos==3.4.0", "SQLAlchemy==2.1.9", "psycopg[binary]==3.3.9"),
}
PATIENCE = 600
"""Seconds after which a subject is given up."""

Figures = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A system under measurement: how it is called in tables, its program, the Python that runs it, and its own settings."""

    name: str
    program: str
    python: Path = Path(sys.executable)
    settings: Mapping[str, str] = field(default_factory=dict)

    def start(self, mode: str, folder: Path, count: int, rounds: int = 1) -> "subprocess.Popen[str]":
        """The program at work."""
        paths = [str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])]
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PLAYNEX_", "DBOS_", "LANG"))}
        surroundings = clean | {"PYTHONPATH": os.pathsep.join(paths)} | dict(self.settings)
        command = (str(self.python), "-m", f"subjects.{self.program}", mode, str(folder), str(count), str(rounds))
        return subprocess.Popen(command, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder)

    def run(self, mode: str, folder: Path, count: int, rounds: int = 1) -> Figures:
        """The figures that the program prints. Ends the benchmark where it fails."""
        child = self.start(mode, folder, count, rounds)
        try:
            printed, complaint = child.communicate(timeout=PATIENCE)
        except BaseException:
            child.kill()
            raise
        if child.returncode or not printed.strip():
            raise SystemExit(f"{self.name} {mode} ended with {child.returncode}:\n{complaint[-2000:]}")
        figures: Figures = json.loads(printed.strip().splitlines()[-1])
        return figures

    def fresh(self, mode: str, count: int, rounds: int = 1) -> Figures:
        """The figures of a run in an empty folder."""
        with folder() as empty:
            return self.run(mode, empty, count, rounds)

    def kill_half_way(self, at: Path, runs: int) -> None:
        """Start so many runs and kill the process with SIGKILL when each is half done."""
        child = self.start("half", at, runs)
        assert child.stdout is not None
        for line in child.stdout:
            if line.strip() == READY:
                break
        else:
            raise SystemExit(f"{self.name} did not come half way")
        child.send_signal(signal.SIGKILL)
        child.communicate()

    def version(self) -> str:
        """What it calls itself."""
        return str(self.fresh("version", 0)["version"])


@contextmanager
def folder() -> Iterator[Path]:
    """An empty folder on the disk that is measured, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="playnex-benchmark-") as made:
        yield Path(made)


def load() -> str:
    """How busy the machine is now, so that a reader knows what the absolute figures are worth."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores when it began"


PLAYNEX = Subject(name="Playnex", program="playnex_flows")
BARE = Subject(name="bare writer", program="bare_writer")


def peer(name: str) -> Path | None:
    """The Python of the peer's environment, made where there is none yet; None where it cannot be installed."""
    packages = PINNED[name]
    home = CACHE / name
    stamp, python = home / "installed", home / "bin" / "python"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == "\n".join(packages):
        return python
    print(f"installing {', '.join(packages)}", file=sys.stderr, flush=True)
    shutil.rmtree(home, ignore_errors=True)
    home.parent.mkdir(parents=True, exist_ok=True)
    for command in ((sys.executable, "-m", "venv", str(home)), (str(python), "-m", "pip", "install", "--quiet", *packages)):
        if subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode:
            return None
    stamp.write_text("\n".join(packages), encoding="utf-8")
    return python


def langgraph() -> list[Subject]:
    """LangGraph, if it can be had."""
    python = peer("langgraph")
    return [] if python is None else [Subject(name="LangGraph", program="langgraph_flows", python=python)]


@contextmanager
def dbos() -> Iterator[list[Subject]]:
    """DBOS over SQLite, and over a Postgres of our own if there is one on this machine."""
    python = peer("dbos")
    if python is None:
        yield []
        return
    found = [Subject(name="DBOS, SQLite", program="dbos_flows", python=python)]
    with postgres() as server:
        if server is not None:
            found.append(Postgres(name="DBOS, Postgres", program="dbos_flows", python=python, settings={SERVER: server}))
        yield found


SERVER = "DBOS_SYSTEM_DATABASE_URL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Postgres(Subject):
    """A subject whose data lies in a database named after its folder, so that an empty folder is an empty database."""

    def start(self, mode: str, folder: Path, count: int, rounds: int = 1) -> "subprocess.Popen[str]":
        named = {SERVER: f"{self.settings[SERVER]}/{folder.name.replace('-', '_')}"}
        return Subject.start(Subject(name=self.name, program=self.program, python=self.python, settings=named), mode, folder, count, rounds)


@contextmanager
def postgres() -> Iterator[str | None]:
    """A Postgres server with its own settings, on a free port of this machine; its address, or None where it cannot be started."""
    programs = _postgres_programs()
    if programs is None:
        yield None
        return
    with folder() as home:
        user = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
        if user:
            shutil.chown(home, user)
        port = _free_port()
        data = str(home / "data")
        made = (str(programs / "initdb"), "-D", data, "-U", "postgres", "-A", "trust")
        subprocess.run(made, user=user, cwd=home, capture_output=True, check=True)
        server = subprocess.Popen(
            (str(programs / "postgres"), "-D", data, "-p", str(port), "-k", str(home), "-c", "listen_addresses=127.0.0.1"),
            user=user,
            cwd=home,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_for(port)
            yield f"postgresql://postgres@127.0.0.1:{port}"
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(60)


def _postgres_programs() -> Path | None:
    """The folder of the newest Postgres here."""
    found = shutil.which("initdb")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    return Path(found).resolve().parent if found else folders[-1] if folders else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit("the Postgres server did not start")
