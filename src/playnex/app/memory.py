"""Gathers what an agent is given of memory: its history in the run, long-term memory, and what recall finds for its task."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from playnex.agents.memory import Gathered, Kind, Memory, Remembering, Room
from playnex.app.opening import App
from playnex.canonical import Json
from playnex.capsules.capsule import Author, Capsule, writer_of
from playnex.capsules.meaning.recall import Hit, Recalled
from playnex.capsules.stores.words import Wanted
from playnex.errors import NotFoundError
from playnex.journal.events import StepFinished, StepStarted
from playnex.spec.context import Write
from playnex.spec.envelope import CapsuleRef, Envelope, from_json
from playnex.spec.memory import MemorySpec, Moment, fits
from playnex.spec.result_text import as_text
from playnex.tools.capsule_tools import EXCERPT

ROUND = re.compile(r"(?:^|/)(?:round|try)-\d+(?=/|$)")
"""The part of a key that counts rounds of the same work; what stands in other branches (`item-3`) is another's."""


FIRST_REQUEST = "/turn-1/model"
"""The request in which an agent is told its task, below its step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What an agent was asked at a step of the run, and what it answered."""

    key: str
    at: float
    asked: str
    record: Envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class RunMemory:
    """Implements `Memories` for a run; for none where `run` is empty. A forked run sees memory as it is at its
    `moment`."""

    app: App
    run: str = ""
    moment: Moment | None = None

    async def gather(self, remembering: Remembering) -> tuple[Gathered, Sequence[Write]]:
        spec = remembering.spec
        room = Room()
        refs: list[CapsuleRef] = []
        for capsule in await self._pinned(spec):
            room.put(_pinned_piece(capsule))
            refs.append(capsule.ref)
        known = {piece.name for piece in room.pieces}
        found = await self._recalled(remembering, len(known))
        hits = [hit for hit in found.hits if hit.capsule.name not in known][: spec.recall.limit if spec.recall else 0]
        refs = [ref for ref in refs if ref.name in known] + [hit.capsule.ref for hit in hits]
        history = await self._history(remembering)
        gathered = Gathered(
            pieces=(*history.pieces, *room.pieces, *(_hit_piece(hit) for hit in hits)),
            left_out=(*history.left_out, *room.left_out),
            why=found.why,
            sent_to=found.sent_to,
            labels=tuple(dict.fromkeys((*history.labels, *room.labels))),
        )
        author = Author(kind="run", run=self.run, step=remembering.key, agent=remembering.agent)
        return gathered, (self.app.capsules.noting(refs, author),) if refs else ()

    async def _pinned(self, spec: MemorySpec) -> list[Capsule]:
        if not spec.pinned:
            return []
        found = []
        for head in await self.app.capsules.pinned():
            try:
                capsule = await (self.app.capsules.read_at(head.id, self.moment) if self.moment else self.app.capsules.read(head.id))
            except NotFoundError:
                continue  # deleted meanwhile, or not there yet when the run was forked
            if fits(capsule.name, capsule.header, spec.standing):
                found.append(capsule)
        return found

    async def _recalled(self, remembering: Remembering, more: int) -> Recalled:
        spec = remembering.spec
        if spec.recall is None or not spec.recall.at_start:
            return Recalled(hits=())
        wanted = Wanted(
            text=remembering.query,
            patterns=spec.recalled,
            limit=spec.recall.limit + more,
            moment=self.moment,
            is_private=remembering.is_private,
        )
        return await self.app.recall.recall(wanted)

    async def _history(self, remembering: Remembering) -> Room:
        """What the agent was asked and answered, the newest first into the room, and told in their order."""
        room = Room()
        if remembering.spec.history and self.run:
            for said in reversed(said_before(await self._said(remembering.agent), remembering.key)):
                room.put(_history_piece(said))
            room.pieces.reverse()
        return room

    async def _said(self, agent: str) -> list[Said]:
        asked: dict[str, str] = {}
        found = []
        for event in await self.app.journal.events(self.run):
            fact, step = event.fact, event.key
            if isinstance(fact, StepStarted) and fact.kind == "agent" and fact.actor == agent:
                asked[step] = ""
            elif isinstance(fact, StepStarted) and fact.kind == "model" and step.endswith(FIRST_REQUEST):
                for above in (key for key in asked if step.startswith(f"{key}/")):
                    asked[above] = asked[above] or _told(fact.input)
            elif isinstance(fact, StepFinished) and step in asked:
                found.append(Said(key=step, at=event.at, asked=asked[step], record=from_json(fact.envelope)))
        gone = await self.app.capsules.given_and_gone(self.run)
        return [said for said in found if not await self._is_gone(said, gone)]

    async def _is_gone(self, said: Said, gone: Sequence[str]) -> bool:
        """Whether the agent was given a capsule there that is deleted by now, or its answer was saved as one."""
        if any(f"{step}/".startswith(f"{said.key}/") for step in gone):
            return True
        saved = said.record.capsule
        return saved is not None and await self.app.capsules.standing(saved.id) in ("deleted", "purged")


def _told(request: Json) -> str:
    """What the first message of a request says."""
    messages = request.get("messages") if isinstance(request, dict) else None
    return str(messages[0].get("text", "")) if messages else ""


def said_before(said: Sequence[Said], key: str) -> list[Said]:
    """What belongs to the same line of work as the step of that key: what was said in an earlier round of it, or above it, and nothing
    of branches that go on beside it."""
    here = _line(key).rpartition("/")[0]
    return [each for each in said if f"{here}/".startswith(f"{above}/" if (above := _line(each.key).rpartition("/")[0]) else "")]


def _line(key: str) -> str:
    return ROUND.sub("", key).lstrip("/")


def _pinned_piece(capsule: Capsule) -> Memory:
    return _piece(capsule, capsule.body, kind="pinned")


def _hit_piece(hit: Hit) -> Memory:
    return _piece(hit.capsule, hit.excerpt[:EXCERPT], kind="recalled", found=hit.by)


def _piece(capsule: Capsule, text: str, *, kind: Kind, found: str = "") -> Memory:
    return Memory(
        kind=kind,
        name=capsule.name,
        text=text,
        whole=len(capsule.body),
        written=capsule.written,
        version=capsule.version,
        by=writer_of(capsule.author),
        run=capsule.author.run,
        labels=capsule.labels,
        sources=(capsule.name,),
        found=found,
    )


def _history_piece(said: Said) -> Memory:
    answer = said.record.output
    text = f"You were asked:\n{said.asked}\n\nYou answered:\n{as_text(answer)}"
    return Memory(
        kind="history", name=said.key, text=text, whole=len(text), written=said.at, labels=said.record.labels, sources=said.record.sources
    )
