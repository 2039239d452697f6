"""An installer that is called off ends with all that it has started, also where that happens while it is still being made."""

import asyncio
import os
from pathlib import Path

import pytest

from flows.processes import saying
from flows.stage import wait_for
from mcp_servers.stage import left
from mcp_servers.test_adding import installer
from playnex.app.mcp_installing import install_npm

SECONDS = 20.0
"""How long a lasting process may take to end, before it is said that it does not."""


@pytest.mark.parametrize("turns", range(6))
def test_an_installer_that_is_called_off_at_any_turn_of_the_loop_ends_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, turns: int
) -> None:
    mark = f"mark-{tmp_path.name}-install"
    monkeypatch.setenv("PATH", installer(tmp_path, f"python3 -c 'import time; time.sleep(600)' {mark} &\nwait"))
    monkeypatch.chdir(tmp_path)
    try:
        assert asyncio.run(called_off(tmp_path, mark, turns)) and left(mark) == []
    finally:
        for process in saying(mark):
            os.kill(process, 9)


async def called_off(folder: Path, mark: str, turns: int) -> bool:
    """Whether the installer was given up in time; so many `turns` of the loop after it is there."""
    installing = asyncio.create_task(install_npm(folder, folder / "new", "some-server"))
    while not saying(str(folder / "new")) and not installing.done():  # noqa: ASYNC110 (each turn of the loop is a moment)
        await asyncio.sleep(0)
    for _ in range(turns):
        await asyncio.sleep(0)
    wait_for(lambda: saying(mark), "the installer to be at work")  # the loop stands still meanwhile
    installing.cancel()
    await asyncio.wait([installing], timeout=SECONDS)
    return installing.cancelled()
