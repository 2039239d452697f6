"""What every journal must do: each function takes an empty one and checks one promise."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import TypeAlias, TypeVar

from playnex.canonical import Json
from playnex.errors import CapsuleConflict, NotFoundError, StaleEpoch, UsageError
from playnex.journal.events import (
    POSTED,
    Event,
    Fact,
    OutcomeDecided,
    Posted,
    ResumeRequested,
    RunFinished,
    RunParked,
    RunPaused,
    RunResumed,
    RunStarted,
    RunWaiting,
    SignalReceived,
    StepFinished,
    StepStarted,
    StopRequested,
)
from playnex.journal.journal import Draft, Journal, NewRun, Takeover

Fault = TypeVar("Fault", bound=BaseException)
Promise: TypeAlias = Callable[[Journal], Awaitable[None]]

RUN = "01CONTRACT0000000000000001"
OTHER = "01CONTRACT0000000000000002"
SOON = 30.0
"""Seconds within which whatever is waited for has come."""

LONG = "the quick brown fox. " * 400


async def a_new_run_is_pending_and_due_at_once(journal: Journal) -> None:
    """It has its first fact, epoch 0, and is found by whoever looks for something to do."""
    assert await journal.create(_new(RUN, inputs={"topic": "ü 潮 \x00"})) == RUN
    line = await journal.summary(RUN)
    assert (line.state, line.epoch, line.flow, line.inputs) == ("pending", 0, "f", {"topic": "ü 潮 \x00"})
    assert line.due == line.started and await journal.due(line.started) == (RUN,)
    assert await _facts(journal) == [RunStarted(flow="f", inputs={"topic": "ü 潮 \x00"}, definition={"d": 1}, version="0")]


async def the_same_flow_and_key_are_the_same_run(journal: Journal) -> None:
    """A second start under an idempotency key changes nothing and gives the first run's id, also when they race."""
    given = await asyncio.gather(*(journal.create(_new(f"{RUN}-{number}", key="order 7")) for number in range(8)))
    assert len(set(given)) == 1 and len(await journal.runs()) == 1
    assert len(await journal.events(given[0])) == 1
    assert await journal.create(_new(OTHER, key="order 8")) == OTHER
    assert await journal.create(_new("third", key="order 7", flow="g")) == "third", "keys belong to their flow"
    assert await journal.create(_new("fourth")) != await journal.create(_new("fifth")), "no key is no key"


async def each_takeover_has_an_epoch_of_its_own(journal: Journal) -> None:
    """Epochs count up from 1, also when workers race, and each is recorded."""
    await journal.create(_new(RUN))
    takeovers = await asyncio.gather(*(journal.claim(RUN, f"worker-{number}") for number in range(5)))
    assert sorted(takeover.epoch for takeover in takeovers) == [1, 2, 3, 4, 5]
    newest = (await journal.events(RUN))[-1].position
    await journal.create(_new(OTHER))
    assert await journal.claim(RUN, "last", "a") == Takeover(epoch=6, after=newest)
    assert (await _facts(journal))[-1] == RunResumed(epoch=6, worker="last", reopened="a")
    line = await journal.summary(RUN)
    assert (line.state, line.epoch, line.due) == ("running", 6, None)


async def a_stale_epoch_writes_nothing(journal: Journal) -> None:
    """Neither its results, nor its notes, nor the end that it saw."""
    await journal.create(_new(RUN))
    old, new = await _claimed(journal, RUN), await _claimed(journal, RUN)
    for fact in (_finished("late"), RunFinished(status="failed")):
        await _refusal(journal.append(RUN, old, [Draft(key="a", fact=fact)]), StaleEpoch)
    journal.note(RUN, old, [Draft(key="a", fact=StepStarted(kind="step"))])
    await journal.append(RUN, new, [Draft(key="a", fact=_finished("mine"))])
    assert (await _facts(journal))[3:] == [_finished("mine")]
    assert (await journal.summary(RUN)).state == "running"


async def facts_and_writes_are_kept_together_or_not_at_all(journal: Journal) -> None:
    """A write that raises takes its facts with it and leaves everybody else's alone."""
    epoch = await _begun(journal)
    done: list[str] = []

    def refuse(_: object) -> None:
        raise CapsuleConflict("somebody was faster")

    bad = journal.append(RUN, epoch, [Draft(key="a", fact=_finished(1)), Draft(key="b", fact=_finished(2))], [refuse])
    good = journal.append(RUN, epoch, [Draft(key="c", fact=_finished(3))], [lambda _: done.append("c")])
    fault, _ = await asyncio.gather(_refusal(bad, CapsuleConflict), good)
    assert fault.message == "somebody was faster" and done == ["c"]
    assert [event.key for event in await journal.events(RUN)] == ["", "", "c"]


async def several_facts_of_one_append_lie_in_their_order(journal: Journal) -> None:
    """And before whatever is appended after it."""
    epoch = await _begun(journal)
    await journal.append(RUN, epoch, [Draft(key=f"s{number}", fact=_finished(number)) for number in range(5)])
    await journal.append(RUN, epoch, [Draft(key="last", fact=_finished(9))])
    assert [event.key for event in await journal.events(RUN)][2:] == ["s0", "s1", "s2", "s3", "s4", "last"]


async def notes_keep_their_place(journal: Journal) -> None:
    """A note is not waited for, and lies before every append that came after it."""
    epoch = await _begun(journal)
    for number in range(20):
        journal.note(RUN, epoch, [Draft(key=f"s{number}", fact=StepStarted(kind="step"))])
        if number % 5 == 4:
            await journal.append(RUN, epoch, [Draft(key=f"s{number}", fact=_finished(number))])
    found = [(event.key, isinstance(event.fact, StepFinished)) for event in await journal.events(RUN)][2:]
    expected = [(f"s{number}", done) for number in range(20) for done in ((False, True) if number % 5 == 4 else (False,))]
    assert found == expected


async def anybody_may_post_without_a_lease(journal: Journal) -> None:
    """What comes from outside is recorded, whoever advances the run; a run that waits becomes due by it."""
    epoch = await _begun(journal)
    await _stand(journal, epoch, RunWaiting(reason="signal", signals=("paid",)))
    assert (await journal.summary(RUN)).due is None
    await journal.post(RUN, "", SignalReceived(signal="paid", payload={"by": "ana"}))
    line = await journal.summary(RUN)
    assert line.state == "waiting" and line.due is not None and await journal.due(line.due) == (RUN,)
    assert (await _facts(journal))[-1] == SignalReceived(signal="paid", payload={"by": "ana"})
    await journal.claim(RUN, "next")
    assert (await journal.summary(RUN)).due is None
    await _refusal(journal.post("nobody", "", ResumeRequested()), NotFoundError)


async def a_message_that_comes_while_its_worker_stops_is_not_lost(journal: Journal) -> None:
    """The worker had not seen it, so the run is due again the moment it stands still; what it had seen does not count twice."""
    posted: tuple[tuple[Posted, RunWaiting | RunParked | RunPaused], ...] = (
        (SignalReceived(signal="go"), RunWaiting(reason="signal", signals=("go",))),
        (StopRequested(stop="cancel"), RunWaiting(reason="timer", until=9e9)),
        (OutcomeDecided(decision="again"), RunParked(reason="outcome unknown", step="a")),
        (ResumeRequested(), RunPaused(reason="pause")),
    )
    for number, (message, stop) in enumerate(posted):
        run = f"{RUN}-{number}"
        await journal.create(_new(run))
        epoch, seen = await _claimed(journal, run), await journal.position()
        await journal.post(run, "a", message)
        await journal.append(run, epoch, [Draft(key="", fact=replace(stop, seen=seen))])
        line = await journal.summary(run)
        assert line.due is not None and line.due <= line.updated, f"{message} was lost"
        epoch = await _claimed(journal, run)
        await journal.append(run, epoch, [Draft(key="", fact=replace(stop, seen=await journal.position()))])
        assert (await journal.summary(run)).due == getattr(stop, "until", None), f"{message} counted twice"


async def a_run_is_due_when_its_time_has_come(journal: Journal) -> None:
    """The longest due first, no more than asked for; what never becomes due by itself is not in the line."""
    assert await journal.next_due() is None and await journal.due(9e12) == ()
    for run, until in (("late", 9e9 + 2), ("early", 9e9 + 1), ("never", None)):
        await journal.create(_new(run))
        epoch = await _claimed(journal, run)
        await journal.append(run, epoch, [Draft(key="", fact=RunWaiting(reason="timer", until=until))])
    assert await journal.next_due() == 9e9 + 1
    assert await journal.due(9e9) == ()
    assert await journal.due(9e9 + 1) == ("early",)
    assert await journal.due(9e12) == ("early", "late")
    assert await journal.due(9e12, 1) == ("early",)


async def the_runs_of_a_group_are_found_as_they_were_started_until_they_end(journal: Journal) -> None:
    """Whatever their flows; no group is none."""
    for number, group in enumerate(("deploy", "", "deploy", "other", "deploy")):
        started = RunStarted(flow=f"f{number}", inputs=None, definition=None, version="0", concurrency=group)
        await journal.create(NewRun(id=f"{RUN}-{number}", started=started))
    line = await journal.line_of("deploy")
    assert [(run.id, run.concurrency) for run in line] == [(f"{RUN}-{number}", "deploy") for number in (0, 2, 4)]
    ended = f"{RUN}-0"
    epoch = await _claimed(journal, ended)
    assert [run.state for run in await journal.line_of("deploy")] == ["running", "pending", "pending"]
    await journal.append(ended, epoch, [Draft(key="", fact=RunFinished(status="failed"))])
    assert [run.id for run in await journal.line_of("deploy")] == [f"{RUN}-2", f"{RUN}-4"]
    await journal.post(ended, "", ResumeRequested())
    assert [run.id for run in await journal.line_of("deploy")] == [ended, f"{RUN}-2", f"{RUN}-4"]
    assert await journal.line_of("") == () == await journal.line_of("nobody")


async def what_a_flows_runs_took_is_known(journal: Journal) -> None:
    """Of those that succeeded and asked models, the newest first, before the run that is looked at; whatever else they say."""
    ends = [("f", "succeeded", 10), ("f", "failed", 99), ("g", "succeeded", 99), ("f", "succeeded", 0), ("f", "succeeded", 30)]
    for number, (flow, status, tokens) in enumerate(ends):
        run = f"{RUN}-{number}"
        await journal.create(_new(run, flow=flow))
        epoch = (await journal.claim(run, "w")).epoch
        fact = RunFinished(status="succeeded" if status == "succeeded" else "failed", output=LONG, tokens=tokens)
        await journal.append(run, epoch, [Draft(key="", fact=fact)])
        await journal.post(run, "", SignalReceived(signal="late"))
    await journal.create(_new(OTHER))
    assert await journal.tokens_of("f", before=OTHER, limit=9) == (30, 10)
    assert await journal.tokens_of("f", before=OTHER, limit=2) == (30,)
    assert await journal.tokens_of("f", before=f"{RUN}-4", limit=9) == (10,)
    assert await journal.tokens_of("h", before=OTHER, limit=9) == ()


async def a_fork_begins_with_what_it_inherits(journal: Journal) -> None:
    """The other run's events, in their order and with their long outputs; what either does afterwards, the other never sees."""
    epoch = await _begun(journal)
    texts = [LONG + "x" * number for number in range(3)]
    for number, text in enumerate(texts):
        await journal.append(RUN, epoch, [Draft(key=f"s{number}", fact=_finished(text))])
    inherited = tuple(event.position for event in await journal.events(RUN) if isinstance(event.fact, StepFinished))
    forked = RunStarted(flow="f", inputs={}, definition={}, version="0", forked={"run": RUN})
    await journal.create(NewRun(id=OTHER, started=forked, inherited=inherited))
    await journal.append(RUN, epoch, [Draft(key="s3", fact=_finished("mine"))])
    await journal.append(OTHER, await _claimed(journal, OTHER), [Draft(key="s3", fact=_finished(texts[-1] + "yours"))])
    own = await journal.events(OTHER)
    assert [event.run for event in own] == [OTHER] * 6
    assert [(event.key, event.fact) for event in own[1:4]] == [(f"s{n}", _finished(text)) for n, text in enumerate(texts)]
    assert own[-1].fact == _finished(texts[-1] + "yours")
    assert (await journal.events(RUN))[-1].fact == _finished("mine")


async def outputs_come_back_as_they_went_in(journal: Journal) -> None:
    """Of any size and shape: long, growing, shrinking, changed at any place, with keys that look like the store's own."""
    epoch = await _begun(journal)
    plain: list[Json] = [None, True, 0, -1.5e300, "", [], {}, {"$blob": "x"}, {"$map": {"$blob": "y"}}, "\u2028 \x00 🜁", 2**70]
    grown: list[Json] = [
        LONG,
        LONG + "more",
        LONG[:-500],
        "other " + LONG,
        LONG[:4000] + "changed" + LONG[4000:],
        [LONG, LONG],
        {"a": LONG},
    ]
    given = [*plain, *grown, *([{"said": f"{number}" * 80}] * number for number in range(40))]
    for number, value in enumerate(given):
        await journal.append(RUN, epoch, [Draft(key=f"s{number}", fact=_finished(value))])
    back = [event.fact for event in await journal.events(RUN) if isinstance(event.fact, StepFinished)]
    assert [fact.envelope["output"] for fact in back] == given


async def skim_and_fill_give_what_events_gives(journal: Journal) -> None:
    """Long outputs may be left out at first; filled in, they are the same."""
    epoch = await _begun(journal)
    for number in range(12):
        await journal.append(RUN, epoch, [Draft(key=f"s{number}", fact=_finished([LONG] * number))])
    whole, skimmed = await journal.events(RUN), await journal.skim(RUN)
    assert [(event.position, event.at, event.key) for event in skimmed] == [(event.position, event.at, event.key) for event in whole]
    for full, outline in zip(whole, skimmed, strict=True):
        if isinstance(full.fact, StepFinished) and isinstance(outline.fact, StepFinished):
            assert await journal.fill(outline.fact.envelope["output"]) == full.fact.envelope["output"]
        else:
            assert outline == full


async def readers_see_everything_once_and_in_order(journal: Journal) -> None:
    """A tail gives what is there and what comes; posts give what comes from outside, to any run."""
    epoch = await _begun(journal)
    await journal.create(_new(OTHER))
    start = await journal.position()
    tail, posts = _take(journal.tail(RUN), 12), _take(journal.posts(start), 10)
    reading = asyncio.gather(tail, posts)
    for number in range(5):
        await journal.append(RUN, epoch, [Draft(key=f"s{number}", fact=_finished(number))])
        await journal.post(RUN, "", SignalReceived(signal=f"mine-{number}"))
        await journal.post(OTHER, "", SignalReceived(signal=f"other-{number}"))
        await asyncio.sleep(0)
    followed, heard = await asyncio.wait_for(reading, SOON)
    assert followed == list(await journal.events(RUN))
    assert [event.fact.signal for event in heard if isinstance(event.fact, SignalReceived)] == [
        signal for number in range(5) for signal in (f"mine-{number}", f"other-{number}")
    ]
    later = await _take(journal.tail(RUN, followed[6].position), 5)
    assert later == followed[7:] and all(isinstance(event.fact, POSTED) for event in heard)


async def what_is_not_json_is_refused(journal: Journal) -> None:
    """NaN, infinities, lone surrogates, bytes: nobody could read them back. Nothing of the call is kept, and the journal goes on."""
    epoch = await _begun(journal)
    for bad in (float("nan"), float("inf"), "\ud800", b"bytes", {"a": [object()]}, {"deep": "\udfff"}):
        drafts = [Draft(key="good", fact=_finished("good")), Draft(key="bad", fact=_finished(bad))]
        await _refusal(journal.append(RUN, epoch, drafts), UsageError)
        await _refusal(journal.post(RUN, "", SignalReceived(signal="s", payload=bad)), UsageError)
        await _refusal(journal.create(_new("bad", inputs=bad)), UsageError)
    assert len(await journal.events(RUN)) == 2 and len(await journal.runs()) == 1
    await journal.append(RUN, epoch, [Draft(key="a", fact=_finished("good"))])


async def lines_of_runs_say_how_each_stands(journal: Journal) -> None:
    """Newest first, by state where asked; a run nobody knows is told."""
    stops: tuple[Fact, ...] = (RunFinished(status="succeeded"), RunFinished(status="failed", reason="why"), RunPaused(reason="pause"))
    for number, stop in enumerate(stops):
        await journal.create(_new(f"run-{number}"))
        await journal.append(f"run-{number}", await _claimed(journal, f"run-{number}"), [Draft(key="", fact=stop)])
    lines = await journal.runs()
    assert [(line.id, line.state, line.reason) for line in lines] == [
        ("run-2", "paused", "pause"),
        ("run-1", "failed", "why"),
        ("run-0", "succeeded", ""),
    ]
    assert [line.id for line in await journal.runs(state="failed")] == ["run-1"]
    assert [line.id for line in await journal.runs(limit=2)] == ["run-2", "run-1"]
    for question in (journal.summary("nobody"), journal.events("nobody"), journal.claim("nobody", "w")):
        await _refusal(question, NotFoundError)


PROMISES: tuple[Promise, ...] = (
    a_new_run_is_pending_and_due_at_once,
    the_same_flow_and_key_are_the_same_run,
    each_takeover_has_an_epoch_of_its_own,
    a_stale_epoch_writes_nothing,
    facts_and_writes_are_kept_together_or_not_at_all,
    several_facts_of_one_append_lie_in_their_order,
    notes_keep_their_place,
    anybody_may_post_without_a_lease,
    a_message_that_comes_while_its_worker_stops_is_not_lost,
    a_run_is_due_when_its_time_has_come,
    the_runs_of_a_group_are_found_as_they_were_started_until_they_end,
    what_a_flows_runs_took_is_known,
    a_fork_begins_with_what_it_inherits,
    outputs_come_back_as_they_went_in,
    skim_and_fill_give_what_events_gives,
    readers_see_everything_once_and_in_order,
    what_is_not_json_is_refused,
    lines_of_runs_say_how_each_stands,
)


def _new(run: str, *, flow: str = "f", inputs: Json = None, key: str = "") -> NewRun:
    return NewRun(id=run, started=RunStarted(flow=flow, inputs=inputs, definition={"d": 1}, version="0"), idempotency_key=key)


async def _begun(journal: Journal) -> int:
    await journal.create(_new(RUN))
    return await _claimed(journal, RUN)


async def _claimed(journal: Journal, run: str) -> int:
    """The run's epoch, now that a worker has taken it over."""
    return (await journal.claim(run, "worker")).epoch


async def _stand(journal: Journal, epoch: int, fact: Fact) -> None:
    await journal.append(RUN, epoch, [Draft(key="", fact=fact)])


def _finished(output: Json) -> StepFinished:
    return StepFinished(envelope={"status": "succeeded", "output": output})


async def _facts(journal: Journal) -> list[Fact]:
    return [event.fact for event in await journal.events(RUN)]


async def _take(events: AsyncIterator[Event], count: int) -> list[Event]:
    """So many of them, then no more are asked for."""
    taken: list[Event] = []
    async with asyncio.timeout(SOON):
        async for event in events:
            taken.append(event)
            if len(taken) == count:
                break
    await events.aclose()  # type: ignore[attr-defined]
    return taken


async def _refusal(question: Awaitable[object], kind: type[Fault]) -> Fault:
    try:
        answer = await question
    except kind as fault:
        return fault
    raise AssertionError(f"{kind.__name__} expected, got {answer!r}")
