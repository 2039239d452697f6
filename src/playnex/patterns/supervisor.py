"""A supervisor: an agent that asks others and keeps the work; what they give comes back to it as data."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from playnex.canonical import Json
from playnex.errors import StepFailed, UsageError
from playnex.patterns.ledger import Ledger, Noted, Notes, ledger_of
from playnex.patterns.outcome import ONCE_MORE, bounded, failure, failure_of, success, to_be_seen
from playnex.patterns.pattern import Participant, Pattern, Task, ask
from playnex.patterns.team import Team, introduced, team_of
from playnex.spec.agent_result import AgentResult
from playnex.spec.context import CodeTool, StepContext, StepPlan, Verify
from playnex.spec.envelope import Envelope
from playnex.spec.flow import NO_RETRY

MOST_DELEGATIONS = 100
SAME = 2
"""So often one worker may get one task: once, and once more where it failed or is not good enough."""

STEP = "supervisor"
DELEGATE = "delegate"
WORKER_FAILED = "worker-failed"
ENDS = ("stuck", "delegation-limit")

Reaction = Literal["report", "retry", "fail"]
"""What becomes of a failed delegation: the supervisor is told, or it is tried once more before, or the whole has failed."""

Verdict = Literal["made", "again", "full", "stuck", "delegation-limit"]

LEAD = (
    "You lead the work and give the answer. Divide the task and delegate the parts; parts that do not need each other in one answer of "
    "yours, so that they are done at the same time. A worker sees only what you write to it and the material of the task. One that failed "
    "can be asked again, alone. Check what comes back before you use it."
)
ABOUT = "Let a worker do a part of the task; its result comes back to you. The workers:\n{workers}"
NO_MORE = "No delegation is left: {most} were made. Answer the task now, with what you have."
GIVEN_ALREADY = "{worker} was given exactly this {times} times. Use what came of it, ask for something else, or answer the task."


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervisor(Pattern):
    """The `supervisor` gives parts of the task to `workers`, those of one answer at the same time, and answers. `delegations` bounds
    them in all (ceiling 100). What fails `check` never reaches it: that is a failed delegation, for which `on_failure` says what comes.
    Reasons of its own: `stuck`, `delegation-limit`, `worker-failed`; partial is `{said, delegations: [{worker, task, result}]}`."""

    kind: ClassVar[str] = "supervisor"

    supervisor: Participant
    workers: Team
    on_failure: Reaction = "report"
    check: Verify | None = None
    delegations: int = 12

    def __post_init__(self) -> None:
        bounded("delegations of a supervisor", self.delegations, least=1, most=MOST_DELEGATIONS)
        team_of(self.workers, "workers")
        if isinstance(self.supervisor, Pattern):
            raise UsageError("a pattern cannot lead workers", hint="give an agent as the supervisor")

    async def carry_out(self, ctx: StepContext, task: Task) -> AgentResult:
        workers = team_of(self.workers, "workers")
        try:
            about = await introduced(ctx, workers)
        except StepFailed as fault:
            return failure(self, [], reason=fault.reason, message=fault.message)
        desk = Desk(pattern=self, workers=workers, task=task, ledger=await ledger_of(ctx, STEP))
        led = replace(task, prompt=f"{task.prompt}\n\n{LEAD}")
        said = await ask(ctx, self.supervisor, led, step=STEP, tools=(desk.tool(about),))
        if said.succeeded:
            return success(self, said.output, [said])
        partial = {"said": said.partial, "delegations": desk.results()}
        return failure_of(self, said, [said], who="the supervisor", partial=partial)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One supervisor at one task, and what was delegated so far."""

    pattern: Supervisor
    workers: Mapping[str, Participant]
    task: Task
    ledger: Ledger

    def tool(self, about: str) -> CodeTool:
        """The tool by which the supervisor delegates."""
        return CodeTool(
            name=DELEGATE,
            description=ABOUT.format(workers=about),
            parameters=_parameters(tuple(self.workers)),
            call=self.delegate,
            ends_on=(*ENDS, WORKER_FAILED) if self.pattern.on_failure == "fail" else ENDS,
            beside=True,
        )

    def results(self) -> Json:
        """Each delegation that was made, with what came of it so far."""
        made = ((key, note) for key, note in self.ledger.notes.items() if note["verdict"] == "made")
        return [{"worker": note["worker"], "task": note["task"]} | _came_of(self.ledger.results.get(key)) for key, note in made]

    async def delegate(self, arguments: Mapping[str, Json], call: StepContext) -> Envelope:
        """Ask the worker below the call; or say why not."""
        most = self.pattern.delegations
        asked = {"worker": arguments["worker"], "task": arguments["task"], "expect": arguments.get("expect", "")}
        note = await self.ledger.noted(call, asked, lambda before, new: new.note | {"verdict": weigh(before, new, most)})
        match note["verdict"]:
            case "made":
                return self.ledger.close(call, self._told(note["worker"], await self._ask(note, call)))
            case "again":
                return _refused("again", GIVEN_ALREADY.format(worker=note["worker"], times=SAME))
            case "full":
                return _refused("full", NO_MORE.format(most=most))
            case "stuck":
                return _refused("stuck", f"the supervisor gave {note['worker']} the same task again and again")
            case _:
                return _refused("delegation-limit", f"the supervisor goes on to delegate, though all {most} delegations were made")

    async def _ask(self, note: Json, call: StepContext) -> AgentResult:
        expected = f"\n\nWhat is expected of the answer: {note['expect']}" if note["expect"] else ""
        retry = ONCE_MORE if self.pattern.on_failure == "retry" else NO_RETRY
        task = Task(prompt=note["task"] + expected, data=self.task.data)
        worker = note["worker"]
        return await ask(call, self.workers[worker], task, step=worker, plan=StepPlan(verify=self.pattern.check, retry=retry))

    def _told(self, worker: str, result: AgentResult) -> Envelope:
        """The result as the supervisor gets it."""
        known = Envelope(labels=result.labels, sources=result.sources, usage=result.usage)
        if result.succeeded:
            return replace(known, output={"worker": worker, "succeeded": True, "result": result.output})
        what = {"error": f"{worker} failed ({result.reason}): {result.message}", "worker": worker, "succeeded": False}
        partial = {} if (seen := to_be_seen(result)) is None else {"partial": seen}
        return replace(known, status="failed", reason=WORKER_FAILED, output=what | partial)


def weigh(before: Notes, new: Noted, most: int) -> Verdict:
    """Whether a delegation is made. Beyond a border the supervisor is told so, as often as it asks in that answer; if it asks again in a
    later one, its work ends."""
    made = [earlier for earlier in before if earlier.note["verdict"] == "made"]
    if len(made) >= most:
        return "delegation-limit" if _was_told(before, new, "full") else "full"
    alike = [earlier for earlier in before if _asked(earlier) == _asked(new)]
    if sum(earlier.note["verdict"] == "made" for earlier in alike) >= SAME:
        return "stuck" if _was_told(alike, new, "again") else "again"
    return "made"


def _was_told(before: Notes, new: Noted, verdict: Verdict) -> bool:
    return any(earlier.note["verdict"] == verdict and earlier.turn != new.turn for earlier in before)


def _asked(noted: Noted) -> tuple[str, str]:
    return noted.note["worker"], " ".join(noted.note["task"].split()).casefold()


def _refused(reason: str, message: str) -> Envelope:
    return Envelope(status="failed", reason=reason, output={"error": message})


def _came_of(result: Envelope | None) -> Json:
    if result is None:
        return {}
    return {name: result.output[name] for name in ("result", "error", "partial") if name in result.output}


def _parameters(workers: tuple[str, ...]) -> Json:
    return {
        "type": "object",
        "properties": {
            "worker": {"enum": list(workers), "description": "Who does it"},
            "task": {"type": "string", "description": "What is to be done, with all that the worker has to know"},
            "expect": {"type": "string", "description": "What the answer should be like"},
        },
        "required": ["worker", "task"],
        "additionalProperties": False,
    }
