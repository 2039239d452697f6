"""What a user sees when the files of a workspace are wrong: each fault at its place, exit 3, and nothing is run."""

from collections.abc import Callable
from pathlib import Path

import pytest

from flows.stage import Desk, pair_desk
from playnex.testing.model_server import serving


def settings_with_five_faults(folder: Path) -> None:
    text = '[models.main]\nbase_url = 3\nnmae = "x"\n[modles]\n[models.fast]\nkind = "opnai"\n[policy]\nlocal = "yes"\n'
    (folder / "playnex.toml").write_text(text)


def settings_that_are_not_toml(folder: Path) -> None:
    (folder / "playnex.toml").write_text("[models.main\n")


def settings_in_another_encoding(folder: Path) -> None:
    (folder / "playnex.toml").write_bytes(b'[models.main]\nname = "caf\xe9"\n')


def an_empty_flow(folder: Path) -> None:
    (folder / "flows/pair.yaml").write_text("")


def a_flow_in_another_encoding(folder: Path) -> None:
    (folder / "flows/pair.yaml").write_bytes("playnex: 1\nname: pair\ndescription: Ein Gespräch\n".encode("latin-1"))


def an_agent_without_front_matter(folder: Path) -> None:
    (folder / "agents/helper.md").write_text("You help.\n")


def an_agent_in_another_encoding(folder: Path) -> None:
    (folder / "agents/helper.md").write_bytes("---\nname: helper\n---\nAntworte möglichst kurz.\n".encode("latin-1"))


WRONG: dict[Callable[[Path], None], tuple[str, ...]] = {
    settings_with_five_faults: (
        "playnex.toml:2:1: error: `base_url` must be a text, not 3",
        "playnex.toml:3:1: error: unknown key 'nmae'",
        "did you mean 'models'?",
        "playnex.toml:6:1: error: `kind` must be one of openai, embedded, not 'opnai'",
        "playnex.toml:8:1: error: `local` must be true or false, not 'yes'",
        "5 faults; nothing was run",
    ),
    settings_that_are_not_toml: ("playnex.toml:1:13: error:", "the file is TOML"),
    settings_in_another_encoding: ("playnex.toml:2:12: error: byte 0xe9 is not UTF-8", "save the file in the encoding UTF-8"),
    an_empty_flow: ("flows/pair.yaml:1:1: error: the file is not a flow", "begin it with `playnex: 1`"),
    a_flow_in_another_encoding: ("flows/pair.yaml:3:23: error: byte 0xe4 is not UTF-8", "save the file in the encoding UTF-8"),
    an_agent_without_front_matter: ("agents/helper.md:1:1: error: the file has no front matter", "begin it with a line ---"),
    an_agent_in_another_encoding: ("agents/helper.md:4:11: error: byte 0xf6 is not UTF-8", "save the file in the encoding UTF-8"),
}


@pytest.mark.parametrize("spoil", WRONG, ids=lambda spoil: spoil.__name__)
def test_a_wrong_file_is_told_at_its_place_by_run_and_check_before_any_request(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    with serving() as server:
        desk = pair_desk(tmp_path, server.url)
        spoil(tmp_path)
        for done in (desk.playnex("flow", "run", "pair"), desk.playnex("check")):
            assert done.returncode == 3
            assert all(told in done.stderr for told in WRONG[spoil]), done.stderr
    assert server.asked == []


def test_a_folder_in_the_place_of_a_file_is_told(tmp_path: Path) -> None:
    desk = pair_desk(tmp_path, "http://127.0.0.1:9/v1")
    for path in (tmp_path / "flows/pair.yaml", tmp_path / "playnex.toml"):
        path.unlink()
        path.mkdir()
    settings = desk.playnex("check", "--workspace", str(tmp_path))
    assert settings.returncode == 3
    assert "playnex.toml:1:1: error: this is a folder" in settings.stderr
    (tmp_path / "playnex.toml").rmdir()
    (tmp_path / "playnex.toml").write_text("")
    flow = Desk(tmp_path).playnex("flow", "run", "pair")
    assert flow.returncode == 5
    assert "there is no flow 'pair'" in flow.stderr and "flows/pair.yaml is a folder, not a file" in flow.stderr
