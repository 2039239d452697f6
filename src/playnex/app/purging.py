"""Ends capsules for good: in their store, in the records of runs, and in what the file keeps of freed pages."""

from contextlib import suppress

from playnex.app.opening import App
from playnex.errors import NotFoundError, RunBusy
from playnex.ids import short
from playnex.journal.stores.blotting import blot_out
from playnex.spec.envelope import CapsuleRef


async def found(app: App, typed: str) -> CapsuleRef:
    """The capsule that is meant, deleted ones first. Raises NotFoundError, UsageError."""
    try:
        return (await app.capsules.versions_of_deleted(typed))[-1].ref
    except NotFoundError:
        return (await app.capsules.read(typed)).ref


async def purge(app: App, ref: CapsuleRef) -> int:
    """Purge it; how many records of runs had its text. Raises RunBusy as long as a run goes on that was given it or wrote it, for that one
    has the text in its memory."""
    facts = await _taken_out(app, ref)
    await app.database.compact()
    return facts


async def _taken_out(app: App, ref: CapsuleRef) -> int:
    """Take it out of the store and of the records; what was freed in the file is still there."""
    await _refuse_under_way(app, ref)
    if await app.capsules.standing(ref.id) == "here":
        await app.capsules.delete(ref.id)  # from here on nobody can be given it
    await _refuse_under_way(app, ref)
    versions = await app.capsules.versions_of_deleted(ref.id)
    texts = [version.body for version in versions]
    runs = await app.capsules.runs_with(ref.id)
    facts = await app.database.write(lambda connection: blot_out(connection, texts, runs))
    await app.capsules.purge(ref.id)
    app.journal.forget()
    return facts


async def purge_due(app: App) -> None:
    """Purge what was deleted so long ago that nobody may restore it; what a run still holds, another time."""
    purged = 0
    for ref in await app.capsules.due_for_purge():
        with suppress(RunBusy, NotFoundError):
            await _taken_out(app, ref)
            purged += 1
    if purged:
        await app.database.compact()


async def _refuse_under_way(app: App, ref: CapsuleRef) -> None:
    for run in await app.capsules.runs_with(ref.id):
        if app.leases.is_held(run):
            raise RunBusy(
                f"run {short(run)}, which knows the text of {ref.name!r}, goes on right now",
                hint=f"stop it first: playnex run pause {short(run)}",
            )
