"""`playnex capsule edit`, `restore`, `clear`, `pin`, `unpin`, `link`, `purge`: what a person does with a capsule."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from playnex.app.capsule_lines import SCHEMA, author_text, capsule_document
from playnex.cli import door
from playnex.cli.asking import confirmed
from playnex.cli.editing import rewritten
from playnex.cli.flags import AsJson, CapsuleId
from playnex.cli.given import text_of
from playnex.cli.terminal import counted, emit
from playnex.errors import CapsuleConflict, UsageError
from playnex.ids import short

if TYPE_CHECKING:
    from playnex.app.opening import App
    from playnex.capsules.capsule import Capsule
    from playnex.workspace import Workspace

File = Annotated[str | None, Parameter(metavar="FILE", allow_leading_hyphen=True, help="take the text from this file; - reads stdin")]
Expected = Annotated[int | None, Parameter(metavar="N", help="the version that the text was made from; without it the newest")]
Version = Annotated[int | None, Parameter(metavar="N", help="make this older version the newest one")]
Source = Annotated[str, Parameter(help="the capsule that it was made from")]
Remove = Annotated[bool, Parameter(negative=(), help="take the source away instead")]
Yes = Annotated[bool, Parameter(negative=(), help="do not ask")]


def edit(capsule: CapsuleId, /, *, file: File = None, expected: Expected = None, as_json: AsJson = False) -> int:
    """Change a capsule in your editor, or take its text from a file or from stdin. If somebody writes it meanwhile, your text is kept.

    $ playnex capsule edit notes/idea
    $ playnex capsule edit notes/idea --file idea.md
    $ sed s/colour/color/ idea.md | playnex capsule edit notes/idea
    """
    return asyncio.run(_edit(capsule, file, expected, as_json))


def restore(capsule: CapsuleId, /, *, version: Version = None, as_json: AsJson = False) -> int:
    """Bring a deleted capsule back, or make an older version the newest one.

    $ playnex capsule restore notes/idea
    $ playnex capsule restore notes/idea --version 1
    """
    return asyncio.run(_restore(capsule, version, as_json))


def clear(capsule: CapsuleId, /, *, as_json: AsJson = False) -> int:
    """Vouch for a capsule that came from an untrusted source: it is trusted from this version on.

    $ playnex capsule clear notes/from-the-web
    """
    return asyncio.run(_clear(capsule, as_json))


def pin(capsule: CapsuleId, /, *, as_json: AsJson = False) -> int:
    """Mark a capsule as long-term memory.

    $ playnex capsule pin style/house
    """
    return asyncio.run(_mark(capsule, as_json, is_pinned=True))


def unpin(capsule: CapsuleId, /, *, as_json: AsJson = False) -> int:
    """Take that mark away.

    $ playnex capsule unpin style/house
    """
    return asyncio.run(_mark(capsule, as_json, is_pinned=False))


def link(capsule: CapsuleId, source: Source, /, *, remove: Remove = False, as_json: AsJson = False) -> int:
    """Say what a capsule was made from; its labels go with it.

    $ playnex capsule link articles/tides notes/harbour
    """
    return asyncio.run(_link(capsule, source, remove, as_json))


def purge(capsule: CapsuleId, /, *, yes: Yes = False, as_json: AsJson = False) -> int:
    """End a capsule for good: every version, and every copy of its text in the records of runs. Backups and exports keep theirs.

    $ playnex capsule purge notes/secret --yes
    """
    return asyncio.run(_purge(capsule, yes, as_json))


async def _edit(typed: str, file: str | None, expected: int | None, as_json: bool) -> int:
    from playnex.app.opening import opened  # late, here and below: the store is needed only when a command runs

    async with opened(door.workspace) as app:
        seen = await app.capsules.read(typed, expected)
        if file is None and door.terminal.interactive:
            with rewritten(seen.body, suffix=".md") as text:  # no snapshot is held while the person writes
                return await _keep(app, seen, text, as_json)
        text = text_of(file) if file not in (None, "-") else sys.stdin.read()
        return await _keep(app, seen, text, as_json)


async def _keep(app: "App", seen: "Capsule", text: str, as_json: bool) -> int:
    """Store the text; what cannot be stored is kept in a file."""
    from playnex.app.capsule_edits import revise

    if text == seen.body and (await app.capsules.read(seen.id)).version == seen.version:
        _say(seen, f"{seen.name} is as it was", as_json)
        return 0
    try:
        written = await revise(app.capsules, seen, text)
    except CapsuleConflict as conflict:
        raise await _beside(app, seen, text, conflict) from None
    _say(written, f"{written.name} is at version {written.version}", as_json)
    return 0


async def _beside(app: "App", seen: "Capsule", text: str, conflict: CapsuleConflict) -> CapsuleConflict:
    """The conflict, told with the file that has the person's text now and the commands that lead on."""
    path = _free(_place(app.workspace), seen.name.rpartition("/")[2])
    path.write_text(text, encoding="utf-8", newline="")
    newest = (await app.capsules.list(prefix=seen.name, limit=1))[:1]
    by = f"version {newest[0].version} by {author_text(newest[0].author)}" if newest and newest[0].name == seen.name else "no version"
    version = newest[0].version if newest else 0
    look = f"playnex capsule diff {seen.name}@{seen.version} {seen.name}"
    return CapsuleConflict(
        f"{conflict.message}; there is {by} now, and your text is kept in {path}",
        hint=f"look: {look}; put both together in that file, then: playnex capsule edit {seen.name} --file {path} --expected {version}",
    )


def _place(workspace: "Workspace") -> Path:
    """The folder where the person stands, unless its files are capsules themselves."""
    here = Path.cwd()
    return workspace.root if workspace.capsules_folder in (here, *here.parents) else here


def _free(folder: Path, name: str) -> Path:
    """A file that is not there yet."""
    names = (f"{name}.yours{f'-{number}' if number > 1 else ''}.md" for number in range(1, 1_000_000))
    return next(folder / each for each in names if not (folder / each).exists())


async def _restore(typed: str, version: int | None, as_json: bool) -> int:
    from playnex.app.capsule_edits import bring_back
    from playnex.app.opening import opened

    async with opened(door.workspace) as app:
        if version is None:
            ref = await app.capsules.restore(typed)
            _say(await app.capsules.read(ref.id), f"{ref.name} is back, with {counted(ref.version, 'version')}", as_json)
        else:
            written = await bring_back(app.capsules, typed, version)
            _say(written, f"version {version} of {written.name} is its version {written.version} now", as_json)
    return 0


async def _clear(typed: str, as_json: bool) -> int:
    from playnex.app.capsule_edits import clear as cleared
    from playnex.app.opening import opened

    async with opened(door.workspace) as app:
        written = await cleared(app.capsules, typed)
    _say(written, f"{written.name} is trusted from version {written.version} on", as_json)
    return 0


async def _mark(typed: str, as_json: bool, *, is_pinned: bool) -> int:
    from playnex.app.opening import opened

    async with opened(door.workspace) as app:
        ref = await (app.capsules.pin if is_pinned else app.capsules.unpin)(typed)
        capsule = await app.capsules.read(ref.id)
    _say(capsule, f"{capsule.name} is {'long-term memory' if is_pinned else 'no long-term memory any more'}", as_json)
    return 0


async def _link(typed: str, source: str, remove: bool, as_json: bool) -> int:
    from playnex.app.capsule_edits import link as linked
    from playnex.app.capsule_edits import unlink
    from playnex.app.opening import opened

    async with opened(door.workspace) as app:
        written = await (unlink if remove else linked)(app.capsules, typed, source)
    _say(written, f"{written.name}@{written.version} was made from {', '.join(written.sources) or 'nothing that is known'}", as_json)
    return 0


async def _purge(typed: str, yes: bool, as_json: bool) -> int:
    from playnex.app.opening import opened
    from playnex.app.purging import found
    from playnex.app.purging import purge as purged

    async with opened(door.workspace) as app:
        ref = await found(app, typed)
        if not yes and not confirmed(f"purge capsule {ref.name} for good?", "--yes"):
            raise UsageError(f"capsule {ref.name!r} was not purged: nobody said yes", hint="say it with --yes")
        facts = await purged(app, ref)
    if as_json:
        emit({"schema": SCHEMA, "purged": True, "name": ref.name, "id": ref.id, "version": ref.version, "facts": facts})
    else:
        copies = f", and its text from {counted(facts, 'record')} of runs" if facts else ""
        door.terminal.say(f"{door.terminal.symbol('succeeded')} {ref.name} is gone for good{copies}; backups and exports keep their copies")
    return 0


def _say(capsule: "Capsule", text: str, as_json: bool) -> None:
    if as_json:
        emit(capsule_document(capsule))
    else:
        door.terminal.say(f"{door.terminal.symbol('succeeded')} {text} ({short(capsule.id)})")
