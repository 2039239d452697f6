"""A workspace in which a team of two and an agent alone do the same work, with a model whose every answer a test decides."""

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from cli.stage import playnex
from flows.stage import Desk
from playnex.app.templates import lay_out
from playnex.testing.model_replies import Asked, Reply, answer, value

TEAM = """\
playnex: 1
name: team
description: Says the capital of a country.
inputs: { country: { type: string, required: true }, note: string }
steps:
  draft: { agent: draft, prompt: "Say the capital of ${{ inputs.country }}." }
  edit: { agent: edit, prompt: "Mend this answer about ${{ inputs.country }}: ${{ steps.draft.output }}" }
"""
AGENTS = ("draft", "edit", "solo", "judge")
WORDS = ("compare", "team", "--baseline", "solo", "--inputs", "cases.jsonl")
CHECK = "output == case.expected"
COUNTRIES = tuple(f"Country {number:02}" for number in range(1, 41))

Says: TypeAlias = Callable[[str], str]
"""What an arm answers about a country."""

Judges: TypeAlias = Callable[[str, str], str]
"""`A`, `B` or `same`, of two answers."""


def right(country: str) -> str:
    """The right answer."""
    return f"capital of {country}"


def wrong(country: str) -> str:
    """A wrong one."""
    return f"no idea about {country}"


def compare_desk(folder: Path, url: str) -> Desk:
    """The workspace."""
    lay_out("minimal", folder)
    (folder / "flows/team.yaml").write_text(TEAM)
    for name in AGENTS:
        (folder / f"agents/{name}.md").write_text(f"---\nname: {name}\n---\nYou are {name}.\n")
    (folder / "playnex.toml").write_text(f'[models.main]\nbase_url = "{url}"\nname = "scripted"\ncontext = 32768\n')
    write_cases(folder)
    return Desk(folder)


def write_cases(folder: Path, countries: Sequence[str] = COUNTRIES) -> None:
    """The file of cases, each with the answer that is expected."""
    lines = [json.dumps({"country": country, "expected": right(country)}) + "\n" for country in countries]
    (folder / "cases.jsonl").write_text("".join(lines))


def prefers_right(first: str, second: str) -> str:
    """A judge who knows."""
    if ("no idea" in first) == ("no idea" in second):
        return "same"
    return "B" if "no idea" in first else "A"


def prefers_the_first(_first: str, _second: str) -> str:
    """A judge who likes what it reads first."""
    return "A"


class Cast:
    """The model of everybody: the script that a server plays. `asked` counts the requests of each agent."""

    def __init__(self, team: Says, solo: Says, judge: Judges = prefers_right) -> None:
        self.asked: Counter[str] = Counter()
        self._says = {"draft": wrong, "edit": team, "solo": solo}
        self._judge = judge

    def take(self) -> dict[str, int]:
        """The requests since this was asked last."""
        taken, self.asked = dict(self.asked), Counter()
        return taken

    def __call__(self, asked: Asked) -> Reply:
        found = re.search(r"You are (\w+)\.", asked.prompt)
        agent = found[1] if found else ""
        self.asked[agent] += 1
        if agent == "judge":
            first, second = re.findall(r"\[data \w+: answer [AB]\]\n(.*?)\n\[end", asked.prompt, re.DOTALL)
            return value({"better": self._judge(first, second), "reason": "so it is"})
        country = re.search(r"Country \d\d", asked.prompt)
        return answer(self._says[agent](country[0] if country else ""), input_tokens=100)


def compared(desk: Desk, *words: str) -> Any:
    """The comparison's document; the command is carried out in this process, which has imported by now what it needs."""
    said = playnex(*WORDS, *words, "--json", folder=desk.folder)
    assert said.out, said.err
    return json.loads(said.out)


def lines_of(desk: Desk, name: str = "out.jsonl") -> list[Any]:
    """The cases that a comparison wrote."""
    return [json.loads(line) for line in (desk.folder / name).read_text().splitlines()]
