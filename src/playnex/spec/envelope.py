"""The one record of a step: its output and everything that is known about it (the shape is fixed for ever)."""

from dataclasses import dataclass
from typing import Any, Literal

from playnex.canonical import Json

StepStatus = Literal["succeeded", "failed", "skipped", "fallback", "waiting", "running", "cancelled"]
Label = Literal["untrusted", "private"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What model requests cost; `usd` is 0 for local models."""

    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    usd: float = 0.0

    @property
    def tokens(self) -> int:
        """Input and output tokens together: what a token budget counts."""
        return self.input_tokens + self.output_tokens

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            requests=self.requests + other.requests,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            usd=self.usd + other.usd,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CapsuleRef:
    """One version of a capsule; prints as its name."""

    name: str
    id: str
    version: int

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A step's record. `has_output` is false only for a skipped step; `fallback_from` names upstream steps that gave a
    fallback; `sources` names what the output was made from; `usage` is the sum of the step's own model requests."""

    output: Json = None
    has_output: bool = True
    status: StepStatus = "succeeded"
    reason: str = ""
    fallback_from: tuple[str, ...] = ()
    labels: tuple[Label, ...] = ()
    sources: tuple[str, ...] = ()
    capsule: CapsuleRef | None = None
    usage: Usage = Usage()
    attempts: int = 1


def to_json(envelope: Envelope) -> dict[str, Json]:
    """The envelope as JSON, what is empty left out."""
    parts: dict[str, Json] = {"status": envelope.status}
    if envelope.has_output:
        parts["output"] = envelope.output
    if envelope.reason:
        parts["reason"] = envelope.reason
    for name in ("fallback_from", "labels", "sources"):
        if values := getattr(envelope, name):
            parts[name] = list(values)
    if envelope.capsule:
        parts["capsule"] = capsule_json(envelope.capsule)
    if envelope.usage.requests:
        parts["usage"] = usage_json(envelope.usage)
    if envelope.attempts != 1:
        parts["attempts"] = envelope.attempts
    return parts


def from_json(parts: dict[str, Any]) -> Envelope:
    """The envelope that `to_json` wrote."""
    return Envelope(
        output=parts.get("output"),
        has_output="output" in parts,
        status=parts["status"],
        reason=parts.get("reason", ""),
        fallback_from=tuple(parts.get("fallback_from", ())),
        labels=tuple(parts.get("labels", ())),
        sources=tuple(parts.get("sources", ())),
        capsule=CapsuleRef(**parts["capsule"]) if "capsule" in parts else None,
        usage=Usage(**parts.get("usage", {})),
        attempts=parts.get("attempts", 1),
    )


def capsule_json(capsule: CapsuleRef) -> dict[str, Json]:
    """`{name, id, version}`."""
    return {"name": capsule.name, "id": capsule.id, "version": capsule.version}


def usage_json(usage: Usage) -> dict[str, Json]:
    """`{requests, input_tokens, output_tokens, usd}`."""
    return {
        "requests": usage.requests,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "usd": usage.usd,
    }
