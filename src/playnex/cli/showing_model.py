"""Models for people: the list, and the page of one that was probed."""

import sys
from collections.abc import Iterator, Sequence

from playnex.canonical import Json
from playnex.cli.terminal import Terminal, columns, moment, seconds

HEADS = ("MODEL", "KIND", "NAME", "ADDRESS", "CONTEXT", "PROBED", "NOTE")

ENDINGS = {
    "cut": "longer prompts are cut in silence: it counts fewer tokens than they have",
    "lost": "of longer prompts it no longer knows the start, though nothing says so: they are cut in silence, or it forgets",
    "refused": "longer prompts are refused",
    "failed": "longer prompts make it fail",
    "slow": "at least: there was no time for longer prompts (--seconds gives more)",
    "enough": "at least: nothing longer was tried",
}
COUNTS = {
    "right": "can be right",
    "wrong": "too low: the server's count cannot show that a prompt was cut",
    "nothing": "none: the server's count cannot show that a prompt was cut",
}
PRICES = {
    "local": "nothing: it is on this machine",
    "unknown": "unknown: name it with usd_per_million in playnex.toml, or limits of money cannot hold",
}


def model_table(lines: Sequence[dict[str, Json]], terminal: Terminal) -> str:
    """A row for each model; what was seen of it, and when."""
    rows = [
        (line["alias"], line["kind"], line["name"], line["base_url"], str(line["context"] or ""), _probed(line["probed"]), line["note"])
        for line in lines
    ]
    return columns(HEADS, rows, terminal)


def _probed(seen: Json) -> str:
    """`2026-11-28 14:00 · 4,096 · tools · JSON`, or `never`."""
    if seen is None:
        return "never"
    window = seen["window"]
    tokens = f"{'' if window['is_limit'] else '≥ '}{window['tokens']:,}" if window else ""
    can = [word for word, able in (("tools", seen["tool_calling"]), ("JSON", seen["json_schema"])) if able]
    return " · ".join(part for part in (moment(seen["at"])[:16], tokens, *(can or ["no tools, no JSON"])) if part)


def card_page(document: dict[str, Json], terminal: Terminal) -> Iterator[str]:
    """What was found out, a line for each question, with what to do where something is amiss."""
    yield terminal.head(f"{document['name']} at {document['base_url'] or 'this process'}")
    speed = document["tokens_per_second"]
    yield _line("answers", terminal, True, f"in {seconds(document['seconds'])}" + (f", {speed:.0f} tokens/s" if speed else ""))
    if reading := document["prompt_tokens_per_second"]:
        yield f"    {'reads':<12}  {reading:,.0f} tokens/s"
    yield from _window(document, terminal)
    tools = document["tools"]
    yield _line("tools", terminal, document["tool_calling"], "calls them and uses what they give" if tools["note"] == "" else tools["note"])
    kept = document["json_schema"]
    said = next((note.partition(": ")[2] for note in document["notes"] if note.startswith("JSON by schema: ")), "not kept")
    yield _line("JSON schema", terminal, kept, "kept" if kept else said)
    yield f"    {'local':<12}  {'yes' if document['local'] else 'no: requests leave this machine'}"
    price = document["price"]
    yield f"    {'price':<12}  {PRICES.get(price['source']) or _price(price)}"
    yield f"    {'kept':<12}  runs go by this from now on; a window of {document['context']:,} tokens is used"


def _window(document: dict[str, Json], terminal: Terminal) -> Iterator[str]:
    window = document["window"]
    if window is None:
        note = next((note.partition(": ")[2] for note in document["notes"] if note.startswith("window: ")), "not looked for")
        yield f"    {'window':<12}  {note}"
        return
    ending = ENDINGS.get(window["ending"], "")
    is_silent = window["ending"] in ("cut", "lost")
    yield _line("window", terminal, not is_silent, f"{window['tokens']:,} tokens; {ending}")
    if is_silent:
        yield f"    {'':<12}  for Ollama set OLLAMA_CONTEXT_LENGTH and restart it; until then nothing longer is sent"
    yield f"    {'its count':<12}  {COUNTS.get(window['counting'], '')}"


def _line(name: str, terminal: Terminal, is_well: bool, said: str) -> str:
    return f"  {terminal.symbol('succeeded' if is_well else 'failed', sys.stdout)} {name:<12}  {said}"


def _price(price: dict[str, Json]) -> str:
    rates = price["usd_per_1k"] * 1000, price["usd_per_1k_output"] * 1000
    return f"{rates[0]:g} US dollars for a million tokens read, {rates[1]:g} for a million written ({price['source']})"
