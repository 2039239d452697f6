"""Worker and reviewer: a draft is judged and mended until it passes, or until nothing new comes."""

from dataclasses import dataclass, field, replace
from typing import ClassVar

from playnex.canonical import Json
from playnex.patterns.outcome import NOT_CONVERGED, bounded, failure, failure_of, handed_over, success
from playnex.patterns.pattern import Participant, Pattern, Task, ask
from playnex.spec.agent_result import AgentResult, DataBlock
from playnex.spec.context import StepContext, Verify
from playnex.spec.pattern_table import MOST_REVIEW_ROUNDS

MEND = "Your last draft and a review of it are below. Mend what the review finds, keep what is good, and answer with the whole new draft."
JUDGE = "Below is a draft that answers this task:\n\n{prompt}\n\nSay whether it passes; where it does not, say what is to be mended."
REVIEW_FORM: Json = {
    "type": "object",
    "properties": {"pass": {"type": "boolean"}, "feedback": {"type": "string"}},
    "required": ["pass", "feedback"],
    "additionalProperties": False,
}


@dataclass(slots=True, kw_only=True)
class _Drafts:
    """What there is so far: drafts, what was said of them, and all results."""

    results: list[AgentResult] = field(default_factory=list)
    drafts: list[AgentResult] = field(default_factory=list)
    feedback: list[AgentResult] = field(default_factory=list)

    @property
    def newest(self) -> Json:
        return self.drafts[-1].output if self.drafts else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Review(Pattern):
    """The `worker` drafts, the `reviewer` answers `{pass, feedback}`, `rounds` times at most (ceiling 10). A draft reaches the
    reviewer only when it has passed `check`."""

    kind: ClassVar[str] = "review"

    worker: Participant
    reviewer: Participant
    rounds: int = 3
    check: Verify | None = None

    def __post_init__(self) -> None:
        bounded("rounds of a review", self.rounds, least=1, most=MOST_REVIEW_ROUNDS)

    async def carry_out(self, ctx: StepContext, task: Task) -> AgentResult:
        so_far = _Drafts()
        for number in range(1, self.rounds + 1):
            if (end := await self._round(ctx.scope(f"round-{number}"), task, so_far)) is not None:
                return end
        return self._given_up(so_far, f"the draft did not pass within {self.rounds} rounds: {_said(so_far.feedback[-1])}")

    async def _round(self, ctx: StepContext, task: Task, so_far: _Drafts) -> AgentResult | None:
        """How the review ends with this round; None where it goes on."""
        draft = await ask(ctx, self.worker, _mending(task, so_far), step="draft", plan=handed_over(self.check))
        so_far.results.append(draft)
        if not draft.succeeded:
            return failure_of(self, draft, so_far.results, who="the worker", partial=draft.partial or so_far.newest)
        is_old = any(draft.output == before.output for before in so_far.drafts)
        so_far.drafts.append(draft)
        if is_old:
            return self._given_up(so_far, f"the worker came back to an earlier draft, of which was said: {_said(so_far.feedback[-1])}")
        return await self._judged(ctx, task, so_far)

    async def _judged(self, ctx: StepContext, task: Task, so_far: _Drafts) -> AgentResult | None:
        asked = Task(prompt=JUDGE.format(prompt=task.prompt), data=(*task.data, so_far.drafts[-1].as_data("the draft")), output=REVIEW_FORM)
        said = await ask(ctx, self.reviewer, asked, step="review")
        so_far.results.append(said)
        if not said.succeeded:
            return failure_of(self, said, so_far.results, who="the reviewer", partial=so_far.newest)
        if said.output["pass"]:
            return success(self, so_far.newest, so_far.results)
        is_old = any(_said(said) == _said(before) for before in so_far.feedback)
        so_far.feedback.append(said)
        return self._given_up(so_far, f"the reviewer says again what it has said before: {_said(said)}") if is_old else None

    def _given_up(self, so_far: _Drafts, message: str) -> AgentResult:
        return failure(self, so_far.results, reason=NOT_CONVERGED, message=message, partial=so_far.newest)


def _mending(task: Task, so_far: _Drafts) -> Task:
    """The task, with the last draft and what is to be mended in it."""
    if not so_far.drafts:
        return task
    review = so_far.feedback[-1]
    told = DataBlock(name="the review", text=_said(review), labels=review.labels, sources=review.sources)
    return replace(task, prompt=f"{task.prompt}\n\n{MEND}").with_data(so_far.drafts[-1].as_data("your last draft"), told)


def _said(review: AgentResult) -> str:
    return str(review.output["feedback"]).strip()
