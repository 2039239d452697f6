"""`playnex inbox`: what waits for a person, and the answers."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from playnex.canonical import Json
from playnex.cli import door
from playnex.cli.flags import AsJson
from playnex.cli.given import text_of
from playnex.cli.run_control import value_of
from playnex.cli.terminal import ago, columns, emit, emit_list, gist, moment, write
from playnex.errors import UsageError

if TYPE_CHECKING:
    from playnex.app.inbox import Inbox, Item

app = App(
    name="inbox",
    help="What waits for you: approvals, and effects of which nobody knows whether they happened.",
    result_action="return_value",
)

ItemId = Annotated[str, Parameter(help="what waits: its id in the list, the beginning of it, its run, or `last`")]
Edit = Annotated[
    bool, Parameter(negative=(), help="change what is shown in your editor first ($VISUAL, $EDITOR), where the step allows it")
]
Value = Annotated[
    str | None,
    Parameter(name="--value", metavar="VALUE", help="approve this in place of what is shown: a text, or JSON; @FILE reads a file"),
]
Why = Annotated[str, Parameter(name=["--message", "-m"], metavar="WHY", help="why not; it is recorded with your name")]
Detach = Annotated[bool, Parameter(negative=(), help="leave the run to a process of its own, and come back at once")]


@app.command(name=["list", "ls"])
def list_(*, as_json: AsJson = False) -> int:
    """List what waits for a person in all runs, the longest first.

    $ playnex inbox list
    """
    return asyncio.run(_list(as_json))


@app.command
def show(item: ItemId, /, *, as_json: AsJson = False) -> int:
    """Show one thing that waits: the whole action, who asks, since when, until when, and how to answer.

    $ playnex inbox show last
    """
    return asyncio.run(_show(item, as_json))


@app.command
def approve(item: ItemId, /, *, edit: Edit = False, value: Value = None, detach: Detach = False, as_json: AsJson = False) -> int:
    """Say yes to what is shown, and carry the run on here unless somebody else does. The exit code is the run's.

    $ playnex inbox approve last
    $ playnex inbox approve 7QX2AB/send --edit
    $ playnex inbox approve 7QX2AB/send --value @reply.txt
    """
    if edit and value is not None:
        raise UsageError("--edit and --value are two ways to change what is shown", hint="take one of them")

    async def say(inbox: "Inbox", found: "Item") -> None:
        from playnex.app.inbox import check_editable  # late, here and below: the store is needed only when there is an answer

        if edit or value is not None:
            check_editable(found)
            await inbox.approve_as(found, _edited(found) if edit else said_value(found, value or ""))
        else:
            await inbox.approve(found)

    return asyncio.run(_answer(item, say, "approved", detach=detach, as_json=as_json))


@app.command
def reject(item: ItemId, /, *, message: Why, detach: Detach = False, as_json: AsJson = False) -> int:
    """Say no, and carry the run on here unless somebody else does: it ends as refused, unless its step goes on without.

    $ playnex inbox reject last -m "the sum is wrong"
    """

    async def say(inbox: "Inbox", found: "Item") -> None:
        await inbox.reject(found, message)

    return asyncio.run(_answer(item, say, "refused", detach=detach, as_json=as_json))


def said_value(item: "Item", text: str) -> Json:
    """What is approved in place of what is shown: a text for a text, else JSON where it is that."""
    if isinstance(item.show, str):
        return text_of(text[1:]) if text.startswith("@") else text
    return value_of(text)


def _edited(item: "Item") -> Json:
    from playnex.cli.editing import edited

    return edited(item.show)


async def _list(as_json: bool) -> int:
    from playnex.app.inbox import INBOX_SCHEMA, Inbox
    from playnex.app.opening import opened

    async with opened(door.workspace) as opened_app:
        items = await Inbox(app=opened_app).items()
    if as_json:
        emit_list(INBOX_SCHEMA, [item.document() for item in items])
    elif items:
        now = time.time()
        rows = [(item.id, item.flow, ago(item.since, now), _until(item), gist(item.message, 60)) for item in items]
        write(columns(("ID", "FLOW", "SINCE", "UNTIL", "ASKS"), rows, door.terminal))
        door.terminal.say("look at one with: playnex inbox show ID")
    else:
        door.terminal.say("nothing waits for a person")
    return 0


def _until(item: "Item") -> str:
    return moment(item.until) if item.until is not None else ""


async def _show(typed: str, as_json: bool) -> int:
    from playnex.app.inbox import ITEM_SCHEMA, Inbox
    from playnex.app.opening import opened
    from playnex.cli.showing_inbox import item_page

    async with opened(door.workspace) as opened_app:
        item = await Inbox(app=opened_app).find(typed)
    if as_json:
        emit({"schema": ITEM_SCHEMA, **item.document()})
    else:
        write(item_page(item, time.time(), door.terminal))
    return 0


async def _answer(typed: str, say: "Callable[[Inbox, Item], Awaitable[None]]", word: str, *, detach: bool, as_json: bool) -> int:
    from playnex.app.inbox import Inbox
    from playnex.app.opening import opened
    from playnex.cli.running import answered

    async with opened(door.workspace) as opened_app:
        inbox = Inbox(app=opened_app)
        found = await inbox.find(typed)
        await say(inbox, found)
        door.terminal.say(f"{door.terminal.symbol('succeeded')} {word} {found.id}")
        return await answered(opened_app, found.run, as_json, detach=detach)
