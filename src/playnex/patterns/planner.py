"""A planner and its executors: the plan is recorded before its first step runs, and made anew where a step failed."""

from dataclasses import dataclass, field, replace
from typing import ClassVar

from playnex.canonical import Json, encode
from playnex.errors import StepFailed
from playnex.patterns.outcome import NOT_CONVERGED, ONCE_MORE, bounded, failure, failure_of, success, to_be_seen
from playnex.patterns.pattern import Participant, Pattern, Task, ask
from playnex.patterns.plan import Plan, faults_of, form_of, plan_of
from playnex.patterns.plan_work import Crew, PlanWork
from playnex.patterns.team import Team, introduced, team_of
from playnex.spec.agent_result import AgentResult, DataBlock
from playnex.spec.check_value import problems
from playnex.spec.context import Approval, Attempt, StepContext, StepPlan, Verdict, Verify
from playnex.spec.envelope import Envelope

MOST_STEPS = 100
MOST_REPLANS = 10
MOST_BESIDE = 10_000

PLAN = (
    "Make a plan for the task below; do not do it yourself. Its steps are done by these agents, which see only what you write in a step's "
    "task, the task below, and the results of the steps that it needs:\n{agents}\n\nSteps that do not need each other are done at the "
    "same time. Take {most} steps at most, and no more than the task is worth.\n\nThe task: {prompt}"
)
ANEW = (
    "\n\nAn earlier plan is below, with what came of it. What is done stays done: do not plan it again; a step may need it by its id. "
    "Plan what is left, another way where one failed. A plan without steps says that enough is done."
)
ANSWER = "{prompt}\n\nThe work on this was planned and is done; the results of its steps are below. Give the answer, from them alone."


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanBounds:
    """How much a planner may set in motion: `steps` of one plan (ceiling 100), new plans after failures (ceiling 10), and steps at the
    same time (None: all that can)."""

    steps: int = 20
    replans: int = 2
    at_most: int | None = None

    def __post_init__(self) -> None:
        bounded("steps of a plan", self.steps, least=1, most=MOST_STEPS)
        bounded("new plans", self.replans, least=0, most=MOST_REPLANS)
        bounded("steps at the same time", self.at_most or 1, least=1, most=MOST_BESIDE)


@dataclass(slots=True, kw_only=True)
class _Course:
    """What there is so far: everybody's results, and those of the steps that are done, by id."""

    results: list[AgentResult] = field(default_factory=list)
    done: dict[str, AgentResult] = field(default_factory=dict)

    @property
    def partial(self) -> Json:
        return {name: result.output for name, result in self.done.items()} or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner(Pattern):
    """The `planner` answers with a plan `{steps: [{id, task, agent, needs}]}`, `executors` carry it out, and the `writer` (else the
    planner) answers from their results. With `approve` a person sees each plan first, and may change it. A step whose result fails
    `check` has failed. Reasons of its own: `refused`, `not-converged`; partial is the results by step id
    (where none is done, what failed steps have left)."""

    kind: ClassVar[str] = "planner"

    planner: Participant
    executors: Team
    writer: Participant | None = None
    approve: bool = False
    check: Verify | None = None
    bounds: PlanBounds = field(default_factory=PlanBounds)

    def __post_init__(self) -> None:
        team_of(self.executors, "executors")

    async def carry_out(self, ctx: StepContext, task: Task) -> AgentResult:
        crew = Crew(executors=team_of(self.executors, "executors"), check=self.check, at_most=self.bounds.at_most)
        course = _Course()
        try:
            agents = await introduced(ctx, crew.executors)
        except StepFailed as fault:
            return failure(self, [], reason=fault.reason, message=fault.message)
        last: PlanWork | None = None
        for number in range(1, self.bounds.replans + 2):
            plan = await self._planned(ctx, _planning(self, task, agents, last), crew, course)
            if isinstance(plan, AgentResult):
                return plan
            last = PlanWork(ctx=ctx.scope(f"plan-{number}"), plan=plan, crew=crew, task=task, done=course.done)
            await last.carry_out()
            course.results += [result for step in plan.steps if (result := last.result_of(step.id)) is not None]
            if not last.failed:
                return await self._answered(ctx, task, course)
        return self._given_up(last, course)

    async def _planned(self, ctx: StepContext, asked: Task, crew: Crew, course: _Course) -> Plan | AgentResult:
        """The next plan, recorded; or how it ends because there is none."""
        agents = tuple(crew.executors)
        form = form_of(agents, most=self.bounds.steps, least=0 if course.results else 1)

        async def hold(record: Envelope, attempt: Attempt) -> Verdict:
            faults = faults_of(plan_of(record.output, agents).without(course.done), agents, course.done)
            return Verdict(passed=not faults, reason="; ".join(faults), on_fail="retry")

        said = await ask(ctx, self.planner, replace(asked, output=form), step="planner", plan=StepPlan(verify=hold, retry=ONCE_MORE))
        course.results.append(said)
        if not said.succeeded:
            return failure_of(self, said, course.results, who="the planner", partial=course.partial)
        answer = said.output
        if self.approve:
            try:
                answer = await _approved(ctx, answer, form, agents=agents, done=course.done)
            except StepFailed as refused:
                return failure(self, course.results, reason=refused.reason, message=refused.message, partial=course.partial)
        plan = plan_of(answer, agents).without(course.done)

        async def tell() -> Json:
            return plan.as_json()

        await ctx.step("plan", tell)
        return plan

    async def _answered(self, ctx: StepContext, task: Task, course: _Course) -> AgentResult:
        blocks = [result.as_data(f"the result of step {name}") for name, result in course.done.items()]
        asked = replace(task, prompt=ANSWER.format(prompt=task.prompt)).with_data(*blocks)
        said = await ask(ctx, self.writer or self.planner, asked, step="answer")
        course.results.append(said)
        if not said.succeeded:
            return failure_of(self, said, course.results, who="the answer", partial=course.partial)
        return success(self, said.output, course.results)

    def _given_up(self, last: PlanWork | None, course: _Course) -> AgentResult:
        assert last is not None and last.failed, "there is at least one plan, and one that went through has ended it"
        name, first = next(iter(last.failed.items()))
        message = f"{self.bounds.replans + 1} plans did not come to an end; step {name!r} failed last ({first.reason}): {first.message}"
        there = course.partial or {step: seen for step, failed in last.failed.items() if (seen := to_be_seen(failed)) is not None} or None
        told = failure(self, course.results, reason=NOT_CONVERGED, message=message, partial=there)
        return replace(told, step=first.step)


def _planning(pattern: Planner, task: Task, agents: str, last: PlanWork | None) -> Task:
    """What the planner is asked: at first, or anew with what came of the last plan."""
    prompt = PLAN.format(agents=agents, most=pattern.bounds.steps, prompt=task.prompt)
    if last is None:
        return replace(task, prompt=prompt)
    done = [result.as_data(f"done: the result of step {name}") for name, result in last.done.items()]
    failed = [_as_failed(name, result) for name, result in last.failed.items()]
    left = [DataBlock(name="not begun, for what they need failed", text=", ".join(last.undone))] if last.undone else []
    earlier = DataBlock(name="the earlier plan", text=encode(last.plan.as_json()).decode())
    return replace(task, prompt=prompt + ANEW).with_data(earlier, *done, *failed, *left)


def _as_failed(name: str, result: AgentResult) -> DataBlock:
    there = replace(result, partial=to_be_seen(result))
    said = "" if there.partial is None else f"\nWhat there is of it:\n{there.as_data().text}"
    text = f"It failed ({result.reason}): {result.message}{said}"
    return DataBlock(name=f"failed: step {name}", text=text, labels=result.labels, sources=result.sources)


async def _approved(ctx: StepContext, answer: Json, form: Json, *, agents: tuple[str, ...], done: dict[str, AgentResult]) -> Json:
    """The plan as a person approved it; a change that makes no plan is asked about again. Raises StepFailed for a no."""
    shown, problem = answer, ""
    while True:
        message = f"Carry out this plan?{problem}"
        shown = await ctx.approve("approval", Approval(message=message, show=shown, editable=True))
        faults = list(problems(form, shown)) or faults_of(plan_of(shown, agents).without(done), agents, done)
        if not faults:
            return shown
        problem = f" What you made of it cannot be carried out: {'; '.join(faults)}."
