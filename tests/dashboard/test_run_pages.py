"""What people do with runs in the dashboard, done by roles and names in a real browser."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from dashboard.page_stage import PATIENCE, House, call, chromium, house, open_run, page_at, playwright, run_of, signed_in, until_state

pytestmark = pytest.mark.slow
expect = playwright.expect


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("newsroom")) as made:
        yield made


@pytest.fixture(scope="module")
def context(built: House) -> Iterator[Any]:
    with chromium() as browser:
        made = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme="light")
        yield made
        made.close()


@pytest.fixture(scope="module")
def home(context: Any, built: House) -> Any:
    return signed_in(context, built)


@pytest.fixture
def page(home: Any) -> Iterator[Any]:
    with page_at(home, "/runs") as made:
        expect(made.get_by_role("heading", name="Runs", exact=True)).to_be_visible()
        yield made


@pytest.fixture(scope="module")
def waiting(home: Any) -> str:
    run = run_of(home, "research-to-article", {"topic": "Durable execution"})
    until_state(home, run, "waiting")
    return run


def node(page: Any, name: str) -> Any:
    return page.get_by_role("region", name="Graph").get_by_role("button", name=re.compile(f"^{name},"))


def test_a_run_is_found_by_its_words_and_the_address_says_what_was_looked_for(page: Any, waiting: str) -> None:
    run_of(page, "brief", {"question": "What is a lease?"})
    rows = page.get_by_role("table", name="Runs").get_by_role("row")
    expect(rows.filter(has_text="What is a lease?")).to_be_visible()
    page.get_by_role("searchbox", name="Search runs").fill("Durable")
    expect(rows.filter(has_text="What is a lease?")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"q=Durable"))
    page.get_by_label("Flow").select_option("research-to-article")
    page.get_by_role("group", name="State").get_by_role("button", name="Waiting").click()
    expect(page).to_have_url(re.compile(r"state=waiting"))
    rows.get_by_role("link", name="Durable execution").first.click()
    expect(page).to_have_url(re.compile(rf"/runs/{waiting}"))
    page.go_back()
    expect(page.get_by_role("searchbox", name="Search runs")).to_have_value("Durable")


def test_a_flow_is_started_from_the_keyboard_and_its_steps_come_alive_one_after_another(page: Any) -> None:
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Find anything").fill("run research")
    expect(page.get_by_role("option", name=re.compile("Run research-to-article"))).to_be_visible()
    page.get_by_role("option", name=re.compile("Run research-to-article")).click()
    page.get_by_role("textbox", name="topic").fill("Going slowly")
    page.get_by_role("button", name="Start").click()
    expect(node(page, "Plan questions")).to_have_accessible_name("Plan questions, running")
    expect(node(page, "Plan questions")).to_have_accessible_name("Plan questions, succeeded")
    expect(node(page, "Rank sources")).to_have_accessible_name("Rank sources, running")
    expect(node(page, "Ask the desk")).to_have_accessible_name("Ask the desk, waiting")
    expect(page.get_by_role("option", name=re.compile("Find images"))).to_be_visible()


def test_why_a_step_failed_is_one_click_away(page: Any) -> None:
    run = run_of(page, "weekly-numbers", {"week": "2026-W47"})
    until_state(page, run, "failed")
    open_run(page, run)
    expect(page.get_by_role("heading", name=re.compile("^Failed"))).to_be_visible()
    page.get_by_role("button", name="See the step").click()
    inspector = page.get_by_role("complementary", name="Inspector")
    expect(inspector.get_by_role("heading", name="Read the numbers")).to_be_visible()
    expect(inspector.get_by_text("row 14 has 6 columns").first).to_be_visible()
    expect(page).to_have_url(re.compile("step=read"))


def test_one_choice_holds_for_graph_timeline_address_and_inspector_and_a_prompt_leads_to_its_sources(page: Any, waiting: str) -> None:
    open_run(page, waiting)
    page.get_by_role("listbox", name="Steps in time").get_by_role("option", name=re.compile("Draft body")).click()
    expect(node(page, "Draft body")).to_have_attribute("aria-pressed", "true")
    expect(page).to_have_url(re.compile("step=body"))
    page.get_by_role("tab", name="Prompt").click()
    page.get_by_role("tabpanel").get_by_role("link").first.click()
    expect(page).to_have_url(re.compile("step=outline"))
    expect(node(page, "Outline")).to_have_attribute("aria-pressed", "true")
    node(page, "Search papers").click()
    page.get_by_role("tab", name="Attempts").click()
    expect(page.get_by_role("tabpanel").get_by_text("the archive does not answer")).to_be_visible()
    node(page, "Find images").click()
    expect(page.get_by_role("tabpanel").get_by_text("of 4 done")).to_be_visible()


def test_an_approval_is_edited_and_answered_where_it_stands(page: Any) -> None:
    run = run_of(page, "research-to-article", {"topic": "Approved here"})
    until_state(page, run, "waiting")
    open_run(page, run)
    approval = page.get_by_role("region", name="Approval")
    approval.get_by_role("button", name="Edit").click()
    approval.get_by_role("textbox").fill("# As a person wrote it")
    approval.get_by_role("button", name="Approve as changed").click()
    expect(node(page, "Save capsule")).to_have_accessible_name("Save capsule, succeeded")
    assert call(page, "GET", f"/api/runs/{run}/step?key=release")["output"] == "# As a person wrote it"


def test_a_run_is_paused_resumed_and_cancelled_by_keys_and_buttons(page: Any) -> None:
    run = run_of(page, "research-to-article", {"topic": "Stopped slowly"})
    open_run(page, run)
    expect(node(page, "Plan questions")).to_have_accessible_name(re.compile("running|succeeded"))
    page.keyboard.press("p")
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    assert until_state(page, run, "paused")["state"] == "paused"
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.keyboard.press("c")
    page.get_by_role("button", name="Cancel for good").click()
    until_state(page, run, "cancelled")
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)


def test_a_fork_with_another_prompt_keeps_what_came_before_and_is_compared_with_the_old_run(page: Any, waiting: str) -> None:
    open_run(page, waiting, "?step=edit")
    expect(page.get_by_role("heading", name="Edit article")).to_be_visible()
    page.keyboard.press("f")
    dialog = page.get_by_role("dialog", name="Fork this run")
    dialog.get_by_label("Prompt").fill("Write it as one line: ${{ steps.introduction.output }}")
    expect(dialog.get_by_text("results are kept")).to_contain_text("10")
    expect(dialog.get_by_text("run anew")).to_contain_text("3")
    dialog.get_by_role("button", name="Start the fork").click()
    expect(page).not_to_have_url(re.compile(waiting))
    forked = page.url.rpartition("/")[2].partition("?")[0]
    until_state(page, forked, "waiting")
    page.goto(page.evaluate("location.origin") + f"/compare?one={waiting}&other={forked}")
    expect(page.get_by_text("first difference")).to_be_visible()
    expect(page.get_by_role("heading", name="edit", exact=True)).to_be_visible()
    expect(page.locator("ins").filter(has_text="line").first).to_be_visible()


def test_the_slider_shows_the_run_as_it_was(page: Any, waiting: str) -> None:
    open_run(page, waiting)
    page.get_by_role("button", name="Replay").click()
    slider = page.get_by_role("slider", name="Moment of the run")
    expect(node(page, "Plan questions")).to_have_accessible_name(re.compile("pending|running"))
    slider.press("End")
    expect(node(page, "Ask the desk")).to_have_accessible_name("Ask the desk, waiting")
    slider.press("Home")
    expect(node(page, "Ask the desk")).to_have_accessible_name("Ask the desk, pending")
    page.get_by_role("button", name="Back to now").click()
    expect(node(page, "Ask the desk")).to_have_accessible_name("Ask the desk, waiting")


def test_the_transcript_tells_the_run_as_a_conversation(page: Any, waiting: str) -> None:
    open_run(page, waiting)
    page.keyboard.press("v")
    said = page.get_by_role("region", name="Transcript")
    expect(said.get_by_text("Which questions should an article about")).to_be_visible()
    expect(said.get_by_text("Publish this article?")).to_be_visible()
    said.get_by_role("button", name="Fact check").first.click()  # another step may have spoken in between
    expect(page.get_by_role("complementary", name="Inspector").get_by_role("heading", name="Fact check")).to_be_visible()


def test_two_chosen_runs_are_compared_from_the_list(page: Any, waiting: str) -> None:
    other = run_of(page, "research-to-article", {"topic": "Something else"})
    until_state(page, other, "waiting")
    page.get_by_role("checkbox", name="Choose Durable execution").first.check()
    page.get_by_role("checkbox", name="Choose Something else").check()
    page.get_by_role("toolbar", name="Chosen runs").get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", name="Inputs")).to_be_visible()
    expect(page.get_by_text("They part at")).to_be_visible()


def test_eight_tabs_stay_live_over_one_stream(context: Any, page: Any) -> None:
    run = run_of(page, "research-to-article", {"topic": "Eight go slowly"})
    tabs = [context.new_page() for _ in range(8)]
    origin = page.evaluate("location.origin")
    for tab in tabs:  # each of them is a new wish on the one stream, and between them models speak
        tab.goto(f"{origin}/runs/{run}", wait_until="commit")
        expect(node(tab, "Ask the desk")).to_be_visible()
    for tab in tabs:
        expect(node(tab, "Ask the desk")).to_have_accessible_name("Ask the desk, waiting", timeout=2 * PATIENCE)
        tab.close()
