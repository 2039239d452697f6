"""Flows made up from a seed: every kind of step, nested at random, whose results depend on nothing but the program itself."""

from dataclasses import dataclass
from random import Random
from typing import Protocol, TypeAlias

from playnex.canonical import Json
from playnex.errors import StepFailed
from playnex.spec.context import Approval, Attempt, Effect, StepContext, StepPlan
from playnex.spec.envelope import Envelope
from playnex.spec.flow import RetrySpec

DEPTH = 3


class World(Protocol):
    """What programs do outside."""

    async def act(self, key: str, act: "Act") -> Json:
        """Carry out a step's effect; its result. Fails as the act says."""
        ...

    async def send(self, signal: str) -> Json:
        """Send the run a signal."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A step with an effect in the world: it fails `fails` times before it works (None: for ever), or `hangs` until its time is
    over. `falls_back` gives it a stand-in."""

    name: str
    effect: Effect = "idempotent"
    fails: int | None = 0
    hangs: bool = False
    falls_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One after another."""

    parts: tuple["Program", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """All at the same time."""

    parts: tuple["Program", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """The same with every item, some at a time."""

    items: int
    at_most: int | None
    each: "Program"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoped:
    """In a scope of its own, as a sub-flow is."""

    name: str
    part: "Program"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sleeps:
    """A timer."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Hears:
    """A signal: from a person, or from a branch beside this one; `timeout` where it never comes."""

    signal: str
    timeout: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sends:
    """A step that sends a signal to its own run."""

    signal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asks:
    """An approval."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """A number and an id by chance, as the run has it."""


Program: TypeAlias = Act | Series | Beside | Mapped | Scoped | Sleeps | Hears | Sends | Asks | Draws


async def carry_out(program: Program, context: StepContext, world: World) -> Json:  # noqa: PLR0911 - one line a kind
    """Run the program; failures of steps are a part of its result."""
    match program:
        case Series(parts=parts):
            return [await carry_out(part, context, world) for part in parts]
        case Beside(parts=parts):
            return await context.all(*(_branch(part, world) for part in parts))
        case Mapped(items=items, at_most=at_most, each=each):
            return await context.map(range(items), lambda inner, item: _item(each, inner, world, item), at_most=at_most)
        case Scoped(name=name, part=part):
            return await carry_out(part, context.scope(name), world)
        case Sleeps(seconds=seconds):
            return await context.sleep(seconds)
        case Draws():
            return [context.uuid(), context.random()]
        case Sends(signal=signal):
            return await context.step("send", lambda: world.send(signal))
        case Act():
            return await _act(program, context, world)
        case Hears() | Asks():
            return await _heard(program, context)


async def _item(each: Program, context: StepContext, world: World, item: int) -> Json:
    return [item, await carry_out(each, context, world)]


def _branch(part: Program, world: World):  # type: ignore[no-untyped-def]
    async def branch(context: StepContext) -> Json:
        return await carry_out(part, context, world)

    return branch


async def _act(act: Act, context: StepContext, world: World) -> Json:
    async def do(attempt: Attempt) -> Envelope:
        return Envelope(output=await world.act(attempt.key, act))

    async def stand_in(failed: Envelope, attempt: Attempt) -> Envelope:
        return Envelope(output="stand-in")

    plan = StepPlan(
        effect=act.effect,
        retry=RetrySpec(times=act.fails or 0 if not act.hangs else 0, delay=1.0),
        timeout=3.0 if act.hangs else None,
        fallback=stand_in if act.falls_back else None,
    )
    record = await context.perform(act.name, do, plan)
    return [record.status, record.output if record.status != "failed" else record.reason]


async def _heard(waits: Hears | Asks, context: StepContext) -> Json:
    try:
        if isinstance(waits, Hears):
            return ["heard", await context.wait_for(waits.signal, timeout=waits.timeout)]
        return ["approved", await context.approve(waits.name, Approval(message="May I?", show=waits.name))]
    except StepFailed as failed:
        return ["no", failed.reason]


def made_up(chance: Random) -> tuple[Program, tuple[str, ...]]:
    """A program, and the signals that a person has to send it."""
    maker = _Maker(chance)
    program = Series(parts=tuple(maker.any(DEPTH) for _ in range(chance.randint(2, 4))))
    return program, tuple(maker.signals)


class _Maker:
    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.signals: list[str] = []
        self.named = 0

    def any(self, depth: int) -> Program:
        """Something of at most that depth."""
        kinds = (self.act, self.act, self.act, self.waits, self.small)
        deep = (self.beside, self.mapped, self.scoped, self.series, self.conversation)
        return self.chance.choice(kinds if depth == 0 else (*kinds, *deep))(depth)

    def name(self) -> str:
        """A new one now and then; names are used again, and number themselves."""
        self.named += 1
        return self.chance.choice(("think", "write", "check")) if self.chance.random() < 0.7 else f"step-{self.named}"

    def act(self, depth: int) -> Program:
        """A step with an effect."""
        chance, name = self.chance, self.name()
        effect: Effect = "once" if chance.random() < 0.3 else "idempotent"
        match chance.randrange(8):
            case 0:
                return Act(name=name, fails=None, falls_back=chance.random() < 0.5)
            case 1:
                return Act(name=name, hangs=True, fails=0, falls_back=chance.random() < 0.5)
            case 2 | 3:
                return Act(name=name, effect=effect, fails=chance.randint(1, 3))
            case _:
                return Act(name=name, effect=effect)

    def waits(self, depth: int) -> Program:
        """A timer, a signal or an approval."""
        match self.chance.randrange(4):
            case 0:
                return Sleeps(seconds=self.chance.choice((0.5, 1.9, 5.0, 20.0)))
            case 1:
                return Hears(signal=f"never-{self.name()}", timeout=self.chance.choice((1.0, 10.0)))
            case 2:
                return Asks(name=self.name())
            case _:
                times = self.chance.choice((1, 1, 2))
                signal = f"signal-{len(self.signals)}"
                self.signals += [signal] * times
                return Series(parts=(Hears(signal=signal), self.act(0), Hears(signal=signal))[: 2 * times - 1])

    def small(self, depth: int) -> Program:
        """Something without a place outside."""
        return Draws()

    def beside(self, depth: int) -> Program:
        """Branches."""
        return Beside(parts=tuple(self.any(depth - 1) for _ in range(self.chance.randint(1, 3))))

    def mapped(self, depth: int) -> Program:
        """Items; nothing in them hears a signal, for every item would hear the same."""
        each = Series(parts=tuple(self.act(0) for _ in range(self.chance.randint(1, 2))))
        return Mapped(items=self.chance.randint(0, 4), at_most=self.chance.choice((None, 1, 2)), each=each)

    def scoped(self, depth: int) -> Program:
        """A sub-flow."""
        return Scoped(name=self.name(), part=self.any(depth - 1))

    def series(self, depth: int) -> Program:
        """One after another."""
        return Series(parts=tuple(self.any(depth - 1) for _ in range(self.chance.randint(1, 3))))

    def conversation(self, depth: int) -> Program:
        """Two branches, one of which waits for what the other sends when it is done."""
        self.named += 1
        signal = f"told-{self.named}"
        sender = Series(parts=(self.any(depth - 1), Sends(signal=signal)))
        return Beside(parts=(Hears(signal=signal), sender))
