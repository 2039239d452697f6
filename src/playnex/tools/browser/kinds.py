"""What is known of the tools of @playwright/mcp: which only look, which act on a page, and which arguments matter. All others are offered
to nobody, whatever a later version brings; what the server says of its own tools counts for nothing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from playnex.spec.context import Effect
from playnex.spec.tool_rules import ASK, NEVER

PREFIX = "browser_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One that `acts` may change something on a server, so a person is asked before each call, unless the workspace says otherwise.
    `sinks` are the arguments by which something could be told to a host. What a page leads to is known from a tool that `has_links`."""

    acts: bool = False
    sinks: tuple[str, ...] = ()
    has_links: bool = False

    @property
    def effect(self) -> Effect:
        """What a second call would do."""
        return "once" if self.acts else "idempotent"

    @property
    def approval(self) -> str:
        """When a person is asked."""
        return ASK if self.acts else NEVER


LOOKS = Kind()
ACTS = Kind(acts=True)

KINDS: Mapping[str, Kind] = {
    "close": LOOKS,
    "console_messages": LOOKS,
    "emulate_media": LOOKS,
    "find": LOOKS,
    "hover": LOOKS,
    "navigate": Kind(sinks=("url",)),
    "navigate_back": LOOKS,
    "network_request": LOOKS,
    "network_requests": LOOKS,
    "resize": LOOKS,
    "snapshot": Kind(has_links=True),
    "tabs": Kind(sinks=("url",)),
    "take_screenshot": LOOKS,
    "wait_for": LOOKS,
    "click": ACTS,
    "drag": ACTS,
    "drop": Kind(acts=True, sinks=("paths", "data")),
    "file_upload": Kind(acts=True, sinks=("paths",)),
    "fill_form": Kind(acts=True, sinks=("fields",)),
    "handle_dialog": Kind(acts=True, sinks=("promptText",)),
    "press_key": ACTS,
    "select_option": ACTS,
    "type": Kind(acts=True, sinks=("text",)),
}
"""By the name behind `browser_`."""

HEADINGS = ("### Page\n", "### Result\n", "### Error\nError: browserBackend.callTool: ", "### Error\nError: ", "### Error\n")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def kind_of(tool: str) -> Kind | None:
    """What is known of a server's tool, by its own name; None for one that is not offered."""
    return KINDS.get(tool.removeprefix(PREFIX)) if tool.startswith(PREFIX) else None


def plain(text: str) -> str:
    """A server's words without the colours of a terminal, and without the heading that says nothing."""
    text = COLOURS.sub("", text)
    return text.removeprefix(next((heading for heading in HEADINGS if text.startswith(heading)), ""))
