"""What people do in the inbox, with capsules, flows, agents and batches, done by roles and names in a real browser."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboard.page_stage import PATIENCE, House, axe_source, call, chromium, house, page_at, playwright, run_of, signed_in, until_state
from dashboard.test_page_holds import VIOLATIONS

pytestmark = pytest.mark.slow
expect = playwright.expect

REFUND = """\
playnex: 1
name: refund
description: Pays a customer back, once a person has looked.
inputs:
  customer: { type: string, required: true, description: Who is paid back }
  amount: { type: number, default: 20 }
  channel: { type: [card, bank], default: card }
on: { schedule: [{ cron: "0 7 * * 1-5", zone: Europe/Vienna, inputs: { customer: Ada } }] }
steps:
  ask:
    approve: { message: "Pay ${{ inputs.amount }} to ${{ inputs.customer }}?", show: "Dear ${{ inputs.customer }}", editable: true }
  keep: { save: "refunds/${{ inputs.customer | slug }}", content: "${{ steps.ask.output }}" }
"""
READING = """\
playnex: 1
name: reading
steps:
  read: { tool: capsule.read, with: { name: notes/idea } }
  grade: { tool: marks.read, with: { n: 1 } }
"""
GRADING = """\
playnex: 1
name: grade
inputs: { n: { type: integer, required: true } }
steps: { read: { tool: marks.read, with: { n: "${{ inputs.n }}" } } }
"""
MARKS = '''\
"""Marks."""

import os

import playnex


@playnex.tool(effect="idempotent")
async def read(n: int) -> int:
    """Read one; a mark below zero cannot be read."""
    if n < 0 and not os.path.exists("mended"):
        raise ValueError("<img src=x onerror=ran()> is below zero")
    return n
'''
ATTACK = "# <script>ran()</script><img src=x onerror=ran()>\n\n[click](javascript:ran()) <svg onload=ran()>\n\n![x](javascript:ran())"
EVIL = '---\nname: evil\ndescription: "<img src=x onerror=ran()>"\n---\n<script>ran()</script> You are evil. [x](javascript:ran())\n'


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("rooms"), furnish) as made:
        made.start("batch", "run", "grade", str(made.folder / "cases.jsonl")).communicate(timeout=60)
        yield made


def furnish(folder: Path) -> None:
    """What the rooms show beside the newsroom's."""
    for name, text in {"refund": REFUND, "reading": READING, "grade": GRADING}.items():
        (folder / f"flows/{name}.yaml").write_text(text)
    (folder / "tools/marks.py").write_text(MARKS)
    (folder / "agents/evil.md").write_text(EVIL)
    (folder / "cases.jsonl").write_text("".join(json.dumps({"n": n}) + "\n" for n in (*range(1, 30), -1, -2)))
    (folder / ".playnex/logs").mkdir(parents=True, exist_ok=True)
    (folder / ".mcp.json").write_text(json.dumps({"mcpServers": {"clock": {"command": "no-such-program"}}}))
    (folder / ".playnex/logs/mcp-clock.log").write_text("<img src=x onerror=ran()> cannot start\n")


@pytest.fixture(scope="module")
def browser(built: House) -> Iterator[Any]:
    with chromium() as made:
        yield made


@pytest.fixture(scope="module")
def context(browser: Any) -> Iterator[Any]:
    made = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    made.add_init_script("globalThis.ran = () => { globalThis.itRan = true; };")
    yield made
    made.close()


@pytest.fixture(scope="module")
def home(context: Any, built: House) -> Any:
    return signed_in(context, built)


@pytest.fixture
def page(home: Any) -> Iterator[Any]:
    with page_at(home, "/doctor") as made:
        yield made


def at(page: Any, path: str) -> None:
    page.goto(page.evaluate("location.origin") + path)
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


def capsule(page: Any, name: str) -> Any:
    return call(page, "GET", f"/api/capsules/{name}")


def typed_ahead(page: Any, key: str) -> None:
    """Open the search and press a key before its module has come; then it comes, and is closed again."""
    held: list[Any] = []
    page.route("**/palette.js", lambda route: held.append(route))  # noqa: PLW0108 (its parameters are counted)
    page.keyboard.press("Control+k")
    page.keyboard.press(key)
    until = time.monotonic() + PATIENCE / 1000
    while not held and time.monotonic() < until:
        page.wait_for_timeout(20)
    held[0].continue_()
    expect(page.get_by_role("combobox", name="Find anything")).to_be_visible()
    page.keyboard.press("Escape")
    page.unroute("**/palette.js")


def test_an_answer_is_changed_before_it_is_approved(page: Any) -> None:
    run = run_of(page, "refund", {"customer": "Ada", "amount": 5})
    until_state(page, run, "waiting")
    at(page, "/inbox")
    expect(page).to_have_title("(1) Inbox · Playnex")
    page.get_by_role("button", name="Edit and approve").click()
    page.get_by_label("Approve this instead").fill("Dear Ada Lovelace")
    page.get_by_role("button", name="Approve as changed").click()
    expect(page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    until_state(page, run, "succeeded")
    assert capsule(page, "refunds/ada")["body"] == "Dear Ada Lovelace"


def test_a_no_is_said_with_its_reason(page: Any) -> None:
    run = run_of(page, "refund", {"customer": "Bob"})
    until_state(page, run, "waiting")
    at(page, "/inbox")
    typed_ahead(page, "a")  # which approves where no search is open
    page.get_by_role("button", name="Refuse…").click()
    page.get_by_label("Why not").fill("the sum is wrong")
    page.get_by_role("button", name="Refuse", exact=True).click()
    assert "the sum is wrong" in until_state(page, run, "failed")["message"]


def test_what_is_saved_in_the_editor_is_what_is_read_next(page: Any) -> None:
    call(page, "POST", "/api/capsules", {"name": "notes/idea", "body": "Sync is a feature."})
    at(page, "/capsules/notes/idea")
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Text of notes/idea").fill("Sync is a promise.")
    page.get_by_role("button", name="Save version 2").click()
    expect(page.get_by_role("tabpanel").get_by_text("Sync is a promise.")).to_be_visible()
    run = run_of(page, "reading", {})
    until_state(page, run, "succeeded")
    step = call(page, "GET", f"/api/runs/{run}/step?key=read")
    assert "Sync is a promise." in json.dumps(step["output"])
    page.get_by_role("slider", name="Version").fill("1")
    expect(page.get_by_role("tabpanel").get_by_text("Sync is a feature.")).to_be_visible()
    page.get_by_role("tab", name="Compare").click()
    expect(page.get_by_role("group", name="Version 1 to 2").locator("ins")).to_have_text("promise.")


def test_two_writers_see_both_texts_and_nothing_is_lost(page: Any) -> None:
    made = call(page, "POST", "/api/capsules", {"name": "notes/both", "body": "first"})
    at(page, "/capsules/notes/both")
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Text of notes/both").fill("mine")
    call(page, "PUT", f"/api/capsules/{made['id']}", {"body": "theirs", "expected": 1})
    page.get_by_role("button", name="Save version 2").click()
    conflict = page.get_by_role("region", name="Conflict")
    expect(conflict.get_by_role("region", name="Your text")).to_have_text("mine")
    expect(conflict.get_by_role("region", name="Version 2")).to_have_text("theirs")
    conflict.get_by_role("button", name="Save mine as version 3").click()
    expect(page.get_by_role("tabpanel").get_by_text("mine")).to_be_visible()
    assert capsule(page, "notes/both")["version"] == 3


def test_a_flow_is_started_by_its_form_from_a_capsule(page: Any) -> None:
    call(page, "POST", "/api/capsules", {"name": "people/cleo", "body": "Cleo"})
    at(page, "/capsules/people/cleo")
    page.get_by_role("button", name="Continue…").click()
    page.get_by_role("dialog").get_by_role("button", name="refund").click()
    form = page.get_by_role("form", name="Start refund")
    expect(form.get_by_label("customer")).to_have_value("Cleo")
    form.get_by_label("amount").fill("7.5")
    form.get_by_label("channel").select_option("bank")
    form.get_by_role("button", name="Start the run").click()
    page.wait_for_url("**/runs/*")
    run = page.url.rpartition("/")[2].partition("?")[0]
    header = until_state(page, run, "waiting")
    assert header["inputs"] == {"customer": "Cleo", "amount": 7.5, "channel": "bank"}
    call(page, "POST", f"/api/runs/{run}/cancel", {})


def test_a_fault_of_a_flows_file_stands_at_its_line_while_it_is_typed(page: Any) -> None:
    at(page, "/flows/grade?tab=file")
    box = page.get_by_role("textbox", name="Text of")
    box.fill(GRADING.replace("marks.read", "marks.reed"))
    expect(page.get_by_role("list", name="Faults").get_by_role("button")).to_contain_text("4:")
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_disabled()
    box.fill(GRADING + "# seen\n")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status").get_by_text("Saved")).to_be_visible()


def test_a_schedule_is_switched_on_and_off(page: Any) -> None:
    at(page, "/flows/refund?tab=schedules")
    switch = page.get_by_role("switch", name="Start it by itself")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "true")
    assert call(page, "GET", "/api/flows/refund")["schedules"][0]["enabled"]
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "false")


def test_an_agent_is_tried(page: Any) -> None:
    at(page, "/agents/writer")
    page.get_by_label("Message").fill("What does a journal keep?")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("region", name="Try it").get_by_text("A journal keeps what was done")).to_be_visible()


def test_what_failed_of_a_batch_is_tried_again(page: Any, built: House) -> None:
    batch = call(page, "GET", "/api/batches")["batches"][0]["batch"]
    at(page, f"/batches/{batch}")
    expect(page.get_by_role("region", name="Failures")).to_contain_text("is below zero")
    (built.folder / "mended").touch()
    page.get_by_role("button", name="Retry 2 failed").click()
    expect(page.get_by_role("region", name="Failures")).to_contain_text("None.")


def test_no_text_of_capsules_agents_and_servers_runs_as_a_program(page: Any) -> None:
    call(page, "POST", "/api/capsules", {"name": "notes/attack", "body": ATTACK})
    for path, seen in {
        "/capsules/notes/attack": "<script>ran()</script>",
        "/agents": "<img src=x onerror=ran()>",
        "/agents/evil": "<script>ran()</script>",
        "/tools?tab=spoilt": "<img src=x onerror=ran()>",
    }.items():
        at(page, path)
        expect(page.get_by_text(seen).first).to_be_visible()
        assert page.evaluate("globalThis.itRan") is None
    at(page, "/tools?tab=servers")
    page.get_by_text("Its own words").click()
    expect(page.get_by_role("group", name="stderr of clock")).to_contain_text("<img src=x onerror=ran()>")
    assert page.locator("main a[href^=javascript]").count() == 0 and page.evaluate("globalThis.itRan") is None


def test_a_phone_reaches_every_room_by_its_bar(browser: Any, built: House) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    page = signed_in(context, built)
    bar = page.get_by_role("navigation", name="Rooms")
    assert bar.evaluate("bar => bar.scrollWidth <= bar.clientWidth")
    bar.get_by_role("button", name="More").click()
    more = page.get_by_role("navigation", name="More rooms")
    expect(more.get_by_role("link")).to_have_text(["Agents", "Tools", "Batches", "Doctor"])
    more.get_by_role("link", name="Doctor").click()
    expect(page.get_by_role("heading", name="Doctor")).to_be_visible()
    expect(more).to_have_count(0)
    context.close()


PAGES = (
    *("/inbox", "/capsules", "/capsules/notes/idea", "/capsules/notes/idea?tab=history", "/capsules/notes/idea?tab=compare"),
    *("/flows", "/flows/refund", "/flows/refund?tab=file", "/flows/refund?tab=schedules", "/flows/reading?tab=steps"),
    *("/agents", "/agents/writer", "/tools", "/tools?tab=servers", "/tools?tab=spoilt", "/batches", "/batches/{batch}", "/doctor"),
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_rooms_that_keeps_people_out(browser: Any, built: House, scheme: str) -> None:
    axe = axe_source()
    context = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme=scheme, reduced_motion="reduce")
    page = signed_in(context, built)
    batch = call(page, "GET", "/api/batches")["batches"][0]["batch"]
    until_state(page, run_of(page, "refund", {"customer": f"Dora {scheme}"}), "waiting")
    found = {}
    for path in PAGES:
        at(page, path.format(batch=batch))
        page.evaluate(axe)
        if violations := page.evaluate(VIOLATIONS):
            found[path] = violations
    context.close()
    assert found == {}
