"""A law of patterns: whoever is faster, the same steps are recorded and the end is the same."""

import asyncio
import random
from dataclasses import dataclass, field

import pytest

from patterns.stage import Table, material, told, typed
from playnex.models.model import ModelAnswer, ModelRequest
from playnex.patterns import Debate, MapOver, Parallel, Pattern
from playnex.testing.scripted_model import ModelScript, ScriptedModel, says

SLOWEST = 7
"""Turns of the event loop that an answer takes at most."""


@dataclass(slots=True, eq=False, kw_only=True)
class PacedModel(ScriptedModel):
    """Takes its time, another one for each request."""

    pace: random.Random = field(default_factory=random.Random)

    async def ask(self, request: ModelRequest) -> ModelAnswer:
        for _ in range(self.pace.randrange(SLOWEST)):
            await asyncio.sleep(0)
        return await ScriptedModel.ask(self, request)


def speaks(name: str) -> ModelScript:
    """Votes for the first that it may, mends its draft by what it sees, and spells items."""

    def speak(request: ModelRequest) -> ModelAnswer:
        if request.schema is not None:
            return typed({"winner": request.schema["properties"]["winner"]["enum"][0], "reason": "first"})
        seen = "".join(sorted(material(request).values()))
        return says(f"{name}:{len(seen)}:{len(told(request))}")

    return speak


PATTERNS: dict[str, Pattern] = {
    "debate": Debate(debaters=["one", "two", "three", "four"], rounds=3),
    "parallel": Parallel(agents=["one", "two", "three"], merge="four", at_most=2),
    "map": MapOver(agent="one", items=["a", "bb", "ccc", "dddd", "eeeee"], at_most=3),
}


@pytest.mark.parametrize("name", PATTERNS)
def test_the_same_is_recorded_and_comes_out_at_any_speed(name: str) -> None:
    seed = random.randrange(10**6)
    ends = set()
    for number in range(12):
        table = Table(PATTERNS[name], {agent: speaks(agent) for agent in ("one", "two", "three", "four")})
        pace = random.Random(seed + number)
        table.agents.models = {agent: PacedModel(script=script, pace=pace) for agent, script in table.scripts.items()}
        table.play()
        records = sorted((key, str(record.output), record.status) for key, record in table.rehearsal.results.items())
        ends.add((str(table.rehearsal.ending), str(records)))
    assert len(ends) == 1, f"seed {seed}"
