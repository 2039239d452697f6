"""Doctor: what is not well and what mends it; and the switch that stops all runs."""

from playnex.app import doctor as looking
from playnex.app.control import Control
from playnex.canonical import Json
from playnex.dashboard.declared import Nothing, Route
from playnex.dashboard.desk import Desk


async def examine(desk: Desk, _given: Nothing) -> Json:
    """Look over the workspace."""
    return looking.document(await looking.examined_aside(str(desk.app.workspace.root))) | _halted(desk)


async def fix(desk: Desk, _given: Nothing) -> Json:
    """Mend what is safe to mend."""
    return looking.document(await looking.examined_aside(str(desk.app.workspace.root), looking.cure)) | _halted(desk)


async def stop(desk: Desk, _given: Nothing) -> Json:
    """Stop all runs at once."""
    stopped = await Control(app=desk.app).stop_all()
    return {"stopped": len(stopped)} | _halted(desk)


async def lift(desk: Desk, _given: Nothing) -> Json:
    """Let runs start and go on again; those that were stopped stay paused until somebody resumes them."""
    was_set = desk.app.halt.lift()
    return {"schema": "playnex.stop/1", "was_stopped": was_set, "paused": len(await desk.app.journal.runs(state="paused"))} | _halted(desk)


def _halted(desk: Desk) -> dict[str, Json]:
    said = desk.app.halt.said()
    return {"halted": {"by": said.by, "at": said.at} if said else None}


ROUTES = (
    Route(
        method="GET", path="/api/doctor", takes=Nothing, does=examine, says="What is well with the workspace, what is not, what mends it."
    ),
    Route(method="POST", path="/api/doctor/fix", takes=Nothing, does=fix, says="Mend what is safe to mend."),
    Route(method="POST", path="/api/stop", takes=Nothing, does=stop, says="Stop all runs, and let none start."),
    Route(method="POST", path="/api/lift", takes=Nothing, does=lift, says="Let runs start and go on again."),
)
