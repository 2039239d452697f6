"""The packet of a handoff: all that goes from one agent to the next, in sizes that fit anywhere. Pure data and decisions."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from playnex.canonical import Json

TEXT = 8_000
SHORT = 2_000
SOURCES = 20
TRANSCRIPT = 20_000
"""Characters of the findings, of what else is said, and of a transcript; sources that are named."""

WORD = re.compile(r"\w+")
NEWS = 0.1
"""The share of a packet's words that none before it had: with fewer, it says nothing new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """What the next agent gets (requirement P4): `capsule` names one that has more, `transcript` is what the sender was told and said,
    where that was asked for."""

    task: str
    findings: str
    next_step: str
    sources: tuple[str, ...] = ()
    capsule: str = ""
    transcript: str = ""

    def as_json(self) -> dict[str, Json]:
        """The packet, what is empty left out."""
        parts = {"task": self.task, "findings": self.findings, "sources": list(self.sources), "next_step": self.next_step}
        return {name: part for name, part in (parts | {"capsule": self.capsule, "transcript": self.transcript}).items() if part}

    def as_text(self) -> str:
        """How the next agent reads it, but for the transcript."""
        lines = [f"Task: {self.task}", f"Findings so far: {self.findings or 'none'}"]
        lines += [f"Sources: {', '.join(self.sources)}"] if self.sources else []
        lines += [f"More is in the capsule {self.capsule}."] if self.capsule else []
        return "\n".join([*lines, f"Next step: {self.next_step}"])


def packet_of(said: Mapping[str, Json]) -> Packet:
    """The packet in the arguments of a call; what is too long is cut, and says so."""
    sources = tuple(cut(source, SHORT) for source in said.get("sources", ()))
    missing = len(sources) - SOURCES
    return Packet(
        task=cut(said["task"], SHORT),
        findings=cut(said["findings"], TEXT),
        next_step=cut(said["next_step"], SHORT),
        sources=(*sources[:SOURCES], f"[… {missing} more]") if missing > 0 else sources,
        capsule=cut(said.get("capsule", ""), SHORT),
        transcript=_newest(said.get("transcript", "")),
    )


def from_json(parts: Mapping[str, Json]) -> Packet:
    """The packet that `as_json` wrote."""
    return Packet(**{"task": "", "findings": "", "next_step": "", **parts, "sources": tuple(parts.get("sources", ()))})


def cut(text: str, most: int) -> str:
    """The text, or its beginning with a mark that tells how much is missing."""
    return text if len(text) <= most else f"{text[:most]}\n[… cut: {most:,} of {len(text):,} characters]"


def has_news(packet: Packet, before: Sequence[Packet]) -> bool:
    """Whether a packet says something that none of those before it said."""
    known = {word for earlier in before for word in _words(earlier)}
    words = _words(packet)
    return bool(words) and len(words - known) >= NEWS * len(words)


def _words(packet: Packet) -> set[str]:
    said = " ".join((packet.findings, packet.capsule, *packet.sources))
    return {word.casefold() for word in WORD.findall(said)}


def _newest(transcript: str) -> str:
    """The end of a transcript, which matters most."""
    if len(transcript) <= TRANSCRIPT:
        return transcript
    return f"[… cut: the last {TRANSCRIPT:,} of {len(transcript):,} characters]\n{transcript[-TRANSCRIPT:]}"
