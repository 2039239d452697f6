"""What a question shows can neither steer a terminal nor hide in it."""

import pytest

from playnex.app.inbox import Item
from playnex.cli.showing_inbox import action
from playnex.cli.terminal import visible
from playnex.spec.context import Approval
from playnex.tools.asking import Proposal
from playnex.tools.tool import CallScope, Tool, ToolResult


async def nothing(_arguments: object, _scope: CallScope) -> ToolResult:
    return ToolResult(output=None)


SEND = Tool(name="mail.send", description="", sinks=("to",), call=nothing)


def asked(**arguments: str) -> Approval:
    return Proposal(tool=SEND, agent="mailer", arguments=arguments, why=("it asks",)).approval("")


@pytest.mark.parametrize("sign", ["\x1b", "\x9b", "\r", "\u202e", "\u2066", "\u200b", "\u00ad", "\u2028", "\ufeff", "\u3164", "\U000e0041"])
def test_what_a_terminal_would_obey_or_not_show_is_spelt_out(sign: str) -> None:
    approval = asked(to=f"evil{sign}@example.com")
    item = Item(
        kind="approval", run="x", flow="f", state="waiting", key="k", message="m", since=0.0, show=approval.show, more={f"a{sign}": sign}
    )
    assert sign not in "\n".join(action(item)) and visible(f"a\n\tb{sign}") == f"a\n\tb{ascii(sign)[1:-1]}"


def test_what_matters_stands_before_a_long_text_and_letters_of_another_alphabet_are_named() -> None:
    approval = asked(text="x\n" * 9_000, to="bοss@example.com")
    assert list(approval.show) == ["to", "text"]
    assert approval.more["look closely"] == "bοss@example.com has greek small letter omicron"
    assert "look closely" not in asked(to="café@example.com", text="東京のAI").more
