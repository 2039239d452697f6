"""`playnex check --watch`: a real process, real edits, and every wait bounded."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cli.terminals import BOUND, on_screen
from playnex.app.templates import lay_out

CTRL_C = "\x03"
CLEARED = "\x1b[2J"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    lay_out("minimal", tmp_path)
    return tmp_path


def test_each_save_is_checked_and_ctrl_c_ends_with_the_code_of_the_last_check(workspace: Path) -> None:
    flow = workspace / "flows/hello.yaml"
    sound = flow.read_text()
    with on_screen(workspace, "check", "--watch") as screen:
        screen.until("2 files checked, no fault")
        flow.write_text(sound.replace("agent: helper", "agent: helpr"))
        seen = screen.until("watching; Ctrl-C ends it")
        seen = seen if "helpr" in seen else screen.until("watching; Ctrl-C ends it")
        assert CLEARED in seen
        assert "flows/hello.yaml:10:12: error: there is no agent 'helpr'" in seen
        assert "did you mean 'helper'?" in seen
        flow.write_text(sound)
        screen.until("2 files checked, no fault")
        flow.write_text(sound.replace("steps:", "stps:"))
        screen.until("a flow has no key 'stps'")
        screen.until("watching")
        screen.type(CTRL_C)
        assert screen.end() == 3
    assert "Traceback" not in screen.shown


def test_under_json_each_check_is_a_line_and_new_files_and_folders_are_seen(workspace: Path) -> None:
    with watching(workspace, "--json") as watched:
        assert watched.line() == {
            "schema": "playnex.check/1",
            "checked": ["flows/hello.yaml", "agents/helper.md"],
            "faults": [],
            "warnings": [],
        }
        (workspace / "agents/other.md").write_text("---\nmodle: x\n---\nBe brief.\n")
        assert [fault["message"] for fault in watched.line()["faults"]] == ["an agent has no key 'modle'"]
        (workspace / "agents/other.md").unlink()
        assert watched.line()["faults"] == []
        (workspace / "playnex.toml").write_text("[modles]\n")
        assert watched.line()["faults"][0]["path"] == "playnex.toml"
        (workspace / "playnex.toml").write_text("")
        assert watched.line()["faults"] == []
        (workspace / "tools").mkdir()
        (workspace / "tools/crm.py").write_text("def lookup(\n")
        assert watched.line()["faults"][0]["path"] == "tools/crm.py"
        assert watched.end() == 3


def test_a_save_by_renaming_is_seen_and_without_a_terminal_nothing_is_cleared(workspace: Path) -> None:
    flow = workspace / "flows/hello.yaml"
    with watching(workspace, "flows/hello.yaml") as watched:
        assert "1 file checked, no fault" in watched.until("watching")
        aside = workspace / "flows/hello.yaml.part"
        aside.write_text(flow.read_text().replace("agent: helper", "agent: helpr"))
        aside.rename(flow)
        said = watched.until("there is no agent 'helpr'")
        assert "\x1b" not in said
        watched.until("watching")
        assert watched.end() == 3


class Watched:
    """The command without a terminal; both streams are one."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process, self.unread = process, ""

    def until(self, text: str) -> str:
        """What came, up to and with that text; it must come in time."""
        assert self.process.stdout
        while text not in self.unread:
            assert select.select([self.process.stdout], [], [], BOUND)[0], f"waited in vain for {text!r}: {self.unread}"
            came = os.read(self.process.stdout.fileno(), 65_536).decode()
            assert came, f"it ended without {text!r}: {self.unread}"
            self.unread += came
        end = self.unread.index(text) + len(text)
        said, self.unread = self.unread[:end], self.unread[end:]
        return said

    def line(self) -> Any:
        """The next line that comes, as JSON."""
        return json.loads(self.until("\n"))

    def end(self) -> int:
        """Ctrl-C, and the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(BOUND)


@contextmanager
def watching(folder: Path, *words: str) -> Iterator[Watched]:
    process = subprocess.Popen(
        (sys.executable, "-m", "playnex", "check", "--watch", *words),
        cwd=folder,
        env=os.environ | {"PLAYNEX_HOME": ""},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        yield Watched(process)
    finally:
        process.kill()
        process.wait(BOUND)
        assert process.stdout
        process.stdout.close()
