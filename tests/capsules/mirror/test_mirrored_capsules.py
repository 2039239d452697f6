"""Capsules with files keep the contract of capsules, and the files keep up with them."""

import asyncio
from pathlib import Path

import pytest

from capsules.mirror.stage import ADA, MIGRATIONS
from playnex.app.mirrored_capsules import MirroredCapsules
from playnex.capsules.capsule import CapsuleDraft
from playnex.capsules.mirror.mirror import Mirror, Place
from playnex.capsules.stores.sqlite_capsules import SqliteCapsules
from playnex.clock import SystemClock
from playnex.store.database import Database
from playnex.testing.capsule_contract import PROMISES, Promise


def mirrored(folder: Path, database: Database) -> MirroredCapsules:
    clock, place = SystemClock(), Place(files=folder / "capsules", aside=folder / "mirror")
    mirror = Mirror(SqliteCapsules(database, clock), database, place, person=ADA, clock=clock, settle=0.001)
    return MirroredCapsules(database, clock, mirror)


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_capsules_with_files_keep_the_contract(promise: Promise, tmp_path: Path) -> None:
    async def keep() -> None:
        capsules = mirrored(tmp_path, database)
        await promise(capsules)
        await capsules.close()

    database = Database(tmp_path / "store.db", MIGRATIONS)
    try:
        asyncio.run(keep())
    finally:
        database.close()


def test_what_is_committed_with_other_facts_is_in_its_file_when_all_is_closed(tmp_path: Path) -> None:
    async def scenario() -> None:
        capsules = mirrored(tmp_path, database)
        kept = await capsules.prepare(CapsuleDraft(name="kept", body="kept"))
        await capsules.prepare(CapsuleDraft(name="never", body="never committed"))
        await database.write(kept.write)
        await capsules.close()

    database = Database(tmp_path / "store.db", MIGRATIONS)
    asyncio.run(scenario())
    database.close()
    assert [path.name for path in (tmp_path / "capsules").iterdir()] == ["kept.md"]


def test_nothing_is_kept_of_a_capsule_that_is_purged(tmp_path: Path) -> None:
    async def scenario() -> None:
        capsules = mirrored(tmp_path, database)
        await capsules.write(CapsuleDraft(name="plan", body="a secret plan"))
        await capsules.write(CapsuleDraft(name="plan", body="another secret plan"))
        await capsules.delete("plan")
        await capsules.purge("plan")
        await capsules.close()

    database = Database(tmp_path / "store.db", MIGRATIONS)
    asyncio.run(scenario())
    database.close()
    texts = [path.read_text() for folder in ("capsules", "mirror") for path in (tmp_path / folder).rglob("*") if path.is_file()]
    assert not any("secret" in text for text in texts)


def test_of_a_folder_that_is_watched_lists_know_what_was_saved_moved_and_deleted(tmp_path: Path) -> None:
    async def scenario() -> list[str]:
        capsules = mirrored(tmp_path, database)
        for name in ("old/a", "old/b", "gone"):
            await capsules.write(CapsuleDraft(name=name, body=name))
        async with capsules.mirror.watching():
            await asyncio.to_thread(change)
            wanted = {"kept/a", "kept/b", "new"}
            async with asyncio.timeout(60):
                while {head.name for head in await capsules.list()} != wanted:  # noqa: ASYNC110 (files give no event to wait for)
                    await asyncio.sleep(0.01)
        found = [head.name for head in await capsules.list()]
        await capsules.close()
        return found

    def change() -> None:
        (tmp_path / "capsules/old").rename(tmp_path / "capsules/kept")
        (tmp_path / "capsules/gone.md").unlink()
        (tmp_path / "capsules/new.md").write_text("new")

    database = Database(tmp_path / "store.db", MIGRATIONS)
    found = asyncio.run(scenario())
    database.close()
    assert sorted(found) == ["kept/a", "kept/b", "new"]
