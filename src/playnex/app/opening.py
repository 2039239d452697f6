"""Opens a workspace: makes the concrete store, journal, tools, models and engine, and hands them to each other."""

import logging
import os
import random
import socket
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from playnex.app.capsule_shelf import CapsuleShelf
from playnex.app.embedders import embedder_of
from playnex.app.halt import Halt
from playnex.app.live_text import LiveText
from playnex.app.mirrored_capsules import MirroredCapsules
from playnex.app.person import person
from playnex.app.secret_names import know, named_secrets
from playnex.app.tracing import Tracing
from playnex.app.tracing import check as check_telemetry
from playnex.capsules.capsule import Author, CapsuleDraft, Prepared, writer_of
from playnex.capsules.meaning import vectors
from playnex.capsules.meaning.recall import Recall
from playnex.capsules.mirror import index
from playnex.capsules.mirror.mirror import Mirror, Place
from playnex.capsules.stores import rows as capsule_rows
from playnex.capsules.stores.sqlite_capsules import SqliteCapsules
from playnex.capsules.stores.words import Wanted
from playnex.clock import Clock, SystemClock
from playnex.config import Config
from playnex.engine.engine import Engine
from playnex.errors import CredentialError, ToolFailed
from playnex.ids import short
from playnex.journal.lease import FileLeases
from playnex.journal.stores import batch_rows, journal_rows
from playnex.journal.stores.sqlite_batches import SqliteBatches
from playnex.journal.stores.sqlite_journal import SqliteJournal
from playnex.journal.stores.sqlite_overview import SqliteOverview
from playnex.models.directory import Sources, WorkspaceModels
from playnex.schedules import timetable
from playnex.schedules.timetable import Timetable
from playnex.secrets.known import KNOWN
from playnex.secrets.references import References
from playnex.spec import variables
from playnex.spec.context import Write
from playnex.spec.envelope import CapsuleRef
from playnex.spec.faults import Fault
from playnex.store.database import Database
from playnex.tools.accounts import barred_servers, fault_of_server, fault_of_tool, is_permitted, place_of
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
from playnex.tools.tool import CallScope, Tool
from playnex.tools.toolbox import WorkspaceToolbox
from playnex.tools.workers import Workers
from playnex.workspace import Workspace, data_folder, find_workspace, shown

if TYPE_CHECKING:
    from playnex.app.definitions import Definitions

LOG = logging.getLogger("playnex.capsules")
"""Warnings about files, for people: on stderr where nobody has arranged otherwise."""

SEARCHING = ("capsule.search", "memory.recall")

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
    index.create_mirror,
    vectors.create_vectors,
)
"""Append only, in the order in which releases brought them: the store's version is their number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """An open workspace: its parts, each of which does its own work. `barred` are the tools that local mode does not let be used."""

    workspace: Workspace
    database: Database
    journal: SqliteJournal
    overview: SqliteOverview
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
    clock: Clock
    made_definitions: "Callable[[], Definitions]"
    timetable: Timetable
    halt: Halt
    live: LiveText
    local: bool
    barred: Mapping[str, Fault]

    async def rest(self) -> None:
        """End every child process; the next call starts what it needs."""
        await self.servers.close()
        await self.models.close()
        await self.functions.workers.close()

    @property
    def definitions(self) -> "Definitions":
        """What reads and checks the workspace's files, as they are when it is asked."""
        return self.made_definitions()

    @property
    def mirror(self) -> Mirror | None:
        """What keeps the capsules' files; None where they have none."""
        return self.capsules.mirror if isinstance(self.capsules, MirroredCapsules) else None


@asynccontextmanager
async def opened(typed: str) -> AsyncIterator[App]:
    """The workspace of that folder, or the nearest one. Raises UsageError, DefinitionError, StoreError."""
    workspace = find_workspace(typed, os.environ, Path.cwd())
    config = workspace.config()
    check_telemetry(config.telemetry)
    database = Database(workspace.own / "store.db", MIGRATIONS)
    _hide_from_git(workspace.own)
    secrets, clock = References(os.environ), SystemClock()
    capsules = _capsules(workspace, config, database, clock=clock)
    workers = Workers(workspace.root, log=workspace.own / "tools.log", environment=lambda: _of_workers(config, secrets))
    servers, of_servers = _servers(workspace, config, secrets=secrets, clock=clock)
    models = WorkspaceModels(_sources(workspace, config, secrets), clock)
    recall = _recall(database, config, capsules, secrets=secrets)
    try:
        journal, leases = SqliteJournal(database, clock), FileLeases(workspace.own / "leases")
        found = await discover(workspace.root, workers, cache=workspace.own / "tools.json")
        toolbox, barred = _boxed((*file_tools(workspace.root), *_of_memory(capsules, recall), *found.tools, *of_servers.tools), config)
        faults = (*found.faults, *of_servers.faults, *barred.values())
        yield App(
            workspace=workspace,
            database=database,
            journal=journal,
            overview=SqliteOverview(database, journal),
            batches=SqliteBatches(database),
            leases=leases,
            capsules=capsules,
            shelf=CapsuleShelf(capsules=capsules, journal=journal),
            recall=recall,
            toolbox=toolbox,
            gate=Gate(toolbox, Policy(untrusted=config.untrusted, private=config.private, timeout=config.approval_timeout)),
            functions=PythonFunctions(workspace.root, workers),
            servers=servers,
            offer=of_servers,
            models=models,
            engine=_engine(workspace, config, journal, leases=leases, clock=clock, servers=servers),
            clock=clock,
            halt=Halt(own=workspace.own),
            live=LiveText(own=workspace.own),
            barred=barred,
            timetable=Timetable(database),
            local=config.local,
            made_definitions=partial(_definitions, workspace, config, toolbox, faults=faults, unseen=of_servers.unseen),
        )
    finally:
        await recall.close()
        await servers.close()
        await models.close()
        await workers.close()
        await capsules.close()
        database.close()


@asynccontextmanager
async def watching(app: App) -> AsyncIterator[None]:
    """Take up what people save in the capsules' files, as long as this is open: for whoever carries runs on."""
    if app.mirror is None:
        yield
        return
    async with app.mirror.watching():
        yield


def _definitions(
    workspace: Workspace, config: Config, toolbox: WorkspaceToolbox, *, faults: tuple[Fault, ...], unseen: tuple[str, ...]
) -> "Definitions":
    """What reads and checks the workspace's files; `faults` are those of the tools' own, `unseen` the servers that nobody has looked at."""
    from playnex.app.definitions import Definitions  # late: whoever only looks at runs and capsules reads no flow

    tools = tuple(toolbox.get(name) for name in toolbox.names())
    return Definitions(
        workspace=workspace,
        tools={tool.name: tool.parameters for tool in tools},
        tool_faults=(*faults, *misfitting(config.tools, tools)),
        tool_warnings=tuple(idle(config.tools, tools)),
        unseen=unseen,
        models=tuple(config.models),
    )


def _servers(workspace: Workspace, config: Config, *, secrets: References, clock: SystemClock) -> tuple[Servers, Offer]:
    """The MCP servers, none started, and the tools of them that were accepted; in local mode without those that sign in somewhere and that
    nobody has named. The secrets that are named anywhere are known from here on."""
    servers = Servers(root=workspace.root, own=workspace.own, environment=secrets, clock=clock)
    found = offer(workspace.root, workspace.own, servers, shown_as=shown(workspace.root / FILE))
    know(named_secrets(config, found.servers), os.environ)
    barred = tuple(barred_servers(found.servers, config.tools)) if config.local else ()
    names = {spec.name for spec in barred}
    kept = replace(
        found,
        servers=tuple(spec for spec in found.servers if spec.name not in names),
        tools=tuple(tool for tool in found.tools if tool.name.partition(".")[0] not in names),
        unseen=tuple(name for name in found.unseen if name not in names),
        faults=(*found.faults, *map(fault_of_server, barred)),
    )
    return servers, kept


def _boxed(tools: Iterable[Tool], config: Config) -> tuple[WorkspaceToolbox, dict[str, Fault]]:
    """The tools as the settings have them, and the faults of those that are barred."""
    every = [ruled(tool, config.tools) for tool in tools]
    barred = _barred(every, config)
    return WorkspaceToolbox(tool for tool in every if tool.name not in barred), barred


def _barred(tools: Iterable[Tool], config: Config) -> dict[str, Fault]:
    """The tools that local mode does not let be used, with the reason."""
    return {tool.name: fault_of_tool(tool, place_of(tool)) for tool in tools if config.local and not is_permitted(tool, config.tools)}


def _engine(
    workspace: Workspace, config: Config, journal: SqliteJournal, *, leases: FileLeases, clock: SystemClock, servers: Servers
) -> Engine:
    return Engine(
        journal=journal,
        leases=leases,
        clock=clock,
        jitter=random.random,
        worker=f"{socket.gethostname()}/{os.getpid()}",
        clean=KNOWN.value,
        halted=Halt(own=workspace.own).reason,
        let_go=servers.give_back,
        left=Tracing(telemetry=config.telemetry, journal=journal, own=workspace.own).left,
    )


def _sources(workspace: Workspace, config: Config, secrets: References) -> Sources:
    """Where the workspace's models come from."""
    data = data_folder(os.environ)
    return Sources(settings=config.models, data=data, own=workspace.own, local=config.local, secrets=secrets)


def _of_workers(config: Config, secrets: References) -> dict[str, str]:
    """What Python tools see: our environment without secrets, and what playnex.toml grants. Raises ToolFailed."""
    try:
        if unset := [name for value in config.python_env.values() for name in variables.missing(value, secrets)]:
            raise CredentialError(f"{unset[0]} is not set in the environment", hint="set it, or give it a default: ${NAME:-default}")
        granted = {name: variables.expanded(value, secrets) for name, value in config.python_env.items()}
    except CredentialError as fault:
        raise ToolFailed(f"Python tools cannot start: {fault.message}", hint=fault.hint) from None
    return KNOWN.environment(os.environ) | granted


def _capsules(workspace: Workspace, config: Config, database: Database, *, clock: SystemClock) -> SqliteCapsules:
    """The capsules, with their files unless the settings say otherwise."""
    capsules = SqliteCapsules(database, clock)
    if not config.capsules.mirror:
        return capsules
    place = Place(files=workspace.capsules_folder, aside=workspace.own / "mirror")
    mirror = Mirror(capsules, database, place, person=person(), clock=clock)
    mirror.is_to_watch = config.capsules.watch
    mirror.tell = lambda notice: LOG.warning("%s", notice)
    return MirroredCapsules(database, clock, mirror)


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


def _recall(database: Database, config: Config, capsules: SqliteCapsules, *, secrets: References) -> Recall:
    """What searches by meaning; what a person saved in a file is taken up first."""
    embedder = embedder_of(config, data_folder(os.environ), secrets)
    if isinstance(capsules, MirroredCapsules):
        return Recall(database, embedder, look=capsules.mirror.look_at_all)
    return Recall(database, embedder)


def _of_memory(capsules: SqliteCapsules, recall: Recall) -> tuple[Tool, ...]:
    """The tools of shared memory. Those that search leave the machine where the embedder is on another one: whatever they look for goes
    there, and nothing that anybody could choose the place of."""
    note = _noting(capsules)
    tools = (*capsule_tools(capsules, _preparing(capsules), recall, note=note), recall_tool(_remembering(recall), note))
    if not recall.place:
        return tools
    return tuple(replace(tool, egress="remote", sinks=()) if tool.name in SEARCHING else tool for tool in tools)


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
        found = await recall.recall(Wanted(text=query, patterns=patterns, limit=limit, moment=scope.memory_at))
        return [
            Remembered(capsule=hit.capsule, text=hit.excerpt, by=writer_of(hit.capsule.author), run=short(hit.capsule.author.run))
            for hit in found.hits
        ]

    return remember
