"""`playnex doctor`: is everything well with this workspace?"""

import asyncio
from typing import Annotated

from cyclopts import Parameter

from playnex.cli import door
from playnex.cli.flags import AsJson
from playnex.cli.terminal import emit, write

Fix = Annotated[bool, Parameter(negative=(), help="mend what is safe to mend")]


def doctor(*, fix: Fix = False, as_json: AsJson = False) -> int:
    """Look over the workspace: the store, its journals, files, models, permissions, the disk.

    Each line says what is fine, or what is not and what mends it; the exit code is 1 where something is not.

    $ playnex doctor
    $ playnex doctor --fix
    """
    from playnex.app.doctor import cure, examine, leave  # late: only here

    found = asyncio.run(examine(door.workspace, cure if fix else leave))
    well = all(finding.fine or finding.mended for finding in found)
    if as_json:
        lines = [{"area": one.area, "fine": one.fine, "says": one.says, "mend": one.mend, "mended": one.mended} for one in found]
        emit({"schema": "playnex.doctor/1", "well": well, "findings": lines})
        return int(not well)
    for one in found:
        sign = "succeeded" if one.fine else "fallback" if one.mended else "failed"
        write(f"{door.terminal.symbol(sign)} {one.area}: {one.says}{' (mended)' if one.mended else ''}")
        if not one.fine and not one.mended:
            write(f"    {one.mend}")
    return int(not well)
