"""Kill -9 at random moments: a run is started, killed and resumed until it ends, and after each kill what its journal knows is held
against what happened in the world outside."""

import json
import os
import random
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import apsw

from cli.stage import Said, playnex
from flows.everything import everything
from flows.stage import SECONDS, Desk, research_desk, wait_for
from playnex.store import checksums
from playnex.testing.model_replies import Asked, Reply
from playnex.testing.model_scripts import research
from playnex.testing.model_server import ModelServer, serving

MOST_LIVES = 60
"""Processes that one run may take; a run that needs more does not come forward."""

EARLY = 0.15
"""How many of the processes are killed while they still start."""

START = 0.6
"""Seconds that a process takes to start, more or less."""


@dataclass
class Tally:
    """What a number of runs went through, and what was wrong with them."""

    runs: int = 0
    kills: int = 0
    undecided: int = 0
    faults: list[str] = field(default_factory=list)


class World(Protocol):
    """What happens outside of a run."""

    command: tuple[str, ...]
    span: float

    def happened(self) -> Counter[str]:
        """How often each thing was really done."""
        ...

    def finished(self, log: list[Any]) -> set[str]:
        """The things that the journal says are finished: they must never be done again."""
        ...

    def wrong(self, document: Any, kills: int) -> list[str]:
        """What is not as it must be once the run has ended."""
        ...


@dataclass
class Research:
    """The world of research-to-article: a model server, and how often each request came to it."""

    server: ModelServer
    command: tuple[str, ...] = ("flow", "run", "research-to-article", "--input", "topic=local-first software")
    span: float = 2.5

    def happened(self) -> Counter[str]:
        return Counter(self.server.counts)

    def finished(self, log: list[Any]) -> set[str]:
        answered = sum(line["event"] == "StepFinished" and line["kind"] == "model" for line in log)
        return set(list(dict.fromkeys(asked.digest for asked in self.server.asked))[:answered])

    def wrong(self, document: Any, kills: int) -> list[str]:
        counts = self.happened()
        sent_twice = sum(counts.values()) - len(counts)
        faults = [f"{sent_twice} requests were sent again in {kills} kills"] if sent_twice > kills else []
        faults += [f"{len(counts)} requests instead of 4"] if len(counts) != 4 else []
        return faults + ([] if len(document["capsules"]) == 4 else ["a capsule was lost"])


def unhurried(asked: Asked) -> Reply:
    """The research template's model, which takes a moment for each answer."""
    threading.Event().wait(0.1)
    return research(asked)


@dataclass
class Campaign:
    """Runs, each in a workspace of its own, killed at moments that `chance` draws, `most` times in all. `between` happens after each
    kill: nothing, or, for the known-bad arm, harm to the journal."""

    chance: random.Random
    most: int
    between: Callable[[Path], None] = lambda _: None
    tally: Tally = field(default_factory=Tally)
    known: set[str] = field(default_factory=set)

    def put_through(self, folder: Path, world: World) -> None:
        """One run from its start to its end, with everything that people have to say to it."""
        desk, kills = Desk(folder), 0
        self.tally.runs += 1
        self.known = set()
        for _ in range(MOST_LIVES + self.most):
            if self.tally.faults:
                return
            standing = stand(folder)
            if standing is None or standing["status"] in ("pending", "running", "paused"):
                kills += self._one_life(desk, world, words_for(standing, world))
            elif standing["status"] in ("succeeded", "failed", "cancelled"):
                self._close(folder, world, kills)
                return
            else:
                self._help(folder, standing, world)
                kills += self._one_life(desk, world, ("run", "resume", "last"))
        self.tally.faults.append(f"the run never ended: {stand(folder)}")

    def _one_life(self, desk: Desk, world: World, words: tuple[str, ...]) -> int:
        """A process that is killed, unless it ends first; whether it was."""
        before, position = world.happened(), newest(desk.folder)
        child = desk.start(*words)
        try:
            if self.tally.kills < self.most and self.chance.random() < EARLY:
                child.wait(self.chance.uniform(0, START))
            wait_for(lambda: newest(desk.folder) > position or child.poll() is not None, "the process to begin")
            child.wait(self.chance.uniform(0, world.span) if self.tally.kills < self.most else SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
        killed = child.wait() == -signal.SIGKILL
        again = {word: count for word, count in (world.happened() - before).items() if word in self.known}
        self.tally.faults += [f"{word} was finished and done again" for word in again]
        self.known |= finished(desk.folder, world)
        self.tally.kills += killed
        if killed:
            self.between(desk.folder)
        return killed

    def _help(self, folder: Path, standing: Any, world: World) -> None:
        """Say what a person has to say: answer what is asked, decide what is unknown."""
        for unknown in standing["unknown"]:
            self.tally.undecided += 1
            done = world.happened()[unknown["step"]]
            said(folder, "run", "resolve", "last", *(("--done", "17") if done else ("--again",)))
        for wait in standing["waits"]:
            answer = {"approved": True} if wait["ask"] else {"n": 1}
            if wait["signal"] and not is_sent(folder, wait["signal"]):
                said(folder, "run", "signal", "last", wait["signal"], "--data", json.dumps(answer))

    def _close(self, folder: Path, world: World, kills: int) -> None:
        document = json.loads(said(folder, "run", "show", "last", "--json").out)
        if document["status"] != "succeeded":
            self.tally.faults.append(f"the run ended as {document['status']}: {document['reason']} {document.get('message')}")
        self.tally.faults += world.wrong(document, kills)
        replayed = said(folder, "run", "replay", "last")
        self.tally.faults += [] if replayed.out.startswith("same") else [f"its replay says {replayed.out}"]


def words_for(standing: Any, world: World) -> tuple[str, ...]:
    """Start the run, or go on with it."""
    return world.command if standing is None else ("run", "resume", "last")


def stand(folder: Path) -> Any:
    """How the newest run stands, or None where there is none yet."""
    done = playnex("run", "show", "last", "--json", folder=folder)
    document = json.loads(done.out)
    return None if "error" in document else document


def log_of(folder: Path) -> list[Any]:
    """The log of the newest run, empty where there is none."""
    done = playnex("run", "logs", "last", folder=folder)
    return [json.loads(line) for line in done.out.splitlines()]


def finished(folder: Path, world: World) -> set[str]:
    """What the newest run's journal says is finished."""
    return world.finished(log_of(folder))


def is_sent(folder: Path, signal_name: str) -> bool:
    """Whether that signal is in the journal already."""
    return any(line["event"] == "SignalReceived" and line["signal"] == signal_name for line in log_of(folder))


def said(folder: Path, *words: str) -> Said:
    """What a command said that must succeed."""
    done = playnex(*words, folder=folder)
    assert done.code == 0, (words, done)
    return done


def newest(folder: Path) -> int:
    """The position of the newest event of the workspace."""
    if not (folder / ".playnex/store.db").exists():
        return 0
    store = checksums.connect(folder / ".playnex/store.db")
    store.set_busy_timeout(10_000)
    try:
        return int(store.execute("SELECT coalesce(max(position), 0) FROM events").get)
    except apsw.SQLError:
        return 0
    finally:
        store.close()


def lose_results(folder: Path) -> None:
    """The known-bad arm: a journal whose results are thrown away."""
    if not (folder / ".playnex/store.db").exists():
        return
    store = checksums.connect(folder / ".playnex/store.db")
    store.set_busy_timeout(10_000)
    with suppress(apsw.SQLError):
        store.execute("DELETE FROM events WHERE kind = 'StepFinished'")
    store.close()


def kill_everything(seed: int, folder: Path, kills: int, between: Callable[[Path], None] = lambda _: None) -> Tally:
    """Runs of the flow of every step kind, until so many processes have been killed."""
    campaign = Campaign(random.Random(seed), most=kills, between=between)
    while campaign.tally.kills < kills and not campaign.tally.faults:
        own = folder / f"everything-{campaign.tally.runs}"
        campaign.put_through(own, everything(own))
    return campaign.tally


def kill_research(seed: int, folder: Path, kills: int) -> Tally:
    """Runs of research-to-article against the scripted model server, until so many processes have been killed."""
    campaign = Campaign(random.Random(seed), most=kills)
    while campaign.tally.kills < kills and not campaign.tally.faults:
        own = folder / f"research-{campaign.tally.runs}"
        with serving(unhurried) as server:
            research_desk(own, server.url)
            campaign.put_through(own, Research(server))
    return campaign.tally
