"""A run folded for a page: rows, header and patches, as data."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from playnex.app.run_view import RunView, merged
from playnex.journal.events import (
    AttemptFailed,
    Event,
    Fact,
    RetryRequested,
    RunFinished,
    RunPaused,
    RunResumed,
    RunStarted,
    StepFinished,
    StepStarted,
    WaitStarted,
)

KEYS = (
    "one",
    "one/turn-1/model",
    "one/turn-1/tool-1",
    "two",
    "two/item-1",
    "two/item-2",
    "two/item-1/turn-1/model",
    "run.models/a-main",
    "three",
)
USAGE = {"requests": 1, "input_tokens": 3, "output_tokens": 4, "usd": 0.5}

FACTS: st.SearchStrategy[tuple[str, Fact]] = st.one_of(
    st.tuples(
        st.sampled_from(KEYS),
        st.sampled_from((StepStarted(kind="agent", actor="a"), StepStarted(kind="tool", actor="t", input={"tool": "t"}))),
    ),
    st.tuples(
        st.sampled_from(KEYS), st.just(StepFinished(envelope={"status": "succeeded", "output": "text", "usage": USAGE}, kind="model"))
    ),
    st.tuples(
        st.sampled_from(KEYS), st.just(StepFinished(envelope={"status": "failed", "output": {"error": "no"}, "reason": "r"}, kind="agent"))
    ),
    st.tuples(st.sampled_from(KEYS), st.just(AttemptFailed(number=1, reason="timeout", message="slow", delay=1.0, usage=USAGE))),
    st.tuples(st.sampled_from(KEYS), st.just(WaitStarted(signal="answer", ask={"message": "Send it?"}))),
    st.tuples(st.just(""), st.sampled_from((RunResumed(epoch=1, worker="w"), RunPaused(reason="by a test"), RetryRequested(step="two")))),
)


def events(facts: list[tuple[str, Fact]]) -> list[Event]:
    first = RunStarted(flow="f", inputs={"topic": "boats"}, definition=None, version="0")
    told = [("", first), *facts]
    return [Event(run="R" * 26, position=at, at=float(at), key=key, fact=fact) for at, (key, fact) in enumerate(told, 1)]


def whole(patches: list[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    header: dict[str, Any] = {}
    rows: dict[str, Any] = {}
    for patch in patches:
        header |= patch.run
        rows |= {row.key: row for row in patch.steps}
    return header, rows


@given(st.lists(FACTS, max_size=40), st.integers(0, 40))
def test_patches_one_after_another_come_to_the_snapshot_wherever_they_are_put_together(facts: list[tuple[str, Fact]], cut: int) -> None:
    past, view = events(facts), RunView("R" * 26)
    patches = [view.fold(event) for event in past]
    header, rows = whole(patches)
    assert rows == view.rows.known and all(getattr(view.header, name) == value for name, value in header.items())
    assert whole([merged(patches[:cut]), merged(patches[cut:])]) == (header, rows)
    assert view.header.counted == (past[-1].at if past else 0.0)


@given(st.lists(FACTS, max_size=40))
def test_a_row_stands_behind_the_row_that_it_is_a_part_of(facts: list[tuple[str, Fact]]) -> None:
    view = RunView("R" * 26).fold_all(events(facts))
    known = [row.key for row in view.rows.all()]
    assert all(not row.parent or known.index(row.parent) < known.index(row.key) for row in view.rows.all())


@given(st.lists(FACTS, max_size=40), st.sampled_from(("succeeded", "failed", "cancelled")))
def test_no_row_is_at_work_once_the_run_has_ended(facts: list[tuple[str, Fact]], status: Any) -> None:
    view = RunView("R" * 26).fold_all(events([*facts, ("", RunFinished(status=status))]))
    assert not [row for row in view.rows.all() if row.status in ("running", "waiting", "retry")]
    assert view.header.state == status and view.header.waits == ()


def test_a_failed_try_is_kept_and_a_retry_from_a_step_lets_it_and_what_came_after_begin_anew() -> None:
    past: list[tuple[str, Fact]] = [
        ("one", StepStarted(kind="agent", actor="a")),
        ("one", AttemptFailed(number=1, reason="timeout", message="slow", delay=1.0)),
        ("one", StepFinished(envelope={"status": "succeeded", "output": "x"}, kind="agent", seconds=2.0)),
        ("two", StepStarted(kind="agent", actor="b")),
        ("two", StepFinished(envelope={"status": "failed", "output": {"error": "no"}, "reason": "r"}, kind="agent")),
        ("", RetryRequested(step="two")),
    ]
    rows = RunView("R" * 26).fold_all(events(past)).rows.known
    assert [(attempt.reason, attempt.delay) for attempt in rows["one"].attempts] == [("timeout", 1.0)]
    assert (rows["one"].status, rows["two"].status, rows["two"].ended) == ("succeeded", "pending", None)
