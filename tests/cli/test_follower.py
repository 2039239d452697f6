"""Who shows a run that somebody else carries out knows when it has stopped."""

import asyncio
from pathlib import Path

import pytest

from playnex.app.opening import opened
from playnex.app.runs import Runs
from playnex.cli.follower import Watching
from playnex.cli.progress import PlainProgress
from playnex.cli.terminal import Terminal
from playnex.journal.events import RunFinished, SignalReceived
from playnex.journal.journal import Draft

FLOW = "playnex: 1\nname: one\nsteps: { look: { tool: file.list, with: { folder: . } } }\n"

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("late", [0, 2])
async def test_a_run_that_ended_before_it_was_followed_is_not_waited_for_whatever_was_posted_to_it_since(tmp_path: Path, late: int) -> None:
    (tmp_path / "flows").mkdir()
    (tmp_path / "playnex.toml").write_text("")
    (tmp_path / "flows/one.yaml").write_text(FLOW)
    async with opened(str(tmp_path)) as app:
        run = await Runs(app=app).start("one", {})
        await app.journal.claim(run, "somebody else")
        await app.journal.append(run, 1, [Draft(key="", fact=RunFinished(status="succeeded", output="done"))])
        for _ in range(late):
            await app.journal.post(run, "", SignalReceived(signal="answer", payload="too late"))
        watched = Watching(journal=app.journal, run=run, progress=PlainProgress((await Runs(app=app).pinned(run)).flow, Terminal()))
        async with asyncio.timeout(20):
            ending = await watched.until_stop(await watched.known(has_ended=True))
    assert isinstance(ending, RunFinished) and ending.output == "done"
