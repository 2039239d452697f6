"""The inbox: what waits for a person, and the answers."""

import msgspec

from playnex.app.inbox import INBOX_SCHEMA, Inbox, Item
from playnex.app.inbox_answers import ANSWERS, Said, Word, answer, commands
from playnex.canonical import Json
from playnex.dashboard.declared import Given, Nothing, Route
from playnex.dashboard.desk import Desk


class Answered(Given, frozen=True, kw_only=True):
    """What is said to an item: `value` is what is approved in place of what was shown, or what an effect whose outcome was unknown gave."""

    item: str
    decision: Word
    value: Json | msgspec.UnsetType = msgspec.UNSET
    reason: str = ""


class OneItem(Given, frozen=True, kw_only=True):
    """An item, by its id."""

    item: str


async def list_items(desk: Desk, _given: Nothing) -> Json:
    """All that waits."""
    items = await Inbox(app=desk.app).items()
    return {"schema": INBOX_SCHEMA, "items": [_document(item) for item in items], "now": desk.app.clock.now()}


async def show(desk: Desk, given: OneItem) -> Json:
    """One item."""
    return _document(await Inbox(app=desk.app).find(given.item))


async def say(desk: Desk, given: Answered) -> Json:
    """Answer it; the run goes on as soon as a worker looks."""
    inbox = Inbox(app=desk.app)
    item = await inbox.find(given.item)
    has_value = given.value is not msgspec.UNSET
    value = given.value if has_value else None
    await answer(inbox, item, Said(word=given.decision, value=value, has_value=has_value, why=given.reason.strip()))
    return {"run": item.run, "answered": item.id}


def _document(item: Item) -> Json:
    return item.document() | {"answers": list(ANSWERS[item.kind]), "commands": commands(item)}


ROUTES = (
    Route(method="GET", path="/api/inbox", takes=Nothing, does=list_items, says="What waits for a person, the longest first."),
    Route(method="GET", path="/api/inbox/{item:path}", takes=OneItem, does=show, says="One item of the inbox."),
    Route(method="POST", path="/api/inbox/{item:path}", takes=Answered, does=say, says="Answer an item of the inbox."),
)
