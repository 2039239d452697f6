"""Take the pictures of the dashboard that the docs show: `python scripts/screenshots.py`.

A made-up newsroom is served and runs its flows for real; a browser visits each page, in light and dark, at a desk and on a phone. The
pictures go to docs/images/dashboard/, with a palette of 256 colours where Pillow is there.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from dashboard.page_stage import House, chromium, house, run_of, signed_in, until_state  # noqa: E402  the path comes first

PICTURES = ROOT / "docs/images/dashboard"
SIZES = {"": {"width": 1280, "height": 800}, "-phone": {"width": 390, "height": 844}}
COLOURS = 256

PAGES = {
    "runs": "/runs",
    "run": "/runs/{run}?step=body",
    "run-live": "/runs/{live}",
    "run-approval": "/runs/{run}",
    "run-failed": "/runs/{broken}",
    "run-prompt": "/runs/{run}?step=facts&tab=prompt",
    "transcript": "/runs/{run}?view=transcript",
    "compare": "/compare?one={run}&other={other}",
}


def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as made, house(Path(made) / "newsroom") as built, chromium() as browser:
        runs = made_runs(browser, built)
        for scheme in ("light", "dark"):
            for suffix, size in SIZES.items():
                context = browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce")
                visit(signed_in(context, built), runs, f"{suffix}-{scheme}")
                context.close()


def made_runs(browser: Any, built: House) -> Mapping[str, str]:
    """Runs of every kind, by the name that an address above has for them."""
    page = signed_in(browser.new_context(), built)
    wanted = {
        "run": ("research-to-article", {"topic": "Durable execution this week"}),
        "other": ("research-to-article", {"topic": "Durable execution, explained for people in a hurry"}),
        "brief": ("brief", {"question": "What does a journal keep, and for how long?"}),
        "broken": ("weekly-numbers", {"week": "2026-W47"}),
    }
    runs = {name: run_of(page, flow, inputs) for name, (flow, inputs) in wanted.items()}
    for run in runs.values():
        until_state(page, run, "waiting", "failed", "succeeded")
    return runs


def visit(page: Any, runs: Mapping[str, str], suffix: str) -> None:
    """A picture of each page; of a run that is under way, for each its own."""
    origin = page.evaluate("location.origin")
    for name, path in PAGES.items():
        if "{live}" in path:
            runs = {**runs, "live": run_of(page, "research-to-article", {"topic": "Tides, slowly"})}
        page.goto(origin + path.format(**runs))
        page.wait_for_timeout(3600 if "{live}" in path else 1200)
        target = PICTURES / f"{name}{suffix}.png"
        page.screenshot(path=str(target))
        shrink(target)


def shrink(picture: Path) -> None:
    """The same with fewer colours, where Pillow is there to do it."""
    try:
        from PIL import Image  # late: nothing else needs it
    except ImportError:
        return
    with Image.open(picture) as image:
        image.convert("RGB").quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(picture, optimize=True)


if __name__ == "__main__":
    main()
