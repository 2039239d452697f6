"""Take the pictures of the dashboard that the docs show: `python scripts/screenshots.py`.

A made-up newsroom is served and runs its flows for real; a browser visits each page, in light and dark, and some of them on a phone. The
pictures go to docs/images/dashboard/, with a small palette where Pillow is there.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from dashboard.page_stage import House, call, chromium, house, run_of, signed_in, unhurried, until_state  # noqa: E402  the path comes first
from playnex.testing.model_replies import Asked, Reply, slowly, word_by_word  # noqa: E402

PICTURES = ROOT / "docs/images/dashboard"
SIZES = {"": {"width": 1280, "height": 800}, "-phone": {"width": 390, "height": 844}}
COLOURS = 192
PACE = 0.12
"""Seconds of which the newsroom's tools and models take a few."""

SCANS = """\
playnex: 1
name: read-scans
description: Reads the scanned pages of an old volume, one page a run.
inputs: { page: { type: integer, required: true, description: Number of the page } }
on: { schedule: [{ cron: "30 6 * * 1-5", zone: Europe/Vienna, inputs: { page: 1 } }] }
steps: { read: { name: Read the page, tool: archive.read_page, with: { page: "${{ inputs.page }}" } } }
"""
ARCHIVE = '''\
"""The archive of scanned pages."""

import playnex


@playnex.tool(effect="idempotent")
def read_page(page: int) -> str:
    """The text of a scanned page."""
    if page % 17 == 0:
        raise ValueError("the scan is too dark to read")
    if page % 29 == 0:
        raise LookupError("the page is missing from the volume")
    return f"Page {page}, as it was read."
'''
CAPSULES = {
    "style/voice": "# How we write\n\nShort, friendly sentences. One thought each.\n\n- say what was done, then why\n- no word twice",
    "notes/tides": "# Tides\n\nThe tide comes **twice** a day, some fifty minutes later each day.\n\n- high: *full*\n- low: *bare*",
    "notes/harbour": "The harbour falls dry at low tide.",
    "people/desk": "Ada reads every article before it goes out.",
}
DRIER = "- low: *bare*, the harbour falls dry"
LATER = "some **fifty** minutes later each day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A page: where it is, and what is done there before its picture is taken. `names` are those of runs and of the batch."""

    path: str
    does: Callable[[Any], None] = lambda _page: None
    on_phone: bool = False


def find(page: Any) -> None:
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Find anything").fill("article")


def fault(page: Any) -> None:
    box = page.get_by_role("textbox", name="Text of")
    box.fill(box.input_value().replace("desk.search_web", "desk.serch_web"))
    box.evaluate("box => { box.blur(); box.scrollTop = 0; }")


def question(page: Any) -> None:
    page.get_by_label("Message").fill("What does a journal keep?")
    page.get_by_role("button", name="Ask").click()


def both(page: Any) -> None:
    """Two people write the same capsule: the page has a text, and somebody else saves another one."""
    page.get_by_role("button", name="Edit").click()
    box, seen = page.get_by_label("Text of notes/tides"), call(page, "GET", "/api/capsules/notes/tides")
    box.fill(seen["body"].replace("some fifty minutes later each day", LATER))
    other = seen["body"].replace("- low: *bare*", DRIER) if DRIER not in seen["body"] else seen["body"].replace(DRIER, "- low: *bare*")
    call(page, "PUT", f"/api/capsules/{seen['id']}", {"body": other, "expected": seen["version"]})
    page.get_by_role("button", name="Save version").click()


def replay(page: Any) -> None:
    page.get_by_role("button", name="Replay").click()
    slider = page.get_by_role("slider", name="Moment of the run")
    slider.fill("40")
    slider.evaluate("one => one.blur()")


VISITS = {
    "runs": Visit(path="/runs", on_phone=True),
    "run": Visit(path="/runs/{run}?step=body"),
    "run-live": Visit(path="/runs/{live}?step=outline", does=lambda page: page.locator(".spoken").wait_for()),
    "run-approval": Visit(path="/runs/{run}", on_phone=True),
    "run-failed": Visit(path="/runs/{broken}"),
    "run-prompt": Visit(path="/runs/{run}?step=facts&tab=prompt"),
    "run-replay": Visit(path="/runs/{run}", does=replay),
    "run-fork": Visit(path="/runs/{run}?step=body", does=lambda page: page.get_by_role("button", name="Fork from here").first.click()),
    "transcript": Visit(path="/runs/{run}?view=transcript"),
    "compare": Visit(path="/compare?one={run}&other={other}"),
    "find": Visit(path="/runs", does=find),
    "inbox": Visit(path="/inbox"),
    "capsule": Visit(path="/capsules/articles/tides-for-beginners"),
    "capsule-history": Visit(path="/capsules/articles/tides-for-beginners?tab=history"),
    "capsule-compare": Visit(path="/capsules/articles/tides-for-beginners?tab=compare"),
    "capsule-conflict": Visit(path="/capsules/notes/tides", does=both),
    "flows": Visit(path="/flows"),
    "flow": Visit(path="/flows/research-to-article"),
    "flow-file": Visit(path="/flows/research-to-article?tab=file", does=fault),
    "flow-steps": Visit(path="/flows/research-to-article?tab=steps"),
    "agents": Visit(path="/agents"),
    "agent": Visit(path="/agents/writer", does=question),
    "tools": Visit(path="/tools"),
    "servers": Visit(path="/tools?tab=servers"),
    "batches": Visit(path="/batches"),
    "batch": Visit(path="/batches/{batch}", on_phone=True),
    "doctor": Visit(path="/doctor"),
}


def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    os.environ["LOGNAME"] = "ada"  # who writes, approves and stops in these pictures
    with TemporaryDirectory() as made, house(Path(made) / "newsroom", says=leisurely, pace=PACE) as built, chromium() as browser:
        furnish(built)
        names = made_runs(browser, built)
        for scheme in ("light", "dark"):
            for suffix, size in SIZES.items():
                context = browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce")
                visit(signed_in(context, built), names, suffix, scheme)
                context.close()


def leisurely(asked: Asked) -> Reply:
    """What the newsroom's models say, not at once."""
    reply = unhurried(asked)
    return word_by_word(reply, PACE) if reply.delay else slowly(reply, PACE * 4)


def furnish(built: House) -> None:
    """A flow for a batch, capsules of people, and a server that knows of them."""
    (built.folder / "flows/read-scans.yaml").write_text(SCANS)
    (built.folder / "tools/archive.py").write_text(ARCHIVE)
    (built.folder / "pages.jsonl").write_text("".join(json.dumps({"page": page}) + "\n" for page in range(1, 145)))
    (built.folder / ".mcp.json").write_text(json.dumps({"mcpServers": {"time": {"command": "mcp-server-time"}}}))
    os.chdir(built.folder)  # so that the pages name its files by their short names
    built.stop_serving()
    built.serve()
    built.start("batch", "run", "read-scans", "pages.jsonl", "--at-most", "6", "--rate", "40/s").communicate(timeout=60)


def made_runs(browser: Any, built: House) -> Mapping[str, str]:
    """Runs of every kind and the batch, by the names that the addresses above have for them."""
    page = signed_in(browser.new_context(), built)
    for name, body in CAPSULES.items():
        call(page, "POST", "/api/capsules", {"name": name, "body": body})
    made = call(page, "GET", "/api/capsules/notes/tides")
    call(page, "PUT", f"/api/capsules/{made['id']}", {"body": made["body"].replace("- low: *bare*", DRIER), "expected": 1})
    call(page, "POST", f"/api/capsules/{made['id']}/pin")
    wanted = {
        "kept": ("research-to-article", {"topic": "Tides for beginners"}),
        "kept too": ("research-to-article", {"topic": "Small tools that last"}),
        "brief": ("brief", {"question": "What does a journal keep, and for how long?"}),
        "broken": ("weekly-numbers", {"week": "2026-W47"}),
        "other": ("research-to-article", {"topic": "Durable execution, explained for people in a hurry"}),
        "run": ("research-to-article", {"topic": "Durable execution this week"}),
    }
    names = {name: run_of(page, flow, inputs) for name, (flow, inputs) in wanted.items()}
    for run in names.values():
        until_state(page, run, "waiting", "failed", "succeeded")
    for run in (names["kept"], names["kept too"]):
        call(page, "POST", f"/api/inbox/{run[-6:]}/release", {"decision": "approve"})
        until_state(page, run, "succeeded")
    article = call(page, "GET", "/api/capsules/articles/tides-for-beginners")
    better = (
        article["body"]
        .replace("Durable execution this week", "Tides for beginners")
        .replace("a promise, not a hope", "a promise that one can test")
    )
    call(page, "PUT", f"/api/capsules/{article['id']}", {"body": better, "expected": 1})
    return names | {"batch": call(page, "GET", "/api/batches")["batches"][0]["batch"]}


def visit(page: Any, names: Mapping[str, str], suffix: str, scheme: str) -> None:
    """A picture of each page; of a run that is under way, for each its own."""
    origin = page.evaluate("location.origin")
    for name, one in VISITS.items():
        if suffix and not one.on_phone:
            continue
        if "{live}" in one.path:
            names = {**names, "live": run_of(page, "research-to-article", {"topic": "Tides, slowly"})}
        page.goto(origin + one.path.format(**names))
        page.wait_for_timeout(1000)
        one.does(page)
        page.wait_for_timeout(900)
        target = PICTURES / f"{name}{suffix}-{scheme}.png"
        page.screenshot(path=str(target))
        shrink(target)
        if "{live}" in one.path:
            call(page, "POST", f"/api/runs/{names['live']}/cancel", {})


def shrink(picture: Path) -> None:
    """The same with fewer colours, where Pillow is there to do it."""
    try:
        from PIL import Image  # late: nothing else needs it
    except ImportError:
        return
    with Image.open(picture) as opened:
        image = opened.convert("RGB")
    counted = sorted(
        image.getcolors(image.width * image.height) or (), key=lambda one: one[0] * (1 + max(one[1]) - min(one[1])), reverse=True
    )
    kept = [colour for _, colour in counted[:COLOURS]]
    index = {colour: min(range(len(kept)), key=lambda one: distance(kept[one], colour)) for _, colour in counted}
    parts = iter(image.tobytes())
    small = Image.frombytes("P", image.size, bytes(index[colour] for colour in zip(parts, parts, parts, strict=True)))
    small.putpalette([part for colour in kept for part in colour])
    small.save(picture, optimize=True)


def distance(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    """Between two colours. Surfaces keep theirs, since the most common ones are all kept, and the lively before the grey."""
    return sum((left - right) ** 2 for left, right in zip(one, other, strict=True))


if __name__ == "__main__":
    main()
