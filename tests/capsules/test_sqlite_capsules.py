"""Capsules in SQLite: the contract, and what is particular to one file with many writers."""

import asyncio
import itertools
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playnex.capsules.capsule import KEPT, Author, CapsuleDraft
from playnex.capsules.stores import rows
from playnex.capsules.stores.rows import MIGRATIONS
from playnex.capsules.stores.sqlite_capsules import SqliteCapsules
from playnex.capsules.stores.words import RANKED
from playnex.clock import SystemClock
from playnex.errors import CapsuleConflict
from playnex.spec.memory import Moment
from playnex.store.database import Database
from playnex.store.file import open_reader
from playnex.testing.capsule_contract import PROMISES, Promise
from playnex.testing.clock import FakeClock


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "store.db", MIGRATIONS)
    yield opened
    opened.close()


@pytest.fixture
def capsules(database: Database) -> SqliteCapsules:
    return SqliteCapsules(database, SystemClock())


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_sqlite_capsules_keep_the_contract(promise: Promise, capsules: SqliteCapsules) -> None:
    async def keep() -> None:
        await promise(capsules)

    asyncio.run(keep())


def test_a_prepared_version_is_committed_with_other_facts_or_not_at_all(database: Database, capsules: SqliteCapsules) -> None:
    async def scenario() -> None:
        prepared = await capsules.prepare(CapsuleDraft(name="a", body="one"))

        def with_a_fact_that_fails(connection: apsw.Connection) -> None:
            prepared.write(connection)
            raise RuntimeError("the other fact")

        with pytest.raises(RuntimeError):
            await database.write(with_a_fact_that_fails)
        assert await capsules.list() == ()
        await database.write(prepared.write)
        assert (await capsules.read("a")).ref == prepared.ref

    asyncio.run(scenario())


def test_a_prepared_version_that_was_overtaken_is_a_conflict(database: Database, capsules: SqliteCapsules) -> None:
    async def scenario() -> None:
        late = await capsules.prepare(CapsuleDraft(name="a", body="late"))
        await capsules.write(CapsuleDraft(name="a", body="first"))
        with pytest.raises(CapsuleConflict, match="expected no capsule of that name, found version 1"):
            await database.write(late.write)
        stale = await capsules.prepare(CapsuleDraft(name="a", body="stale"))
        await capsules.delete("a")
        with pytest.raises(CapsuleConflict, match="expected version 1, found none"):
            await database.write(stale.write)
        await capsules.write(CapsuleDraft(name="a", body="new"))
        with pytest.raises(CapsuleConflict, match="newer capsule of that name"):
            await database.write(stale.write)

    asyncio.run(scenario())


WRITER = """
import asyncio, sys
from pathlib import Path
from typing import Any
from playnex.capsules.stores.rows import MIGRATIONS
from playnex.capsules.stores.sqlite_capsules import SqliteCapsules
from playnex.capsules.capsule import KEPT, Author, CapsuleDraft, Moment
from playnex.clock import SystemClock
from playnex.errors import CapsuleConflict
from playnex.store.database import Database

async def append(capsules, line, blind, gate):
    while True:
        found = await capsules.read("shared")
        if gate:
            print("has read", flush=True)
            gate.pop().readline()
        try:
            expected = None if blind else found.version
            await capsules.write(CapsuleDraft(name="shared", body=found.body + line, expected=expected))
            return
        except CapsuleConflict:
            pass

async def main(path, writer, blind):
    database = Database(Path(path), MIGRATIONS)
    gate = [sys.stdin]  # once, between a read and its write: what the first one wrote, the others have not seen
    for number in range(12):
        await append(SqliteCapsules(database, SystemClock()), f"{writer}-{number}\\n", blind, gate)
    database.close()

asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3] == "blind"))
"""


def lines_kept_by_processes(capsules: SqliteCapsules, path: Path, mode: str) -> int:
    asyncio.run(capsules.write(CapsuleDraft(name="shared", body="")))
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(number), mode], **pipes) for number in range(4)]
    assert [writer.stdout.readline() for writer in writers if writer.stdout] == ["has read\n"] * 4
    for writer in writers:
        assert writer.stdin
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=60)
    assert [writer.returncode for writer in writers] == [0] * 4
    newest = asyncio.run(capsules.read("shared"))
    assert newest.version == 1 + 4 * 12
    return len(set(newest.body.split()))


def test_processes_that_compare_and_set_lose_no_line(capsules: SqliteCapsules, tmp_path: Path) -> None:
    assert lines_kept_by_processes(capsules, tmp_path / "store.db", "careful") == 4 * 12


def test_the_same_processes_writing_blindly_do_lose_lines(capsules: SqliteCapsules, tmp_path: Path) -> None:
    assert lines_kept_by_processes(capsules, tmp_path / "store.db", "blind") < 4 * 12


def test_lists_and_reads_use_an_index_and_lists_touch_no_body(database: Database, capsules: SqliteCapsules) -> None:
    seen: list[str] = []
    connection = database.read

    def note(statement: apsw.Cursor, sql: str, _bindings: object) -> bool:
        seen.append(sql)
        return True

    connection.exec_trace = note
    asyncio.run(capsules.write(CapsuleDraft(name="a/b", body="x")))
    asyncio.run(capsules.list())
    asyncio.run(capsules.list(prefix="a/"))
    asyncio.run(capsules.read("a/b"))
    connection.exec_trace = None
    lists = [sql for sql in seen if "ORDER BY" in sql]
    assert len(lists) == 2 and not any("body" in sql for sql in lists)
    for sql in seen:
        plan = [row[3] for row in rows.fetch(connection, "EXPLAIN QUERY PLAN " + sql, *("a",) * sql.count("?"))]
        assert not any(step.startswith("SCAN") and "capsules_by_time" not in step and "subquery" not in step for step in plan), (sql, plan)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(body=st.text(st.characters(exclude_categories=["Cs"])), repeat=st.integers(1, 300))
def test_any_text_comes_back_as_it_was(capsules: SqliteCapsules, body: str, repeat: int) -> None:
    asyncio.run(capsules.write(CapsuleDraft(name="any", body=body * repeat)))
    assert asyncio.run(capsules.read("any")).body == body * repeat


def test_a_large_plain_body_is_stored_compressed(database: Database, capsules: SqliteCapsules) -> None:
    asyncio.run(capsules.write(CapsuleDraft(name="big", body="the tide comes in\n" * 10_000)))
    stored = rows.fetch(database.read, "SELECT length(body) FROM versions")[0][0]
    assert stored < 10_000


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.one_of(st.text(), st.text(alphabet='"*^:(){}+- ANDORTEanotr\x00'), st.lists(st.characters(), max_size=500).map(" ".join)))
def test_any_text_can_be_searched_for(capsules: SqliteCapsules, text: str) -> None:
    """No text is a fault of syntax, and whatever is found is found again by a text that only adds words."""
    asyncio.run(capsules.search(text))


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(words=st.lists(st.from_regex(r"[a-z]{4,9}[0-9]{3}", fullmatch=True), min_size=1, max_size=300))
def test_a_text_finds_itself_however_long_it_is(capsules: SqliteCapsules, words: list[str]) -> None:
    asyncio.run(capsules.write(CapsuleDraft(name="self", body=" ".join(words))))
    assert [found.name for found in asyncio.run(capsules.search(" ".join(words)))] == ["self"]


def test_a_store_from_before_search_has_its_capsules_words_taken_in(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    old = Database(path, MIGRATIONS[:2])
    lines = "\n".join(f"line {number}" for number in range(200))
    row = ("O1", "1O", "old/one", 1, 1.0)
    version = ("O1", 1, 1.0, "person", "", "", "", "[]", "[]", "null", 0, lines.encode())

    def fill(connection: apsw.Connection) -> None:
        connection.execute("INSERT INTO capsules (id, reversed, name, version, written) VALUES (?, ?, ?, ?, ?)", row)
        connection.execute("INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", version)

    asyncio.run(old.write(fill))
    old.close()
    new = Database(path, MIGRATIONS)
    found = asyncio.run(SqliteCapsules(new, SystemClock()).search("line 137"))
    new.close()
    assert [capsule.name for capsule in found] == ["old/one"]


def test_a_deleted_capsules_words_are_gone_from_the_index_too(database: Database, capsules: SqliteCapsules) -> None:
    written = asyncio.run(capsules.write(CapsuleDraft(name="secret", body="zanzibar")))
    asyncio.run(capsules.write(CapsuleDraft(name="secret", body="zanzibar")))
    assert [indexed(database, index, "zanzibar") for index in rows.INDEXES] == [[2], [1]]
    asyncio.run(capsules.delete(written.id))
    assert [indexed(database, index, "zanzibar") for index in rows.INDEXES] == [[], []]
    asyncio.run(capsules.restore("secret"))
    assert [indexed(database, index, "zanzibar") for index in rows.INDEXES] == [[2], [1]]


def indexed(database: Database, index: str, word: str) -> list[int]:
    """The numbers of the versions that the index has for a word."""
    return [number for (number,) in rows.fetch(database.read, f"SELECT rowid FROM {index} WHERE {index} MATCH ?", word)]


PLAIN = """
SELECT c.name FROM all_versions w JOIN main.versions v ON v.number = w.rowid JOIN main.capsules c ON c.id = v.capsule
WHERE all_versions MATCH ? AND v.version = (SELECT max(version) FROM main.versions WHERE capsule = c.id AND written <= ?)
ORDER BY bm25(all_versions, 4, 1), c.name
"""


@pytest.mark.parametrize("seed", range(5))
def test_a_search_as_of_a_moment_ranks_texts_old_and_new_as_one_index_of_all_would(database: Database, seed: int) -> None:
    chance, clock = random.Random(seed), FakeClock()
    capsules = SqliteCapsules(database, clock)

    async def scenario() -> None:
        moments = []
        for turn in range(3):
            for name in "abcdef":
                if chance.random() < 0.6 or not turn:
                    await capsules.write(CapsuleDraft(name=name, body=" ".join(chance.choices(("tide", "moon", "ebb", "sand"), k=6))))
            moments.append(clock.now())
            clock.advance(1)
        plain = one_index(database)
        for at, words in itertools.product(moments, ("tide", "tide moon", "ebb sand moon")):
            expected = rows.fetch(plain, PLAIN, " AND ".join(words.split()), at)
            found = [(each.name,) for each in await capsules.search(words, moment=Moment(at=at))]
            assert found[: len(expected)] == expected

    asyncio.run(scenario())


def one_index(database: Database) -> apsw.Connection:
    """A connection to the store with one index of all versions."""
    plain = open_reader(database.path)
    plain.pragma("query_only", False)
    plain.execute(
        "CREATE VIRTUAL TABLE temp.all_versions USING fts5 (name, body, folders, tokenize = 'porter unicode61 remove_diacritics 2')"
    )
    versions = "SELECT v.number, c.name, v.packed, v.body FROM versions v JOIN capsules c ON c.id = v.capsule"
    for number, name, packed, body in rows.fetch(plain, versions):
        row = (number, name, rows.unpacked(packed, body), rows.folders(name))
        plain.execute("INSERT INTO all_versions (rowid, name, body, folders) VALUES (?, ?, ?, ?)", row)
    return plain


def test_what_a_step_was_given_and_what_was_made_of_it_are_known(database: Database, capsules: SqliteCapsules) -> None:
    reader = Author(kind="run", run="R", step="write", agent="writing")

    async def scenario() -> None:
        facts = await capsules.write(CapsuleDraft(name="facts", body="one"))
        await database.write(capsules.noting((facts.ref,), reader))
        await database.write(capsules.noting((facts.ref,), reader))
        await capsules.write(CapsuleDraft(name="facts", body="two"))
        made = await capsules.write(CapsuleDraft(name="draft", body="x", author=reader, sources=("facts", "a.md")))
        read_by, made_into = sorted(await capsules.uses("facts"), key=lambda use: use.made is not None)
        assert (read_by.version, read_by.by, read_by.made) == (1, reader, None)
        assert (made_into.version, made_into.by, made_into.made) == (1, reader, made.ref)
        await capsules.delete("draft")
        assert [use.made for use in await capsules.uses("facts")] == [None]

    asyncio.run(scenario())


def test_after_a_purge_the_files_of_the_store_have_none_of_the_text(tmp_path: Path) -> None:
    text = "The combination of the safe is seventeen-zanzibar-forty-two. " * 30

    async def scenario() -> None:
        database = Database(tmp_path / "store.db", MIGRATIONS)
        capsules = SqliteCapsules(database, SystemClock())
        for number in range(30):
            await capsules.write(CapsuleDraft(name=f"other/{number}", body=f"harmless {number}"))
        for _ in range(3):
            await capsules.write(CapsuleDraft(name="secret/safe", body=text))
            await capsules.write(CapsuleDraft(name="short", body="a short zanzibarite"))
        assert b"zanzibarite" in everything(tmp_path)
        await capsules.purge("secret/safe")
        await capsules.purge("short")
        await database.compact()
        database.close()

    asyncio.run(scenario())
    assert not [word for word in (b"zanzibar", b"seventeen", b"secret/safe") if word in everything(tmp_path)]
    terms = apsw.Connection(str(tmp_path / "store.db"))
    for index in rows.INDEXES:
        terms.execute(f"CREATE VIRTUAL TABLE temp.of_{index} USING fts5vocab('main', '{index}', 'row')")
        assert rows.fetch(terms, f"SELECT term FROM of_{index} WHERE term LIKE 'zanzi%' OR term LIKE 'sevent%'") == []


def everything(folder: Path) -> bytes:
    """All bytes of the store's files."""
    return b"".join(path.read_bytes() for path in folder.iterdir())


def test_what_was_deleted_a_month_ago_is_due_for_purge(database: Database) -> None:
    clock = FakeClock()
    capsules = SqliteCapsules(database, clock)

    async def scenario() -> None:
        written = await capsules.write(CapsuleDraft(name="old", body="x"))
        await capsules.delete("old")
        clock.advance(KEPT)
        assert await capsules.due_for_purge() == ()
        clock.advance(1)
        assert await capsules.due_for_purge() == (written.ref,)

    asyncio.run(scenario())


def test_a_search_below_a_folder_or_by_patterns_is_not_drowned_by_the_rest(capsules: SqliteCapsules) -> None:
    async def scenario() -> None:
        await asyncio.gather(*(capsules.write(CapsuleDraft(name=f"kb/{name}", body="the tide table")) for name in ("one", "two/deep")))
        await asyncio.gather(*(capsules.write(CapsuleDraft(name=f"diary/{number}", body="a tide")) for number in range(RANKED + 5)))
        await capsules.write(CapsuleDraft(name="other", body="a table"))
        for wanted in ({"within": "kb"}, {"patterns": ("kb/*",)}, {"patterns": ("?b/*",)}, {"within": "kb", "patterns": ("*",)}):
            assert {found.name for found in await capsules.search("tide", **wanted)} == {"kb/one", "kb/two/deep"}, wanted
        assert [found.name for found in await capsules.search("tide", patterns=("kb/[!t]*",))] == ["kb/one"]
        assert [found.name for found in await capsules.search("tide", patterns=("kb/one",))] == ["kb/one"]
        assert {found.name for found in await capsules.search("tide table", limit=3)} >= {"kb/one", "kb/two/deep"}
        assert "other" in {found.name for found in await capsules.search("tide table", limit=5)}, "the rare word, not only the common one"

    asyncio.run(scenario())


def test_no_read_leaves_a_snapshot_open(database: Database, capsules: SqliteCapsules) -> None:
    """What is left open while a model thinks would keep the log from being carried over, and show the past to the next read."""

    async def scenario() -> None:
        written = await capsules.write(CapsuleDraft(name="notes/tides", body="ebb and flood"))
        moment = Moment(at=written.written)
        for read in (
            capsules.read("notes/tides"),
            capsules.read_at("notes/tides", moment),
            capsules.list(prefix="notes/"),
            capsules.list_as_of(moment),
            capsules.search("ebb or spring"),
            capsules.search("ebb or spring", moment=moment),
            capsules.history("notes/tides"),
            capsules.uses("notes/tides"),
            capsules.pinned(),
            capsules.deleted(),
        ):
            await read
            assert database.read.txn_state() == apsw.SQLITE_TXN_NONE

    asyncio.run(scenario())
