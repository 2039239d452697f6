"""`playnex check`: every fault of the workspace's files, without running anything."""

import asyncio
from typing import Annotated

from cyclopts import Parameter

from playnex.cli import door
from playnex.cli.terminal import emit
from playnex.errors import DefinitionError

AsJson = Annotated[bool, Parameter(name="--json", negative=(), help="print one JSON document on stdout")]


def check(*files: str, as_json: AsJson = False) -> int:
    """Check flows, agents, tools and playnex.toml: all of them, or the files that you name.

    Examples: playnex check · playnex check flows/research-to-article.yaml
    """
    return asyncio.run(_check(files, as_json))


async def _check(files: tuple[str, ...], as_json: bool) -> int:
    from playnex.app.opening import opened  # late: only here

    async with opened(door.workspace) as app:
        checked = app.definitions.check(files)
    if checked.faults:
        raise DefinitionError(checked.faults)
    if as_json:
        emit({"schema": "playnex.check/1", "checked": list(checked.paths), "faults": []})
    else:
        count = len(checked.paths)
        door.terminal.say(f"{door.terminal.symbol('succeeded')} {count} {'file is' if count == 1 else 'files are'} fine")
    return 0
