"""The dashboard's page in a real browser: bytes of the first load, when the first node is seen, frames while a run streams, and how long an
event takes to the screen.

`python benchmarks/dashboard_page.py` prints one JSON object; seconds and bytes. Needs Chromium.
"""

import json
import statistics
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from dashboard.page_stage import chromium, house, run_of, signed_in, until_state  # noqa: E402  the path comes first

ROUNDS = 5
EVENTS, EVERY = 100, 50
"""How many patches are fed to the page, and milliseconds between two: 20 a second."""

FIRST_NODE = """() => new Promise((found) => {
  const look = () => document.querySelector(".node") ? found(performance.now()) : requestAnimationFrame(look);
  look();
})"""

STREAM = """async ([events, every]) => {
  const at = (name) => new URL(name, document.querySelector("script[type=module]").src).href;
  const { heard } = await import(at("stream.js"));
  const nodes = [...document.querySelectorAll(".node")];
  const run = location.pathname.split("/")[2];
  const frames = [];
  const delays = [];
  let last = performance.now();
  let going = true;
  const beat = (now) => { frames.push(now - last); last = now; if (going) requestAnimationFrame(beat); };
  requestAnimationFrame(beat);
  const authorization = "Bearer " + localStorage.getItem("playnex.token");
  const snapshot = await (await fetch(`/api/runs/${run}`, {headers: {authorization}})).json();
  const rows = snapshot.steps.filter((row) => !row.parent);
  for (let index = 0; index < events; index++) {
    const row = {...rows[index % rows.length], status: "running", tokens: 1000 + index, ended: null, seconds: null,
      began: Date.now() / 1000};
    const sent = performance.now();
    const patch = {run: {tokens: index}, steps: [row]};
    heard({line: {run: snapshot.header.run, position: snapshot.position + 1 + index, patch}});
    requestAnimationFrame(() => setTimeout(() => delays.push(performance.now() - sent)));
    await new Promise((next) => setTimeout(next, every));
  }
  going = false;
  return {frames: frames.slice(1), delays, nodes: nodes.length};
}"""


def main() -> None:
    with TemporaryDirectory() as made, house(Path(made) / "newsroom") as built, chromium() as browser:
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        page = signed_in(context, built)
        run = run_of(page, "research-to-article", {"topic": "Durable execution"})
        until_state(page, run, "waiting")
        origin = page.evaluate("location.origin")
        page.close()
        loads = [first_load(browser, built, f"{origin}/runs/{run}") for _ in range(ROUNDS)]
        page = context.new_page()
        page.goto(f"{origin}/runs/{run}")
        page.wait_for_selector(".node")
        told = page.evaluate(STREAM, [EVENTS, EVERY])
    frames = sorted(told["frames"])
    print(json.dumps({
        "first_load_bytes": max(load["bytes"] for load in loads),
        "first_node_seconds": round(statistics.median(load["node"] for load in loads), 3),
        "nodes": told["nodes"],
        "frames_per_second": round(1000 / statistics.mean(frames), 1),
        "frame_95th_ms": round(frames[int(len(frames) * 0.95)], 1),
        "event_to_screen_95th_ms": round(sorted(told["delays"])[int(len(told["delays"]) * 0.95)], 1),
    }, indent=2))  # fmt: skip


def first_load(browser: Any, built: Any, address: str) -> dict[str, float]:
    """Bytes on the wire and seconds until the first node, in a browser that has nothing kept but its token."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = signed_in(context, built)
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.send("Network.clearBrowserCache")
    received: list[float] = []
    wire.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    page.goto(address, wait_until="commit")
    node = page.evaluate(FIRST_NODE) / 1000
    page.wait_for_timeout(500)
    context.close()
    return {"bytes": sum(received), "node": node}


if __name__ == "__main__":
    main()
