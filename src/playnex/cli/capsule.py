"""`playnex capsule` and `playnex capsules`: documents that agents and people share."""

import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from cyclopts import App, Parameter

from playnex.app.capsule_lines import (
    LIST_SCHEMA,
    SCHEMA,
    author_text,
    capsule_document,
    deleted_json,
    diff_lines,
    head_json,
    use_json,
)
from playnex.canonical import Json
from playnex.capsules.capsule import CapsuleDraft, CapsuleHead, Use, place_of
from playnex.cli import door
from playnex.cli.asking import confirmed
from playnex.cli.capsule_texts import about, colored, history_page
from playnex.cli.flags import AsJson, CapsuleId, Limit
from playnex.cli.given import text_of
from playnex.cli.terminal import ago, columns, counted, emit, emit_list, write
from playnex.errors import CapsuleConflict, UsageError
from playnex.ids import short
from playnex.spec.origin import PRIVATE

app = App(name="capsule", help="Capsules: documents that agents and people share.", result_action="return_value")

Prefix = Annotated[str, Parameter(metavar="PREFIX", help="only those whose name begins like this")]
Version = Annotated[int | None, Parameter(metavar="N", help="an older version of it")]
After = Annotated[str, Parameter(metavar="PLACE", help="go on behind the last one of a page, at the place that it names as `next`")]
Pinned = Annotated[bool, Parameter(negative=(), help="only those that are marked as long-term memory")]
IsDeleted = Annotated[bool, Parameter(name="--deleted", negative=(), help="those that can be restored instead")]
At = Annotated[str, Parameter(name="--at", metavar="RUN/STEP", help="as memory was when that step had finished")]
NewName = Annotated[str, Parameter(help="its name, such as notes/idea")]
Text = Annotated[str | None, Parameter(help="the text; without it and without --file, stdin is read")]
File = Annotated[str | None, Parameter(metavar="FILE", allow_leading_hyphen=True, help="read the text from this file; - reads stdin")]
Other = Annotated[str, Parameter(help="another capsule or version, like notes/idea@2")]
Private = Annotated[bool, Parameter(negative=(), help="what is made from it does not leave this machine unasked")]
Missing = Annotated[bool, Parameter(negative=(), help="instead, all capsules whose files are gone")]
Yes = Annotated[bool, Parameter(negative=(), help="do not ask")]


def capsules(
    *,
    prefix: Prefix = "",
    limit: Limit = 200,
    after: After = "",
    pinned: Pinned = False,
    deleted: IsDeleted = False,
    as_json: AsJson = False,
) -> int:
    """List the capsules, last written first.

    $ playnex capsules --prefix articles/
    $ playnex capsules --deleted
    """
    if deleted:
        return asyncio.run(_deleted(as_json))
    return asyncio.run(_list(_Page(prefix=prefix, limit=limit, after=after, pinned=pinned), as_json))


app.command(capsules, name=["list", "ls"])


@app.command
def view(capsule: CapsuleId, /, *, version: Version = None, at: At = "", as_json: AsJson = False) -> int:
    """Print a capsule, or the result of a step.

    $ playnex capsule view articles/local-first-software
    $ playnex capsule view articles/local-first-software@1
    $ playnex capsule view articles/local-first-software --at last/edit
    $ playnex capsule view runs/last/research
    """
    return asyncio.run(_view(capsule, version, at, as_json))


@app.command
def create(name: NewName, text: Text = None, /, *, file: File = None, private: Private = False, as_json: AsJson = False) -> int:
    """Make a capsule from typed, piped or file text.

    $ playnex capsule create notes/idea "Sync is a feature"
    $ cat draft.md | playnex capsule create drafts/one --file -
    $ playnex capsule create drafts/two --file draft.md
    $ playnex capsule create me/health --private --file health.md
    """
    return asyncio.run(_create(name, _text(text, file), private=private, as_json=as_json))


@app.command
def history(capsule: CapsuleId, /, *, as_json: AsJson = False) -> int:
    """List the versions of a capsule, newest first: who wrote each, from what, and what has used it since.

    $ playnex capsule history articles/local-first-software
    """
    return asyncio.run(_history(capsule, as_json))


@app.command
def delete(capsule: CapsuleId = "", /, *, missing: Missing = False, yes: Yes = False, as_json: AsJson = False) -> int:
    """Delete a capsule: no list, read or agent gets it any more. For 30 days it can be restored.

    $ playnex capsule delete notes/idea --yes
    $ playnex capsule delete --missing
    """
    if bool(capsule) == missing:
        raise UsageError("name one capsule, or say --missing", hint="playnex capsules lists them")
    return asyncio.run(_delete_missing(yes, as_json) if missing else _delete(capsule, yes, as_json))


def _text(text: str | None, file: str | None) -> str:
    if text is not None and file is not None:
        raise UsageError("give the text or --file, not both")
    if text is not None:
        return text
    if file is not None and file != "-":
        return text_of(file)
    if sys.stdin.isatty():
        door.terminal.say("type the text; end with Ctrl-D")
    return sys.stdin.read()


@app.command
def diff(capsule: CapsuleId, other: Other = "", /, *, as_json: AsJson = False) -> int:
    """Show what changed: in the last version, from one version to the newest, or between any two.

    $ playnex capsule diff articles/local-first-software
    $ playnex capsule diff articles/local-first-software@1
    $ playnex capsule diff articles/local-first-software@1 articles/local-first-software@2
    """
    return asyncio.run(_diff(capsule, other, as_json))


for verb in ("edit", "restore", "clear", "pin", "unpin", "link", "purge"):
    app.command(f"playnex.cli.capsule_changing:{verb}", name=verb)
for verb in ("search", "index"):
    app.command(f"playnex.cli.capsule_searching:{verb}", name=verb)
for verb in ("export", "import"):
    app.command(f"playnex.cli.capsule_carrying:{verb}_", name=verb)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """Which capsules a list shows."""

    prefix: str
    limit: int
    after: str
    pinned: bool


async def _list(page: _Page, as_json: bool) -> int:
    from playnex.app.opening import opened  # late, here and below: the store is needed only when a command runs
    from playnex.app.purging import purge_due

    async with opened(door.workspace) as opened_app:
        await purge_due(opened_app)
        if page.pinned:
            found = tuple(one for one in await opened_app.capsules.pinned() if one.name.startswith(page.prefix))
        else:
            found = await opened_app.capsules.list(prefix=page.prefix, limit=page.limit, after=page.after)
    after = place_of(found[-1]) if found and len(found) == page.limit and not page.pinned else ""
    if as_json:
        emit({"schema": LIST_SCHEMA, "items": [head_json(capsule) for capsule in found], "next": after})
    elif found:
        now = time.time()
        rows = [(short(one.id), one.name, str(one.version), author_text(one.author), ago(one.written, now)) for one in found]
        write(columns(("ID", "NAME", "VERSION", "BY", "WRITTEN"), rows, door.terminal))
        if after:
            door.terminal.say(f"there may be more: --after {after}")
    else:
        door.terminal.say(_nothing(page))
    return 0


def _nothing(page: _Page) -> str:
    if page.pinned:
        return "no capsule is marked as long-term memory; mark one with: playnex capsule pin NAME"
    if page.prefix or page.after:
        return "no more capsules" if page.after else f"no capsule's name begins with {page.prefix!r}"
    return 'there are no capsules here yet; make one with: playnex capsule create notes/first "…"'


async def _deleted(as_json: bool) -> int:
    from playnex.app.opening import opened
    from playnex.app.purging import purge_due

    async with opened(door.workspace) as opened_app:
        await purge_due(opened_app)
        found = await opened_app.capsules.deleted()
    if as_json:
        emit_list("playnex.deleted-capsules/1", [deleted_json(gone) for gone in found])
    elif found:
        now = time.time()
        rows = [(short(gone.ref.id), gone.ref.name, author_text(gone.by), ago(gone.deleted, now)) for gone in found]
        write(columns(("ID", "NAME", "BY", "DELETED"), rows, door.terminal))
    else:
        door.terminal.say("no capsule was deleted in the last 30 days")
    return 0


async def _view(typed: str, version: int | None, at: str, as_json: bool) -> int:
    from playnex.app.capsule_moments import moment_of
    from playnex.app.opening import opened

    if at and version is not None:
        raise UsageError("give --at or --version, not both")
    async with opened(door.workspace) as opened_app:
        if at:
            capsule = await opened_app.capsules.read_at(typed, await moment_of(opened_app, at))
        else:
            capsule = await opened_app.shelf.read(typed, version)
        uses = () if typed.startswith("runs/") else await opened_app.capsules.uses(capsule.id)
    if as_json:
        emit(capsule_document(capsule) | {"uses": [use_json(use) for use in uses if use.version == capsule.version]})
    else:
        if sys.stdout.isatty():
            door.terminal.say(about(capsule, uses, door.terminal))
        write(capsule.body)
    return 0


async def _diff(typed: str, other: str, as_json: bool) -> int:
    from playnex.app.capsule_shelf import versioned
    from playnex.app.opening import opened

    async with opened(door.workspace) as opened_app:
        shelf, numbered = opened_app.shelf, versioned(typed)[1] is not None
        new = await shelf.read(other or versioned(typed)[0])
        if other or numbered:
            old = await shelf.read(typed)
        elif new.version == 1:
            raise UsageError(f"capsule {new.name!r} has one version only", hint="name another capsule to compare it with")
        else:
            old = await shelf.read(new.id, new.version - 1)
    lines = diff_lines(old, new)
    if as_json:
        emit({"schema": "playnex.capsule-diff/1", "from": head_json(old), "to": head_json(new), "diff": "\n".join(lines)})
    elif lines:
        write("\n".join(colored(lines, door.terminal)))
    else:
        door.terminal.say("the texts are the same")
    return 0


async def _create(name: str, body: str, *, private: bool, as_json: bool) -> int:
    from playnex.app.opening import opened
    from playnex.app.person import person

    async with opened(door.workspace) as opened_app:
        draft = CapsuleDraft(name=name, body=body, author=person(), expected=0, labels=PRIVATE if private else ())
        try:
            capsule = await opened_app.capsules.write(draft)
        except CapsuleConflict:
            raise CapsuleConflict(f"capsule {name!r} is there already", hint=f"change it with: playnex capsule edit {name}") from None
    if as_json:
        emit(capsule_document(capsule))
    else:
        door.terminal.say(f"{door.terminal.symbol('succeeded')} capsule {capsule.name} ({short(capsule.id)})")
    return 0


async def _history(typed: str, as_json: bool) -> int:
    from playnex.app.opening import opened

    async with opened(door.workspace) as opened_app:
        versions = await opened_app.capsules.history(typed)
        uses = await opened_app.capsules.uses(versions[0].id)
    if as_json:
        emit_list("playnex.capsule-history/1", [head_json(one) | {"uses": _uses_of(one, uses)} for one in versions])
    else:
        write(history_page(versions, uses, door.terminal))
    return 0


def _uses_of(version: CapsuleHead, uses: Sequence[Use]) -> Json:
    return [use_json(use) for use in uses if use.version == version.version]


async def _delete(typed: str, yes: bool, as_json: bool) -> int:
    from playnex.app.opening import opened
    from playnex.app.person import person

    async with opened(door.workspace) as opened_app:
        capsule = await opened_app.capsules.read(typed)
        if not yes and not confirmed(f"delete capsule {capsule.name}?", "--yes"):
            raise UsageError(f"capsule {capsule.name!r} was not deleted: nobody said yes", hint="say it with --yes")
        ref = await opened_app.capsules.delete(capsule.id, person())
    if as_json:
        emit({"schema": SCHEMA, "deleted": True, "name": ref.name, "id": ref.id, "version": ref.version})
    else:
        door.terminal.say(f"{door.terminal.symbol('succeeded')} deleted {ref.name}; bring it back with: playnex capsule restore {ref.name}")
    return 0


async def _delete_missing(yes: bool, as_json: bool) -> int:
    from playnex.app.opening import opened

    async with opened(door.workspace) as opened_app:
        if opened_app.mirror is None:
            raise UsageError("capsules have no files here: `mirror = false` in playnex.toml", hint="delete them by name")
        await opened_app.mirror.scan()
        count = len((await opened_app.mirror.missing()).names)
        if count and not yes and not confirmed(f"delete {counted(count, 'capsule')} whose files are gone?", "--yes"):
            raise UsageError(f"nothing was deleted: nobody said yes to {counted(count, 'capsule')}", hint="say it with --yes")
        names = await opened_app.mirror.delete_missing()
    if as_json:
        emit_list("playnex.deleted-missing/1", [{"name": name} for name in names])
    elif not names:
        door.terminal.say("no capsule's file is missing")
    else:
        said = f"deleted {counted(len(names), 'capsule')}; for 30 days each can be brought back with: playnex capsule restore NAME"
        door.terminal.say(f"{door.terminal.symbol('succeeded')} {said}")
    return 0
