"""Opens a workspace: makes the concrete store, journal, tools, models and engine, and hands them to each other."""

import os
import random
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from playnex.app.capsule_shelf import CapsuleShelf
from playnex.app.definitions import Definitions
from playnex.app.embedders import embedder_of
from playnex.capsules.capsule import Author, CapsuleDraft, Moment, Prepared, writer_of
from playnex.capsules.meaning import vectors
from playnex.capsules.meaning.recall import Recall
from playnex.capsules.stores import rows as capsule_rows
from playnex.capsules.stores.sqlite_capsules import SqliteCapsules
from playnex.capsules.stores.words import Wanted
from playnex.clock import SystemClock
from playnex.config import Config
from playnex.engine.engine import Engine
from playnex.ids import short
from playnex.journal.lease import FileLeases
from playnex.journal.stores import batch_rows, journal_rows
from playnex.journal.stores.sqlite_batches import SqliteBatches
from playnex.journal.stores.sqlite_journal import SqliteJournal
from playnex.models.directory import Sources, WorkspaceModels
from playnex.schedules import timetable
from playnex.schedules.timetable import Timetable
from playnex.spec.context import Write
from playnex.spec.envelope import CapsuleRef
from playnex.spec.faults import Fault
from playnex.store.database import Database
from playnex.tools.capsule_tools import KnownCapsule, Note, Prepare, Revision, capsule_tools
from playnex.tools.file_tools import file_tools
from playnex.tools.gate import Gate
from playnex.tools.mcp.offered import FILE, Offer, offer
from playnex.tools.mcp.servers import Servers
from playnex.tools.policy import Policy
from playnex.tools.python_functions import PythonFunctions
from playnex.tools.python_tools import discover
from playnex.tools.recall_tool import Remembered, Rememberer, recall_tool
from playnex.tools.ruling import idle, misfitting, ruled
from playnex.tools.tool import CallScope
from playnex.tools.toolbox import WorkspaceToolbox
from playnex.tools.workers import Workers
from playnex.workspace import Workspace, data_folder, find_workspace, shown

MIGRATIONS = (
    journal_rows.create_tables,
    capsule_rows.create_capsules,
    capsule_rows.create_versions,
    journal_rows.add_due_and_keys,
    capsule_rows.create_words,
    batch_rows.create_batches,
    timetable.create_schedules,
    journal_rows.add_concurrency,
    capsule_rows.number_versions,
    capsule_rows.create_uses,
    vectors.create_vectors,
)
"""Append only, in the order in which releases brought them: the store's version is their number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """An open workspace: its parts, each of which does its own work."""

    workspace: Workspace
    database: Database
    journal: SqliteJournal
    batches: SqliteBatches
    leases: FileLeases
    capsules: SqliteCapsules
    shelf: CapsuleShelf
    recall: Recall
    toolbox: WorkspaceToolbox
    gate: Gate
    functions: PythonFunctions
    servers: Servers
    offer: Offer
    models: WorkspaceModels
    engine: Engine
    clock: SystemClock
    definitions: Definitions
    timetable: Timetable
    local: bool


@asynccontextmanager
async def opened(typed: str) -> AsyncIterator[App]:
    """The workspace of that folder, or the nearest one. Raises UsageError, DefinitionError, StoreError."""
    workspace = find_workspace(typed, os.environ, Path.cwd())
    config = workspace.config()
    database = Database(workspace.own / "store.db", MIGRATIONS)
    _hide_from_git(workspace.own)
    workers = Workers(workspace.root, log=workspace.own / "tools.log")
    clock = SystemClock()
    servers, of_servers = _servers(workspace, clock)
    sources = Sources(settings=config.models, data=data_folder(os.environ), own=workspace.own, local=config.local)
    models = WorkspaceModels(sources, clock)
    recall = Recall(database, embedder_of(config, sources.data))
    try:
        journal = SqliteJournal(database, clock)
        capsules = SqliteCapsules(database, clock)
        found = await discover(workspace.root, workers, cache=workspace.own / "tools.json")
        note = _noting(capsules)
        of_memory = (*capsule_tools(capsules, _preparing(capsules), recall, note=note), recall_tool(_remembering(recall), note))
        built_in = (*file_tools(workspace.root), *of_memory)
        toolbox = WorkspaceToolbox(ruled(tool, config.tools) for tool in (*built_in, *found.tools, *of_servers.tools))
        leases = FileLeases(workspace.own / "leases")
        worker = f"{socket.gethostname()}/{os.getpid()}"
        yield App(
            workspace=workspace,
            database=database,
            journal=journal,
            batches=SqliteBatches(database),
            leases=leases,
            capsules=capsules,
            shelf=CapsuleShelf(capsules=capsules, journal=journal),
            recall=recall,
            toolbox=toolbox,
            gate=Gate(toolbox, Policy(untrusted=config.untrusted, timeout=config.approval_timeout)),
            functions=PythonFunctions(workspace.root, workers),
            servers=servers,
            offer=of_servers,
            models=models,
            engine=Engine(journal=journal, leases=leases, clock=clock, jitter=random.random, worker=worker),
            clock=clock,
            timetable=Timetable(database),
            local=config.local,
            definitions=_definitions(workspace, config, toolbox, faults=(*found.faults, *of_servers.faults), unseen=of_servers.unseen),
        )
    finally:
        await recall.close()
        await servers.close()
        await models.close()
        await workers.close()
        database.close()


def _definitions(
    workspace: Workspace, config: Config, toolbox: WorkspaceToolbox, *, faults: tuple[Fault, ...], unseen: tuple[str, ...]
) -> Definitions:
    """What reads and checks the workspace's files; `faults` are those of the tools' own, `unseen` the servers that nobody has looked at."""
    tools = tuple(toolbox.get(name) for name in toolbox.names())
    return Definitions(
        workspace=workspace,
        tools={tool.name: tool.parameters for tool in tools},
        tool_faults=(*faults, *misfitting(config.tools, tools)),
        tool_warnings=tuple(idle(config.tools, tools)),
        unseen=unseen,
        models=tuple(config.models),
    )


def _servers(workspace: Workspace, clock: SystemClock) -> tuple[Servers, Offer]:
    """The MCP servers, none started, and the tools of them that were accepted."""
    servers = Servers(workspace.root, workspace.own, environment=os.environ, clock=clock)
    return servers, offer(workspace.root, workspace.own, servers, shown_as=shown(workspace.root / FILE))


def _hide_from_git(folder: Path) -> None:
    """Have git ignore Playnex's own folder; where there is no room for that file, the work goes on without it."""
    with suppress(OSError):
        if not (ignore := folder / ".gitignore").exists():
            ignore.write_text("*\n", encoding="utf-8")


def _preparing(capsules: SqliteCapsules) -> Prepare:
    """Prepares what an agent's tool wants to write."""

    async def prepare(revision: Revision) -> Prepared:
        scope = revision.scope
        author = Author(kind="run", run=scope.run, step=scope.step, agent=scope.agent)
        draft = CapsuleDraft(
            name=revision.name,
            body=revision.body,
            author=author,
            expected=revision.expected,
            labels=scope.labels,
            sources=scope.sources,
        )
        return await capsules.prepare(draft)

    return prepare


def _noting(capsules: SqliteCapsules) -> Note:
    """Notes what an agent's tool was given."""

    def note(given: Sequence[KnownCapsule], scope: CallScope) -> Write:
        refs = [CapsuleRef(name=each.name, id=each.id, version=each.version) for each in given]
        return capsules.noting(refs, Author(kind="run", run=scope.run, step=scope.step, agent=scope.agent))

    return note


def _remembering(recall: Recall) -> Rememberer:
    """What an agent's recall finds, in the scope of its call."""

    async def remember(query: str, limit: int, scope: CallScope) -> list[Remembered]:
        patterns = scope.recall.within if scope.recall else ()
        moment = None if scope.memory_at is None else Moment(at=scope.memory_at, run=scope.run)
        found = await recall.recall(Wanted(text=query, patterns=patterns, limit=limit, moment=moment))
        return [
            Remembered(capsule=hit.capsule, text=hit.excerpt, by=writer_of(hit.capsule.author), run=short(hit.capsule.author.run))
            for hit in found.hits
        ]

    return remember
