"""`playnex doctor` tells what is not well with a workspace and what mends it, and mends what is safe to mend."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest

from cli.stage import playnex
from playnex.app.templates import lay_out
from playnex.store import checksums
from playnex.testing.model_server import serving

LOST = "01LOST00000000000000000001"


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Path]:
    with serving() as server:
        lay_out("research", tmp_path)
        (tmp_path / "playnex.toml").write_text(f'[models.main]\nbase_url = "{server.url}"\nname = "scripted"\ncontext = 32768\n')
        assert playnex("agent", "run", "writing", "Hello " * 200, folder=tmp_path).code == 0
        yield tmp_path


def test_a_workspace_that_is_well_is_told_so_line_by_line(workspace: Path) -> None:
    said = playnex("doctor", folder=workspace)
    assert said.code == 0, said.out
    assert "✕" not in said.out
    areas = {line.split(" ", 1)[1].partition(":")[0] for line in said.out.splitlines()}
    assert areas >= {"Python", "SQLite", "disk", "permissions", "checksums", "store", "run list", "journals", "leases", "files"}
    assert "model main" in areas


def wide_open(workspace: Path) -> None:
    (workspace / ".playnex/store.db").chmod(0o644)


def stale_lease(workspace: Path) -> None:
    (workspace / ".playnex/leases").mkdir(exist_ok=True)
    (workspace / f".playnex/leases/{LOST}.lock").write_text("1")


def line_astray(workspace: Path) -> None:
    changed(workspace, "UPDATE runs SET state = 'paused'")


def broken_off(workspace: Path) -> None:
    changed(workspace, "UPDATE runs SET state = 'running'; DELETE FROM events WHERE kind = 'RunFinished'")


def text_changed(workspace: Path) -> None:
    changed(workspace, "UPDATE blobs SET data = x'00', compressed = 0")


def text_lost(workspace: Path) -> None:
    changed(workspace, "DELETE FROM blobs")


def bit_turned(workspace: Path) -> None:
    store = workspace / ".playnex/store.db"
    data = bytearray(store.read_bytes())
    data[2 * 4096 + 100] ^= 1
    store.write_bytes(data)


def flow_at_fault(workspace: Path) -> None:
    (workspace / "flows/bad.yaml").write_text("playnex: 1\nname: bad\nsteps: { a: { agent: writting, prompt: x } }\n")


def model_gone(workspace: Path) -> None:
    (workspace / "playnex.toml").write_text('[models.main]\nbase_url = "http://127.0.0.1:9/v1"\nname = "gone"\n')


AILMENTS: dict[Callable[[Path], None], tuple[str, str, bool]] = {
    wide_open: ("store.db can be read by others (644)", "chmod 600", True),
    stale_lease: ("1 files left by processes that died", "playnex doctor --fix", True),
    line_astray: ("1 lines of run list say something else than their journals", "playnex doctor --fix", True),
    broken_off: ("was broken off", "playnex run resume", False),
    text_changed: ("is not what was written", "restore it from a backup", False),
    text_lost: ("the store lost the text", "restore it from a backup", False),
    bit_turned: ("does not fit its checksum", "restore it from a backup", False),
    flow_at_fault: ("there is no agent 'writting'", "playnex check", False),
    model_gone: ("does not answer", "start its server", False),
}


@pytest.mark.parametrize("ail", AILMENTS, ids=lambda ail: ail.__name__)
def test_what_is_not_well_is_told_with_what_mends_it_and_mended_where_that_is_safe(workspace: Path, ail: Callable[[Path], None]) -> None:
    told, mend, is_safe = AILMENTS[ail]
    ail(workspace)
    said = playnex("doctor", folder=workspace)
    assert said.code == 1
    assert told in said.out and mend in said.out
    assert json.loads(playnex("doctor", "--json", folder=workspace).out)["well"] is False
    assert playnex("doctor", "--fix", folder=workspace).code == (0 if is_safe else 1)
    assert (told in playnex("doctor", folder=workspace).out) is not is_safe


def test_what_another_program_wrote_can_be_accepted(workspace: Path) -> None:
    store = workspace / ".playnex/store.db"
    connection = apsw.Connection(str(store), vfs="unix")
    connection.execute("UPDATE runs SET flow = 'renamed'")
    connection.close()
    told = playnex("run", "list", folder=workspace)
    assert (told.code, "playnex doctor --accept" in told.err) == (1, True)
    found = store.read_bytes()
    said = playnex("doctor", "--accept", folder=workspace)
    assert said.code == 0, said.out
    assert "renamed" in playnex("run", "list", folder=workspace).out
    (aside,) = (workspace / ".playnex").glob("store-before-*.db")
    assert aside.read_bytes()[4096:] == found[4096:]


def test_pages_that_make_no_sense_are_not_accepted(workspace: Path) -> None:
    store = workspace / ".playnex/store.db"
    store.write_bytes(store.read_bytes()[:4096] + b"\xa5" * (store.stat().st_size - 4096))
    said = playnex("doctor", "--accept", folder=workspace)
    assert (said.code, "is damaged" in said.err) == (1, True)


def changed(workspace: Path, sql: str) -> None:
    connection = checksums.connect(workspace / ".playnex/store.db")
    connection.execute(sql)
    connection.close()
