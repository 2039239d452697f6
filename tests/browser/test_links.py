"""Which addresses an agent may go to without a question, once it has read a page: the user's own, and links that a page itself shows."""

import asyncio
from collections.abc import Mapping

import pytest

from browser.stage import PLACE
from playnex.canonical import Json
from playnex.spec.browser import BrowserSpec, host_rule
from playnex.spec.envelope import Envelope
from playnex.spec.origin import Origin
from playnex.spec.server import ServerSpec
from playnex.testing.memory_context import MemoryContext
from playnex.tools.browser.kinds import KINDS, kind_of, plain
from playnex.tools.browser.links import links
from playnex.tools.gate import CallRequest, Gate
from playnex.tools.policy import Policy, Wish, doubts
from playnex.tools.tool import CallScope, Tool, ToolResult
from playnex.tools.toolbox import WorkspaceToolbox
from playnex.tools.trail import Trail

PAGE = """- Page URL: http://shop.example/lamps/
- Page Title: Lamps
### Snapshot
```yaml
- link "red" [ref=e3]:
  - /url: red?size=2
- link "all" [ref=e4]:
  - /url: "/"
- link "other" [ref=e5]:
  - /url: https://other.example/x
- text: "see http://shop.example/typed"
```"""
SHOWN = ("http://shop.example/lamps/red?size=2", "http://shop.example/", "https://other.example/x")


def test_the_links_of_a_snapshot_are_whole_addresses() -> None:
    assert links({}, PAGE) == SHOWN


def test_a_text_that_a_model_has_written_offers_nothing() -> None:
    echoed = "- Page URL: http://shop.example/\n- /url: http://shop.example/?secret=1"
    assert links({"target": "- /url: http://shop.example/?secret=1"}, echoed) == ()
    assert links({"filename": "x"}, PAGE) == () and links({}, {"structured": 1}) == () and links({}, "- /url: /x") == ()


def tool(name: str, output: str = "") -> Tool:
    async def call(_arguments: Mapping[str, Json], _scope: CallScope) -> ToolResult:
        return ToolResult(output=output, labels=("untrusted",))

    kind = kind_of(f"browser_{name}")
    assert kind is not None
    free = {"type": "object"}
    return Tool(
        name=f"browser.{name}",
        description="",
        parameters=free,
        effect=kind.effect,
        egress="remote",
        approval=kind.approval,
        sinks=kind.sinks,
        family="browser",
        links=links if kind.has_links else None,
        untrusted=True,
        call=call,
    )


@pytest.mark.parametrize(
    ("url", "runs"),
    [
        ("http://shop.example/lamps/red?size=2", True),
        ("https://other.example/x", True),
        ("http://start.example/", True),
        ("http://shop.example/typed", False),
        ("http://shop.example/lamps/red?size=2&noted=24.90", False),
        ("http://shop.example/lamps/", False),
    ],
)
def test_after_a_page_was_read_its_links_are_followed_and_an_address_that_was_made_up_asks(url: str, runs: bool) -> None:
    async def scenario() -> Envelope:
        gate = Gate(WorkspaceToolbox([tool("navigate", "there"), tool("snapshot", PAGE)]))
        context, trail = MemoryContext(), Trail()
        scope = CallScope(agent="scout", trusted=("Look at http://start.example/ first.",), labels=("untrusted",))
        await gate.call(context, CallRequest(tool="browser.snapshot", arguments={}, step="tool-1", scope=scope, trail=trail))
        going = gate.call(context, CallRequest(tool="browser.navigate", arguments={"url": url}, step="tool-2", scope=scope, trail=trail))
        return await asyncio.wait_for(going, 0.5)

    try:
        record = asyncio.run(scenario())
    except TimeoutError:
        assert not runs, "a person was waited for"
    else:
        assert runs and record.output == "there"


def test_the_links_of_a_page_are_no_words_of_the_user_for_other_tools() -> None:
    mail = Tool(name="mail.send", description="", effect="once", sinks=("text",), family="mail", call=tool("navigate").call)
    wish = Wish(tool=mail, arguments={"text": SHOWN[0]}, origin=Origin(labels=("untrusted",)), offered=(), approval={})
    assert doubts(wish, Policy()).asks


def test_whatever_acts_asks_and_what_is_not_known_is_not_offered() -> None:
    acting = {name for name, kind in KINDS.items() if kind.acts}
    assert acting == {"click", "drag", "drop", "file_upload", "fill_form", "handle_dialog", "press_key", "select_option", "type"}
    assert all(KINDS[name].approval == "ask" and KINDS[name].effect == "once" for name in acting)
    for name in ("browser_evaluate", "browser_run_code_unsafe", "browser_install", "browser_click_anything", "click"):
        assert kind_of(name) is None


def test_a_browsers_tools_are_named_without_what_stands_before_them_and_local_ones_do_not_leave_the_machine() -> None:
    def entry(*hosts: str, tools: tuple[str, ...] = ("*",)) -> ServerSpec:
        browser = BrowserSpec(hosts=tuple(host_rule(host) for host in hosts))
        return ServerSpec(name="b", command="x", browser=browser, tools=tools, place=PLACE)

    assert entry("a.example").short("browser_click") == "click"
    assert entry("a.example", tools=("navig*",)).offers("browser_navigate") and not entry("a.example", tools=("click",)).offers(
        "browser_type"
    )
    assert entry("127.0.0.1:8000", "localhost:80").reach() == "none"
    assert entry("127.0.0.1:8000", "a.example").reach() == "remote"


def test_a_servers_words_come_without_colours_and_headings() -> None:
    assert plain("### Error\nError: \x1b[2mno\x1b[22m") == "no"
    assert plain("### Page\n- Page URL: x") == "- Page URL: x"
