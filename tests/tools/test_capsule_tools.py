"""The capsule tools over the real store: what an agent may see and change, and how conflicts are told."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from playnex.canonical import Json
from playnex.capsules.capsule import Author, CapsuleDraft, Prepared
from playnex.capsules.stores.rows import MIGRATIONS
from playnex.capsules.stores.sqlite_capsules import SqliteCapsules
from playnex.clock import SystemClock
from playnex.spec.context import Write
from playnex.spec.envelope import Envelope
from playnex.spec.memory import Moment
from playnex.store.database import Database
from playnex.testing.memory_context import MemoryContext
from playnex.tools.capsule_tools import EXCERPT, PAGE, Revision, capsule_tools
from playnex.tools.gate import CallRequest, Gate
from playnex.tools.tool import CallScope
from playnex.tools.toolbox import WorkspaceToolbox

SCOPE = CallScope(agent="writing", memory_read=("notes/*", "style/*"), memory_write=("notes/*",), labels=("untrusted",), sources=("a.md",))


@dataclass(slots=True)
class Desk:
    """The gate over capsule tools, and the store behind them."""

    database: Database
    capsules: SqliteCapsules
    gate: Gate

    async def commit(self, writes: Sequence[Write]) -> None:
        await self.database.write(lambda connection: [write(connection) for write in writes])

    async def call(self, tool: str, scope: CallScope = SCOPE, **arguments: Json) -> Envelope:
        context = MemoryContext.committing(self.commit)
        return await self.gate.call(context, CallRequest(tool=f"capsule.{tool}", arguments=arguments, scope=scope))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    database = Database(tmp_path / "store.db", MIGRATIONS)
    capsules = SqliteCapsules(database, SystemClock())

    async def prepare(revision: Revision) -> Prepared:
        scope = revision.scope
        author = Author(kind="run", run=scope.run, step=scope.step, agent=scope.agent)
        draft = CapsuleDraft(
            name=revision.name, body=revision.body, author=author, expected=revision.expected, labels=scope.labels, sources=scope.sources
        )
        return await capsules.prepare(draft)

    yield Desk(database, capsules, Gate(WorkspaceToolbox(capsule_tools(capsules, prepare, capsules))))
    database.close()


def test_a_write_is_committed_with_the_calls_record_and_knows_its_author(desk: Desk) -> None:
    async def scenario() -> None:
        envelope = await desk.call("write", name="notes/tides", body="Rise and fall")
        assert envelope.output == {"name": "notes/tides", "version": 1}
        written = await desk.capsules.read("notes/tides")
        assert written.author == Author(kind="run", run="RUN", step="tool-1", agent="writing")
        assert (written.labels, written.sources) == (("untrusted",), ("a.md",))

    asyncio.run(scenario())


def test_a_capsule_is_read_with_its_labels_and_changed_by_its_version(desk: Desk) -> None:
    async def scenario() -> None:
        await desk.capsules.write(CapsuleDraft(name="notes/tides", body="one", labels=("private",)))
        read = await desk.call("read", name="notes/tides")
        assert read.output == {"name": "notes/tides", "version": 1, "body": "one"}
        assert (read.labels, read.sources) == (("private",), ("notes/tides",))
        assert (await desk.call("write", name="notes/tides", body="two", expected=1)).output["version"] == 2

    asyncio.run(scenario())


@pytest.mark.parametrize("expected", [0, 1, 9])
def test_a_conflict_is_the_answer_and_has_the_text_to_merge_with(desk: Desk, expected: int) -> None:
    async def scenario() -> None:
        await desk.capsules.write(CapsuleDraft(name="notes/tides", body="one"))
        await desk.capsules.write(CapsuleDraft(name="notes/tides", body="two"))
        envelope = await desk.call("write", name="notes/tides", body="lost", expected=expected)
        assert envelope.status == "succeeded"
        assert (envelope.output["version"], envelope.output["body"]) == (2, "two")
        assert "expected 2" in envelope.output["next"]
        assert (await desk.capsules.read("notes/tides")).body == "two"

    asyncio.run(scenario())


def test_a_writer_overtaken_between_answer_and_commit_is_told_too(desk: Desk) -> None:
    async def scenario() -> None:
        await desk.capsules.write(CapsuleDraft(name="notes/tides", body="one"))
        overtaken = False

        async def commit(writes: Sequence[Write]) -> None:
            nonlocal overtaken
            if not overtaken:
                overtaken = True
                await desk.capsules.write(CapsuleDraft(name="notes/tides", body="faster"))
            await desk.commit(writes)

        request = CallRequest(tool="capsule.write", arguments={"name": "notes/tides", "body": "mine", "expected": 1}, scope=SCOPE)
        envelope = await desk.gate.call(MemoryContext.committing(commit), request)
        assert "conflict" in envelope.output and envelope.output["body"] == "faster"
        assert (await desk.capsules.read("notes/tides")).body == "faster"

    asyncio.run(scenario())


def test_agents_that_merge_on_a_conflict_lose_no_line(desk: Desk) -> None:
    async def agent(number: int) -> None:
        version, body = 0, ""
        while True:
            answer = (await desk.call("write", name="notes/all", body=f"{body}{number}\n", expected=version)).output
            if "conflict" not in answer:
                return
            version, body = answer["version"], answer["body"]

    async def scenario() -> None:
        await asyncio.gather(*(agent(number) for number in range(8)))
        assert sorted((await desk.capsules.read("notes/all")).body.split()) == [str(number) for number in range(8)]

    asyncio.run(scenario())


def test_agents_see_and_change_only_what_their_patterns_name(desk: Desk) -> None:
    async def scenario() -> None:
        secret = await desk.capsules.write(CapsuleDraft(name="secret/plan", body="hidden"))
        await desk.capsules.write(CapsuleDraft(name="style/tone", body="plain"))
        await desk.capsules.write(CapsuleDraft(name="notes/a", body="x"))
        assert [line["name"] for line in (await desk.call("list")).output] == ["notes/a", "style/tone"]
        assert [line["name"] for line in (await desk.call("list", prefix="st")).output] == ["style/tone"]
        assert (await desk.call("list", prefix="secret")).output == []
        assert (await desk.call("list", CallScope())).output == []
        for typed in ("secret/plan", "secret/plans", secret.id, secret.id[:3]):
            refused = await desk.call("read", name=typed)
            assert refused.reason == "refused" and "hidden" not in str(refused.output)
            assert "'secret/plan'" not in str(refused.output).replace(repr(typed), "")
        assert (await desk.call("read", CallScope(), name="notes/a")).reason == "refused"
        assert (await desk.call("write", name="style/tone", body="loud", expected=1)).reason == "refused"
        assert (await desk.call("write", name="notes/../x", body="")).reason == "refused"

    asyncio.run(scenario())


def test_a_long_capsule_is_read_page_by_page(desk: Desk) -> None:
    async def scenario() -> None:
        body = "".join(str(number % 10) for number in range(2 * PAGE + 5))
        await desk.capsules.write(CapsuleDraft(name="notes/long", body=body))
        pages, start = [], 0
        while start is not None:
            page = (await desk.call("read", name="notes/long", start=start)).output
            pages.append(page["body"])
            assert page["characters"] == len(body)
            start = page.get("next")
        assert len(pages) == 3 and "".join(pages) == body

    asyncio.run(scenario())


def test_a_deleted_capsule_is_gone_for_agents_too(desk: Desk) -> None:
    async def scenario() -> None:
        await desk.capsules.write(CapsuleDraft(name="notes/a", body="gone"))
        await desk.capsules.delete("notes/a")
        assert (await desk.call("read", name="notes/a")).reason == "tool-failed"
        assert (await desk.call("list")).output == []
        assert (await desk.call("write", name="notes/a", body="x", expected=1)).output["version"] == 0

    asyncio.run(scenario())


def test_a_search_gives_what_fits_with_its_title_labels_and_sources(desk: Desk) -> None:
    async def scenario() -> None:
        tides = await desk.capsules.write(CapsuleDraft(name="notes/tides", body="# The tide\n\nIt rises.", labels=("private",)))
        await desk.capsules.write(CapsuleDraft(name="style/tone", body="No tide here."))
        await desk.capsules.write(CapsuleDraft(name="secret/plan", body="A tide, hidden."))
        found = await desk.call("search", SCOPE, query="the tide that rises", **{"in": "notes"})
        assert found.output == [
            {"id": tides.id, "name": "notes/tides", "version": 1, "title": "The tide", "text": "# The tide\n\nIt rises."}
        ]
        assert (found.labels, found.sources) == (("private",), ("notes/tides",))
        everywhere = (await desk.call("search", query="tide")).output
        assert [(hit["name"], hit["title"]) for hit in everywhere] == [("notes/tides", "The tide"), ("style/tone", "style/tone")]
        assert len((await desk.call("search", query="tide", limit=1)).output) == 1
        assert (await desk.call("search", CallScope(), query="tide")).output == []
        await desk.capsules.delete("notes/tides")
        assert [hit["name"] for hit in (await desk.call("search", query="tide")).output] == ["style/tone"]

    asyncio.run(scenario())


def test_a_search_of_a_forked_run_finds_what_was_there_at_its_fork(desk: Desk) -> None:
    async def scenario() -> None:
        early = await desk.capsules.write(CapsuleDraft(name="notes/tides", body="ebb"))
        await asyncio.sleep(0.002)
        await desk.capsules.write(CapsuleDraft(name="notes/tides", body="flood"))
        forked = CallScope(run="R", memory_read=("*",), memory_at=Moment(at=early.written, run="R"))
        assert [hit["version"] for hit in (await desk.call("search", forked, query="ebb")).output] == [1]
        assert (await desk.call("search", forked, query="flood")).output == []

    asyncio.run(scenario())


def test_a_long_capsule_is_found_with_its_beginning(desk: Desk) -> None:
    async def scenario() -> None:
        await desk.capsules.write(CapsuleDraft(name="notes/long", body="x" * EXCERPT + " tide"))
        (hit,) = (await desk.call("search", query="tide")).output
        assert (hit["text"], hit["characters"]) == ("x" * EXCERPT, EXCERPT + 5)

    asyncio.run(scenario())
