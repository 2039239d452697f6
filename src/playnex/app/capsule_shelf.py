"""All capsules that can be read by name: those in the store, and every finished step of a run as `runs/ID/STEP`."""

from dataclasses import dataclass

from playnex.capsules.capsule import Author, Capsule, Capsules
from playnex.engine.history import fold
from playnex.errors import NotFoundError, UsageError
from playnex.ids import matches
from playnex.journal.events import StepFinished, StepStarted
from playnex.journal.journal import Journal, RunSummary
from playnex.spec.envelope import Envelope, from_json
from playnex.spec.purged import shown
from playnex.spec.result_text import as_text

RUNS = "runs/"


def versioned(typed: str) -> tuple[str, int | None]:
    """`NAME@3` as the name and the version, and `NAME` as the name alone. Raises UsageError."""
    name, at, number = typed.partition("@")
    if at and not (number.isascii() and number.isdecimal() and int(number)):
        raise UsageError(f"{typed!r} names no version", hint=f"write it like {name}@3")
    return name, int(number) if at else None


@dataclass(frozen=True, slots=True, kw_only=True)
class CapsuleShelf:
    """Reads capsules of both kinds. Step results are a view over the journal, without a second copy."""

    capsules: Capsules
    journal: Journal

    async def read(self, typed: str, version: int | None = None) -> Capsule:
        """The capsule of that name or id, at a version where one is given, also as `NAME@3`. Raises NotFoundError, UsageError."""
        if typed.startswith(RUNS):
            return await self._step_result(typed)
        name, numbered = versioned(typed)
        return await self.capsules.read(name, numbered if version is None else version)

    async def _step_result(self, typed: str) -> Capsule:
        _, run_id, step = (*typed.split("/", 2), "", "")[:3]
        run = await self._run(run_id)
        for event in await self.journal.events(run.id):
            if event.key == step and isinstance(event.fact, StepFinished):
                envelope = from_json(event.fact.envelope)
                await self._refuse_deleted(envelope, typed)
                return Capsule(
                    id=run.id,
                    name=f"{RUNS}{run.id}/{step}",
                    version=1,
                    body=shown(as_text(envelope.output)),
                    author=Author(kind="run", run=run.id, step=step, agent=await self._actor(run.id, step)),
                    written=event.at,
                    labels=envelope.labels,
                    sources=envelope.sources,
                )
        finished = [key for key in fold(await self.journal.events(run.id)).results if "/" not in key]
        raise NotFoundError(f"run {run_id} has no finished step {step!r}", hint=f"finished: {', '.join(finished) or 'none'}")

    async def _refuse_deleted(self, envelope: Envelope, typed: str) -> None:
        """A step's result that was saved as a capsule is not read by another name once that capsule is deleted."""
        saved = envelope.capsule
        if saved is not None and (standing := await self.capsules.standing(saved.id)) in ("deleted", "purged"):
            raise NotFoundError(
                f"{typed!r} was saved as capsule {saved.name!r}, which was {standing}",
                hint=f"bring it back with: playnex capsule restore {saved.name}" if standing == "deleted" else "it is gone for good",
            )

    async def _run(self, typed: str) -> RunSummary:
        runs = await self.journal.runs(limit=10_000)
        for run in runs:
            if typed == "last" or matches(run.id, typed):
                return run
        raise NotFoundError(f"there is no run {typed!r}", hint="playnex run list shows them")

    async def _actor(self, run: str, step: str) -> str:
        facts = [event.fact for event in await self.journal.events(run) if event.key == step]
        return next((fact.actor for fact in facts if isinstance(fact, StepStarted) and fact.kind == "agent"), "")
