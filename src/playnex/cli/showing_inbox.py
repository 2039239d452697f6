"""One thing that waits for a person, as a page and as a question."""

from playnex.app.inbox import Item
from playnex.canonical import Json
from playnex.cli.terminal import Terminal, ago, indented, moment, visible, whole
from playnex.ids import short


def item_page(item: Item, now: float, terminal: Terminal) -> str:
    """The whole action, who asks, since when and until when, and the commands that answer."""
    head = f"{terminal.head(item.flow)}  {item.id}"
    facts = [
        f"run      {short(item.run)}, {item.state}",
        f"asked by {item.step or item.flow}" + (f" ({item.actor})" if item.actor else ""),
        f"since    {moment(item.since)} ({ago(item.since, now)})",
        f"until    {_until(item)}",
    ]
    return "\n".join([head, "", *facts, "", *action(item), "", *answers(item)])


def action(item: Item) -> list[str]:
    """What is asked, whole, and with nothing in it that a terminal would obey."""
    lines = [visible(item.message)]
    if item.show is not None:
        lines += ["", indented(visible(whole(item.show)))]
    return lines + [visible(f"{name}: {whole(value)}") for name, value in _more(item).items()]


def answers(item: Item) -> list[str]:
    """The commands that answer it."""
    run = short(item.run)
    match item.kind:
        case "approval":
            edit = "  (--edit changes it first)" if item.editable else ""
            return [f"approve: playnex inbox approve {item.id}{edit}", f"refuse:  playnex inbox reject {item.id} -m WHY"]
        case "outcome":
            step = f" --step {item.key}"
            return [
                f"look what happened, then say one of:\n  playnex run resolve {run} --done VALUE{step}",
                f"  playnex run resolve {run} --again{step}",
                f"  playnex run resolve {run} --fail{step}",
            ]
        case "parked":
            return [f"let it go on: playnex run resume {run}", f"or end it:     playnex run cancel {run}"]


def _more(item: Item) -> dict[str, Json]:
    return item.more or {}


def _until(item: Item) -> str:
    if item.kind != "approval":
        return "somebody decides"
    return f"{moment(item.until)}; without an answer by then it is a no" if item.until is not None else "somebody answers, however long"
