"""The people around simulated runs: they send signals, answer what is asked, say honestly what became of an effect, and meddle."""

import asyncio
import zlib
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from playnex.journal.events import END_STATES, OutcomeDecided, ResumeRequested, RunParked, SignalReceived, StopRequested, WaitStarted
from playnex.journal.journal import RunSummary
from playnex.testing.simulation.lives import Outside, Troubles, payload_of, result_of

LOOK = 3.0
"""Seconds between two looks, on average."""


@dataclass(slots=True, eq=False, kw_only=True)
class People:
    """They see the journal as it is, and are never in trouble themselves. `signals` are the times at which a run is sent a signal."""

    outside: Outside
    chance: Random
    troubles: Troubles
    signals: list[tuple[float, str, str]]
    answered: set[tuple[str, str]] = field(default_factory=set)
    sent: Counter[tuple[str, str]] = field(default_factory=Counter)
    said_again: Counter[tuple[str, str]] = field(default_factory=Counter)

    async def look_after(self) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(self.chance.random() * 2 * LOOK)
            now = asyncio.get_running_loop().time()
            for due, run, signal in [planned for planned in self.signals if planned[0] <= now]:
                self.sent[run, signal] += 1
                payload = payload_of(signal, self.sent[run, signal])
                await self.outside.journal.post(run, "", SignalReceived(signal=signal, payload=payload))
                self.signals.remove((due, run, signal))
            for line in tuple(self.outside.journal.lines.values()):
                if line.state not in END_STATES:
                    await self._look_at(line)
                    if now < self.troubles.seconds and self.chance.random() < 0.02:
                        await self.outside.journal.post(line.id, "", StopRequested(stop="pause", by="someone"))

    async def _look_at(self, line: RunSummary) -> None:
        match line.state, line.reason:
            case "parked", "outcome unknown":
                await self._decide(line.id)
            case ("parked", "poison") | ("paused", _):
                await self.outside.journal.post(line.id, "", ResumeRequested(by="someone"))
            case "parked", reason:
                self.outside.faults.append(f"run {line.id} was parked: {reason}")
            case _:
                await self._answer(line.id)

    async def _answer(self, run: str) -> None:
        for event in self.outside.journal.all_of(run):
            if isinstance(event.fact, WaitStarted) and event.fact.ask is not None and (run, event.key) not in self.answered:
                self.answered.add((run, event.key))
                answer = {"approved": zlib.crc32(event.key.encode()) % 5 > 0}
                await self.outside.journal.post(run, "", SignalReceived(signal=event.key, payload=answer))

    async def _decide(self, run: str) -> None:
        parked = [event.fact for event in self.outside.journal.all_of(run) if isinstance(event.fact, RunParked)][-1]
        if self.outside.done[run, parked.step]:
            await self.outside.journal.post(run, parked.step, OutcomeDecided(decision="done", value=result_of(parked.step)))
        else:
            self.said_again[run, parked.step] += 1
            await self.outside.journal.post(run, parked.step, OutcomeDecided(decision="again"))
