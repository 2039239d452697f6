"""How long a prompt a server really reads: prompts of growing length, each with a word at its very start that the answer must repeat.

Servers differ in what they do with a prompt that is too long: some refuse it, some drop its start (Ollama), its middle or its end, and
say nothing. Two things give a silent one away. Its count of prompt tokens falls behind what the prompt must have; how many that is is
learnt from two short prompts, for each server has its own tokenizer. And its answer does not know the word at the start, which the
question at the end asks for; in the middle stands a second word, for servers that count nothing, and at the very end a third, for those
that drop the end. A model that cannot even repeat the words of a short prompt is judged by the count alone. What can be told from one
answer is decided in `verdict`; the rest is a walk: twice as long each time until something goes wrong, then halving the doubt.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from playnex.clock import Clock
from playnex.errors import ModelRefused, ModelUnavailable
from playnex.models.model import ModelAnswer, ModelCard, ModelRequest, UserMessage
from playnex.models.probed import Counting, Ending

SMALL, SECOND = 256, 512
"""Words of the two prompts from which the server's way of counting is learnt."""

CEILING = 131_072
"""Words of the longest prompt that is tried."""

DOUBT = 16
"""The window is known well enough where the doubt is a sixteenth of it."""

NEAR = 0.97
"""The share of the expected tokens below which a count shows a cut."""

LEAST_SHARE = 0.9
"""Tokens for a word of the filling, at the least, whatever the tokenizer: its words are the commonest."""

ROOM, MUCH_ROOM = 48, 1024
"""Tokens for an answer; more for a model that thinks first."""

TALE = (
    "The men went out to the field and came back in the evening. It was a long day and they had much to do. "
    "Some of them sat by the fire and told the old story again. The water was cold but the bread was still good."
)
FILLING = tuple(TALE.split())
STARTS = ("kestrel", "marble", "lantern", "harbor", "saffron", "thunder", "violin", "walnut", "copper", "meadow", "falcon", "pepper")
MIDDLES = ("granite", "orchid", "compass", "velvet", "anchor", "cinnamon", "glacier", "trumpet", "cedar", "magnet", "turtle", "silver")

BLIND = "nothing can be told of the window: the server's count is no help, and the model does not even repeat a word of a short prompt"

ENDS = ("amber", "rocket", "island", "button", "candle", "dragon", "engine", "forest", "guitar", "hammer", "jacket", "kitten")

Verdict = Literal["whole", "cut", "lost", "refused", "failed", "slow"]


class Bare(Protocol):
    """A model that sends whatever it is given."""

    @property
    def card(self) -> ModelCard:
        """What is known of it."""
        ...

    async def send(self, request: ModelRequest) -> ModelAnswer:
        """One request, unchecked."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much a probe may take: seconds, and words sent."""

    seconds: float = 120.0
    words: int = 600_000
    ceiling: int = CEILING


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One prompt of so many words, and what came back; `counted` are the tokens of the prompt as the server counted them."""

    words: int
    starts: str
    middle: str
    ends: str
    said: str = ""
    counted: int = 0
    seconds: float = 0.0
    failure: Literal["", "refused", "failed", "slow"] = ""
    message: str = ""

    @property
    def knows_start(self) -> bool:
        """Whether the answer has the word of the start."""
        return self.starts in self.said.lower()

    @property
    def knows_middle(self) -> bool:
        """Whether it has the word of the middle."""
        return self.middle in self.said.lower()

    @property
    def knows_end(self) -> bool:
        """Whether it has the word of the end."""
        return self.ends in self.said.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What two short prompts told: how the server counts, and which of the three words the model can repeat. A prompt of `words` words has
    `base + slope * words` tokens."""

    counting: Counting
    base: float = 0.0
    slope: float = LEAST_SHARE
    knows_start: bool = False
    knows_middle: bool = False
    knows_end: bool = False

    def tokens(self, words: int) -> int:
        """The tokens of a prompt of so many words."""
        return int(self.base + self.slope * words)

    def words(self, tokens: int) -> int:
        """The words of a prompt of so many tokens."""
        return int((tokens - self.base) / self.slope)


def measured(small: Trial, second: Trial) -> Measure:
    """How the server counts, from two prompts. A count that is right for the shorter one and too low for the longer one is that of a
    server which cuts already there."""
    knows = {"knows_start": small.knows_start, "knows_middle": small.knows_middle, "knows_end": small.knows_end}
    if not small.counted:
        return Measure(counting="nothing", **knows)
    if small.counted < LEAST_SHARE * small.words:
        return Measure(counting="wrong", **knows)
    slope = (second.counted - small.counted) / max(1, second.words - small.words)
    if slope < LEAST_SHARE:
        return Measure(counting="right", slope=small.counted / small.words, **knows)
    return Measure(counting="right", base=small.counted - slope * small.words, slope=slope, **knows)


def verdict(trial: Trial, measure: Measure) -> Verdict:
    """What became of a prompt. Where the count is right, a word of the middle that is not repeated proves nothing: models forget."""
    if trial.failure:
        return trial.failure
    if measure.counting == "right" and trial.counted < NEAR * measure.tokens(trial.words):
        return "cut"
    if (measure.knows_start and not trial.knows_start) or (measure.knows_end and not trial.knows_end):
        return "lost"
    if measure.counting != "right" and measure.knows_middle and not trial.knows_middle:
        return "lost"
    return "whole"


def is_blind(measure: Measure) -> bool:
    """Whether nothing can be told: the count is no help, and the model does not even repeat the word of a short prompt."""
    return measure.counting != "right" and not measure.knows_start


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowSeen:
    """The longest prompt that was read whole, in tokens, why no longer one was, and the speed of reading (tokens a second)."""

    tokens: int = 0
    ending: Ending = ""
    counting: Counting = ""
    speed: float = 0.0
    note: str = ""


@dataclass(slots=True, kw_only=True)
class WindowProbe:
    """The walk. `tell` is told each prompt before it is sent."""

    model: Bare
    clock: Clock
    tell: Callable[[str], None]
    bounds: Bounds = Bounds()
    room: int = ROOM
    sent: int = 0
    tried: int = 0
    began: float = 0.0
    best: Trial | None = None
    measure: Measure = field(default_factory=lambda: Measure(counting=""))

    async def walk(self) -> WindowSeen:
        """Find the window. Raises nothing that a model raises."""
        trial = await self.learn()
        if self.best is None or is_blind(self.measure):
            return self.seen("failed" if trial.failure else "", trial.message or BLIND)
        while (found := verdict(trial, self.measure)) == "whole":
            self.best = trial
            if trial.words >= self.bounds.ceiling:
                return self.seen("enough")
            words = min(2 * trial.words, self.bounds.ceiling)
            if not self.has_room_for(words):
                return self.seen("slow")
            trial = await self.sure_try(words)
        return self.seen("slow") if found == "slow" else await self.narrow(trial, found)

    async def learn(self) -> Trial:
        """Send the two short prompts; the last one that was sent. The shorter one counts as read whole, unless it could not be sent."""
        self.began = self.clock.monotonic()
        small = await self.one_try(SMALL)
        if not small.knows_start and not small.failure:
            self.room = MUCH_ROOM
            small = await self.one_try(SMALL)
            self.room = MUCH_ROOM if small.knows_start else ROOM
        if small.failure:
            return small
        self.best = small
        second = await self.one_try(SECOND)
        self.measure = measured(small, small if second.failure else second)
        return second

    async def narrow(self, failed: Trial, ending: Ending) -> WindowSeen:
        """Halve the doubt between the longest prompt that was read whole and this one, which was not."""
        assert self.best is not None
        high, last = failed.words, failed
        guess = int(0.97 * self.measure.words(failed.counted)) if ending == "cut" else 0
        while high - self.best.words > self.best.words // DOUBT:
            words = guess if self.best.words < guess < high else (self.best.words + high) // 2
            guess = 0
            if not self.has_room_for(words):
                break
            trial = await self.sure_try(words)
            if (found := verdict(trial, self.measure)) == "whole":
                self.best = trial
                high = min(high, int(words * (1 + 1 / DOUBT))) if ending == "cut" else high
            else:
                high, last, ending = words, trial, ending if found == "slow" else found
        return self.seen(ending, last.message)

    async def sure_try(self, words: int) -> Trial:
        """A try, and a second one where the first speaks against the server: once is not enough to accuse it of forgetting or failing."""
        trial = await self.one_try(words)
        if verdict(trial, self.measure) in ("lost", "failed") and self.has_room_for(words):
            return await self.one_try(words)
        return trial

    async def one_try(self, words: int) -> Trial:
        """Send a prompt of so many words."""
        number, self.tried, self.sent = self.tried, self.tried + 1, self.sent + words
        trial = Trial(words=words, starts=STARTS[number % 12], middle=MIDDLES[5 * number % 12], ends=ENDS[7 * number % 12])
        self.tell(f"window: a prompt of {words:,} words")
        began = self.clock.monotonic()
        try:
            async with asyncio.timeout(self.patience()):
                answer = await self.model.send(prompt(trial, self.room))
        except TimeoutError:
            return replace(trial, failure="slow")
        except ModelRefused as refusal:
            return replace(trial, failure="refused", message=refusal.message)
        except ModelUnavailable as fault:
            return replace(trial, failure="failed", message=fault.message)
        said, took = f"{answer.message.text} {answer.thinking}", self.clock.monotonic() - began
        return replace(trial, said=said, counted=answer.usage.input_tokens, seconds=took)

    def patience(self) -> float:
        """Seconds that are left; a prompt that was begun in time gets half the time again."""
        return max(1.0, 1.5 * self.bounds.seconds - (self.clock.monotonic() - self.began))

    def has_room_for(self, words: int) -> bool:
        """Whether a prompt of so many words can be afforded, by its words and by the time that the longest one yet took."""
        assert self.best is not None
        left = self.bounds.seconds - (self.clock.monotonic() - self.began)
        return self.sent + words <= self.bounds.words and self.best.seconds * words / self.best.words <= left

    def seen(self, ending: Ending, note: str = "") -> WindowSeen:
        """What was found."""
        best = self.best
        if best is None or is_blind(self.measure):
            return WindowSeen(ending=ending, counting=self.measure.counting, note=note)
        is_right = self.measure.counting == "right"
        tokens = best.counted if is_right else int(LEAST_SHARE * best.words)
        speed = tokens / best.seconds if best.seconds > 0 else 0.0
        return WindowSeen(tokens=tokens, ending=ending, counting=self.measure.counting, speed=speed, note=note)


def prompt(trial: Trial, room: int) -> ModelRequest:
    """The word at the very start, the filling with the second word in its middle, and the question for both, with the third."""
    words = [FILLING[number % len(FILLING)] for number in range(trial.words)]
    half = len(words) // 2
    middle = [f"{trial.middle} is the second code word.", *words[half:]]
    text = " ".join([f"{trial.starts} is the first code word.", *words[:half], *middle])
    asked = f"Write three words and nothing else: the first code word of this text, the second one, and last the word {trial.ends}"
    message = UserMessage(text=f"{text}\n\n{asked}")
    return ModelRequest(instructions="", messages=(message,), temperature=0.0, max_output_tokens=room)
