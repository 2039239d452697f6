"""Search by meaning over a real store: what is found, in which order, and what is never found any more."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from playnex.app.opening import MIGRATIONS
from playnex.capsules.capsule import CapsuleDraft
from playnex.capsules.meaning.recall import Recall, Recalled
from playnex.capsules.meaning.vectors import WITHOUT
from playnex.capsules.stores.sqlite_capsules import SqliteCapsules
from playnex.capsules.stores.words import Wanted
from playnex.spec.memory import Moment
from playnex.store.database import Database
from playnex.testing.clock import FakeClock
from playnex.testing.hashed_embedder import HashedEmbedder

pytest.importorskip("numpy", reason="numpy is not installed: pip install 'playnex[recall]'")

ALIKE = {"automobile": "car", "vehicle": "car", "feline": "cat", "kitten": "cat", "sleeps": "rest", "dozing": "rest"}


class Shelf:
    """A store with an embedder, on a clock that is set by hand."""

    def __init__(self, path: Path) -> None:
        self.database = Database(path, MIGRATIONS)
        self.clock = FakeClock()
        self.capsules = SqliteCapsules(self.database, self.clock)
        self.embedder = HashedEmbedder(alike=ALIKE)
        self.recall = Recall(self.database, self.embedder)

    async def write(self, name: str, body: str, *tags: str) -> None:
        self.clock.advance(1)
        await self.capsules.write(CapsuleDraft(name=name, body=body, header={"tags": list(tags)} if tags else None))

    async def found(self, text: str, **more: object) -> list[str]:
        return names(await self.recall.recall(Wanted(text=text, **more)))  # type: ignore[arg-type]


def names(recalled: Recalled) -> list[str]:
    return [hit.capsule.name for hit in recalled.hits]


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    opened = Shelf(tmp_path / "store.db")
    yield opened
    opened.database.close()


def run(work: Callable[[], Awaitable[None]], shelf: Shelf) -> None:
    async def whole() -> None:
        await work()
        await shelf.recall.close()

    asyncio.run(asyncio.wait_for(whole(), 30))


def test_a_capsule_is_found_that_says_the_same_in_other_words(shelf: Shelf) -> None:
    async def work() -> None:
        await shelf.write("notes/pets", "the cat sleeps")
        await shelf.write("notes/road", "the car is red")
        found = await shelf.recall.recall(Wanted(text="feline dozing", limit=1))
        assert names(found) == ["notes/pets"]
        assert found.hits[0].by == "meaning"
        assert found.hits[0].likeness > 0.3
        assert await shelf.found("automobile", limit=1) == ["notes/road"]

    run(work, shelf)


def test_whoever_types_the_very_words_gets_them_first(shelf: Shelf) -> None:
    async def work() -> None:
        await shelf.write("a", "kitten kitten kitten feline")
        await shelf.write("b", "invoice INV2041, and much else about a cat that somebody has sold to a friend")
        found = await shelf.recall.recall(Wanted(text="INV2041 cat", limit=2))
        assert [(hit.capsule.name, hit.by) for hit in found.hits] == [("b", "words"), ("a", "meaning")]

    run(work, shelf)


def test_a_rewritten_capsule_is_found_by_what_it_says_now_and_by_nothing_else(shelf: Shelf) -> None:
    async def work() -> None:
        await shelf.write("a", "the cat sleeps")
        assert await shelf.found("feline dozing") == ["a"]
        await shelf.write("a", "the car is red")
        assert await shelf.found("feline dozing") == []
        assert await shelf.found("automobile") == ["a"]

    run(work, shelf)


def test_a_deleted_capsule_is_not_found_and_a_restored_one_is(shelf: Shelf) -> None:
    async def work() -> None:
        await shelf.write("a", "the cat sleeps")
        assert await shelf.found("feline dozing") == ["a"]
        await shelf.capsules.delete("a")
        assert await shelf.found("feline dozing") == []
        await shelf.capsules.restore("a")
        assert await shelf.found("feline dozing") == ["a"]

    run(work, shelf)


def test_a_purged_capsule_leaves_no_vector(shelf: Shelf) -> None:
    async def work() -> None:
        await shelf.write("a", "the cat sleeps")
        await shelf.found("feline")
        await shelf.capsules.purge("a")
        assert shelf.database.read.execute("SELECT count(*) FROM vectors").get == 0
        assert await shelf.found("feline dozing") == []

    run(work, shelf)


def test_a_forked_run_finds_what_was_there_at_its_fork(shelf: Shelf) -> None:
    async def work() -> None:
        await shelf.write("a", "the cat sleeps")
        await shelf.found("feline")
        fork = Moment(at=shelf.clock.now(), run="forked")
        await shelf.write("a", "the car is red")
        await shelf.write("b", "a kitten sleeps")
        assert await shelf.found("feline dozing") == ["b"]
        found = await shelf.recall.recall(Wanted(text="feline dozing", moment=fork))
        assert [(hit.capsule.name, hit.capsule.version) for hit in found.hits] == [("a", 1)]

    run(work, shelf)


def test_folders_patterns_and_tags_narrow_what_is_found(shelf: Shelf) -> None:
    async def work() -> None:
        await shelf.write("kb/one", "the cat sleeps")
        await shelf.write("notes/two", "the kitten sleeps", "house")
        await shelf.write("kbx", "a cat that sleeps")
        assert await shelf.found("feline dozing", within="kb") == ["kb/one"]
        assert await shelf.found("feline dozing", patterns=("notes/*",)) == ["notes/two"]
        assert await shelf.found("feline dozing", patterns=("#house",)) == ["notes/two"]
        assert await shelf.found("cat sleeps", patterns=("#none",)) == []
        assert await shelf.found("feline dozing", patterns=()) == []

    run(work, shelf)


@pytest.mark.slow
def test_one_of_many_is_found_in_its_folder(shelf: Shelf) -> None:
    async def work() -> None:
        for number in range(1_200):
            await shelf.write(f"many/{number}", "the cat sleeps")
        await shelf.write("few/one", "a kitten somewhere far away from all of them, and it sleeps")
        assert shelf.recall.indexing is not None
        await shelf.recall.indexing.complete(lambda _count: None)
        assert await shelf.found("feline dozing", within="few", limit=3) == ["few/one"]

    run(work, shelf)


def test_a_long_capsule_is_found_by_any_part_and_the_hit_is_that_part(shelf: Shelf) -> None:
    async def work() -> None:
        before, after = "the weather is fine and the sea is calm. " * 12, "## Rest\n\nnothing more of note here. "
        await shelf.write("long", f"{before}\n\n## Pets\n\nthe cat sleeps.\n\n{after}")
        (hit,) = (await shelf.recall.recall(Wanted(text="feline dozing"))).hits
        assert hit.excerpt.strip() == "## Pets\n\nthe cat sleeps."

    run(work, shelf)


def test_where_the_embedder_fails_the_words_have_to_do_and_it_is_said(shelf: Shelf) -> None:
    async def work() -> None:
        await shelf.write("a", "the cat sleeps")
        shelf.embedder.broken = True
        found = await shelf.recall.recall(Wanted(text="a cat or a dog"))
        assert names(found) == ["a"]
        assert found.why == "the embedder is broken"

    run(work, shelf)


def test_vectors_of_another_model_are_never_compared_and_go_when_the_new_ones_are_there(shelf: Shelf) -> None:
    async def work() -> None:
        await shelf.write("a", "the cat sleeps")
        assert await shelf.found("feline dozing") == ["a"]
        other = HashedEmbedder(model="other")  # one for which these words have nothing in common
        recall = Recall(shelf.database, other)
        assert names(await recall.recall(Wanted(text="feline dozing"))) == []
        assert recall.indexing is not None
        await recall.indexing.complete(lambda _count: None)
        models = [model for (model,) in shelf.database.read.execute("SELECT DISTINCT model FROM vectors")]
        assert models == ["other"]

    run(work, shelf)


def test_many_new_capsules_are_embedded_in_the_background_and_found_by_words_meanwhile(shelf: Shelf) -> None:
    async def work() -> None:
        for number in range(40):
            await shelf.write(f"n/{number}", f"kitten number{number}")
        first = await shelf.recall.recall(Wanted(text="number7 somewhere", limit=3))
        assert not first.is_whole
        assert names(first)[0] == "n/7"
        assert shelf.recall.indexing is not None
        await shelf.recall.indexing.complete(lambda _count: None)
        assert len(await shelf.found("feline", limit=50)) == 40
        state = await shelf.recall.indexing.state()
        assert (state.done, state.total, state.is_whole) == (40, 40, True)

    run(work, shelf)


def test_indexing_that_was_stopped_goes_on_where_it_was(shelf: Shelf) -> None:
    class Stopped(Exception):
        pass

    async def work() -> None:
        for number in range(60):
            await shelf.write(f"n/{number}", f"kitten number{number}")
        assert shelf.recall.indexing is not None
        told: list[int] = []

        def tell(count: int) -> None:
            told.append(count)
            if len(told) == 2:
                raise Stopped

        with pytest.raises(Stopped):
            await shelf.recall.indexing.complete(tell)
        again = Recall(shelf.database, shelf.embedder)
        assert again.indexing is not None
        assert (await again.indexing.state()).done == sum(told)
        await again.indexing.complete(lambda _count: None)
        assert len(shelf.embedder.embedded) == len(set(shelf.embedder.embedded)) == 60
        await again.close()

    run(work, shelf)


def test_two_processes_that_index_at_once_keep_one_vector_of_each_piece(shelf: Shelf) -> None:
    async def work() -> None:
        for number in range(30):
            await shelf.write(f"n/{number}", f"kitten number{number}")
        other = Recall(shelf.database, HashedEmbedder())
        indexings = [recall.indexing for recall in (shelf.recall, other) if recall.indexing]
        await asyncio.gather(*(indexing.complete(lambda _count: None) for indexing in indexings))
        assert shelf.database.read.execute("SELECT count(*) FROM vectors").get == 30
        await other.close()

    run(work, shelf)


def test_what_was_embedded_is_not_looked_through_again(shelf: Shelf) -> None:
    """Of a hundred thousand, every batch would else take as long as all before it."""

    async def work() -> None:
        for number in range(60):
            await shelf.write(f"n/{number}", f"kitten number{number}")
        begun: list[int] = []

        def note(_cursor: object, sql: str, bindings: object) -> bool:
            if isinstance(bindings, dict) and sql == WITHOUT.format(kept="true"):
                begun.append(bindings["after"])
            return True

        shelf.database.read.exec_trace = note
        assert shelf.recall.indexing is not None
        await shelf.recall.indexing.complete(lambda _count: None)
        assert begun == [0, 16, 32, 48, 60]

    run(work, shelf)
