"""The patterns that a flow file can name, as data: their settings, of which kind each is, and how often whom they ask.

From it come the check with its hints, the schema for editors, what is shown of a flow, and the agents that a run pins.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from playnex.canonical import Json
from playnex.spec.faults import did_you_mean

LEAST_DEBATERS, LEAST_VOTERS, MOST_DEBATERS = 2, 3, 12
"""With two, each could vote only for the other; there are as many neutral names as debaters at most."""

MOST_DEBATE_ROUNDS = 5
MOST_REVIEW_ROUNDS = 10
MOST_BRANCHES = 100
MOST_BESIDE = 10_000
MOST_DELEGATIONS = 100
MOST_PLAN_STEPS = 100
MOST_REPLANS = 10
MOST_HOPS = 20
DEBATE_ROUNDS, REVIEW_ROUNDS, DELEGATIONS, PLAN_STEPS, REPLANS, HOPS = 1, 3, 12, 20, 2, 6
"""What is taken where nothing is said."""

SettingKind = Literal["agent", "agents", "named", "team", "member", "count", "choice", "flag", "check", "list"]
"""An agent's name; a list of them; a map of names to agents; either of these; one of their names; a whole number; one of some words; true
or false; a check like those of `verify`; a list, or a template that gives one."""

OF_AGENTS: tuple[SettingKind, ...] = ("agent", "agents", "named", "team")

Settings: TypeAlias = Mapping[str, Json]
ON_FAILURE = ("fail", "skip", "retry")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting of a pattern. `least` and `most` bound a count, or how many agents there are; `part` is what the agents do."""

    name: str
    kind: SettingKind
    says: str
    required: bool = False
    least: int = 1
    most: int = 1
    choices: tuple[str, ...] = ()
    part: str = ""
    field: str = ""

    @property
    def parameter(self) -> str:
        """What the pattern itself calls it."""
        return self.field or self.name.replace("-", "_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """A setting that does not go with the others: the message, and what to do."""

    setting: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """How often several agents are asked together."""

    least: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How often an agent is asked for one result: `most` is None where only the run will know. Those that are `shared` are asked so
    often together, whoever it is."""

    agent: str
    part: str
    least: int
    most: int | None
    shared: Shared | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternEntry:
    """A pattern as flow files see it. `returns` says whether its output is one answer, a list of them or a map of them by name."""

    says: str
    settings: tuple[Setting, ...]
    askings: Callable[[Settings], tuple[Asking, ...]]
    misfits: Callable[[Settings], Iterator[Misfit]] = lambda settings: iter(())
    returns: Callable[[Settings], Literal["answer", "list", "map"]] = lambda settings: "answer"

    def setting(self, name: str) -> Setting | None:
        """The setting of that name, if there is one."""
        return next((setting for setting in self.settings if setting.name == name), None)


def names_in(value: Json) -> tuple[str, ...]:
    """The agents in a setting's value: one, a list, or a map."""
    if isinstance(value, dict):
        return tuple(map(str, value.values()))
    return tuple(map(str, value)) if isinstance(value, (list, tuple)) else () if value is None else (str(value),)


def members(pattern: str, settings: Settings) -> tuple[tuple[str, str], ...]:
    """Each agent that the settings name, with its part, in the order of the table."""
    entry = PATTERNS.get(pattern)
    own = [each for each in entry.settings if each.kind in OF_AGENTS] if entry else []
    return tuple((name, each.part) for each in own for name in names_in(settings.get(each.name)))


def _debate(settings: Settings) -> tuple[Asking, ...]:
    rounds, judge = settings.get("rounds", DEBATE_ROUNDS), settings.get("judge")
    most = 1 + rounds + (0 if judge else 1)
    debating = tuple(Asking(agent=name, part="debates", least=1, most=most) for name in names_in(settings.get("debaters")))
    return debating + ((Asking(agent=judge, part="judges", least=1 if settings.get("judge-writes") else 0, most=1),) if judge else ())


def _misfits_of_a_debate(settings: Settings) -> Iterator[Misfit]:
    if settings.get("judge") is None and len(names_in(settings.get("debaters"))) == LEAST_DEBATERS:
        message = "a vote needs three debaters: of two, each could vote only for the other"
        yield Misfit(setting="debaters", message=message, hint="add a debater, or name a `judge:`")
    if settings.get("judge-writes") and settings.get("judge") is None:
        yield Misfit(setting="judge-writes", message="there is no judge who could write", hint="add `judge: NAME`")


def _review(settings: Settings) -> tuple[Asking, ...]:
    rounds = settings.get("rounds", REVIEW_ROUNDS)
    parts = (("worker", "drafts"), ("reviewer", "reviews"))
    return tuple(Asking(agent=str(settings.get(name)), part=part, least=1, most=rounds) for name, part in parts)


def _router(settings: Settings) -> tuple[Asking, ...]:
    routes = [(name, "takes a route") for name in names_in(settings.get("routes"))]
    routes += [(name, "takes what fits no route") for name in names_in(settings.get("default"))]
    chooses = Asking(agent=str(settings.get("by")), part="chooses", least=1, most=1)
    return (chooses, *_shared(routes, Shared(least=1, most=1)))


def _shared(named: Iterable[tuple[str, str]], shared: Shared) -> tuple[Asking, ...]:
    """Agents with their parts that are asked so often together."""
    return tuple(Asking(agent=name, part=part, least=0, most=shared.most, shared=shared) for name, part in named)


def _misfits_of_a_router(settings: Settings) -> Iterator[Misfit]:
    routes = settings.get("routes")
    if isinstance(routes, dict) and "other" in routes:
        yield Misfit(setting="routes", message="a route cannot be called 'other'", hint="what fits no route is the `default:`")


def _parallel(settings: Settings) -> tuple[Asking, ...]:
    working = tuple(Asking(agent=name, part="works", least=1, most=1) for name in names_in(settings.get("agents")))
    return working + tuple(Asking(agent=name, part="merges", least=1, most=1) for name in names_in(settings.get("merge")))


def _map(settings: Settings) -> tuple[Asking, ...]:
    items = settings.get("items")
    number = len(items) if isinstance(items, list) else None
    return (Asking(agent=str(settings.get("agent")), part="works", least=number or 0, most=number),)


def _single(settings: Settings) -> tuple[Asking, ...]:
    return (Asking(agent=str(settings.get("agent")), part="works", least=1, most=1),)


def _supervisor(settings: Settings) -> tuple[Asking, ...]:
    leads = Asking(agent=str(settings.get("supervisor")), part="supervises", least=1, most=1)
    workers = [(name, "works") for name in names_in(settings.get("workers"))]
    return (leads, *_shared(workers, Shared(least=0, most=settings.get("delegations", DELEGATIONS))))


def _planner(settings: Settings) -> tuple[Asking, ...]:
    """A plan that does not hold is made once more, and each that fails is made anew, so often as is allowed."""
    plans = 1 + settings.get("replans", REPLANS)
    planner, writer = str(settings.get("planner")), settings.get("writer")
    planning = Asking(agent=planner, part="plans", least=1, most=2 * plans)
    executors = [(name, "works") for name in names_in(settings.get("executors"))]
    works = _shared(executors, Shared(least=1, most=plans * settings.get("steps", PLAN_STEPS)))
    return (planning, *works, Asking(agent=writer or planner, part="writes", least=1, most=1))


def _handoff(settings: Settings) -> tuple[Asking, ...]:
    agents = [(name, "may hand on") for name in names_in(settings.get("agents"))]
    return _shared(agents, Shared(least=1, most=1 + settings.get("hops", HOPS)))


def _namesakes(settings: Settings, setting: str) -> Iterator[Misfit]:
    """A list of agents that are chosen by their names cannot have one twice."""
    named = settings.get(setting)
    twice = next((name for name in named if named.count(name) > 1), None) if isinstance(named, list) else None
    if twice is not None:
        yield Misfit(setting=setting, message=f"two of the {setting} are called {twice!r}", hint="write a map, each under its own name")


def _misfits_of_a_handoff(settings: Settings) -> Iterator[Misfit]:
    yield from _namesakes(settings, "agents")
    agents, first = settings.get("agents"), settings.get("first")
    names = tuple(agents) if isinstance(agents, dict) else names_in(agents)
    if first is not None and first not in names:
        yield Misfit(setting="first", message=f"{first!r} is none of the agents", hint=did_you_mean(str(first), names) or ", ".join(names))


CHECK = Setting(name="check", kind="check", says="what must hold of a result before another agent sees it")
FAILURE = Setting(name="on-failure", kind="choice", says="what becomes of it when one of them fails", choices=ON_FAILURE)
BESIDE = Setting(name="max-parallel", kind="count", says="so many at the same time at most", most=MOST_BESIDE, field="at_most")

PATTERNS: Mapping[str, PatternEntry] = {
    "single": PatternEntry(
        says="one agent alone",
        settings=(Setting(name="agent", kind="agent", says="who works", required=True, part="works"),),
        askings=_single,
    ),
    "debate": PatternEntry(
        says="drafts made alone, rounds of answering each other, then a judge or a vote",
        settings=(
            Setting(
                name="debaters", kind="agents", says="who debates; three at least where they vote", required=True, part="debates",
                least=LEAST_DEBATERS, most=MOST_DEBATERS,
            ),
            Setting(name="judge", kind="agent", says="who names the best draft; without one the debaters vote", part="judges"),
            Setting(name="judge-writes", kind="flag", says="the judge writes the answer itself"),
            Setting(name="rounds", kind="count", says="rounds after the first drafts", least=0, most=MOST_DEBATE_ROUNDS),
            CHECK,
            FAILURE,
        ),
        askings=_debate,
        misfits=_misfits_of_a_debate,
    ),
    "review": PatternEntry(
        says="a worker drafts, a reviewer says what to mend, until the draft passes",
        settings=(
            Setting(name="worker", kind="agent", says="who drafts", required=True, part="drafts"),
            Setting(name="reviewer", kind="agent", says="who answers {pass, feedback}", required=True, part="reviews"),
            Setting(name="rounds", kind="count", says="so many drafts at most", most=MOST_REVIEW_ROUNDS),
            CHECK,
        ),
        askings=_review,
    ),
    "router": PatternEntry(
        says="an agent chooses who does it",
        settings=(
            Setting(name="by", kind="agent", says="who chooses", required=True, part="chooses"),
            Setting(name="routes", kind="named", says="names and agents", required=True, most=MOST_BRANCHES, part="takes a route"),
            Setting(name="default", kind="agent", says="who does what fits no route", part="takes what fits no route"),
        ),
        askings=_router,
        misfits=_misfits_of_a_router,
    ),
    "parallel": PatternEntry(
        says="several agents at the same time, then a merge",
        settings=(
            Setting(name="agents", kind="team", says="who works, as a list or by names", required=True, most=MOST_BRANCHES, part="works"),
            Setting(name="merge", kind="agent", says="who makes one answer of their results", part="merges"),
            FAILURE,
            CHECK,
            BESIDE,
        ),
        askings=_parallel,
        returns=lambda settings: "answer" if settings.get("merge") else "map",
    ),
    "map": PatternEntry(
        says="the same agent for every item of a list",
        settings=(
            Setting(name="agent", kind="agent", says="who works", required=True, part="works"),
            Setting(name="items", kind="list", says="a list, or one ${{ }} that gives a list", required=True),
            FAILURE,
            CHECK,
            BESIDE,
        ),
        askings=_map,
        returns=lambda settings: "list",
    ),
    "supervisor": PatternEntry(
        says="an agent that gives parts of the task to workers, and answers",
        settings=(
            Setting(name="supervisor", kind="agent", says="who leads and answers", required=True, part="supervises"),
            Setting(name="workers", kind="team", says="whom it may ask", required=True, most=MOST_BRANCHES, part="works"),
            Setting(name="delegations", kind="count", says="so many in all at most", most=MOST_DELEGATIONS),
            Setting(name="on-failure", kind="choice", says="what becomes of a failed delegation", choices=("report", "retry", "fail")),
            CHECK,
        ),
        askings=_supervisor,
        misfits=lambda settings: _namesakes(settings, "workers"),
    ),
    "planner": PatternEntry(
        says="a plan that is recorded first, then carried out by executors",
        settings=(
            Setting(name="planner", kind="agent", says="who makes the plan", required=True, part="plans"),
            Setting(name="executors", kind="team", says="who does its steps", required=True, most=MOST_BRANCHES, part="works"),
            Setting(name="writer", kind="agent", says="who answers from the results, else the planner", part="writes"),
            Setting(name="approve", kind="flag", says="a person sees each plan first"),
            Setting(name="steps", kind="count", says="steps of one plan at most", most=MOST_PLAN_STEPS),
            Setting(name="replans", kind="count", says="new plans after failures at most", least=0, most=MOST_REPLANS),
            CHECK,
            BESIDE,
        ),
        askings=_planner,
        misfits=lambda settings: _namesakes(settings, "executors"),
    ),
    "handoff": PatternEntry(
        says="agents that give the work on to each other, with what there is",
        settings=(
            Setting(name="agents", kind="team", says="who may have it", required=True, most=MOST_BRANCHES, part="may hand on"),
            Setting(name="first", kind="member", says="who begins, else the first one"),
            Setting(name="hops", kind="count", says="handoffs in all at most", most=MOST_HOPS),
            Setting(name="transcript", kind="flag", says="the sender's conversation goes with it"),
            CHECK,
        ),
        askings=_handoff,
        misfits=_misfits_of_a_handoff,
    ),
}  # fmt: skip
"""A pattern is here under the word that a flow file has for it."""
