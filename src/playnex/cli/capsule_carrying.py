"""`playnex capsule export` and `import`: memory on its way to another machine."""

import asyncio
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from playnex.cli import door
from playnex.cli.flags import AsJson
from playnex.cli.terminal import columns, counted, emit, write

Target = Annotated[str, Parameter(help="a new folder, or a new file that ends in .zip")]
Chosen = Annotated[str, Parameter(help="a capsule by its name or id, or all of a folder of names, such as notes/; all capsules for none")]
Given = Annotated[str, Parameter(help="a folder or file that export has written")]
Untrusted = Annotated[bool, Parameter(negative=(), help="mark all that is taken in as untrusted: it comes from somebody else")]

SAYS = {
    "new": "new here",
    "newer": "followed",
    "same": "the same",
    "older": "newer here",
    "conflict": "conflict: both are kept",
    "deleted": "deleted here, and stays so",
    "purged": "purged here, and stays so",
}


def export_(target: Target, /, *capsules: Chosen, as_json: AsJson = False) -> int:
    """Write capsules with their whole history, as Markdown and one list of them, to a folder or one file.

    $ playnex capsule export memory.zip
    $ playnex capsule export notes notes/ style/house
    """
    return asyncio.run(_export(Path(target).expanduser(), capsules, as_json))


def import_(source: Given, /, *, untrusted: Untrusted = False, as_json: AsJson = False) -> int:
    """Merge what another machine has exported: versions that are known are recognised, newer ones follow, and where both sides went on,
    both are kept.

    $ playnex capsule import memory.zip
    """
    return asyncio.run(_import(Path(source).expanduser(), untrusted, as_json))


async def _export(path: Path, capsules: tuple[str, ...], as_json: bool) -> int:
    from playnex.app.carrying import export  # late, here and below: the store is needed only when a command runs
    from playnex.app.opening import opened

    async with opened(door.workspace) as app:
        heads = await export(app.capsules, path, capsules)
    versions = sum(head.version for head in heads)
    if as_json:
        items = [{"name": head.name, "id": head.id, "version": head.version} for head in heads]
        emit({"schema": "playnex.exported/1", "path": str(path), "items": items})
    else:
        said = f"{counted(len(heads), 'capsule')} with {counted(versions, 'version')} in {path}"
        door.terminal.say(f"{door.terminal.symbol('succeeded')} {said}")
    return 0


async def _import(source: Path, untrusted: bool, as_json: bool) -> int:
    from playnex.app.carrying import take_in
    from playnex.app.opening import opened

    async with opened(door.workspace) as app:
        found = await take_in(app.capsules, source, mark_untrusted=untrusted)
    if as_json:
        items = [{"name": one.name, "outcome": one.verdict, "versions": one.versions, "came_as": one.came_as or one.name} for one in found]
        emit({"schema": "playnex.imported/1", "items": items})
    elif found:
        rows = [(one.name, SAYS[one.verdict], str(one.versions), one.came_as) for one in found]
        write(columns(("NAME", "OUTCOME", "VERSIONS", "CAME AS"), rows, door.terminal))
    else:
        door.terminal.say("there are no capsules in it")
    return 0
