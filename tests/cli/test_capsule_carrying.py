"""Memory on its way to another machine and back: nothing lost, forks told, and nothing that a stranger packed gets out of its place."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from cli.stage import playnex
from playnex.app.carrying import LARGEST


def desk(folder: Path) -> Path:
    folder.mkdir()
    (folder / "playnex.toml").write_text("")
    return folder


@pytest.fixture
def here(tmp_path: Path) -> Path:
    folder = desk(tmp_path / "here")
    for name, text in (("notes/tides", "in"), ("style/house", "short")):
        capsule(folder, "create", name, text)
    write(folder, "notes/tides", "out")
    capsule(folder, "pin", "style/house")
    return folder


@pytest.fixture
def there(tmp_path: Path) -> Path:
    return desk(tmp_path / "there")


def capsule(folder: Path, *words: str) -> Any:
    said = playnex("capsule", *words, "--json", folder=folder)
    assert said.code == 0, said.err + said.out
    return json.loads(said.out)


def write(folder: Path, name: str, text: str) -> None:
    (folder / "text.md").write_text(text)
    capsule(folder, "edit", name, "--file", "text.md")


def everything(folder: Path) -> Any:
    """All versions of all capsules, whole."""
    heads = capsule(folder, "list")["items"]
    return {head["name"]: [capsule(folder, "view", f"{head['id']}@{number}") for number in range(1, head["version"] + 1)] for head in heads}


def outcomes(folder: Path, source: str | Path) -> dict[str, str]:
    return {item["name"]: item["outcome"] for item in capsule(folder, "import", str(source))["items"]}


@pytest.mark.parametrize("target", ["memory.zip", "memory"])
def test_what_is_exported_is_imported_as_it_was_and_known_the_second_time(target: str, here: Path, there: Path) -> None:
    capsule(here, "export", str(there / target))
    assert outcomes(there, target) == {"notes/tides": "new", "style/house": "new"}
    assert everything(there) == everything(here)
    assert outcomes(there, target) == {"notes/tides": "same", "style/house": "same"}
    assert playnex("capsule", "export", str(there / target), folder=here).code == 2, "nothing is written over"


def test_newer_versions_follow_and_a_fork_keeps_both(here: Path, there: Path, tmp_path: Path) -> None:
    capsule(here, "export", str(tmp_path / "one.zip"), "notes/")
    assert outcomes(there, tmp_path / "one.zip") == {"notes/tides": "new"}
    write(here, "notes/tides", "spring")
    capsule(here, "export", str(tmp_path / "two.zip"), "notes/tides")
    assert outcomes(there, tmp_path / "two.zip") == {"notes/tides": "newer"}
    assert outcomes(there, tmp_path / "one.zip") == {"notes/tides": "older"}
    write(here, "notes/tides", "neap")
    write(there, "notes/tides", "mine")
    capsule(here, "export", str(tmp_path / "three.zip"))
    assert outcomes(there, tmp_path / "three.zip") == {"notes/tides-imported": "conflict", "style/house": "new"}
    texts = {name: versions[-1]["body"] for name, versions in everything(there).items()}
    assert texts == {"notes/tides": "mine", "notes/tides-imported": "neap", "style/house": "short"}
    assert outcomes(there, tmp_path / "three.zip") == {"notes/tides-imported": "same", "style/house": "same"}


def test_what_was_deleted_or_purged_here_does_not_come_back(here: Path, tmp_path: Path) -> None:
    capsule(here, "export", str(tmp_path / "one.zip"))
    capsule(here, "delete", "notes/tides", "--yes")
    capsule(here, "purge", "style/house", "--yes")
    assert outcomes(here, tmp_path / "one.zip") == {"notes/tides": "deleted", "style/house": "purged"}
    assert capsule(here, "list")["items"] == []


def test_what_a_stranger_exported_can_be_marked_untrusted(here: Path, there: Path, tmp_path: Path) -> None:
    capsule(here, "export", str(tmp_path / "one.zip"))
    capsule(there, "import", str(tmp_path / "one.zip"), "--untrusted")
    assert capsule(there, "view", "notes/tides")["labels"] == ["untrusted"]


def test_an_archive_that_swells_or_leads_out_is_refused_and_nothing_is_taken_in(here: Path, there: Path, tmp_path: Path) -> None:
    capsule(here, "export", str(tmp_path / "folder"))
    (tmp_path / "outside.md").write_text("out")
    text = tmp_path / "folder" / "capsules" / "notes" / "tides.md"
    text.unlink()
    text.symlink_to(tmp_path / "outside.md")
    assert playnex("capsule", "import", str(tmp_path / "folder"), folder=there).code == 2
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", (tmp_path / "folder" / "manifest.json").read_bytes())
        for version in json.loads(archive.read("manifest.json"))["capsules"][0]["versions"]:
            archive.writestr(version["file"], b"0" * (LARGEST + 1))
    said = playnex("capsule", "import", str(tmp_path / "bomb.zip"), folder=there)
    assert said.code == 2 and "larger than" in said.err
    (tmp_path / "text.zip").write_text("no archive")
    assert playnex("capsule", "import", str(tmp_path / "text.zip"), folder=there).code == 2
    assert playnex("capsule", "import", str(tmp_path / "nothing"), folder=there).code == 2
    assert capsule(there, "list")["items"] == []


def test_an_archive_with_a_spoilt_member_or_a_name_twice_is_refused(here: Path, there: Path, tmp_path: Path) -> None:
    capsule(here, "export", str(tmp_path / "one.zip"))
    whole = (tmp_path / "one.zip").read_bytes()
    for place in range(60, len(whole), max(1, len(whole) // 40)):
        (tmp_path / "spoilt.zip").write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        said = playnex("capsule", "import", str(tmp_path / "spoilt.zip"), folder=there)
        assert said.code in (0, 2) and "Traceback" not in said.err and "inside Playnex" not in said.err, said.err
    capsule(here, "export", str(tmp_path / "folder"))
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(tmp_path / "twice.zip", "w") as archive:
        for path in sorted((tmp_path / "folder").rglob("*")):
            if path.is_file():
                archive.writestr(path.relative_to(tmp_path / "folder").as_posix(), path.read_bytes())
        archive.writestr("capsules/notes/tides.md", "another text")
    before = everything(there)
    assert playnex("capsule", "import", str(tmp_path / "twice.zip"), folder=there).code == 2
    assert everything(there) == before
