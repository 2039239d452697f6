"""Makes a golden journal: a store as one version of Playnex wrote it, kept in tests/golden for ever and read by every later one.

    python scripts/golden.py format-2                      with the source as it lies here
    python scripts/golden.py format-1 --commit f38545a     with the source of that commit

In a fresh workspace of the research template, against the scripted model server: one run to its end, and one that was killed while
its third request was in flight. With the source as it lies here also a batch of which one case waits for a person, the runs of
tests/golden/every_kind.py: one to its end, one that waits for a signal, two whose payment has an unknown outcome (of one a person has told
it), two that were killed in their midst (one was paused then, and a step of it is to be done again), and those of the flow file in
tests/golden/every_key.py: one to its end, two that wait for a person, one that was killed in a loop. The store is kept as SQL.
"""

import argparse
import io
import os
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import apsw
import apsw.shell

from playnex.app.opening import MIGRATIONS
from playnex.clock import Clock
from playnex.journal.events import OutcomeDecided, ResumeRequested, RetryRequested, StopRequested
from playnex.journal.journal import Journal
from playnex.journal.stores.sqlite_journal import SqliteJournal
from playnex.store.database import Database
from playnex.testing.crashes import Crash, crash_at
from playnex.testing.model_replies import Asked, Reply
from playnex.testing.model_scripts import research
from playnex.testing.model_server import serving
from playnex.testing.rehearsal import Rehearsal, Store

ROOT = Path(__file__).resolve().parent.parent
EVERY_KIND = runpy.run_path(str(ROOT / "tests" / "golden" / "every_kind.py"))
EVERY_KEY = runpy.run_path(str(ROOT / "tests" / "golden" / "every_key.py"))
IN_FLIGHT = 3
REQUESTS = 4
FLOW = ("flow", "run", "research-to-article", "--input", "topic=local-first software")
WAITING = 6
BATCH_FLOW = """\
playnex: 1
name: ask
inputs: { n: { type: integer, required: true } }
steps:
  ask: { if: inputs.n == 2, approve: { message: "Keep ${{ inputs.n }}?" }, else: nobody }
output: ${{ inputs.n }}
"""
INTENDED, CUT = 14, 11
"""Appends of the flow of every kind at which its worker dies: just after the payment's intent; in its midst."""


def main() -> None:
    """Makes the file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("name")
    parser.add_argument("--commit", default="", help="the version to make it with, else the source as it lies here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        source = checked_out(options.commit, place / "source") if options.commit else ROOT
        workspace = place / "workspace"
        run_research(source / "src", workspace)
        store = workspace / ".playnex" / "store.db"
        if not options.commit:
            run_every_kind(store)
            run_batch(source / "src", workspace)
        text = dumped(store)
    assert folder not in text and socket.gethostname() not in text, "a golden journal says nothing of the machine"
    (ROOT / "tests" / "golden" / f"{options.name}.sql").write_text(text, encoding="utf-8")


def checked_out(commit: str, folder: Path) -> Path:
    """The source of that commit."""
    folder.mkdir()
    archive = subprocess.run(("git", "archive", commit), cwd=ROOT, capture_output=True, check=True)
    subprocess.run(("tar", "x", "-C", str(folder)), input=archive.stdout, check=True)
    return folder


def run_research(source: Path, workspace: Path) -> None:
    """One run to its end, and one that is killed."""
    asked = 0
    arrived, let_go = threading.Event(), threading.Event()

    def script(request: Asked) -> Reply:
        nonlocal asked
        asked += 1
        if asked == REQUESTS + IN_FLIGHT:
            arrived.set()
            let_go.wait(60)
        return research(request)

    shutil.copytree(source / "playnex" / "templates" / "research", workspace)
    with serving(script) as server:
        (workspace / "playnex.toml").write_text(f'[models.main]\nbase_url = "{server.url}"\nname = "scripted"\ncontext = 32768\n')
        subprocess.run(command(), cwd=workspace, env=environment(source), check=True, capture_output=True, timeout=120)
        child = subprocess.Popen(command(), cwd=workspace, env=environment(source), start_new_session=True, stderr=subprocess.DEVNULL)
        assert arrived.wait(60), "the request that is in flight at the kill"
        os.killpg(child.pid, signal.SIGKILL)
        child.wait(60)
        let_go.set()


def command() -> tuple[str, ...]:
    """The flow, as a user starts it."""
    return (sys.executable, "-m", "playnex", *FLOW)


def environment(source: Path) -> dict[str, str]:
    """Ours, with that source first."""
    return os.environ | {"PYTHONPATH": str(source), "PLAYNEX_HOME": ""}


def run_every_kind(store: Path) -> None:
    """The runs of the flow that has every kind of step."""

    @asynccontextmanager
    async def opened(clock: Clock) -> AsyncIterator[Journal]:
        database = Database(store, MIGRATIONS)
        try:
            yield SqliteJournal(database, clock)
        finally:
            database.close()

    every_kind = EVERY_KIND["every_kind"]
    Rehearsal(every_kind, answers=EVERY_KIND["ANSWERS"], store=opened, run="finished").play()
    Rehearsal(every_kind, store=opened, run="waiting").play()
    for run, append in (("unknown", INTENDED), ("decided", INTENDED), ("cut", CUT), ("mended", CUT)):
        with suppress(Crash):
            Rehearsal(every_kind, store=opened, run=run).play(crash_at(append, "after"))
    Rehearsal(every_kind, store=opened, run="unknown").play()
    Rehearsal(every_kind, store=opened, run="decided").play()
    Rehearsal(every_kind, store=opened, run="decided").post(OutcomeDecided(decision="done", value=EVERY_KIND["PLAIN"], by="ana"), "pay")
    mended = Rehearsal(every_kind, store=opened, run="mended")
    mended.post(StopRequested(stop="pause", by="ana"))
    mended.play()
    mended.post(ResumeRequested(by="ana"))
    mended.post(RetryRequested(step="long", by="ana"))
    run_every_key(opened)


def run_every_key(opened: Store) -> None:
    """The runs of the flow file that has every key."""
    every_key, answers = EVERY_KEY["every_key"], EVERY_KEY["ANSWERS"]
    Rehearsal(every_key, answers=answers, store=opened, run="file-finished").play()
    Rehearsal(every_key, store=opened, run="file-asked").play()
    Rehearsal(every_key, answers=dict(list(answers.items())[:3]), store=opened, run="file-back").play()
    with suppress(Crash):
        Rehearsal(every_key, answers=answers, store=opened, run="file-cut").play(crash_at(EVERY_KEY["CUT"], "after"))


def run_batch(source: Path, workspace: Path) -> None:
    """A batch of three cases, of which one waits for a person."""
    (workspace / "flows" / "ask.yaml").write_text(BATCH_FLOW)
    (workspace / "cases.jsonl").write_text("".join(f'{{"id": "A-{number}", "n": {number}}}\n' for number in (1, 2, 3)))
    command = (sys.executable, "-m", "playnex", "batch", "run", "ask", "cases.jsonl", "--key", "id")
    done = subprocess.run(command, cwd=workspace, env=environment(source), check=False, capture_output=True, timeout=120)
    assert done.returncode == WAITING, done.stderr


def dumped(store: Path) -> str:
    """The store as SQL, with its version, and without the name of this machine."""
    connection = apsw.Connection(str(store))
    name = f'"worker":"{socket.gethostname()}/'
    connection.execute("UPDATE events SET body = CAST(replace(body, ?, '\"worker\":\"golden/') AS BLOB) WHERE kind = 'RunResumed'", (name,))
    connection.pragma("application_id", 0)  # SQL has no checksums; whoever opens the store makes them
    said = io.StringIO()
    apsw.shell.Shell(db=connection, stdout=said).process_command(".dump")  # type: ignore[no-untyped-call]
    connection.close()
    return said.getvalue().partition("\n\n")[2]  # what stands before says who made it, and where


if __name__ == "__main__":
    main()
