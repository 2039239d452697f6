"""An attacking server gets nowhere in a sandbox, whoever runs it, and nearly everywhere without one."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from mcp_servers import attacker, besieged
from mcp_servers.stage import KINDS, Kind, require_sandbox

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65534
FOR_ROOT = {"raw_socket", "packet_socket", "giving_a_file_away", "a_user_namespace", "the_namespaces_of_another", "environment_of_playnex"}
"""What nobody but root can do without a sandbox either."""


TRIAL = "import mcp, os, playnex, sys; sys.exit(not os.access(sys.executable, os.X_OK))"
PROVES = 30
"""So many attempts at least must be no dream: without a sandbox they get through."""


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    require_sandbox(request.param)
    return cast(Kind, request.param)


@pytest.mark.slow
def test_no_attempt_gets_out_of_a_sandbox(kind: Kind) -> None:
    refuse_all(besiege(kind))


@pytest.mark.slow
def test_no_attempt_gets_out_of_a_sandbox_that_an_unprivileged_user_starts(kind: Kind) -> None:
    refuse_all(besiege(kind, *as_nobody()))


@pytest.mark.slow
def test_no_attempt_gets_out_of_what_the_oldest_landlock_can_close() -> None:
    require_sandbox("oldest")
    refuse_all(besiege("oldest"))


@pytest.mark.slow
def test_without_a_sandbox_nearly_every_attempt_gets_through() -> None:
    """The known-bad arm."""
    let_through(besiege("full"), may_fail=FOR_ROOT if os.getuid() else set[str]())


@pytest.mark.slow
def test_without_a_sandbox_an_unprivileged_users_server_does_what_its_user_may() -> None:
    """The known-bad arm of the other."""
    played = besiege("full", *as_nobody())
    let_through(played, may_fail=FOR_ROOT)
    assert "PermissionError" in played["told"]["environment_of_playnex"], "that is closed to it all the same"


def refuse_all(played: dict[str, Any]) -> None:
    assert played["told"].keys() == attacker.ATTEMPTS.keys()
    assert {name: played["told"][name] for name in played["out"]} == {}
    assert played["heard"] == []


def let_through(played: dict[str, Any], *, may_fail: set[str]) -> None:
    # Every network has a `lo`, so its name tells nothing of this machine.
    unseen = {"netlink"} if [name for _, name in socket.if_nameindex()] == ["lo"] else set[str]()
    failed = {name: answer for name, answer in played["told"].items() if name not in {*played["out"], *may_fail, *unseen}}
    assert len(played["out"]) >= PROVES and len(failed) <= 2, failed


def as_nobody() -> tuple[str, ...]:
    """The words that start a Python of ours as a user without rights; skips where there is none such."""
    if os.getuid() != 0:
        pytest.skip("run by an unprivileged user, so the other test is this one")
    if shutil.which("setpriv") is None:
        pytest.skip("root becomes somebody else only through setpriv")
    rights = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, *(str(found) for place in ("/usr/bin", "/usr/local/bin") if (found := Path(place, version)).exists())):
        tried = subprocess.run((*rights, python, "-c", TRIAL), env=surroundings(), capture_output=True, timeout=60, check=False)
        if tried.returncode == 0:
            return (*rights, python)
    pytest.skip(f"no {version} here with our packages that an unprivileged user can start")


def surroundings() -> dict[str, str]:
    paths = [str(ROOT / "tests"), *filter(None, sys.path)]
    return {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(paths), "KEY": besieged.SECRET, "HOME": "/"}


def besiege(kind: Kind, *python: str) -> dict[str, Any]:
    with folders() as (folder, elsewhere):
        command = [*(python or (sys.executable,)), besieged.__file__, kind, str(folder), str(elsewhere)]
        done = subprocess.run(command, cwd=folder, env=surroundings(), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@contextmanager
def folders() -> Iterator[tuple[Path, Path]]:
    """One in /tmp, and one that is not, for anybody."""
    (ROOT / ".pytest_cache").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory(dir=ROOT / ".pytest_cache") as elsewhere:
        for path in (folder, elsewhere):
            Path(path).chmod(0o777)
        yield Path(folder), Path(elsewhere)
