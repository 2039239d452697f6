"""The page of `playnex flow run --dry-run`: what would run, from top to bottom."""

import json
from collections.abc import Iterator

from playnex.app.dry_run import DryRun
from playnex.canonical import Json
from playnex.cli.terminal import Terminal, counted, seconds

IN = "     "


def dry_run_page(dry: DryRun, terminal: Terminal) -> str:
    """The document of a dry run for people."""
    told = dry.document()
    lines = [f"{terminal.head(told['flow'])}  would run in {counted(len(told['waves']), 'wave')}; nothing was started", ""]
    lines += [f"{name} = {_shown(value)}" for name, value in told["inputs"].items()]
    lines += [f'{name} is missing; add --input {name}="…"' for name in told["missing"]]
    lines += [f"{key}  {value if isinstance(value, str) else '; '.join(value)}" for key, value in told["brief"].items()]
    for number, wave in enumerate(told["waves"], 1):
        for step in wave:
            lines += ["", f"{number:>3}  {terminal.head(step['step'])}  {_does(step)}", *(f"{IN}{line}" for line in _details(step))]
    budget = _limits(told["budget"])
    return "\n".join((*lines, "", f"budget  {budget or 'no limit'}"))


def _does(step: dict[str, Json]) -> str:
    after = f"  after {', '.join(step['needs'])}" if step.get("needs") else ""
    return f"{step['does']} {step.get('target', '')}".rstrip() + after


def _details(step: dict[str, Json]) -> Iterator[str]:
    for key, name in (("if", "if"), ("for_each", "for each of"), ("switch", "switch on")):
        if key in step:
            yield f"{name}  {_shown(step[key])}"
    for case in step.get("cases", []):
        yield f"{'any other' if case['value'] is None else case['value']}:  {_does(case)}"
        yield from (f"  {line}" for line in _details({key: value for key, value in case.items() if key not in ("does", "target")}))
    if loop := step.get("repeat"):
        yield f"at most {counted(loop['max'], 'round')}" + (f", until {loop['until']}" if loop["until"] else "")
        for inner in (each for wave in loop["waves"] for each in wave):
            yield f"  {inner['step']}  {_does(inner)}"
            yield from (f"    {line}" for line in _details(inner))
    for agent in step.get("agents", []):
        yield from _agent(agent)
    yield from _requests(step)
    yield from _texts(step)
    yield from _net(step)


def _agent(agent: dict[str, Json]) -> Iterator[str]:
    parts = [f"model {agent['model']} ({agent['answered_by']})", _limits(agent["limits"]), f"tools {', '.join(agent['tools']) or 'none'}"]
    yield f"agent {agent['agent']} {agent['part']}: {' · '.join(part for part in parts if part)}"
    yield from (f"  may ask a person before {tool}  {'; '.join(why)}" for tool, why in agent["may_ask"].items())


def _requests(step: dict[str, Json]) -> Iterator[str]:
    """How often a pattern asks whom."""
    if (told := step.get("requests")) is None:
        return
    for each in told["asked"]:
        yield f"asks {each['agent']} {_how_often(each['least'], each['most'])} ({each['part']})"
    least, most = told["least"], told["most"]
    yield "model requests: one at least for each item" if most is None else f"model requests: {least} at least, {most:,} at most"


def _how_often(least: int, most: int | None) -> str:
    match least, most:
        case (_, None):
            return "once for each item"
        case (0, 1):
            return "once at most"
        case (1, 1):
            return "once"
        case _:
            return f"{least} times" if least == most else f"{least} to {most} times"


def _texts(step: dict[str, Json]) -> Iterator[str]:
    if "prompt" in step:
        yield "prompt"
        yield from (f"  | {line}" for line in step["prompt"].splitlines())
    for key, name in (("given", "given the outputs of"), ("capsules", "given the capsules")):
        if key in step:
            yield f"{name}  {', '.join(step[key])}"
    yield from (f"{name}: {_shown(value)}" for name, value in step.get("arguments", {}).items())
    if why := step.get("may_ask"):
        yield f"may ask a person  {'; '.join(why)}"
    if asked := step.get("approve"):
        yield f"asks a person  {asked['message']}"
        yield f"  shows  {_shown(asked.get('show'))}"
        patience = f"waits {seconds(asked['seconds'])}" if asked["seconds"] else "waits as long as it takes"
        yield f"  {patience}; a no means: {asked['on_refuse']}"
    if wait := step.get("wait"):
        yield f"waits for  {wait['signal'] or seconds(wait['seconds'])}"


def _net(step: dict[str, Json]) -> Iterator[str]:
    if "timeout" in step:
        yield f"timeout  {seconds(step['timeout'])}"
    if "retries" in step:
        yield f"retry  {step['retries']} more"
    for name, checks in (("verify", step.get("verify", [])), *step.get("checks", {}).items()):
        for check in checks:
            held = check.get("that") or " ".join(f"{key} {check[key]}" for key in ("agent", "python") if key in check)
            yield f"{name}  {held}, else {check['on_fail']}"
    if other := step.get("fallback"):
        named = next((f"{key} {other[key]}" for key in ("step", "agent") if key in other), "")
        yield f"fallback  {named or _shown(other['value'])}"
    if "saves" in step:
        yield f"saves  {step['saves']}"


def _limits(told: dict[str, Json]) -> str:
    words = {"turns": lambda n: f"{n} turns", "tokens": lambda n: f"{n:,} tokens", "usd": lambda n: f"${n:g}", "time": seconds}
    return " · ".join(words[name](value) for name, value in told.items())


def _shown(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
