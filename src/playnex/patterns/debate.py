"""A debate: drafts made alone, bounded rounds of answering each other, then a judge or a vote."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import ClassVar

from playnex.canonical import Json
from playnex.errors import UsageError
from playnex.patterns.outcome import OnFailure, bounded, failure_of, handed_over, success, told_of
from playnex.patterns.pattern import Participant, Pattern, Task, ask, name_of
from playnex.spec.agent_result import AgentResult, DataBlock
from playnex.spec.context import StepContext, Verify
from playnex.spec.pattern_table import LEAST_DEBATERS, LEAST_VOTERS, MOST_DEBATE_ROUNDS, MOST_DEBATERS

LETTERS = "ABCDEFGHIJKL"
"""What debaters are called among each other: who somebody is must not speak for what they say."""

ANSWER_OTHERS = (
    "You have answered this already; your draft and those of others are below. Take over what is better in theirs, and mend what is wrong "
    "in yours. Answer with your whole draft; where nothing is to be changed, repeat it word for word."
)
CHOOSE = "Several drafts below answer this task, each by somebody else:\n\n{prompt}\n\nName the best one, and say why."
WRITE = "Several drafts below answer this, each by somebody else. Weigh them and write the answer yourself."


@dataclass(slots=True, kw_only=True)
class _Talk:
    """What there is so far: each debater's newest draft by letter, who failed, and all results."""

    results: list[AgentResult] = field(default_factory=list)
    newest: dict[str, AgentResult] = field(default_factory=dict)
    failed: dict[str, AgentResult] = field(default_factory=dict)

    @property
    def outputs(self) -> Json:
        return {letter: draft.output for letter, draft in self.newest.items()} or None

    def blocks(self, *, without: str = "") -> list[DataBlock]:
        """The newest drafts as data, named neutrally."""
        return [draft.as_data(f"draft {letter}") for letter, draft in self.newest.items() if letter != without]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decision:
    """Which draft wins, and why; `fault` is why there is none."""

    winner: str = ""
    by: str = ""
    reason: str = ""
    votes: Mapping[str, str] = field(default_factory=dict)
    fault: AgentResult | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Debate(Pattern):
    """The `debaters` draft at the same time and alone; in each of the `rounds` (ceiling 5) each sees the others' newest drafts, until
    nobody changes anything. The `judge` names the best draft, or writes the answer itself (`judge_writes`); without one the debaters
    vote, never for themselves, and of equals the one declared first wins. Drafts that are all the same need no decision. What fails
    `check` is seen by nobody else. With `on_failure="skip"` a debater that fails is left out, as long as two are left."""

    kind: ClassVar[str] = "debate"

    debaters: Sequence[Participant]
    judge: Participant | None = None
    judge_writes: bool = False
    rounds: int = 1
    check: Verify | None = None
    on_failure: OnFailure = "fail"

    def __post_init__(self) -> None:
        least = LEAST_DEBATERS if self.judge is not None else LEAST_VOTERS
        bounded("debaters" if self.judge is not None else "debaters who vote", len(self.debaters), least=least, most=MOST_DEBATERS)
        bounded("rounds of a debate", self.rounds, least=0, most=MOST_DEBATE_ROUNDS)
        if self.judge_writes and self.judge is None:
            raise UsageError("a debate without a judge has nobody who writes", hint="name a judge")

    async def carry_out(self, ctx: StepContext, task: Task) -> AgentResult:
        talk = _Talk()
        for number in range(self.rounds + 1):
            before = talk.outputs
            answers = await self._round(ctx.scope("drafts" if number == 0 else f"round-{number}"), task, talk)
            if (end := self._take(talk, answers)) is not None:
                return end
            if talk.outputs == before or _are_alike(talk):
                break
        if self.judge is not None and self.judge_writes:
            return await self._written(ctx, self.judge, task, talk)
        return await self._decided(ctx, task, talk)

    async def _round(self, ctx: StepContext, task: Task, talk: _Talk) -> dict[str, AgentResult]:
        """What each debater says who is still there, by letter: the first time alone, then in sight of the others' drafts."""
        plan = handed_over(self.check, self.on_failure)
        branches = {
            letter: partial(ask, participant=participant, task=_told(task, talk, letter), plan=plan)
            for letter, participant in zip(LETTERS, self.debaters, strict=False)
            if letter not in talk.failed
        }
        return await ctx.gather(branches)

    def _take(self, talk: _Talk, answers: Mapping[str, AgentResult]) -> AgentResult | None:
        """Take in what was said; the debate's failure where it cannot go on. One who fails after their first draft is heard with that."""
        talk.results += answers.values()
        talk.newest |= {letter: answer for letter, answer in answers.items() if answer.succeeded}
        failed = {letter: answer for letter, answer in answers.items() if not answer.succeeded}
        talk.failed |= failed
        if not failed or (self.on_failure == "skip" and len(talk.newest) >= LEAST_DEBATERS):
            return None
        letter = next(iter(failed))
        return failure_of(self, failed[letter], talk.results, who=self._called(letter), partial=talk.outputs)

    async def _written(self, ctx: StepContext, judge: Participant, task: Task, talk: _Talk) -> AgentResult:
        asked = replace(task, prompt=f"{task.prompt}\n\n{WRITE}").with_data(*talk.blocks())
        said = await ask(ctx, judge, asked, step="judge")
        talk.results.append(said)
        if not said.succeeded:
            return failure_of(self, said, talk.results, who="the judge", partial=talk.outputs)
        return success(self, said.output, talk.results, reason=self._reason("written by the judge", talk))

    async def _decided(self, ctx: StepContext, task: Task, talk: _Talk) -> AgentResult:
        """The draft that wins; the decision is recorded with all that belongs to it."""
        if _are_alike(talk):
            decision = _Decision(winner=next(iter(talk.newest)), by="agreement", reason="all drafts are the same")
        elif self.judge is not None:
            decision = await self._judged(ctx, self.judge, task, talk)
        else:
            decision = await self._voted(ctx, task, talk)
        if decision.fault is not None:
            return failure_of(self, decision.fault, talk.results, who=f"the {decision.by}", partial=talk.outputs)

        async def tell() -> Json:
            told = {"winner": decision.winner, "by": decision.by, "reason": decision.reason, "votes": dict(decision.votes)}
            return told | {"debaters": {letter: name_of(self.debaters[LETTERS.index(letter)]) for letter in talk.newest}}

        await ctx.step("decision", tell)
        reason = self._reason(f"{self._called(decision.winner)} by {decision.by}", talk)
        return success(self, talk.newest[decision.winner].output, talk.results, reason=reason)

    async def _judged(self, ctx: StepContext, judge: Participant, task: Task, talk: _Talk) -> _Decision:
        said = await ask(ctx, judge, _choosing(task, talk, without=""), step="judge")
        talk.results.append(said)
        if not said.succeeded:
            return _Decision(by="judge", fault=said)
        return _Decision(winner=said.output["winner"], by="judge", reason=said.output["reason"])

    async def _voted(self, ctx: StepContext, task: Task, talk: _Talk) -> _Decision:
        """The vote of those whose drafts stand; one who cannot answer abstains where failures are skipped."""
        plan = handed_over(None, self.on_failure)
        branches = {
            letter: partial(ask, participant=self.debaters[LETTERS.index(letter)], task=_choosing(task, talk, without=letter), plan=plan)
            for letter in talk.newest
        }
        said = await ctx.scope("votes").gather(branches)
        talk.results += said.values()
        votes = {letter: vote.output for letter, vote in said.items() if vote.succeeded}
        lost = [vote for vote in said.values() if not vote.succeeded]
        if lost and (self.on_failure != "skip" or not votes):
            return _Decision(by="vote", fault=lost[0])
        counts = Counter(vote["winner"] for vote in votes.values())
        winner = max(talk.newest, key=lambda letter: counts[letter])  # of equals, the first
        reason = "; ".join(f"{letter} for {vote['winner']}: {vote['reason']}" for letter, vote in votes.items())
        return _Decision(winner=winner, by="vote", reason=reason, votes={letter: vote["winner"] for letter, vote in votes.items()})

    def _called(self, letter: str) -> str:
        return f"{letter} ({name_of(self.debaters[LETTERS.index(letter)])})"

    def _reason(self, why: str, talk: _Talk) -> str:
        return "; ".join(part for part in (why, told_of({self._called(letter): failed for letter, failed in talk.failed.items()})) if part)


def _told(task: Task, talk: _Talk, letter: str) -> Task:
    """The task as this debater gets it: alone at first, then with all drafts that there are."""
    if not talk.newest:
        return task
    own = talk.newest[letter].as_data("your own draft")
    return replace(task, prompt=f"{task.prompt}\n\n{ANSWER_OTHERS}").with_data(own, *talk.blocks(without=letter))


def _choosing(task: Task, talk: _Talk, *, without: str) -> Task:
    """The question which draft is best, of all or of those that are not one's own."""
    letters = [letter for letter in talk.newest if letter != without]
    form: Json = {
        "type": "object",
        "properties": {"winner": {"enum": letters}, "reason": {"type": "string"}},
        "required": ["winner", "reason"],
        "additionalProperties": False,
    }
    return Task(prompt=CHOOSE.format(prompt=task.prompt), data=(*task.data, *talk.blocks(without=without)), output=form)


def _are_alike(talk: _Talk) -> bool:
    drafts = [_trimmed(draft.output) for draft in talk.newest.values()]
    return all(draft == drafts[0] for draft in drafts)


def _trimmed(output: Json) -> Json:
    return output.strip() if isinstance(output, str) else output
