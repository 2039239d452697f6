"""Pages for people: a flow, an agent, a run and its transcript, from the same data that `--json` prints."""

import json
import sys

from playnex.app.inbox import asking_step
from playnex.app.pinning import Pinned
from playnex.app.reports import shown_state
from playnex.app.run_graph import who
from playnex.app.step_lines import WHY
from playnex.canonical import Json, encode
from playnex.cli.showing_agent_memory import memory_lines
from playnex.cli.terminal import Terminal, columns, counted, gist, indented, moment, seconds, spent, tokens, visible, whole
from playnex.ids import short
from playnex.spec import expression
from playnex.spec.agent import AgentSpec
from playnex.spec.flow import BriefSpec, Budget


def flow_page(pinned: Pinned, terminal: Terminal) -> str:
    """What a flow needs, does and returns."""
    flow = pinned.flow
    inputs = [
        (spec.name, spec.type, "required" if spec.required else f"default {spec.default!r}", spec.description) for spec in flow.inputs
    ]
    steps = [(step.id, step.kind, who(step), ", ".join(step.needs), step.save or "") for step in flow.steps]
    parts = [terminal.styled(flow.name, "bold"), flow.description, "", *_brief_lines(flow.brief)]
    if inputs:
        parts += [columns(("INPUT", "TYPE", "", "DESCRIPTION"), inputs, terminal), ""]
    parts += [columns(("STEP", "DOES", "WITH", "AFTER", "SAVES"), steps, terminal), "", f"budget  {budget_text(flow.budget)}"]
    return "\n".join(parts)


def _brief_lines(brief: BriefSpec) -> list[str]:
    """What every agent of the flow is told, in its own words."""
    told = (("goal", [brief.goal]), ("constraints", brief.constraints), ("context", [brief.context]), ("success", brief.success))
    lines = [f"{name:<13}{text.strip()}" for name, texts in told for text in texts if text]
    return [*lines, ""] if lines else []


def agent_page(agent: AgentSpec, terminal: Terminal) -> str:
    """An agent for people."""
    rows = (
        ("model", agent.model),
        ("tools", ", ".join(agent.tools) or "none"),
        *memory_lines(agent),
        ("limits", budget_text(agent.limits)),
        *((("thinks", _thinking(agent)),) if _thinking(agent) else ()),
        *((("answers", encode(agent.output).decode()),) if agent.output else ()),
    )
    facts = "\n".join(f"{name:<8}{value}" for name, value in rows)
    return f"{terminal.styled(agent.name, 'bold')}  {agent.description}\n\n{facts}\n\n{agent.instructions}"


def _thinking(agent: AgentSpec) -> str:
    """When it plans and looks back."""
    reflects = {"never": "", "after-error": "looks back after errors", "every-turn": "looks back after every turn"}[agent.reflect]
    return ", ".join(part for part in ("plans first" if agent.plan else "", reflects) if part)


def budget_text(budget: Budget) -> str:
    """Limits in words."""
    parts = (
        f"{budget.turns} turns" if budget.turns else "",
        f"{budget.tokens:,} tokens" if budget.tokens else "",
        f"${budget.usd:g}" if budget.usd else "",
        seconds(budget.time) if budget.time else "",
    )
    return " · ".join(part for part in parts if part) or "no limit"


def run_page(detail: dict[str, Json], terminal: Terminal) -> str:
    """A run: how it stands, its steps, what it made."""
    state = shown_state(detail["status"], detail["worker"])
    lines = [
        f"{terminal.styled(detail['flow'], 'bold')}  run {short(detail['run'])}  {state}"
        + (f" ({detail['reason']})" if detail["reason"] else ""),
        *(f"  {name} = {gist(_on_one_line(value), 80)}" for name, value in detail["inputs"].items()),
        "",
        columns(("STEP", "STATUS", "BY", "MODEL", "TIME", "TOKENS", "OUTPUT"), [_step_row(step) for step in detail["steps"]], terminal),
        "",
        *routes(detail),
        *stand_ins(detail),
        spent(detail["usage"]),
        *spending_lines(detail, terminal),
        *left_lines(detail),
    ]
    if detail.get("message"):
        lines.append(detail["message"])
    lines += [f"capsule {made['name']} (version {made['version']}) by step {made['step']}" for made in detail["capsules"]]
    return "\n".join([*lines, *_next_moves(detail, state)])


def spending_lines(detail: dict[str, Json], terminal: Terminal) -> list[str]:
    """What is spent of the run's budget, what is held, and what is worth a warning."""
    used, held = detail["usage"], detail.get("held") or {}
    lines = [f"budget: {said}"] if (said := _of_budget(detail.get("budget") or {}, used, held)) else []
    if held:
        parts = (f"{held['tokens']:,} tokens" if held["tokens"] else "", f"${held['usd']:.4f}" if held.get("usd") else "")
        most = " and ".join(part for part in parts if part) or counted(held["requests"], "request")
        whose = "requests in flight" if detail["worker"] else "requests whose outcome nobody knows, and count as spent"
        lines.append(f"held: up to {most}, for {whose}")
    sign = terminal.symbol("fallback", sys.stdout)
    return lines + [f"{sign} {warning}" for warning in detail.get("warnings", ())]


def left_lines(detail: dict[str, Json]) -> list[str]:
    """What left the machine: each step with whom it went to, those of one kind together."""
    by_whom: dict[str, list[str]] = {}
    for one in detail["left_machine"]:
        by_whom.setdefault(one["whom"], []).append(one["step"])
    told = (f"{whom} ({steps[0]}{f' and {len(steps) - 1} more' if len(steps) > 1 else ''})" for whom, steps in by_whom.items())
    return [f"left this machine: {', '.join(told)}"] if by_whom else []


def _of_budget(budget: dict[str, Json], used: Json, held: Json) -> str:
    """`1,200 of 20,000 tokens · 3 of 10 turns`, with what is held."""
    tokens_used = used["input_tokens"] + used["output_tokens"] + held.get("tokens", 0)
    turns = used["requests"] + held.get("requests", 0)
    parts = (
        f"{tokens_used:,} of {budget['tokens']:,} tokens" if "tokens" in budget else "",
        f"{turns} of {budget['turns']} turns" if "turns" in budget else "",
        f"${used['usd'] + held.get('usd', 0.0):.4f} of ${budget['usd']:g}" if "usd" in budget else "",
        f"{seconds(budget['seconds'])} of {seconds(budget['time'])}" if "time" in budget else "",
    )
    return " · ".join(part for part in parts if part)


def _on_one_line(value: Json) -> Json:
    return " ".join(value.split()) if isinstance(value, str) else value


def routes(detail: dict[str, Json]) -> list[str]:
    """Which way each switch went, and why."""
    taken = [(step["step"], step["route"]) for step in detail["steps"] if "route" in step]
    return [f"{step} went to {route['to']}: {expression.bare(route['by'])} is {json.dumps(route['value'])}" for step, route in taken]


def stand_ins(detail: dict[str, Json]) -> list[str]:
    """Each fallback that was used: of which step, why, and what was made from it."""
    lines = []
    for step in detail["steps"]:
        if step["status"] == "fallback":
            made = [other["step"] for other in detail["steps"] if step["step"] in other.get("fallback_from", ())]
            why = WHY.get(step.get("reason", ""), step.get("reason", ""))
            tries = f" after {step['attempts']} tries" if step.get("attempts", 1) > 1 else ""
            lines.append(f"{step['step']} gave its fallback{tries}: {why}" + (f"; made from it: {', '.join(made)}" if made else ""))
    return lines


def _next_moves(detail: dict[str, Json], state: str) -> list[str]:
    """What a person can do about a run that has not ended well."""
    run = short(detail["run"])
    lines = [f"waits for run {short(detail['behind'])}: one run of {detail['concurrency']!r} at a time"] if detail["behind"] else []
    lines += [line for wait in detail["waits"] for line in _wait_lines(wait, run)]
    for unknown in detail["unknown"]:
        lines += [f"outcome unknown: {unknown['step']} may have happened or not", f"  it was asked {gist(unknown['input'], 200)}"]
        lines += [f"  look, then say: playnex run resolve {run} --done VALUE, --again or --fail"]
    if state not in ("succeeded", "cancelled", "running"):
        lines.append(f"go on with: playnex run resume {run}")
    return lines


def _wait_lines(wait: dict[str, Json], run: str) -> list[str]:
    until = f" until {moment(wait['until'])}" if wait["until"] else ""
    if wait["ask"]:
        asked = [f"waits for a person{until}: {visible(wait['ask']['message'])}", indented(visible(whole(wait["ask"]["show"])))]
        item = f"{run}/{asking_step(wait['step'])}"
        return [*asked, f"  playnex inbox approve {item}", f"  playnex inbox reject {item} -m WHY"]
    if wait["signal"]:
        return [f"waits for the signal {wait['signal']}{until}: playnex run signal {run} {wait['signal']}"]
    return [f"sleeps{until}"]


def _step_row(step: dict[str, Json]) -> tuple[str, ...]:
    used = step.get("usage", {})
    count = used.get("input_tokens", 0) + used.get("output_tokens", 0)
    output = step.get("output")
    shown = output.get("error") if step["status"] == "failed" and isinstance(output, dict) else output
    return (step["step"], step["status"], step["actor"], step["model"], seconds(step["seconds"]), tokens(count), gist(shown, 50))
