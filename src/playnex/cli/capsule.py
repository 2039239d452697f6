"""`playnex capsule` and `playnex capsules`: documents that agents and people share."""

import asyncio
import sys
import time
from typing import Annotated

from cyclopts import App, Parameter

from playnex.canonical import Json
from playnex.capsules.capsule import Author, CapsuleDraft, CapsuleHead
from playnex.cli import door
from playnex.cli.asking import confirmed
from playnex.cli.flags import AsJson, CapsuleId, Limit
from playnex.cli.given import text_of
from playnex.cli.terminal import ago, columns, emit, emit_list, gist, write
from playnex.errors import UsageError
from playnex.ids import short

app = App(name="capsule", help="Capsules: documents that agents and people share.", result_action="return_value")

LIST_SCHEMA = "playnex.capsules/1"
SCHEMA = "playnex.capsule/1"

Prefix = Annotated[str, Parameter(metavar="PREFIX", help="only those whose name begins like this")]
Version = Annotated[int | None, Parameter(metavar="N", help="an older version of it")]
Words = Annotated[str, Parameter(help="what to look for, in plain words")]
Within = Annotated[str, Parameter(name="--in", metavar="FOLDER", help="only below this folder of names, such as kb")]
NewName = Annotated[str, Parameter(help="its name, such as notes/idea")]
Text = Annotated[str | None, Parameter(help="the text; without it and without --file, stdin is read")]
File = Annotated[str | None, Parameter(metavar="FILE", allow_leading_hyphen=True, help="read the text from this file; - reads stdin")]
Yes = Annotated[bool, Parameter(negative=(), help="do not ask")]


def capsules(*, prefix: Prefix = "", limit: Limit = 200, as_json: AsJson = False) -> int:
    """List the capsules, last written first.

    $ playnex capsules --prefix articles/
    """
    return asyncio.run(_list(prefix, limit, as_json))


app.command(capsules, name=["list", "ls"])


@app.command
def view(capsule: CapsuleId, /, *, version: Version = None, as_json: AsJson = False) -> int:
    """Print a capsule, or the result of a step.

    $ playnex capsule view articles/local-first-software
    $ playnex capsule view runs/last/research
    """
    return asyncio.run(_view(capsule, version, as_json))


@app.command
def search(query: Words, /, *, within: Within = "", limit: Limit = 10, as_json: AsJson = False) -> int:
    """Find capsules by words of their names and texts: first those that have all of them, then those that have any.

    $ playnex capsule search "charged twice" --in kb
    """
    return asyncio.run(_search(query, within, limit, as_json))


@app.command
def create(name: NewName, text: Text = None, /, *, file: File = None, as_json: AsJson = False) -> int:
    """Make a capsule from typed, piped or file text.

    $ playnex capsule create notes/idea "Sync is a feature"
    $ cat draft.md | playnex capsule create drafts/one --file -
    $ playnex capsule create drafts/two --file draft.md
    """
    return asyncio.run(_create(name, _text(text, file), as_json))


@app.command
def history(capsule: CapsuleId, /, *, as_json: AsJson = False) -> int:
    """List the versions of a capsule, newest first, and who wrote each.

    $ playnex capsule history articles/local-first-software
    """
    return asyncio.run(_history(capsule, as_json))


@app.command
def delete(capsule: CapsuleId, /, *, yes: Yes = False, as_json: AsJson = False) -> int:
    """Delete a capsule: no list, read or agent gets it any more.

    $ playnex capsule delete notes/idea --yes
    """
    return asyncio.run(_delete(capsule, yes, as_json))


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


async def _list(prefix: str, limit: int, as_json: bool) -> int:
    from playnex.app.opening import opened  # late, here and below: the store is needed only when a command runs

    async with opened(door.workspace) as opened_app:
        found = await opened_app.capsules.list(prefix=prefix, limit=limit)
    if as_json:
        emit_list(LIST_SCHEMA, [head_json(capsule) for capsule in found])
    elif found:
        now = time.time()
        rows = [(short(one.id), one.name, str(one.version), author_text(one.author), ago(one.written, now)) for one in found]
        write(columns(("ID", "NAME", "VERSION", "BY", "WRITTEN"), rows, door.terminal))
    else:
        door.terminal.say('there are no capsules here yet; make one with: playnex capsule create notes/first "…"')
    return 0


async def _view(typed: str, version: int | None, as_json: bool) -> int:
    from playnex.app.opening import opened

    async with opened(door.workspace) as opened_app:
        capsule = await opened_app.shelf.read(typed, version)
    if as_json:
        emit({"schema": SCHEMA, **head_json(capsule), "body": capsule.body})
    else:
        write(capsule.body)
    return 0


async def _search(query: str, within: str, limit: int, as_json: bool) -> int:
    from playnex.app.opening import opened

    async with opened(door.workspace) as opened_app:
        found = await opened_app.capsules.search(query, within=within, limit=limit)
    if as_json:
        emit_list("playnex.capsule-search/1", [{**head_json(one), "title": one.title, "body": one.body} for one in found])
    elif found:
        rows = [(short(one.id), one.name, gist(one.title, 80)) for one in found]
        write(columns(("ID", "NAME", "TITLE"), rows, door.terminal))
    else:
        where = f" below {within}" if within else ""
        door.terminal.say(f"no capsule{where} has any of these words; playnex capsules lists them all")
    return 0


async def _create(name: str, body: str, as_json: bool) -> int:
    from playnex.app.opening import opened

    async with opened(door.workspace) as opened_app:
        capsule = await opened_app.capsules.write(CapsuleDraft(name=name, body=body, author=Author(), expected=0))
    if as_json:
        emit({"schema": SCHEMA, **head_json(capsule), "body": capsule.body})
    else:
        door.terminal.say(f"{door.terminal.symbol('succeeded')} capsule {capsule.name} ({short(capsule.id)})")
    return 0


async def _history(typed: str, as_json: bool) -> int:
    from playnex.app.opening import opened

    async with opened(door.workspace) as opened_app:
        versions = await opened_app.capsules.history(typed)
    if as_json:
        emit_list("playnex.capsule-history/1", [head_json(version) for version in versions])
    else:
        now = time.time()
        rows = [(str(one.version), author_text(one.author), ago(one.written, now), ", ".join(one.labels)) for one in versions]
        write(columns(("VERSION", "BY", "WRITTEN", "LABELS"), rows, door.terminal))
    return 0


async def _delete(typed: str, yes: bool, as_json: bool) -> int:
    from playnex.app.opening import opened

    async with opened(door.workspace) as opened_app:
        capsule = await opened_app.capsules.read(typed)
        if not yes and not confirmed(f"delete capsule {capsule.name}?", "--yes"):
            raise UsageError(f"capsule {capsule.name!r} was not deleted: nobody said yes", hint="say it with --yes")
        ref = await opened_app.capsules.delete(capsule.id)
    if as_json:
        emit({"schema": SCHEMA, "deleted": True, "name": ref.name, "id": ref.id, "version": ref.version})
    else:
        door.terminal.say(f"{door.terminal.symbol('succeeded')} deleted {ref.name}")
    return 0


def head_json(capsule: CapsuleHead) -> dict[str, Json]:
    """All but the body, as JSON."""
    author = capsule.author
    return {
        "name": capsule.name,
        "id": capsule.id,
        "version": capsule.version,
        "author": {"kind": author.kind, "run": author.run, "step": author.step, "agent": author.agent, "name": author.name},
        "written": capsule.written,
        "labels": list(capsule.labels),
        "sources": list(capsule.sources),
        "header": capsule.header,
    }


def author_text(author: Author) -> str:
    """A person's name or `you`, or the agent or step and its run."""
    return author.name or "you" if author.kind == "person" else f"{author.agent or author.step} in run {short(author.run)}"
