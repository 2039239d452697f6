"""What a step names and gives: agents, tools, flows and Python functions, held against what the workspace offers."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from playnex.canonical import Json
from playnex.spec.agent import AgentSpec
from playnex.spec.check_value import problems
from playnex.spec.expression import is_template
from playnex.spec.faults import Fault, did_you_mean
from playnex.spec.flow import StepSpec
from playnex.spec.located import ListNode, MapNode, Node, find, plain


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionFacts:
    """What is known of a Python function without running it: its parameters (None: not to be seen), those that must be given, and
    why it cannot be called, if so."""

    parameters: tuple[str, ...] | None = None
    required: tuple[str, ...] = ()
    problem: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """What a workspace offers: agents by name, tools by name with the JSON Schema of their arguments, the names of flows, the
    Python functions that the flow names, and the MCP servers whose tools are not known."""

    agents: Mapping[str, AgentSpec] = field(default_factory=dict)
    tools: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    flows: tuple[str, ...] = ()
    functions: Mapping[str, FunctionFacts] = field(default_factory=dict)
    unseen: tuple[str, ...] = ()


def target_faults(spec: StepSpec, node: Node, catalogue: Catalogue) -> Iterator[Fault]:
    """What is wrong with the agents, tool, flow or functions that a step names, and with what it gives them."""
    if spec.kind == "agent" and spec.target:
        yield from agent_faults(find(node, "agent"), catalogue)
    if spec.kind == "tool" and spec.target:
        yield from _tool_faults(spec, node, catalogue)
    if spec.kind == "flow" and spec.target:
        yield from _flow_faults(spec, node, catalogue)
    if spec.kind == "python" and spec.target:
        yield from _function_faults(spec, node, catalogue)
    for check in checks_of(find(node, "verify")):
        yield from agent_faults(find(check, "agent"), catalogue)
        yield from check_faults(find(check, "python"), catalogue)
    if spec.fallback and spec.fallback.agent:
        yield from agent_faults(find(node, "fallback", "agent"), catalogue)


def agent_faults(node: Node | None, catalogue: Catalogue) -> Iterator[Fault]:
    """What is wrong with an agent's name."""
    name = plain(node)
    if node is not None and isinstance(name, str) and name not in catalogue.agents:
        hint = did_you_mean(name, catalogue.agents) or f"write agents/{name}.md"
        yield Fault(place=node.place, message=f"there is no agent {name!r}", hint=hint)


def _function_faults(spec: StepSpec, node: Node, catalogue: Catalogue) -> Iterator[Fault]:
    """What is wrong with a Python step: its function, or what it is given."""
    target, facts = find(node, "python") or node, catalogue.functions.get(spec.target, FunctionFacts())
    if facts.problem:
        yield Fault(place=target.place, message=facts.problem, hint=facts.hint)
    if facts.problem or facts.parameters is None:
        return
    arguments = find(node, "with")
    for name in facts.required:
        if name not in spec.arguments:
            where = arguments.place if arguments else target.place
            yield Fault(place=where, message=f"{spec.target!r} needs the argument {name!r}", hint=f"add `{name}:` under `with:`")
    for entry in arguments.entries if isinstance(arguments, MapNode) else ():
        if entry.key not in facts.parameters:
            hint = did_you_mean(entry.key, facts.parameters) or f"it takes {', '.join(facts.parameters) or 'none'}"
            yield Fault(place=entry.place, message=f"{spec.target!r} has no argument {entry.key!r}", hint=hint)


def check_faults(node: Node | None, catalogue: Catalogue) -> Iterator[Fault]:
    """What is wrong with a Python check: it takes the output first, and may take `inputs`."""
    facts = catalogue.functions.get(str(plain(node)))
    if node is None or facts is None:
        return
    if facts.problem:
        yield Fault(place=node.place, message=facts.problem, hint=facts.hint)
    elif facts.parameters is not None and (not facts.parameters or set(facts.required) - {facts.parameters[0], "inputs"}):
        message = f"{plain(node)!r} cannot be a check: it takes {', '.join(facts.parameters) or 'nothing'}"
        yield Fault(place=node.place, message=message, hint="write `def name(output, inputs)`, or `def name(output)`")


def _flow_faults(spec: StepSpec, node: Node, catalogue: Catalogue) -> Iterator[Fault]:
    if spec.target not in catalogue.flows:
        hint = did_you_mean(spec.target, catalogue.flows) or "see `playnex flow list`"
        yield Fault(place=(find(node, "flow") or node).place, message=f"there is no flow {spec.target!r}", hint=hint)


def _tool_faults(spec: StepSpec, node: Node, catalogue: Catalogue) -> Iterator[Fault]:
    target = find(node, "tool") or node
    schema = catalogue.tools.get(spec.target)
    if schema is None:
        hint = other_tool(spec.target, catalogue.tools, catalogue.unseen)
        yield Fault(place=target.place, message=f"there is no tool {spec.target!r}", hint=hint)
        return
    properties = schema.get("properties", {})
    arguments = find(node, "with")
    for name in schema.get("required", ()):
        if name not in spec.arguments:
            where = arguments.place if arguments else target.place
            yield Fault(place=where, message=f"tool {spec.target!r} needs the argument {name!r}", hint=f"add `{name}:` under `with:`")
    if isinstance(arguments, MapNode):
        yield from _argument_faults(spec.target, arguments, properties if schema.get("additionalProperties") is False else None)
        yield from _typed_argument_faults(spec.target, arguments, properties)


def other_tool(name: str, tools: Iterable[str], unseen: tuple[str, ...]) -> str:
    """What to do about a tool that is not there: look at its server, where nobody did so yet, or name another one."""
    server = name.partition(".")[0]
    if server in unseen:
        return f"nobody has looked at the MCP server {server!r} as it is now: playnex mcp test {server}"
    return did_you_mean(name, tools) or "playnex tool list lists them"


def _argument_faults(tool: str, arguments: MapNode, properties: Mapping[str, Json] | None) -> Iterator[Fault]:
    for entry in arguments.entries:
        if properties is not None and entry.key not in properties:
            hint = did_you_mean(entry.key, properties) or f"it takes {', '.join(properties) or 'none'}"
            yield Fault(place=entry.place, message=f"tool {tool!r} has no argument {entry.key!r}", hint=hint)


def _typed_argument_faults(tool: str, arguments: MapNode, properties: Mapping[str, Json]) -> Iterator[Fault]:
    for entry in arguments.entries:
        value = plain(entry.value)
        if entry.key in properties and not has_templates(value):
            for problem in problems(properties[entry.key], value, root=entry.key):
                yield Fault(place=entry.value.place, message=f"an argument does not fit tool {tool!r}: {problem}", hint=FITTING)


FITTING = "write a value of that kind, or a ${{ }} that gives one"


def has_templates(value: Json) -> bool:
    """Whether something is to be filled in anywhere in the value."""
    match value:
        case str():
            return is_template(value)
        case dict():
            return any(map(has_templates, value.values()))
        case list():
            return any(map(has_templates, value))
        case _:
            return False


def checks_of(node: Node | None) -> tuple[Node, ...]:
    """One check, or a list of them."""
    return node.items if isinstance(node, ListNode) else (node,) if node else ()
