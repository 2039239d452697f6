"""No secret comes out of Playnex: twelve canaries, each of another way in, and every place where they could come out."""

import sys
from pathlib import Path

import pytest

from keeping_secrets.planting import FEW, HERE, KEPT, VARIABLES, WRITTEN, play

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


def test_none_of_twelve_secrets_is_found_in_anything_that_playnex_writes_says_or_starts(tmp_path: Path) -> None:
    yard = play(tmp_path, (sys.executable, "-m", "playnex"))
    assert len(yard.canaries) == len((*VARIABLES, *KEPT, WRITTEN)) == 12
    assert yard.found() == set()
    run = next(said for command, said in yard.said.items() if command.endswith("flow run leaks --json"))
    assert b'"status": "succeeded"' in run, run
    for name in ("MODEL_KEY", "LEAKY_PLAIN", "leaky", "CRM_KEY", "printed"):
        assert any(f"[{name}]".encode() in said for said in yard.said.values()), f"{name} came in, and was taken out"


def test_without_the_scrubbing_nearly_all_of_them_are_found(tmp_path: Path) -> None:
    """The known-bad arm."""
    yard = play(tmp_path, (sys.executable, str(HERE / "unscrubbed.py")), FEW)
    found = yard.found()
    assert {name for name, _ in found} == yard.canaries.keys() - {"typed"}
    places = {place for _, place in found}
    assert any(place.startswith("store.db") for place in places)
    assert any(place.startswith(".playnex/logs") for place in places)
    assert any(place.startswith("saved.tar.gz") for place in places)
    assert any(place.startswith("capsules/notes/") for place in places)
    assert any(place.startswith("parcel.zip/") for place in places)
    assert "vectors" in places
