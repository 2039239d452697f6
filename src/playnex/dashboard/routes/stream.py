"""The stream, and what a page wants to hear on it."""

from msgspec import field
from starlette.responses import Response, StreamingResponse

from playnex.canonical import Json
from playnex.dashboard.declared import Given, Nothing, Route
from playnex.dashboard.desk import Desk


class Watched(Given, frozen=True, kw_only=True):
    """All that a page wants to hear of now: runs with the position that it has, and batches."""

    stream: str
    runs: dict[str, int] = field(default_factory=dict)
    batches: list[str] = field(default_factory=list)


async def listen(desk: Desk, _given: Nothing) -> Response:
    """Lines of JSON, until the page goes."""
    lines = await desk.streams.listen()
    return StreamingResponse(lines, media_type="application/x-ndjson", headers={"cache-control": "no-store", "x-accel-buffering": "no"})


async def watch(desk: Desk, given: Watched) -> Json:
    """Say what is wanted."""
    await desk.streams.watch(given.stream, given.runs, set(given.batches))
    return {"watching": sorted(given.runs)}


ROUTES = (
    Route(method="GET", path="/api/stream", takes=Nothing, does=listen, says="What changes, as lines of JSON, for as long as one listens."),
    Route(method="POST", path="/api/stream/{stream}/watch", takes=Watched, does=watch, says="Say all that this stream is to tell of."),
)
