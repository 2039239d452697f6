"""A run's transcript and its tool calls, as people read them."""

import sys
from collections.abc import Iterable, Iterator, Sequence

from playnex.app.transcript import Entry
from playnex.canonical import Json, encode
from playnex.cli.terminal import Terminal, columns, counted, gist, indented, seconds, shows_signs, tokens, visible, whole

SHOWN = 1_500
"""Characters of a text that a transcript shows."""

RESULT_SHOWN = 600
"""Characters of a call's result; the command below it prints the whole."""

MARKS = {"call": "→", "result": "←"}
PLAIN_MARKS = {"call": "->", "result": "<-"}

PHASES = {"plan": "plans", "act": "answers", "reflect": "reflects", "notes": "makes notes of its older turns"}


def transcript_page(said: Sequence[Entry], run: str, terminal: Terminal) -> str:
    """The whole conversation, in order."""
    lines = [line for entry in said for line in _lines(entry, run, terminal)]
    return "\n".join(lines) if lines else "nothing was said in this run: it asked no model and called no tool"


def _lines(entry: Entry, run: str, terminal: Terminal) -> list[str]:
    body = _shortened(_text(entry), entry, run)
    return [_head(entry, terminal), *([indented(body)] if body else []), ""]


def _head(entry: Entry, terminal: Terminal) -> str:
    took = f"  {seconds(entry.seconds)}" if entry.seconds else ""
    return f"{terminal.head(entry.step)}  {_about(entry)}{took}  {_cost(entry)}".rstrip()


def _about(entry: Entry) -> str:
    match entry.kind:
        case "told":
            about = "instructions" if entry.phase == "instructions" else f"is given {entry.who}" if entry.who else "is told"
        case "said":
            said = PHASES.get(entry.phase if entry.text else "", "acts") if entry.status == "succeeded" else "fails"
            about = f"{entry.who or 'the model'} {said}"
        case "call" | "result":
            how = "" if entry.kind == "call" or entry.status == "succeeded" else f"  {entry.status} ({entry.text})"
            about = f"{(MARKS if shows_signs(sys.stdout) else PLAIN_MARKS)[entry.kind]} {entry.who}{how}"
        case "failed-try":
            about = f"a try failed ({entry.status})"
        case "answer":
            about = f"{entry.who or 'a person'} answers"
        case "agent" | "question":
            about = f"{entry.who} begins" if entry.kind == "agent" else "a person is asked"
    return about


def _cost(entry: Entry) -> str:
    return "  ".join(part for part in (tokens(entry.tokens), "left this machine" if entry.left_machine else "") if part)


def _text(entry: Entry) -> str:
    match entry.kind:
        case "said":
            notes = f"(in place of its older turns, it was given these notes)\n{entry.value}\n\n" if entry.value else ""
            return f"{notes}{entry.text}"
        case "call":
            return encode(entry.value).decode()
        case "question":
            return f"{entry.text}\n{whole(entry.value)}".rstrip()
        case "result" | "answer":
            return whole(entry.value)
        case _:
            return entry.text


def _shortened(text: str, entry: Entry, run: str) -> str:
    most = RESULT_SHOWN if entry.kind == "result" else SHOWN
    if len(text) <= most:
        return text
    rest = f"… {counted(len(text) - most, 'more character')}"
    return f"{text[:most].rstrip()}\n{rest}" + (f": playnex capsule view runs/{run}/{entry.step}" if entry.kind == "result" else "")


def tools_page(made: Iterable[dict[str, Json]], terminal: Terminal) -> str:
    """Who called what with what, and what came of it; below that, what a person was asked, what left the machine, what was refused."""
    calls = tuple(made)
    if not calls:
        return "no tool was called in this run"
    table = columns(("", "STEP", "AGENT", "TOOL", "ARGUMENTS", "TIME", "RESULT"), [_row(call, terminal) for call in calls], terminal)
    remarks = [visible(line) for call in calls for line in _remarks(call)]
    return "\n".join([table, *(["", *remarks] if remarks else [])])


def _remarks(call: dict[str, Json]) -> Iterator[str]:
    named = f"{call['step']}  {call['tool']}"
    for asked in call["approvals"]:
        yield f"{named}  a person was asked: {asked['why']}"
        yield f"  with {encode(asked['shown']).decode()}"
        yield f"  {asked['decision'] or 'no answer yet'}"
        if "approved" in asked and asked["approved"] != asked["shown"]:
            yield f"  changed to {encode(asked['approved']).decode()}"
    if call["left_machine"]:
        yield f"{named}  left this machine"
    if requests := call.get("requests"):
        yield f"{named}  its page"
        yield from (f"  asked for {request['method']} {request['url']}{_not_passed(request)}" for request in requests)
    result = call.get("result")
    if call.get("reason") == "refused" and isinstance(result, dict) and not call["approvals"]:
        yield f"{named}  refused: {result.get('error', '')}"


def _not_passed(request: dict[str, Json]) -> str:
    return f"  refused: {request['refused']}" if request.get("refused") else ""


def _row(call: dict[str, Json], terminal: Terminal) -> tuple[str, ...]:
    result = call.get("result")
    error = result.get("error") if call["status"] == "failed" and isinstance(result, dict) else None
    said = f"{call.get('reason', '')}: {error}" if error is not None else result
    arguments = encode(call["arguments"]).decode()
    took = seconds(call["seconds"]) if "seconds" in call else ""
    return (
        terminal.symbol(call["status"], sys.stdout),
        call["step"],
        call["agent"] or "the flow",
        call["tool"],
        gist(arguments, 50),
        took,
        gist(said, 60),
    )
