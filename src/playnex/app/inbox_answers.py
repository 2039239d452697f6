"""What a person says to what waits in the inbox, whatever waits there."""

from dataclasses import dataclass
from typing import Literal

from playnex.app.control import Control
from playnex.app.inbox import Inbox, Item
from playnex.canonical import Json
from playnex.errors import UsageError
from playnex.ids import short

Word = Literal["approve", "refuse", "done", "again", "fail", "resume"]

ANSWERS: dict[str, tuple[Word, ...]] = {
    "approval": ("approve", "refuse"),
    "outcome": ("done", "again", "fail"),
    "parked": ("resume",),
}
"""What can be said to each kind of item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An answer. `value` is what is approved in place of what was shown, or what the effect gave; `has_value` says whether there is one,
    for null is a value too. `why` is the reason of a no."""

    word: Word
    value: Json = None
    has_value: bool = False
    why: str = ""


async def answer(inbox: Inbox, item: Item, said: Said) -> None:
    """Say it. Raises UsageError where that is no answer to this, or no longer; as `Inbox.approve` and `Control.resolve`."""
    if said.word not in ANSWERS[item.kind]:
        words = ", ".join(ANSWERS[item.kind])
        raise UsageError(f"{said.word!r} is no answer to {item.id}: {item.message}", hint=f"say one of: {words}")
    match said.word:
        case "approve" if said.has_value:
            await inbox.approve_as(item, said.value)
        case "approve":
            await inbox.approve(item)
        case "refuse":
            await inbox.reject(item, said.why)
        case "resume":
            await Control(app=inbox.app).let_go_on(item.run)
        case "fail":
            await Control(app=inbox.app).resolve(item.run, "failed", step=item.key)
        case "done" | "again":
            await Control(app=inbox.app).resolve(item.run, said.word, said.value, step=item.key)


def commands(item: Item) -> dict[str, Json]:
    """What answers the item in a terminal, by what is said."""
    run = short(item.run)
    match item.kind:
        case "approval":
            ways = {"approve": f"playnex inbox approve {item.id}", "refuse": f"playnex inbox reject {item.id} -m WHY"}
            return ways | ({"edit": f"playnex inbox approve {item.id} --edit"} if item.editable else {})
        case "outcome":
            ask = f"playnex run resolve {run} --step {item.key}"
            return {"done": f"{ask} --done VALUE", "again": f"{ask} --again", "fail": f"{ask} --fail"}
        case "parked":
            return {"resume": f"playnex run resume {run}"}
