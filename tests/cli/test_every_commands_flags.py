"""The flags that every command knows, and the environment variables that stand for them."""

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli.stage import playnex
from playnex.app.templates import lay_out
from playnex.testing.model_server import serving

BOUND = 60
COLOURED = "\x1b["


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("NO_COLOR", "FORCE_COLOR", "PLAYNEX_QUIET", "PLAYNEX_NO_INPUT", "PLAYNEX_DEBUG", "PLAYNEX_HOME"):
        monkeypatch.delenv(name, raising=False)
    lay_out("research", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "environment", "coloured"),
    [
        ("", {}, False),
        ("", {"FORCE_COLOR": "1"}, True),
        ("", {"NO_COLOR": "1"}, False),
        ("", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ("", {"NO_COLOR": "", "FORCE_COLOR": "1"}, True),
        ("--color auto", {"FORCE_COLOR": "1"}, True),
        ("--color always", {}, True),
        ("--color=always", {"NO_COLOR": "1"}, True),
        ("--color never", {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colour_follows_the_flag_then_no_color_then_force_color(
    words: str, environment: dict[str, str], coloured: bool, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for said in (playnex(*words.split(), "flow", "list", folder=workspace).out, playnex(*words.split(), "frob", folder=workspace).err):
        assert (COLOURED in said) is coloured


def test_a_terminal_gets_colour_and_a_dumb_one_does_not(workspace: Path) -> None:
    assert COLOURED in on_a_terminal(workspace, "flow", "list")
    assert COLOURED not in on_a_terminal(workspace, "flow", "list", TERM="dumb")


@pytest.mark.parametrize("quiet", ["--quiet", "PLAYNEX_QUIET"])
def test_quiet_leaves_data_and_errors_and_nothing_else(quiet: str, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert playnex("capsule", "create", "a", "text", folder=workspace).err
    words = [quiet] if quiet.startswith("-") else []
    if not words:
        monkeypatch.setenv(quiet, "1")
    made = playnex("capsule", "create", "b", "text", *words, folder=workspace)
    assert (made.code, made.out, made.err) == (0, "", "")
    assert playnex("capsule", "view", "b", *words, folder=workspace).out == "text\n"
    assert "there is no capsule 'notes/c'" in playnex("capsule", "view", "notes/c", *words, folder=workspace).err


def test_what_is_missing_is_asked_for_on_a_terminal_with_the_flag_that_avoids_the_question(workspace: Path) -> None:
    said = on_a_terminal(workspace, "flow", "run", "research-to-article", typed="\n", until="--input topic=")
    assert "topic (What the article is about; or use --input topic=…): " in said
    assert "input 'topic' is missing" in said


@pytest.mark.parametrize(("words", "environment"), [(("--no-input",), {}), ((), {"PLAYNEX_NO_INPUT": "1"})])
def test_no_input_asks_nothing_on_a_terminal(words: tuple[str, ...], environment: dict[str, str], workspace: Path) -> None:
    said = on_a_terminal(workspace, "flow", "run", "research-to-article", *words, **environment)
    assert "What the article is about" not in said
    assert "input 'topic' is missing" in said


@pytest.mark.parametrize(("encoding", "sign"), [("utf-8", "✓ publish"), ("ascii", "ok publish")])
def test_a_run_on_a_terminal_shows_the_signs_that_the_terminal_can_show(encoding: str, sign: str, workspace: Path) -> None:
    words = ("flow", "run", "research-to-article", "--input", "topic=sync", "--color", "never")
    with serving() as server:
        (workspace / "playnex.toml").write_text(f'[models.main]\nbase_url = "{server.url}"\nname = "scripted"\ncontext = 32768\n')
        assert sign in on_a_terminal(workspace, *words, PYTHONIOENCODING=f"{encoding}:replace")


def test_debug_shows_the_traceback_of_an_error(workspace: Path) -> None:
    assert "Traceback" not in playnex("flow", "show", "nothing", folder=workspace).err
    assert "Traceback" in playnex("flow", "show", "nothing", "--debug", folder=workspace).err


def test_the_workspace_is_the_flags_then_the_nearest_then_the_environments(
    workspace: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path_factory.mktemp("other")
    lay_out("minimal", other)
    monkeypatch.setenv("PLAYNEX_HOME", str(other))
    nowhere = tmp_path_factory.mktemp("nowhere")
    assert "hello" in playnex("flow", "list", folder=nowhere).out
    assert "research-to-article" in playnex("flow", "list", folder=workspace / "flows").out
    assert "hello" in playnex("--workspace", str(other), "flow", "list", folder=workspace).out


def on_a_terminal(folder: Path, *words: str, typed: str = "", until: str = "", **environment: str) -> str:
    """What the command shows on a real terminal; `typed` is typed once `until` has appeared."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        (sys.executable, "-m", "playnex", *words),
        cwd=folder,
        env=os.environ | {"TERM": "xterm"} | environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        close_fds=True,
    )
    os.close(theirs)
    try:
        return _conversation(ours, typed, until)
    finally:
        child.kill()
        child.wait(BOUND)
        os.close(ours)


def _conversation(ours: int, typed: str, until: str) -> str:
    shown, deadline = "", time.monotonic() + BOUND
    while time.monotonic() < deadline and select.select([ours], [], [], BOUND)[0]:
        try:
            read = os.read(ours, 4096)
        except OSError:  # the terminal has no other end any more
            return shown
        shown += read.decode()
        if typed and until in shown:
            os.write(ours, typed.encode())
            typed = ""
    raise AssertionError(f"the command did not end: {shown}")
