"""What must hold on every page: nothing keeps people out, no text of a model runs, no restart or crash leaves the page behind."""

import os
import re
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from dashboard.page_stage import PATIENCE, House, axe_source, call, chromium, house, open_run, playwright, run_of, signed_in, until_state

pytestmark = pytest.mark.slow
expect = playwright.expect

PAGES = (
    "/runs",
    "/runs?q=nothing-is-called-so",
    "/runs/{run}",
    "/runs/{run}?step=body",
    "/runs/{run}?step=body&tab=prompt",
    "/runs/{run}?step=papers&tab=attempts",
    "/runs/{run}?step=images",
    "/runs/{run}?view=transcript",
    "/runs/{broken}",
    "/compare?one={run}&other={other}",
    "/compare",
    "/runs/nothing/is/here",
)

ATTACKS = (
    "<script>ran()</script>",
    "<img src=x onerror=ran()>",
    "<svg onload=ran()>",
    "<svg><script>ran()</script></svg>",
    "<body onload=ran()>",
    "<iframe src=javascript:parent.ran()></iframe>",
    "<iframe srcdoc='<script>parent.ran()</script>'></iframe>",
    "<a href=javascript:ran()>x</a>",
    "[click](javascript:ran())",
    "[click](JaVaScRiPt:ran())",
    "[click](java\tscript:ran())",
    "[click](data:text/html,<script>ran()</script>)",
    "[click](vbscript:ran())",
    "![x](javascript:ran())",
    '![x](x"onerror="ran())',
    "[a]: javascript:ran()\n\n[a]",
    "<javascript:ran()>",
    "<details open ontoggle=ran()>",
    "<input autofocus onfocus=ran()>",
    "<video><source onerror=ran()></video>",
    "<math><mi xlink:href=javascript:ran()>x</mi></math>",
    "<style>@import 'javascript:ran()';</style>",
    "<link rel=stylesheet href=javascript:ran()>",
    "<object data=javascript:ran()></object>",
    "<embed src=javascript:ran()>",
    "<form action=javascript:ran()><button>x</button></form>",
    "<meta http-equiv=refresh content=0;url=javascript:ran()>",
    '"><script>ran()</script>',
    "'-ran()-'",
    "${ran()} {{constructor.constructor('ran()')()}}",
)

# That rule is an experiment of axe: it takes the figures on a node for words of its name.
VIOLATIONS = """async () => (await axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"],
  rules: {"label-content-name-mismatch": {enabled: false}}})).violations
  .map((one) => one.id + ": " + one.nodes.slice(0, 3).map((node) => node.target.join(" ") + " " + node.failureSummary).join(" | "))"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("newsroom")) as made:
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as made:
        yield made


@pytest.fixture(scope="module")
def home(browser: Any, built: House) -> Any:
    return signed_in(browser.new_context(viewport={"width": 1280, "height": 800}), built)


@pytest.fixture(scope="module")
def runs(home: Any) -> dict[str, str]:
    made = {
        "run": run_of(home, "research-to-article", {"topic": "Durable execution"}),
        "other": run_of(home, "research-to-article", {"topic": "Tides"}),
        "broken": run_of(home, "weekly-numbers", {"week": "2026-W47"}),
    }
    for name, run in made.items():
        until_state(home, run, "failed" if name == "broken" else "waiting")
    return made


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_that_keeps_people_out(browser: Any, built: House, runs: dict[str, str], scheme: str) -> None:
    axe = axe_source()
    context = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme=scheme, reduced_motion="reduce")
    page = signed_in(context, built)
    origin = page.evaluate("location.origin")
    found = {}
    for path in PAGES:
        page.goto(origin + path.format(**runs))
        expect(page.locator("main > *").first).to_be_visible()
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
        page.evaluate(axe)
        if violations := page.evaluate(VIOLATIONS):
            found[path] = violations
    page.route("**/api/agents", lambda _: None)  # never answered: a page that waits is one, too
    page.goto(f"{origin}/agents")
    expect(page.get_by_role("progressbar", name="Loading")).to_be_visible()
    page.evaluate(axe)
    found |= {"a page that waits": violations} if (violations := page.evaluate(VIOLATIONS)) else {}
    context.close()
    assert found == {}


def test_no_text_of_a_run_its_name_prompts_and_answers_runs_as_a_program(browser: Any, built: House) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_init_script("globalThis.ran = () => { globalThis.itRan = true; };")
    page = signed_in(context, built)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    wanted = [run_of(page, "brief", {"question": attack}) for attack in ATTACKS]
    for run in wanted:
        until_state(page, run, "succeeded")
    page.get_by_role("searchbox", name="Search runs").fill("ran()")
    expect(page.get_by_role("table", name="Runs").get_by_text("<script>ran()</script>").first).to_be_visible()
    for run, attack in zip(wanted, ATTACKS, strict=True):
        open_run(page, run, "?step=answer&tab=prompt")
        expect(page.get_by_role("tabpanel").get_by_text(attack.strip().splitlines()[0][:12]).first).to_be_visible()
        page.get_by_role("tab", name="Output").click()
        for link in page.get_by_role("tabpanel").get_by_role("link").all():
            assert re.match("https?:|mailto:", link.get_attribute("href") or "")
        assert page.evaluate("globalThis.itRan") is None, attack
    assert all(url.startswith(page.evaluate("location.origin")) for url in asked)
    context.close()


def test_a_page_that_is_open_goes_on_after_the_server_was_killed_and_started_again(home: Any, built: House, runs: dict[str, str]) -> None:
    open_run(home, runs["other"])
    expect(home.get_by_role("contentinfo").get_by_text("live", exact=True)).to_be_visible()
    built.stop_serving()
    expect(home.get_by_role("contentinfo").get_by_text("reconnecting")).to_be_visible()
    expect(home.get_by_role("alert")).to_contain_text("The server does not answer")
    built.serve()
    expect(home.get_by_role("contentinfo").get_by_text("live", exact=True)).to_be_visible()
    home.get_by_role("region", name="Approval").get_by_role("button", name="Approve", exact=True).click()
    saved = home.get_by_role("region", name="Graph").get_by_role("button", name=re.compile("Save capsule"))
    expect(saved).to_have_accessible_name("Save capsule, succeeded")


def test_a_run_whose_worker_was_killed_says_so_and_goes_on_when_it_is_told_to(home: Any, built: House) -> None:
    worker = built.start("flow", "run", "research-to-article", "--input", "topic=Killed slowly")
    rows = home.get_by_role("table", name="Runs").get_by_role("row")
    home.goto(home.evaluate("location.origin") + "/runs?q=Killed")
    rows.get_by_role("link", name="Killed slowly").click()
    graph = home.get_by_role("region", name="Graph")
    expect(graph.get_by_role("button", name=re.compile("Plan questions, running"))).to_be_visible()
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait(10)
    run = home.url.rpartition("/")[2]
    expect(home.get_by_role("heading", name="No worker").or_(graph.get_by_role("button", name="Plan questions, succeeded"))).to_be_visible()
    if until_state(home, run, "interrupted", "running", "waiting")["shown_state"] == "interrupted":
        home.get_by_role("button", name="Resume").click()
    expect(graph.get_by_role("button", name=re.compile("Ask the desk"))).to_have_accessible_name(
        "Ask the desk, waiting", timeout=3 * PATIENCE
    )
    assert call(home, "GET", f"/api/runs/{run}")["header"]["state"] == "waiting"
