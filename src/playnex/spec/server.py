"""What an MCP server is: the command that starts it, what it is given, and what it may touch. Pure data, nothing expanded."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Literal, get_args

from playnex.spec.browser import BrowserSpec
from playnex.spec.context import Effect
from playnex.spec.faults import Place
from playnex.spec.tool_rules import Egress

Trust = Literal["sandbox", "full"]
TRUSTS: tuple[Trust, ...] = get_args(Trust)

Share = Literal["all", "run", "never"]
SHARES: tuple[Share, ...] = get_args(Share)

PROCESSES = 4
"""How many processes of a server run at once where each run has one for itself and the entry says nothing."""

CALL_SECONDS = 60.0
"""How long a call may take where the entry says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSpec:
    """An entry of `.mcp.json`. `args`, `env` and `cwd` are as they were written, `${VAR}` included, so that no secret is in them.
    `write` are the folders it may change in the sandbox, `timeout` is in seconds for each call, `tools` are patterns of those that
    are offered, `effects` are patterns with what a second call would do; `place` is where the entry stands. `share` says who has the
    process: `all` runs one together, each `run` one for as long as it goes on, which the next run takes over, or each a fresh one
    (`never`), with at most `processes` at once. `egress` is the user's word on whether calls leave the machine, if they gave it.
    A browser's server (`browser`) is never shared, and its tools lose what stands before their names."""

    name: str
    command: str
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: str = ""
    trust: Trust = "sandbox"
    network: bool = False
    write: tuple[str, ...] = ()
    timeout: float = CALL_SECONDS
    tools: tuple[str, ...] = ("*",)
    effects: Mapping[str, Effect] = field(default_factory=dict)
    share: Share = "all"
    processes: int = PROCESSES
    egress: Egress | None = None
    browser: BrowserSpec | None = None
    place: Place

    def offers(self, tool: str) -> bool:
        """Whether the entry lets that tool be used."""
        return any(fnmatchcase(name, pattern) for pattern in self.tools for name in {tool, self.short(tool)})

    def effect_of(self, tool: str) -> Effect | None:
        """What the entry says of the tool; the first pattern that fits counts."""
        names = {tool, self.short(tool)}
        return next((effect for pattern, effect in self.effects.items() if any(fnmatchcase(name, pattern) for name in names)), None)

    def short(self, tool: str) -> str:
        """The tool's name behind the server's: `browser_click` of a browser is `click`."""
        return tool.removeprefix("browser_") if self.browser else tool

    def reach(self) -> Egress:
        """Whether a call leaves the machine: as the entry says, else where it has all rights or the network."""
        if self.browser:
            return "none" if self.browser.is_near() else "remote"
        return self.egress or ("remote" if self.network or self.trust == "full" else "none")

    def identity(self) -> Mapping[str, object]:
        """What makes it this server and no other: what is started, and with which rights."""
        return self._rights() | ({"browser": asdict(self.browser)} if self.browser else {})

    def _rights(self) -> dict[str, object]:
        return {
            "command": self.command,
            "args": list(self.args),
            "env": dict(self.env),
            "cwd": self.cwd,
            "trust": self.trust,
            "network": self.network,
            "write": list(self.write),
        }
