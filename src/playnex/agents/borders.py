"""Where an agent's work ends whatever its model wants, and the nudge that comes first: decided from its progress alone.

Each border is told to the model once, in its context, before it is reached; what it does then is up to it. Wall-clock time is what
the journal says that its answers took, so a nudge is the same in every replay.
"""

from dataclasses import replace

from playnex.agents.progress import Nudge, Progress, told
from playnex.models.model import UserMessage
from playnex.spec.agent import AgentSpec

ERRORS_TOLD = 3
"""Failed calls in a row after which the model is told (requirement A5)."""

ERRORS_ENDED = 6
"""Failed calls in a row after which its work ends."""

NEARLY = 0.8
"""The share of a limit at which the model is told."""

LEAST_TURNS = 3
"""An agent with fewer turns is not told that they end: it was told its task a moment ago."""


def nudged(progress: Progress, agent: AgentSpec, number: int) -> Progress:
    """The progress with what the model is told before turn `number`, each thing once."""
    due = [(name, text) for name, text in _nudges(progress, agent, number) if name not in progress.nudges]
    if not due:
        return progress
    known = replace(progress, nudges=progress.nudges | {name for name, _ in due})
    return told(known, UserMessage(text=" ".join(text for _, text in due)))


def _nudges(progress: Progress, agent: AgentSpec, number: int) -> list[tuple[Nudge, str]]:
    limits, found = agent.limits, list[tuple[Nudge, str]]()
    if progress.failures >= ERRORS_TOLD:
        text = f"{progress.failures} calls in a row failed. Find out why before you call again, or answer with what you have."
        found.append(("errors", text))
    if agent.turns >= LEAST_TURNS and number == agent.turns - 1:
        found.append(("turns", "This turn and one more are left. Finish now: answer with what you have, and say what is missing."))
    if limits.tokens is not None and progress.usage.tokens > NEARLY * limits.tokens:
        found.append(("tokens", "Your tokens are nearly used up. Finish now: answer with what you have, and say what is missing."))
    if limits.usd is not None and progress.usage.usd > NEARLY * limits.usd:
        found.append(("usd", "Your money is nearly used up. Finish now: answer with what you have, and say what is missing."))
    if limits.time is not None and progress.seconds > NEARLY * limits.time:
        found.append(("time", "Your time is nearly over. Finish now: answer with what you have, and say what is missing."))
    return found


def too_many_errors(progress: Progress) -> str:
    """Why the work ends after so many failed calls; empty where it goes on."""
    return f"{progress.failures} calls in a row failed" if progress.failures >= ERRORS_ENDED else ""
