"""The tests run with nothing but loopback; who needs more says so, and is named here."""

import errno
import socket
import subprocess
import sys
import threading

import pytest

from house.sources import ROOT
from offline import alone, online

ELSEWHERE = ("192.0.2.1", 9)
"""An address for documentation (RFC 5737): nobody is there, and only a network can tell."""

TRY = f"import socket; socket.create_connection({ELSEWHERE!r}, 0.2)"

EXEMPT = {
    "tests/browser/stage.py",
    "tests/dashboard/page_stage.py",
    "tests/docs/test_docs_commands.py",
    "tests/examples/test_market_watch.py",
    "tests/flows/test_dojo.py",
    "tests/flows/test_embedded.py",
    "tests/flows/test_first_command.py",
    "tests/flows/test_stopping.py",
    "tests/house/test_offline.py",
    "tests/mcp_servers/test_real_servers.py",
}
"""Tests that fetch something from a registry before they begin."""


@pytest.fixture
def cut() -> None:
    if not alone():
        pytest.skip("this machine does not let us make a network namespace, so the tests were run with its network")


@pytest.mark.usefixtures("cut")
def test_no_test_reaches_another_machine_by_itself_by_a_thread_or_by_a_child() -> None:
    found: list[int | None] = [reached()]
    thread = threading.Thread(target=lambda: found.append(reached()))
    thread.start()
    thread.join()
    assert found == [errno.ENETUNREACH] * 2
    child = subprocess.run([sys.executable, "-c", TRY], capture_output=True, text=True, check=False)
    assert "Network is unreachable" in child.stderr


@pytest.mark.usefixtures("cut")
def test_loopback_is_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass


@pytest.mark.usefixtures("cut")
def test_the_network_that_the_machine_has_is_there_for_who_asks_for_it() -> None:
    with online("to see that it would be seen"):
        before = interfaces()
    assert (interfaces(), set(before) >= {"lo"}) == (["lo"], True)


def test_who_needs_the_network_is_named() -> None:
    using = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("*.py") if "online(" in path.read_text(encoding="utf-8")}
    assert using - {"tests/offline.py", "tests/conftest.py"} == EXEMPT


def reached() -> int | None:
    """What the system says to a connection elsewhere; None where it is there."""
    try:
        socket.create_connection(ELSEWHERE, 0.2).close()
    except OSError as fault:
        return fault.errno
    return None


def interfaces() -> list[str]:
    """The network interfaces that this thread sees."""
    return [name for _, name in socket.if_nameindex()]
