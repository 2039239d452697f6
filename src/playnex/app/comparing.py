"""Comparisons: one is planned, with all that is wrong told before anything is paid for; its arms are batches; their answers meet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from playnex.app.answers import Answer, Met, Score
from playnex.app.arms import Arm, Arms, Task, alone, team
from playnex.app.batches import Batches
from playnex.app.case_files import opened_cases
from playnex.app.judging import AGAIN, ASKED, Pair, Ruling, bench, ruling
from playnex.app.opening import App
from playnex.app.pinning import Pinned
from playnex.engine.history import fold
from playnex.errors import ExpressionError, UsageError
from playnex.journal.batch import Batch
from playnex.journal.events import END_STATES, RunState
from playnex.spec.agent import AgentSpec
from playnex.spec.cases import Case
from playnex.spec.expression import evaluate, expression_faults, expression_references, references, template_faults
from playnex.spec.faults import did_you_mean
from playnex.spec.references import Reference

AT_MOST = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonOrder:
    """What is to be compared: `judge` is an agent, `check` an expression, `prompt` a template, `limit` how many of the cases are taken,
    `trial` names a repetition; each empty or None where it is not wanted."""

    flow: str
    baseline: str
    file: str
    judge: str = ""
    check: str = ""
    prompt: str = ""
    at_most: int = AT_MOST
    limit: int | None = None
    trial: str = ""


@dataclass(slots=True, kw_only=True)
class Comparison:
    """A comparison that can begin. `arms` are the flow's and the baseline's, `batches` theirs and, where there is one, the judge's."""

    app: App
    order: ComparisonOrder
    pinned: Pinned
    judge: AgentSpec | None
    task: Task
    cases: Sequence[Case]
    arms: tuple[Arm, Arm]
    began: float
    batches: list[Batch] = field(default_factory=list)

    @property
    def models(self) -> set[str]:
        """The aliases of all models that will be asked."""
        agents = [agent for arm in self.arms for agent in arm.pinned.agents.values()]
        return {agent.model for agent in (*agents, *([self.judge] if self.judge else []))}

    async def begin(self) -> tuple[Batch, Batch]:
        """The batches of both arms. Raises NotFoundError and ModelUnavailable for a model that is not there."""
        both = (await self._batch(self.arms[0]), await self._batch(self.arms[1]))
        self.batches = list(both)
        return both

    async def meet(self) -> list[Met]:
        """What both arms have answered by now, the check done."""
        flow, baseline = await self.answers(self.batches[0]), await self.answers(self.batches[1])
        met = [Met(case=case, flow=flow.get(case.number, Answer()), baseline=baseline.get(case.number, Answer())) for case in self.cases]
        for one in met:
            if self.order.check and one.is_compared:
                one.scores = (self._score(one.case, one.flow), self._score(one.case, one.baseline))
        return met

    async def begin_to_judge(self, met: Sequence[Met]) -> Batch | None:
        """The batch of the judge, for the pairs that need one."""
        pairs = self._pairs(met)
        if self.judge is None or not pairs:
            return None
        self.batches[2:] = [await self._batch(Arm(pinned=bench(self.judge), cases=[pair.inputs() for pair in pairs.values()]))]
        return self.batches[2]

    async def rule(self, met: Sequence[Met]) -> None:
        """Bring the judge's answers in. A failure loses against an output without being judged; two alike are the same."""
        if self.judge is None:
            return
        for one in met:
            if one.is_compared and not (one.flow.succeeded and one.baseline.succeeded):
                ahead = one.flow.succeeded - one.baseline.succeeded
                one.ruling = Ruling(preferred="flow" if ahead > 0 else "baseline" if ahead < 0 else "same")
            elif one.is_compared and self._pair(one).is_alike:
                one.ruling = Ruling(preferred="same")
        answers = await self.answers(self.batches[2]) if len(self.batches) > 2 else {}
        for place, (number, pair) in enumerate(self._pairs(met).items(), 1):
            one = met[number - 1]
            one.judged, one.is_flow_first = answers.get(place, Answer()), pair.is_flow_first
            if one.judged.succeeded:
                said = one.judged.output
                one.ruling = ruling(said[ASKED]["better"], said[AGAIN]["better"], is_flow_first=pair.is_flow_first)

    def _pairs(self, met: Sequence[Met]) -> dict[int, Pair]:
        """What there is to judge, by the number of the case."""
        both = [one for one in met if one.flow.succeeded and one.baseline.succeeded]
        pairs = {one.case.number: self._pair(one) for one in both}
        return {number: pair for number, pair in pairs.items() if not pair.is_alike}

    def _pair(self, met: Met) -> Pair:
        return Pair(task=self.task.shown(met.case.inputs), flow=met.flow.output, baseline=met.baseline.output)

    async def answers(self, batch: Batch) -> dict[int, Answer]:
        """How the cases of that batch stand which have begun, by number."""
        found: dict[int, Answer] = {}
        after = 0
        while page := await self.app.batches.page(batch.id, after):
            for line in page:
                found[line.number] = await self._answer(line.run, line.state, line.reason)
            after = page[-1].number
        return found

    async def _answer(self, run: str, state: RunState, reason: str) -> Answer:
        if state not in END_STATES:
            return Answer(run=run, state=state, reason=reason)
        events = await self.app.journal.skim(run)
        history = fold(events)
        if (ending := history.finished) is None:  # somebody has it tried again, this very moment
            return Answer(run=run, state="running")
        return Answer(
            run=run,
            state=ending.status,
            reason=ending.reason,
            message=ending.message,
            output=ending.output,
            usage=history.spent,
            seconds=history.time.own,
            is_reused=events[-1].at < self.began,
        )

    def _score(self, case: Case, answer: Answer) -> Score:
        if not answer.succeeded:
            return Score(value=0.0, reason=answer.message or answer.reason)
        scope = {"output": answer.output, "inputs": dict(case.inputs), "case": dict(case.row)}
        try:
            value = evaluate(self.order.check, scope)
        except ExpressionError as error:
            return Score(value=0.0, reason=error.message)
        if not isinstance(value, (bool, int, float)) or not 0 <= value <= 1:
            hint = "make it true or false, or a number from 0 to 1; the answers are kept, and none of them is paid for again"
            raise UsageError(f"--check gives {value!r} for case {case.number} (run {answer.run[-6:]})", hint=hint)
        return Score(value=float(value))

    async def _batch(self, arm: Arm) -> Batch:
        return await Arms(app=self.app, at_most=self.order.at_most, trial=self.order.trial).batch(arm)


def plan(app: App, order: ComparisonOrder) -> Comparison:
    """The comparison, checked as a whole; nothing is asked or written. Raises NotFoundError, DefinitionError, UsageError."""
    if order.judge and order.check:
        raise UsageError(
            "--judge and --check are two ways to look at quality",
            hint="give one of them; with the other one afterwards only the judge is asked, for the answers are kept",
        )
    pinned = app.definitions.flow(order.flow)
    agent = app.definitions.agent(order.baseline)
    judge = app.definitions.agent(order.judge) if order.judge else None
    task = Task(flow=pinned.flow, prompt=order.prompt)
    _check_task(task)
    cases = _cases(app, order, pinned)
    _check_check(order.check, pinned, cases)
    inputs = [case.inputs for case in cases]
    arms = (team(pinned, inputs), alone(agent, task, of=pinned, cases=inputs))
    return Comparison(app=app, order=order, pinned=pinned, judge=judge, task=task, cases=cases, arms=arms, began=app.clock.now())


def _cases(app: App, order: ComparisonOrder, pinned: Pinned) -> list[Case]:
    path = Path(order.file).expanduser().resolve()
    reader = Batches(app=app).reader(pinned, path, "", takes_more=True)
    with opened_cases(path) as opened:
        opened.check(reader)
        return list(islice(opened.cases(reader), order.limit))


def _check_task(task: Task) -> None:
    """The agent alone can be told what to do."""
    for fault in template_faults(task.prompt):
        raise UsageError(f"--prompt: {fault.message}", hint=fault.hint)
    for reference in references(task.prompt):
        _check_reference(reference, "--prompt", ("inputs", "brief"))
        _check_input(reference, "--prompt", task.flow.accepts_any or [spec.name for spec in task.flow.inputs])
    if not (task.prompt or task.flow.description or task.flow.brief.goal):
        hint = "give it `description` or `goal`, or tell the agent what to do with --prompt"
        raise UsageError(f"flow {task.flow.name!r} does not say what it is for, so the agent alone cannot be told", hint=hint)


def _check_check(check: str, pinned: Pinned, cases: Sequence[Case]) -> None:
    """The expression refers to what there is."""
    if not check:
        return
    for fault in expression_faults(check):
        raise UsageError(f"--check: {fault.message}", hint=fault.hint)
    columns = list(dict.fromkeys(name for case in cases for name in case.row))
    for reference in expression_references(check):
        _check_reference(reference, "--check", ("output", "inputs", "case"))
        _check_input(reference, "--check", pinned.flow.accepts_any or [spec.name for spec in pinned.flow.inputs])
        if reference.keys[0] == "case" and len(reference.keys) > 1 and (name := str(reference.keys[1])) not in columns:
            hint = did_you_mean(name, columns) or f"there are: {', '.join(columns)}"
            raise UsageError(f"--check: the cases have no column {name!r}", hint=hint)


def _check_reference(reference: Reference, flag: str, roots: Iterable[str]) -> None:
    if (root := str(reference.keys[0])) not in roots:
        hint = did_you_mean(root, roots) or f"it sees {', '.join(roots)}"
        raise UsageError(f"{flag}: there is no {root!r} here", hint=hint)


def _check_input(reference: Reference, flag: str, known: list[str] | bool) -> None:
    if reference.keys[0] != "inputs" or len(reference.keys) < 2 or isinstance(known, bool):
        return
    if (name := str(reference.keys[1])) not in known:
        hint = did_you_mean(name, known) or (f"it has {', '.join(known)}" if known else "it has none")
        raise UsageError(f"{flag}: the flow has no input {name!r}", hint=hint)
