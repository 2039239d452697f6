"""An agent's Markdown file as a checked AgentSpec, or every fault in it, at the lines of the whole file."""

from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import cast

from playnex.spec.agent import DEFAULT_LIMITS, TURN_CEILING, AgentSpec, Reflect
from playnex.spec.faults import Fault, Place
from playnex.spec.located import MapNode, Node, ScalarNode, find
from playnex.spec.read_flow import in_file_order, read_budget
from playnex.spec.read_memory import read_memory
from playnex.spec.read_settings import read_schema
from playnex.spec.reading import Reading
from playnex.spec.tool_rules import ASK, CONSEQUENTIAL, NEVER, approval_problem
from playnex.spec.yaml_source import read_yaml

AGENT_KEYS = (
    "name", "description", "model", "tools", "memory", "limits", "plan", "reflect", "output", "temperature", "max_output_tokens",
    "approval",
)  # fmt: skip
LATER_AGENT_KEYS = ("skills",)
HOTTEST = 2
REFLECT = ("never", "after-error", "every-turn")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAgent:
    """What a file holds; `agent` is there when it has no fault. `model` and `tools` are what it names in any case, for the
    checks that come after."""

    path: str
    agent: AgentSpec | None
    faults: tuple[Fault, ...]
    tree: Node | None = None
    model: str = "main"
    tools: tuple[str, ...] = ()

    def place(self, *keys: str | int) -> Place:
        """Where a value stands; the start of the file where it is not there."""
        found = find(self.tree, *keys)
        return found.place if found else Place(path=self.path, line=1, column=1)


def read_agent(text: str, path: str, name: str) -> ReadAgent:
    """Read the file of agent `name`: YAML between two `---` lines, then the instructions."""
    text = text.replace("\r\n", "\n")
    reading = Reading(path=path)
    parts = _parts(text)
    if parts is None:
        place = Place(path=path, line=1, column=1)
        if text.removeprefix("\ufeff").startswith("---"):
            reading.fault(place, "the front matter that begins here has no end", hint="put a line --- below the agent's keys")
        else:
            hint = "begin it with a line ---, then the agent's keys, a line --- and the instructions"
            reading.fault(place, "the file has no front matter", hint=hint)
        return ReadAgent(path=path, agent=None, faults=tuple(reading.faults))
    front, body = parts
    yaml = read_yaml("\n" + front, path)  # the empty line stands for the first ---, so that lines count as in the file
    reading.faults += yaml.faults
    root = yaml.root or MapNode(place=Place(path=path, line=1, column=1), entries=())
    agent = _read_root(reading, reading.map(root, "the front matter"), name)
    if not body.strip():
        last = Place(path=path, line=text.count("\n", 0, len(text.rstrip())) + 1, column=1, width=3)
        reading.fault(last, "the agent has no instructions", hint="write them below the second ---")
    faults = in_file_order(reading.faults)
    spec = None if faults or agent is None else replace(agent, instructions=body.strip())
    if agent is None:
        return ReadAgent(path=path, agent=None, faults=faults, tree=root)
    return ReadAgent(path=path, agent=spec, faults=faults, tree=root, model=agent.model, tools=agent.tools)


def _parts(text: str) -> tuple[str, str] | None:
    lines = text.removeprefix("\ufeff").split("\n")
    if lines[0].rstrip() != "---":
        return None
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    return None if end is None else ("\n".join(lines[1:end]) + "\n", "\n".join(lines[end + 1 :]))


def _read_root(reading: Reading, root: MapNode | None, name: str) -> AgentSpec | None:
    if root is None:
        return None
    reading.keys(root, AGENT_KEYS, what="an agent", later=LATER_AGENT_KEYS)
    _check_name(reading, find(root, "name"), name)
    limits = read_budget(reading, find(root, "limits"), "`limits`", most_turns=TURN_CEILING)
    plans = reading.flag(find(root, "plan"), "`plan`") or False
    if plans and limits.turns == 1:
        turns = find(root, "limits", "turns") or root
        reading.fault(turns, "an agent that plans needs a turn for its plan and one to act", hint="give it two turns or more, or no `plan`")
    return AgentSpec(
        name=name,
        description=reading.text(find(root, "description"), "`description`") or "",
        model=reading.filled(find(root, "model"), "`model`") or "main",
        tools=reading.texts(find(root, "tools"), "`tools`"),
        memory=read_memory(reading, find(root, "memory")),
        limits=limits if limits.turns else replace(limits, turns=DEFAULT_LIMITS.turns),
        plan=plans,
        reflect=cast(Reflect, reading.choice(find(root, "reflect"), "`reflect`", REFLECT) or "never"),
        output=read_schema(reading, find(root, "output")),
        temperature=reading.number(find(root, "temperature"), "`temperature`", least=0, most=HOTTEST),
        max_output_tokens=reading.count(find(root, "max_output_tokens"), "`max_output_tokens`"),
        path=reading.path,
        approval=_read_approval(reading, find(root, "approval")),
    )


def _read_approval(reading: Reading, node: Node | None) -> dict[str, str]:
    """Which calls ask, by patterns of their tools' names: an agent can only be stricter, so `never` is no word here."""
    if node is None:
        return {}
    if isinstance(node, ScalarNode) and node.value == ASK:
        return {CONSEQUENTIAL: ASK}
    if not isinstance(node, MapNode):
        reading.wrong(node, "`approval`", "`ask`, or a map of tools to `ask` or a rule")
        return {}
    found: dict[str, str] = {}
    for entry in node.entries:
        rule = reading.filled(entry.value, f"`approval` of {entry.key!r}")
        if rule == NEVER:
            reading.fault(entry.value, "an agent can only be stricter than its tools", hint="leave this line out")
        elif rule is not None and (problem := approval_problem(rule)):
            reading.fault(entry.value, problem.message, hint=problem.hint)
        elif rule is not None:
            found[entry.key] = rule
    return found


def _check_name(reading: Reading, node: Node | None, name: str) -> None:
    written = reading.slug(node, "the name")
    if node is not None and written and written != name:
        file = PurePath(reading.path).name
        reading.fault(node, f"the agent is named {written!r} and its file {file!r}", hint=f"rename one: flows say {name!r}")
