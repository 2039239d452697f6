"""What an engine over any journal must do: dying around any append, with a step of any kind, loses and repeats nothing.

    sweep("retry", fresh) == []        where each `fresh()` gives a `Store` of its own, with nothing in it

A store is what opens the journal for one life of a worker (see playnex.testing.Rehearsal).
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playnex.canonical import Json
from playnex.engine.engine import Ending
from playnex.journal.events import OutcomeDecided, StepFinished, StepIntended
from playnex.spec.context import Approval, Attempt, Effect, StepContext, StepPlan
from playnex.spec.envelope import Envelope
from playnex.spec.flow import RetrySpec
from playnex.spec.python_flow import FlowFunction
from playnex.testing.flow_script import Call, Script, flow_of
from playnex.testing.rehearsal import Rehearsal, Store, crash_everywhere


@dataclass(slots=True, eq=False)
class World:
    """What really happened, by step key."""

    done: Counter[str] = field(default_factory=Counter)
    tried: Counter[str] = field(default_factory=Counter)

    async def act(self, attempt: Attempt, fails: int = 0) -> Envelope:
        """An effect that fails so often, then works."""
        self.tried[attempt.key] += 1
        if self.tried[attempt.key] <= fails:
            raise OSError("not yet")
        self.done[attempt.key] += 1
        return Envelope(output=f"did {attempt.key}")

    async def step(self, context: StepContext, name: str, *, effect: Effect = "idempotent", fails: int = 0, tries: int = 0) -> Json:
        async def do(attempt: Attempt) -> Envelope:
            return await self.act(attempt, fails)

        async def stand_in(failed: Envelope, attempt: Attempt) -> Envelope:
            return Envelope(output="stand-in")

        plan = StepPlan(effect=effect, retry=RetrySpec(times=tries), fallback=stand_in)
        return (await context.perform(name, do, plan)).output

    def decide(self, key: str) -> OutcomeDecided:
        """A person looks at what really happened, and says it."""
        if self.done[key]:
            return OutcomeDecided(decision="done", value=f"did {key}")
        return OutcomeDecided(decision="again")


def flows(world: World) -> dict[str, FlowFunction]:
    """A flow of each kind over that world."""

    async def sequence(context: StepContext, _: Any) -> Json:
        return [await world.step(context, name) for name in ("a", "b", "a")]

    async def parallel(context: StepContext, _: Any) -> Json:
        return await context.all(*(lambda inner, name=name: world.step(inner, name) for name in ("a", "b", "c")))

    async def mapped(context: StepContext, _: Any) -> Json:
        return await context.map(range(4), lambda inner, item: world.step(inner, f"part-{item}"), at_most=2)

    async def sub_flow(context: StepContext, _: Any) -> Json:
        inner = context.scope("inner")
        first = [await world.step(context, "before"), await world.step(inner, "a")]
        return [*first, await world.step(inner.scope("deeper"), "b"), await world.step(context, "after")]

    async def timer(context: StepContext, _: Any) -> Json:
        await world.step(context, "before")
        await context.sleep(3600)
        return [await world.step(context, "after"), await context.now() > 0]

    async def signal(context: StepContext, _: Any) -> Json:
        return [await world.step(context, "before"), await context.wait_for("paid"), await world.step(context, "after")]

    async def approval(context: StepContext, _: Any) -> Json:
        return [await context.approve("send", Approval(message="Send?", show="this")), await world.step(context, "after")]

    async def retry(context: StepContext, _: Any) -> Json:
        return [await world.step(context, "flaky", fails=2, tries=3), await world.step(context, "after")]

    async def fallback(context: StepContext, _: Any) -> Json:
        return [await world.step(context, "broken", fails=99, tries=1), await world.step(context, "after")]

    async def once(context: StepContext, _: Any) -> Json:
        pay = await world.step(context, "pay", effect="once")
        both = await context.all(*(lambda inner, n=n: world.step(inner, n, effect="once") for n in ("x", "y")))
        return [pay, both, await world.step(context, "after")]

    made = (sequence, parallel, mapped, sub_flow, timer, signal, approval, retry, fallback, once)
    return {flow.__name__: flow for flow in made} | files(world)


FILES = {
    "loop": """
  before: { tool: act }
  rounds:
    repeat: { max: 3, until: iteration.number == 2 }
    steps:
      left: { needs: [], tool: act }
      right: { needs: [], for-each: [1, 2], tool: act }
      both: { needs: [left, right], tool: act, with: { seen: "${{ iteration.previous }}" } }
  after: { tool: act }
""",
    "python": """
  pay: { python: "money:pay" }
  both: { for-each: [1, 2], python: "money:pay" }
  again: { python: "money:flaky", retry: { times: 2, delay: 1s } }
  after: { python: "money:pay", verify: { python: "money:check" } }
""",
    "asked": """
  before: { tool: act }
  draft: { tool: act, output: string, verify: { that: "output == 'fine'", on-fail: ask }, save: letters/ana }
  after: { tool: act, with: { letter: "${{ steps.draft.output }}" } }
""",
    "way_back": """
  draft: { tool: act, with: { why: "${{ iteration.previous }}" } }
  beside: { needs: [], tool: act }
  ask: { needs: [draft], approve: { message: Send it?, show: "${{ steps.draft.output }}" }, on-refuse: draft }
  after: { needs: [ask, beside], tool: act }
""",
    "routed": """
  kind: { tool: act, fallback: { step: instead } }
  instead: { tool: act }
  go: { switch: "${{ steps.kind.status }}", cases: { succeeded: { step: special } }, default: { tool: act } }
  special: { tool: broken, retry: { times: 1, delay: 1s }, fallback: { step: instead } }
  skipped: { if: steps.go.status == 'succeeded', tool: act }
  last: { needs: [go, skipped], tool: act, save: notes/last }
""",
}
"""Flow files whose steps are tools and functions of that world; `broken` never works, `flaky` does at its second try."""


def files(world: World) -> dict[str, FlowFunction]:
    """The flow of each of these files over that world; functions count as `once`."""

    def answer(call: Call) -> Json:
        if call.name == "money:check":
            return True
        world.tried[call.key] += 1
        if call.name == "broken" or (call.name == "money:flaky" and "try-2" not in call.key):
            raise OSError("not yet")
        world.done[call.key] += 1
        return f"did {call.key}"

    head = "playnex: 1\nname: flow\nsteps:"
    return {name: flow_of(head + text, Script(answer, "once" if name == "python" else "idempotent")) for name, text in FILES.items()}


ANSWERS: dict[str, Json] = {
    "paid": 42,
    "send": {"approved": True},
    "draft/answer": {"approved": True, "value": "edited"},
    "ask/answer": {"approved": False, "reason": "too long"},
    "ask#2/answer": {"approved": True},
}
KINDS = tuple(flows(World()))


def sweep(kind: str, fresh: Callable[[], Store]) -> list[str]:
    """Plays the flow of that kind once undisturbed, then dies around each of its appends and goes on; what broke a law."""
    worlds: list[World] = []

    def make() -> Rehearsal:
        worlds.append(world := World())
        return Rehearsal(flows(world)[kind], answers=ANSWERS, outcomes=world.decide, store=fresh())

    calm = make()
    whole, usual, places, faults = calm.play(), worlds[0], 0, list[str]()
    for rehearsal in crash_everywhere(make):
        places += 1
        faults += [f"{kind}, place {places}: {fault}" for fault in _broken(rehearsal, worlds[-1], whole, usual)]
    return faults if places >= 2 * len(calm.results) else [*faults, f"{kind}: it did not die around every result"]


def _broken(rehearsal: Rehearsal, world: World, whole: Ending, usual: World) -> list[str]:
    faults = []
    if rehearsal.ending != whole:
        faults.append(f"it ended as {rehearsal.ending}")
    results = Counter(event.key for event in rehearsal.events if isinstance(event.fact, StepFinished))
    assert rehearsal.died is not None
    faults += [f"{key} has {results[key]} results" for key in {*results, *rehearsal.died} if results[key] != 1]
    for key, times in world.tried.items():
        if key in rehearsal.died and times != usual.tried[key]:
            faults.append(f"{key} was finished and ran again")
        if times > usual.tried[key] + 1:
            faults.append(f"{key} ran {times} times")
    once = {event.key for event in rehearsal.events if isinstance(event.fact, StepIntended)}
    faults += [f"{key} happened {world.done[key]} times" for key in once if world.done[key] > 1]
    return faults
