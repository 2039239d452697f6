"""A table at which scripted agents sit: patterns are carried out in a run in memory, which can die and go on."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from playnex.canonical import Json
from playnex.models.model import ModelAnswer, ModelRequest
from playnex.patterns.pattern import Pattern
from playnex.spec.agent_result import AgentResult
from playnex.spec.context import OutputForm, StepContext
from playnex.testing.rehearsal import Rehearsal, crash_everywhere
from playnex.testing.scripted_agents import ScriptedAgents
from playnex.testing.scripted_model import ModelScript, says

PROMPT = "Name the longest river."
DATA = re.compile(r"\[data (\w+): (.+?)\]\n(.*?)\n\[end of data \1\]", re.DOTALL)


@dataclass
class Table:
    """One pattern and its agents; what it came to is in `result` once it was played."""

    pattern: Pattern
    scripts: Mapping[str, ModelScript]
    output: OutputForm = None
    rehearsal: Rehearsal = field(init=False)
    agents: ScriptedAgents = field(init=False)
    result: AgentResult = field(init=False)
    lives: list[int] = field(default_factory=list)
    """How many requests there had been when each life of the run began."""

    def __post_init__(self) -> None:
        self.agents = ScriptedAgents(self.scripts)
        self.rehearsal = Rehearsal(self._body, agents=self.agents)

    async def _body(self, context: StepContext, inputs: Any) -> Json:
        self.lives.append(self.requests())
        self.result = await self.pattern.try_run(context, PROMPT, output=self.output)
        return [self.result.succeeded, self.result.output, self.result.reason, self.result.message, self.result.partial]

    def play(self) -> AgentResult:
        self.rehearsal.play()
        return self.result

    def requests(self) -> int:
        """How many requests all models have had."""
        return sum(len(model.asked) for model in self.agents.models.values())

    def record(self, ending: str) -> Any:
        """The recorded output of the step whose key ends so."""
        return next(record.output for key, record in self.rehearsal.results.items() if key.endswith(ending))


def alone(agents: Mapping[str, ModelScript], pattern: Pattern, *, output: OutputForm = None) -> Table:
    """A table where the pattern has been carried out."""
    table = Table(pattern, agents, output)
    table.play()
    return table


def material(request: ModelRequest) -> dict[str, str]:
    """The data that a request brings, by name."""
    return {name: text for _, name, text in DATA.findall(told(request))}


def told(request: ModelRequest) -> str:
    """All words of a request."""
    return "\n".join(getattr(message, "text", "") for message in request.messages)


def typed(value: Json) -> ModelAnswer:
    """A typed answer."""
    return says(json.dumps(value))


def survives(make: Callable[[], Table]) -> int:
    """Let a pattern die at every append and go on: the end is that of a run that never died, and what was answered is never asked again.
    How many deaths it saw."""
    whole = make()
    whole.play()
    tables: list[Table] = []

    def again() -> Rehearsal:
        tables.append(make())
        return tables[-1].rehearsal

    deaths = 0
    for rehearsal in crash_everywhere(again):
        deaths += 1
        table = tables[-1]
        answered = [key for key in rehearsal.died or () if key.endswith("/model")]
        assert rehearsal.ending == whole.rehearsal.ending
        before = table.lives[1] if len(table.lives) > 1 else table.requests()  # the last death may come when all is done
        assert table.requests() - before == whole.requests() - len(answered), f"asked again after {sorted(answered)}"
    return deaths
