"""What goes into an agent beside its task, and what comes back from it: records for whoever asks one."""

from dataclasses import dataclass, field

from playnex.canonical import Json, encode
from playnex.errors import StepFailed
from playnex.spec.envelope import Envelope, Label, Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class DataBlock:
    """A piece of data that goes with a prompt, under a name; what is known of its origin passes on to the agent's result."""

    name: str
    text: str
    labels: tuple[Label, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentResult:
    """What an agent gives (requirement A8): `output` where it succeeded, else a `message` and the `partial` result, if there is any.
    `reason` says why it failed, or names the tool that ended its work; `usage` counts its own requests and those made on its behalf."""

    agent: str
    succeeded: bool
    output: Json = None
    reason: str = ""
    message: str = ""
    partial: Json = None
    usage: Usage = field(default_factory=Usage)
    labels: tuple[Label, ...] = ()
    sources: tuple[str, ...] = ()
    step: str = ""

    def checked(self) -> "AgentResult":
        """The same. Raises StepFailed where the agent failed."""
        if not self.succeeded:
            raise StepFailed(self.message, step=self.step, reason=self.reason)
        return self

    def as_data(self, name: str = "") -> DataBlock:
        """The result as data for another agent: its output, or what there is of one."""
        said = self.output if self.succeeded else self.partial
        text = said if isinstance(said, str) else encode(said).decode()
        return DataBlock(name=name or self.agent, text=text, labels=self.labels, sources=self.sources)


def result_of(agent: str, step: str, record: Envelope) -> AgentResult:
    """An agent's record as what its caller gets."""
    succeeded = record.status in ("succeeded", "fallback")
    failure = record.output if not succeeded and isinstance(record.output, dict) else {}
    return AgentResult(
        agent=agent,
        succeeded=succeeded,
        output=record.output if succeeded else None,
        reason=record.reason,
        message=str(failure.get("error", "")),
        partial=failure.get("partial"),
        usage=record.usage,
        labels=record.labels,
        sources=record.sources,
        step=step,
    )


def record_of(result: AgentResult) -> Envelope:
    """A result as a step's record: `result_of` the other way round."""
    failure: Json = {"error": result.message} | ({} if result.partial is None else {"partial": result.partial})
    return Envelope(
        output=result.output if result.succeeded else failure,
        status="succeeded" if result.succeeded else "failed",
        reason=result.reason,
        labels=result.labels,
        sources=result.sources,
        usage=result.usage,
    )
