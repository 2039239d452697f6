"""Is everything well with a workspace? What is fine, what is not, what mends it, and the mending of what is safe to mend."""

import asyncio
import os
import shutil
import stat
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import apsw

from playnex.app.fitness import Fitness
from playnex.app.listing import workspace_of
from playnex.app.opening import App, opened
from playnex.app.serving_place import ServingPlace
from playnex.canonical import Json
from playnex.capsules.mirror.notice import Notice
from playnex.errors import DefinitionError, NotFoundError, PlaynexError, RunBusy, StoreError
from playnex.ids import short
from playnex.journal.stores.projections import astray, mend
from playnex.models import discovery
from playnex.store import checksums
from playnex.store.database import sqlite_version
from playnex.store.faults import RESTORE
from playnex.store.file import accept_pages, is_in_use
from playnex.tools.browser.launch import MISSING as BROWSER_MISSING
from playnex.tools.browser.launch import browser_program
from playnex.tools.mcp import sandbox
from playnex.tools.mcp.enclosure import Sandbox
from playnex.workspace import Workspace, shown

Remedy: TypeAlias = Callable[[], Awaitable[object]]

ROOM = 100_000_000
"""Bytes that should be free on the store's disk."""

LONG_LOG = 64_000_000
"""Bytes of a write-ahead log that somebody holds back from being carried over."""

GOOD_SQLITE = (3, 51, 3)
"""Before it a write-ahead log could be corrupted when it was begun anew (https://sqlite.org/wal.html#walresetbug)."""


MENDS = {
    "conflict": "compare the two, mend the capsule's file, delete the other",
    "back": "nothing has to be done",
    "held": "bring the files back, or have them written anew: playnex doctor --fix; to delete them: playnex capsule delete --missing",
    "left": "rename it, mend it, or move it out of the folder",
    "fault": "see to the folder's permissions and to space on its disk",
}
"""What to do about each kind of notice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was looked at, whether it is fine, what was seen, what mends it, and the act that does, where it is safe."""

    area: str
    fine: bool
    says: str
    mend: str = ""
    remedy: Remedy | None = None
    mended: bool = False


Treat: TypeAlias = Callable[[Finding], Awaitable[Finding]]


async def leave(finding: Finding) -> Finding:
    """Only look."""
    return finding


async def cure(finding: Finding) -> Finding:
    """Mend what is safe to mend."""
    if finding.fine or finding.remedy is None:
        return finding
    await finding.remedy()
    return replace(finding, mended=True)


def document(found: tuple[Finding, ...]) -> dict[str, Json]:
    """`playnex.doctor/1`."""
    well = all(finding.fine or finding.mended for finding in found)
    lines = [{"area": one.area, "fine": one.fine, "says": one.says, "mend": one.mend, "mended": one.mended} for one in found]
    return {"schema": "playnex.doctor/1", "well": well, "findings": lines}


def examined_aside(typed: str, treat: Treat = leave) -> "asyncio.Future[tuple[Finding, ...]]":
    """The same as `examine`, in a thread of its own, so that whoever serves meanwhile goes on answering."""
    return asyncio.ensure_future(asyncio.to_thread(lambda: asyncio.run(examine(typed, treat))))


async def examine(typed: str, treat: Treat = leave) -> tuple[Finding, ...]:
    """Everything that was looked at, each finding treated before the next is looked for. Raises UsageError where there is no
    workspace."""
    workspace = workspace_of(typed)
    found = [await treat(finding) for finding in (*_programs(), *_disk(workspace), *_permissions(workspace))]
    try:
        async with opened(typed) as app:
            for examination in (_store, _runs, _leases, _dashboard, _files, _capsules, _models, _servers):
                async for finding in examination(app):
                    found.append(await treat(finding))
    except DefinitionError as error:
        found.append(_files_at_fault(error))
    except StoreError as error:
        found.append(Finding(area="store", fine=False, says=error.message, mend=error.hint))
    return tuple(found)


def accept(typed: str, stamp: str) -> Path:
    """Take the store's pages for right where they do not fit their checksums; a copy of them as they were, with the stamp in its
    name. Raises StoreError where they make no sense, RunBusy where somebody has the store open."""
    store = workspace_of(typed).own / "store.db"
    if not store.exists():
        raise NotFoundError("there is no store here yet", hint="it comes with the first run or capsule")
    if is_in_use(store):
        raise RunBusy("another process has the store open", hint="end it first: a worker, a watcher or a server")
    aside = store.with_name(f"store-before-{stamp}.db")
    shutil.copyfile(store, aside)
    aside.chmod(0o600)
    accept_pages(store)
    return aside


def _programs() -> Iterator[Finding]:
    version = tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
    yield Finding(area="Python", fine=sys.version_info >= (3, 11), says=sys.version.split()[0], mend="install Python 3.11 or newer")
    yield Finding(area="SQLite", fine=version >= GOOD_SQLITE, says=sqlite_version(), mend="upgrade apsw: pip install --upgrade apsw")


def _disk(workspace: Workspace) -> Iterator[Finding]:
    free = shutil.disk_usage(workspace.root).free
    yield Finding(area="disk", fine=free >= ROOM, says=f"{free / 1e6:,.0f} MB free", mend="free some space")


def _permissions(workspace: Workspace) -> Iterator[Finding]:
    if sys.platform == "win32" or not workspace.own.exists():
        return
    private = [workspace.own, workspace.own / "leases", *workspace.own.glob("store.db*"), workspace.own / "ballast"]
    wide = [path for path in private if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077]
    for path in wide:
        mode = 0o700 if path.is_dir() else 0o600
        says = f"{shown(path)} can be read by others ({stat.S_IMODE(path.stat().st_mode):o})"
        yield Finding(area="permissions", fine=False, says=says, mend=f"chmod {mode:o} {shown(path)}", remedy=_narrowing(path, mode))
    if not wide:
        yield Finding(area="permissions", fine=True, says=f"{shown(workspace.own)} is yours alone")


def _narrowing(path: Path, mode: int) -> Remedy:
    return lambda: asyncio.to_thread(path.chmod, mode)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


async def _store(app: App) -> AsyncIterator[Finding]:
    database = app.database
    on = checksums.are_on(database.read)
    mending = "close every other Playnex of this workspace and open it again; apsw has to have cksumvfs, as its own builds do"
    yield Finding(area="checksums", fine=on, says="each page is checked when it is read" if on else "off", mend=mending)
    found = [str(row[0]) for row in database.read.execute("PRAGMA integrity_check").fetchall()]
    yield Finding(area="store", fine=found == ["ok"], says="whole" if found == ["ok"] else "; ".join(found[:3]), mend=RESTORE)
    size = _size(Path(f"{database.path}-wal"))
    says, remedy = f"{size / 1e6:,.1f} MB", database.carry_over
    yield Finding(
        area="log", fine=size < LONG_LOG, says=says, mend="end whoever reads it for long, then playnex doctor --fix", remedy=remedy
    )
    held = (app.workspace.own / "ballast").exists()
    says = "space is held back for a full disk" if held else "no space is held back: the disk is full, and nothing new is recorded"
    yield Finding(area="ballast", fine=held, says=says, mend="free some space")


async def _runs(app: App) -> AsyncIterator[Finding]:
    wrong = astray(app.database.read)
    says = f"{len(wrong)} lines of run list say something else than their journals" if wrong else "run list says what the journals say"
    yield Finding(area="run list", fine=not wrong, says=says, mend="playnex doctor --fix", remedy=lambda: app.database.write(mend))
    position, unreadable = await app.journal.position(), list[str]()
    for run in await app.journal.runs(limit=-1):
        try:
            await app.journal.events(run.id)
        except PlaynexError as error:
            unreadable.append(f"run {short(run.id)}: {error.message}")
        if run.state == "running" and not app.leases.is_held(run.id):
            says, going_on = f"run {short(run.id)} was broken off", f"playnex run resume {short(run.id)}"
            yield Finding(area="runs", fine=False, says=says, mend=going_on)
    says = "; ".join(unreadable[:3]) or f"{position:,} events can be read, with every text in them"
    yield Finding(area="journals", fine=not unreadable, says=says, mend=RESTORE)


async def _leases(app: App) -> AsyncIterator[Finding]:
    stale = app.leases.left_behind()

    async def clear() -> None:
        for path in app.leases.left_behind():
            path.unlink(missing_ok=True)

    says = f"{len(stale)} files left by processes that died" if stale else "no files left behind"
    yield Finding(area="leases", fine=not stale, says=says, mend="playnex doctor --fix", remedy=clear)


async def _dashboard(app: App) -> AsyncIterator[Finding]:
    served = ServingPlace(own=app.workspace.own).now(app.leases)
    if served is None:
        yield Finding(area="dashboard", fine=True, says="nobody serves this workspace; `playnex dashboard` does")
    elif served.answers():
        yield Finding(area="dashboard", fine=True, says=f"served at {served.address} by process {served.process}")
    else:
        says = f"process {served.process} serves this workspace, and nobody answers at {served.address}"
        yield Finding(area="dashboard", fine=False, says=says, mend="stop that process with Ctrl-C, and start it again: playnex serve")


async def _files(app: App) -> AsyncIterator[Finding]:
    checked = await Fitness(app=app).check(())
    if checked.faults:
        yield _files_at_fault(DefinitionError(checked.faults))
    else:
        yield Finding(area="files", fine=True, says=f"{len(checked.paths)} checked, no fault")


async def _capsules(app: App) -> AsyncIterator[Finding]:
    """Whether all capsules have files that say the same, and what lies among the files that is no capsule's."""
    if app.mirror is None:
        yield Finding(area="capsules", fine=True, says="have no files: `mirror = false` in playnex.toml")
        return
    told: list[Notice] = []
    app.mirror.tell = told.append
    found = await app.mirror.scan()
    for notice in (*told, *found.left):
        if notice.kind == "held":
            missing = await app.mirror.missing()
            says, remedy = f"capsules/: {len(missing.names):,} of {missing.of:,} files are gone at once", app.mirror.write_missing
            yield Finding(area="capsules", fine=False, says=says, mend=MENDS["held"], remedy=remedy)
        else:
            yield Finding(area="capsules", fine=False, says=str(notice), mend=MENDS[notice.kind])
    if not told and not found.left:
        yield Finding(area="capsules", fine=True, says=f"{found.files:,} files say what the capsules say")


def _files_at_fault(error: DefinitionError) -> Finding:
    return Finding(area="files", fine=False, says=str(error.faults[0]), mend="playnex check shows all faults")


async def _models(app: App) -> AsyncIterator[Finding]:
    for alias in app.definitions.models or ("main",):
        try:
            card = await app.models.card(alias)
        except PlaynexError as error:
            yield Finding(area=f"model {alias}", fine=False, says=error.message, mend=error.hint)
            continue
        fine = not card.local or not card.base_url or discovery.answers(card.base_url)
        says = f"{card.name} at {card.base_url}" if card.base_url else f"{card.name}, in this process"
        says += "" if fine else " does not answer"
        yield Finding(area=f"model {alias}", fine=fine, says=says, mend="start its server, or mend playnex.toml")


def _said(found: Sandbox) -> str:
    return f"{found.name}: {found.gives}" + (f"; but {found.lacks}" if found.lacks else "")


async def _servers(app: App) -> AsyncIterator[Finding]:
    """The sandbox of MCP servers, where one needs it, and whether anybody has looked at each of them."""
    wanted = [spec.name for spec in app.offer.servers if spec.trust == "sandbox"]
    found = await asyncio.to_thread(sandbox.working, among := sandbox.sandboxes())
    says = _said(found) if found else "; ".join(("none that works here", *(f"{each.name}: {sandbox.trouble(each)}" for each in among)))
    yield Finding(area="sandbox", fine=bool(found) or not wanted, says=says, mend=f"{sandbox.MISSING} (for {', '.join(wanted)})")
    if any(spec.browser for spec in app.offer.servers):
        program = browser_program(os.environ)
        yield Finding(area="browser", fine=bool(program), says=program or "there is none", mend=BROWSER_MISSING)
    for name in app.offer.unseen:
        says, mend = "nobody has looked at it as it is now, and its tools are refused", f"playnex mcp test {name}"
        yield Finding(area=f"MCP server {name}", fine=False, says=says, mend=mend)
