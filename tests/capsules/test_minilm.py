"""The embedder that comes along, for real: what it finds in a store, without any server."""

import asyncio
import os
from pathlib import Path

import pytest

from playnex.app.opening import MIGRATIONS
from playnex.capsules.capsule import CapsuleDraft
from playnex.capsules.meaning.recall import Recall
from playnex.capsules.stores.sqlite_capsules import SqliteCapsules
from playnex.capsules.stores.words import Wanted
from playnex.clock import SystemClock
from playnex.errors import ModelUnavailable
from playnex.models import minilm
from playnex.models.minilm import MiniLM
from playnex.store.database import Database
from playnex.workspace import data_folder

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

for library in minilm.LIBRARIES:
    pytest.importorskip(library, reason=f"{library} is not installed: pip install 'playnex[embed-local]'")

NOTES = {
    "kb/refunds": "Whoever was charged twice gets the money back within three days.",
    "kb/password": "To sign in again after you forgot your password, ask for a link by mail.",
    "kb/shipping": "Parcels leave our warehouse on weekdays and take two days to arrive.",
    "kb/limits": "An account on the free plan may keep five documents.",
}
ASKED = {
    "my card was billed in duplicate": "kb/refunds",
    "I cannot log into my account anymore": "kb/password",
    "when will the delivery come": "kb/shipping",
    "how many files can I store without paying": "kb/limits",
}


@pytest.fixture(scope="module")
def data() -> Path:
    """The data folder with the embedder, fetched once into it."""
    folder = data_folder(os.environ)
    try:
        minilm.install(folder)
    except ModelUnavailable as fault:
        pytest.skip(f"the embedded embedder is not here: {fault.message}")
    return folder


def test_it_finds_what_a_question_means_where_it_shares_no_word(data: Path, tmp_path: Path) -> None:
    async def scenario() -> dict[str, str]:
        database = Database(tmp_path / "store.db", MIGRATIONS)
        capsules, recall = SqliteCapsules(database, SystemClock()), Recall(database, MiniLM(data))
        for name, body in NOTES.items():
            await capsules.write(CapsuleDraft(name=name, body=body))
        found = {text: (await recall.recall(Wanted(text=text, limit=1))).hits[0].capsule.name for text in ASKED}
        await recall.close()
        database.close()
        return found

    assert asyncio.run(asyncio.wait_for(scenario(), 120)) == ASKED


def test_what_has_nothing_to_do_with_a_query_is_below_its_floor(data: Path) -> None:
    import numpy

    async def scenario() -> float:
        first, second = await MiniLM(data).embed(
            ["An account on the free plan may keep five documents.", "a recipe for rye bread"], "query"
        )
        return float(numpy.frombuffer(first, "<f4") @ numpy.frombuffer(second, "<f4"))

    assert asyncio.run(asyncio.wait_for(scenario(), 120)) < minilm.FLOOR


def test_where_it_is_not_installed_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable) as raised:
        asyncio.run(asyncio.wait_for(MiniLM(tmp_path).embed(["tide"], "query"), 60))
    assert "playnex model install minilm" in raised.value.hint
