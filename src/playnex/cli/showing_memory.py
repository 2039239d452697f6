"""The page that shows memory as a step of a run saw it."""

import time

from playnex.app.capsule_lines import author_text, head_json
from playnex.cli import door
from playnex.cli.terminal import ago, columns, emit, write
from playnex.ids import short
from playnex.spec.envelope import capsule_json

MOST = 10_000


async def show_memory(typed: str, step: str, as_json: bool) -> int:
    """Print the capsules as they were when that step had finished, and what it was given."""
    from playnex.app.capsule_moments import seen  # late, here and below: the store is needed only when the command runs
    from playnex.app.opening import opened
    from playnex.app.runs import Runs

    async with opened(door.workspace) as app:
        run = (await Runs(app=app).find(typed)).id
        found = await seen(app, run, step, limit=MOST)
    if as_json:
        given, items = [capsule_json(ref) for ref in found.given], [head_json(head) for head in found.heads]
        emit({"schema": "playnex.memory/1", "run": run, "step": step, "at": found.at, "given": given, "items": items})
        return 0
    told = ", ".join(f"{ref.name}@{ref.version}" for ref in found.given)
    write(f"{step} in run {short(run)} was given: {told or 'no capsules'}\n")
    now = time.time()
    rows = [(one.name, str(one.version), author_text(one.author), ago(one.written, now), ", ".join(one.labels)) for one in found.heads]
    write(columns(("NAME", "VERSION", "BY", "WRITTEN", "LABELS"), rows, door.terminal) if rows else "there were no capsules yet")
    return 0
