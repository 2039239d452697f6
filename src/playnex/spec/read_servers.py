"""Reads `.mcp.json`: the MCP servers of a workspace, every fault with its place. In local mode servers speak over stdio only."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, cast, get_args

from playnex.secrets.known import KNOWN
from playnex.spec import variables
from playnex.spec.browser import BrowserSpec
from playnex.spec.context import Effect
from playnex.spec.faults import Fault
from playnex.spec.json_source import read_json
from playnex.spec.located import Entry, MapNode, Node, ScalarNode, find, plain, within
from playnex.spec.read_browser import read_browser
from playnex.spec.reading import WORD, Reading
from playnex.spec.server import CALL_SECONDS, PROCESSES, SHARES, TRUSTS, ServerSpec, Share, Trust
from playnex.spec.tool_rules import Egress

GROUPS = ("mcpServers", "servers")
OTHERS = ("inputs",)
"""Keys of other programs' files that say nothing about servers."""

KEYS = (
    *("command", "args", "env", "cwd", "type", "trust", "network", "write", "timeout", "tools", "effects"),
    *("share", "processes", "egress", "browser"),
)
LATER = ("approval",)
REMOTE = ("url", "headers", "serverUrl", "httpUrl")
REMOTE_KINDS = ("http", "sse", "streamable-http", "streamableHttp", "ws", "websocket", "url")
STDIO = "name a `command` that speaks MCP over stdio; nothing else is started in local mode"
EFFECTS: tuple[Effect, ...] = get_args(Effect)
EGRESSES: tuple[Egress, ...] = get_args(Egress)
LONGEST_CALL = 3600.0
MOST_PROCESSES = 100

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadServers:
    """The servers that are well, in the file's order, and every fault."""

    servers: tuple[ServerSpec, ...] = ()
    faults: tuple[Fault, ...] = ()


def read_servers(text: str, path: str) -> ReadServers:
    """The servers in the text of a `.mcp.json`."""
    source = read_json(text, path)
    reading = Reading(path=path, faults=list(source.faults))
    root = reading.map(source.root, "the file", hint='write it as {"mcpServers": {…}}')
    if root is None:
        return ReadServers(faults=tuple(reading.faults))
    reading.keys(root, (*GROUPS, *OTHERS), what="the file")
    servers: dict[str, ServerSpec] = {}
    for entry in _entries(reading, root):
        if entry.key in servers:
            reading.fault(entry, f"there are two servers {entry.key!r}", hint="rename one of them")
        elif (server := _server(reading, entry)) is not None:
            servers[entry.key] = server
    faults = sorted(reading.faults, key=lambda fault: (fault.place.line, fault.place.column))
    return ReadServers(servers=tuple(servers.values()), faults=tuple(faults))


def _entries(reading: Reading, root: MapNode) -> list[Entry]:
    groups = (reading.map(find(root, group), f"`{group}`") for group in GROUPS)
    return [entry for group in groups if group for entry in group.entries if entry is group.entry(entry.key)]


def _server(reading: Reading, entry: Entry) -> ServerSpec | None:
    before = len(reading.faults)
    if not WORD.fullmatch(entry.key):
        reading.fault(entry, f"{entry.key!r} cannot be a server's name", hint="begin with a letter; then letters, digits, - and _")
    node = reading.map(entry.value, f"server {entry.key!r}", hint='write it as {"command": …, "args": […]}')
    if node is None or _is_remote(reading, node, entry.key):
        return None
    reading.keys(node, KEYS, what=f"server {entry.key!r}", later=LATER)
    command = _template(reading, find(node, "command"), "`command`")
    if node.entry("command") is None:
        reading.fault(entry, f"server {entry.key!r} has no `command`", hint="name the program that starts it")
    found = ServerSpec(
        name=entry.key,
        command=command or "",
        args=_templates(reading, find(node, "args"), "`args`"),
        env=_named_texts(reading, find(node, "env"), "`env`"),
        cwd=_template(reading, find(node, "cwd"), "`cwd`") or "",
        trust=cast(Trust, reading.choice(find(node, "trust"), "`trust`", TRUSTS) or "sandbox"),
        network=reading.flag(find(node, "network"), "`network`") or False,
        write=_templates(reading, find(node, "write"), "`write`"),
        timeout=_seconds(reading, find(node, "timeout")) or CALL_SECONDS,
        tools=("*",) if node.entry("tools") is None else reading.texts(find(node, "tools"), "`tools`"),
        effects=_effects(reading, find(node, "effects")),
        share=_share(reading, node),
        processes=_processes(reading, node) or PROCESSES,
        egress=cast("Egress | None", reading.choice(find(node, "egress"), "`egress`", EGRESSES)),
        browser=_browser(reading, node),
        place=entry.place,
    )
    return found if len(reading.faults) == before else None


def _is_remote(reading: Reading, node: MapNode, name: str) -> bool:
    """True, with faults, for a server that is not a child process of ours."""
    kind = node.entry("type")
    said = plain(kind.value) if kind else "stdio"
    remote = [entry for entry in node.entries if entry.key in REMOTE]
    if kind and said != "stdio":
        message = f"server {name!r} is of type {said!r}" if said in REMOTE_KINDS else f"there is no type {said!r} of servers"
        reading.fault(kind.value, message, hint=STDIO)
    elif remote:
        reading.fault(remote[0], f"server {name!r} is reached by {remote[0].key!r}, and would be another machine's", hint=STDIO)
    return bool(remote) or said != "stdio"


def _template(reading: Reading, node: Node | None, what: str) -> str | None:
    text = reading.filled(node, what)
    if text is None or not isinstance(node, ScalarNode):
        return None
    if (at := variables.misspelt(text)) is not None:
        reading.fault(within(node, at, width=2), f"{what}: `${{` begins no variable", hint=f"write {variables.FORMS}")
    if any(name.startswith(variables.KEYRING) for name in variables.named(text)):
        hint = 'grant it as a variable: "env": {"TOKEN": "${keyring:NAME}"}'
        reading.fault(node, f"{what}: every program on this machine can read it, so no secret of the keyring may stand there", hint=hint)
    if "\0" in text:
        reading.fault(node, f"{what} holds a NUL, which no program can be given")
    return text


def _templates(reading: Reading, node: Node | None, what: str) -> tuple[str, ...]:
    texts = reading.texts(node, what)
    items = (node,) if isinstance(node, ScalarNode) else getattr(node, "items", ())
    for item in items:
        if isinstance(item, ScalarNode) and isinstance(item.value, str) and item.value.strip():
            _template(reading, item, what)
    return texts


def _named_texts(reading: Reading, node: Node | None, what: str) -> dict[str, str]:
    return _by_name(reading, node, what, lambda entry: _environment_text(reading, entry))


def _environment_text(reading: Reading, entry: Entry) -> str | None:
    if isinstance(entry.value, ScalarNode) and entry.value.value == "":
        return ""
    text = reading.filled(entry.value, f"`env.{entry.key}`")
    if text is not None and (problem := variables.problem_of(entry.key, text)):
        KNOWN.remember(entry.key, text)  # the faulty line is shown
        reading.fault(entry.value, f"`env.{entry.key}`: {problem.message}", hint=problem.hint)
    if text is not None and "\0" in text:
        reading.fault(entry.value, f"`env.{entry.key}` holds a NUL, which no program can be given")
    return text


def _effects(reading: Reading, node: Node | None) -> dict[str, Effect]:
    return _by_name(reading, node, "`effects`", lambda entry: _effect(reading, entry))


def _effect(reading: Reading, entry: Entry) -> Effect | None:
    return cast("Effect | None", reading.choice(entry.value, f"the effect of {entry.key!r}", EFFECTS))


def _by_name(reading: Reading, node: Node | None, what: str, part: Callable[[Entry], Part | None]) -> dict[str, Part]:
    table = reading.map(node, what, hint='write it as {"NAME": "value"}')
    found = {entry.key: part(entry) for entry in table.entries} if table else {}
    return {key: value for key, value in found.items() if value is not None}


def _share(reading: Reading, node: MapNode) -> Share:
    said = cast("Share | None", reading.choice(find(node, "share"), "`share`", SHARES))
    if said and said != "never" and node.entry("browser"):
        reading.fault(node.entry("share") or node, "a browser is never shared", hint="delete `share`: each run has a fresh one")
    return "never" if node.entry("browser") else said or "all"


def _browser(reading: Reading, node: MapNode) -> BrowserSpec | None:
    entry, network = node.entry("browser"), node.entry("network")
    if entry and network and plain(network.value) is True:
        reading.fault(network, "`network` would let the browser pass by its `hosts`", hint="delete it: `hosts` say where it may go")
    return read_browser(reading, entry) if entry else None


def _processes(reading: Reading, node: MapNode) -> int | None:
    said, share = node.entry("processes"), find(node, "share")
    if said and (share is None or plain(share) == "all") and not node.entry("browser"):
        reading.fault(said, "`processes` says nothing of a server that all runs share", hint="write `share`: `run` or `never` beside it")
    return reading.whole(find(node, "processes"), "`processes`", least=1, most=MOST_PROCESSES)


def _seconds(reading: Reading, node: Node | None) -> float | None:
    """`timeout`: seconds as a number, or with a unit (`30s`)."""
    if isinstance(node, ScalarNode) and isinstance(node.value, str):
        return reading.duration(node, "`timeout`")
    return reading.number(node, "`timeout`", least=0.1, most=LONGEST_CALL)
