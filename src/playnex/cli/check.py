"""`playnex check`: every fault of the workspace's files, without running anything."""

import asyncio
from typing import Annotated

from cyclopts import Parameter

from playnex.cli import door
from playnex.cli.complaint import places_of, warning_lines
from playnex.cli.flags import AsJson
from playnex.cli.terminal import counted, emit
from playnex.errors import DefinitionError

Files = Annotated[str, Parameter(help="flows/*.yaml and agents/*.md; without any, everything is checked")]

NOTHING = "there are no flows and no agents here yet; make some with: playnex init --template research"


Watch = Annotated[bool, Parameter(negative=(), help="check again whenever a file is saved, until Ctrl-C")]


def check(*files: Files, watch: Watch = False, as_json: AsJson = False) -> int:
    """Check flows, agents, tools and playnex.toml without running anything.

    Every fault is told at once, with file, line, column and the mend; the exit code is 3 then. A warning is of something that may be
    meant so, and keeps nothing from running. With `--watch` it goes on: each time a file is saved you see how things stand, under
    `--json` as one line; Ctrl-C ends it with the exit code of the last check.

    $ playnex check
    $ playnex check flows/research-to-article.yaml
    $ playnex check --watch
    """
    if watch:
        from playnex.cli.checking import watch_files  # late: only who watches pays for it

        return watch_files(files, as_json=as_json)
    return asyncio.run(_check(files, as_json))


async def _check(files: tuple[str, ...], as_json: bool) -> int:
    # late: only here
    from playnex.app.fitness import Fitness
    from playnex.app.opening import opened

    async with opened(door.workspace) as app:
        checked = await Fitness(app=app).check(files)
    if checked.faults:
        raise DefinitionError(checked.faults)
    if as_json:
        emit({"schema": "playnex.check/1", "checked": list(checked.paths), "faults": [], "warnings": places_of(checked.warnings)})
    else:
        for warning in checked.warnings:
            for line in warning_lines(warning):
                door.terminal.tell(line)
        found = counted(len(checked.paths), "file")
        door.terminal.say(f"{door.terminal.symbol('succeeded')} {found} checked, no fault" if checked.paths else NOTHING)
    return 0
