"""A comparison for people: a table of both arms and their differences, and which to use."""

import sys
from collections.abc import Iterator

from playnex.canonical import Json
from playnex.cli import door
from playnex.cli.terminal import columns, counted, gist, seconds, spent

FIGURES = {"tokens": ",.0f", "requests": ",.1f", "seconds": ",.2f", "usd": ",.4f"}


def page_of(shown: Json) -> str:
    """The page."""
    how = (
        f"checked by {gist(shown['check'])}"
        if shown["check"]
        else f"judged by {shown['judge']}"
        if shown["judge"]
        else "quality not compared"
    )
    head = door.terminal.head(f"{shown['flow']} and {shown['baseline']} alone")
    compared = f"{shown['compared']:,} of {counted(shown['cases'], 'case')} compared, {how}"
    heads = ("", shown["flow"], f"{shown['baseline']} alone", "FLOW LESS ALONE (95 %)", "TIMES")
    lines = [f"{head}  {compared}", "", columns(heads, [*_rows(shown)], door.terminal)]
    if shown["judging"]:
        lines += ["", _judging(shown)]
    sign = {"flow": "succeeded", "baseline": "succeeded", "either": "succeeded"}.get(shown["verdict"]["use"], "pending")
    said = shown["verdict"]["says"]
    return "\n".join([*lines, "", f"{door.terminal.symbol(sign, sys.stdout)} {door.terminal.head(said)}"])


def _rows(shown: Json) -> Iterator[tuple[str, ...]]:
    arms = (shown["arms"]["flow"], shown["arms"]["baseline"])
    if arms[0]["quality"]:
        yield "quality", *(_spread(arm["quality"], ".2f") for arm in arms), _change(shown["differences"]["quality"], ".2f"), ""
    yield "succeeded", *(f"{arm['succeeded']:,} of {arm['answered']:,}" for arm in arms), "", ""
    if not shown["compared"]:
        return
    count = shown["compared"]
    for name, form in FIGURES.items():
        difference = shown["differences"][name]
        if name == "usd" and not any(arm["usage"]["usd"] for arm in arms):
            continue
        times = f"{difference['ratio']['value']:.2f}" if difference["ratio"] else ""
        means = (format(_total(arm, name) / count, form) for arm in arms)
        yield f"{name} a case", *means, _change(difference, form), "" if name == "seconds" else times
        if name == "seconds":
            yield "  median", *(format(arm["seconds"]["median"], form) for arm in arms), "", times
        if name != "requests":
            yield "  in all", *(_all(arm, name) for arm in arms), "", ""


def _total(arm: Json, name: str) -> float:
    match name:
        case "tokens":
            return float(arm["usage"]["input_tokens"] + arm["usage"]["output_tokens"])
        case "seconds":
            return float(arm["seconds"]["total"])
        case _:
            return float(arm["usage"][name])


def _all(arm: Json, name: str) -> str:
    total = _total(arm, name)
    return seconds(total) if name == "seconds" else format(total, FIGURES[name])


def _spread(interval: Json, form: str) -> str:
    return f"{interval['value']:{form}} ({interval['low']:{form}} to {interval['high']:{form}})"


def _change(interval: Json, form: str) -> str:
    if not interval:
        return ""
    return f"{interval['mean']:+{form}} ({interval['low']:+{form}} to {interval['high']:+{form}})"


def _judging(shown: Json) -> str:
    judging = shown["judging"]
    flipped = f" ({judging['flipped']:,} of them changed with the order)" if judging["flipped"] else ""
    said = f"flow better {judging['flow']:,}, same {judging['same']:,}{flipped}, agent better {judging['baseline']:,}"
    return f"judge {judging['judge']}: {said}\n  it took {spent(judging['usage'])}, beside both arms"
