"""`playnex doctor`: is everything well with this workspace?"""

import asyncio
import time
from typing import Annotated

from cyclopts import Parameter

from playnex.cli import door
from playnex.cli.flags import AsJson
from playnex.cli.terminal import emit, write

Fix = Annotated[bool, Parameter(negative=(), help="mend what is safe to mend")]

Accept = Annotated[
    bool,
    Parameter(negative=(), help="first take pages for right that do not fit their checksums: another program wrote them"),
]


def doctor(*, fix: Fix = False, accept: Accept = False, as_json: AsJson = False) -> int:
    """Look over the workspace: the store, its journals, files, models, permissions, the disk.

    Each line says what is fine, or what is not and what mends it; the exit code is 1 where something is not.

    $ playnex doctor
    $ playnex doctor --fix
    """
    from playnex.app import doctor as looking  # late: only here

    if accept:
        aside = looking.accept(door.workspace, time.strftime("%Y%m%d-%H%M%S"))
        door.terminal.say(f"the store as it was is kept in {aside}")
    found = asyncio.run(looking.examine(door.workspace, looking.cure if fix else looking.leave))
    document = looking.document(found)
    if as_json:
        emit(document)
        return int(not document["well"])
    for one in found:
        sign = "succeeded" if one.fine else "fallback" if one.mended else "failed"
        write(f"{door.terminal.symbol(sign)} {one.area}: {one.says}{' (mended)' if one.mended else ''}")
        if not one.fine and not one.mended:
            write(f"    {one.mend}")
    return int(not document["well"])
