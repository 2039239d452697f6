"""Batches: the list, one as a picture of its cases, and letting go on what failed."""

from typing import Annotated

import msgspec
from msgspec import Meta

from playnex.app.batch_view import BatchView
from playnex.app.batches import BATCHES_SCHEMA, Batches, counts_of, line_of
from playnex.canonical import Json
from playnex.dashboard.declared import Given, Route
from playnex.dashboard.desk import Desk

Number = Annotated[int, Meta(ge=0, le=2**53)]


class Listed(Given, frozen=True, kw_only=True):
    """How many of the newest."""

    limit: Annotated[int, Meta(ge=1, le=500)] = 100


class Window(Given, frozen=True, kw_only=True):
    """A batch, and the numbers of the first and the last case that are to be named one by one."""

    batch: str
    first: Number = msgspec.field(default=0, name="from")
    last: Number = msgspec.field(default=0, name="to")


class OneBatch(Given, frozen=True, kw_only=True):
    """A batch, by its id or the end of it."""

    batch: str


async def list_batches(desk: Desk, given: Listed) -> Json:
    """The newest first."""
    batches = Batches(app=desk.app)
    found = await desk.app.batches.batches(given.limit)
    return {"schema": BATCHES_SCHEMA, "batches": [line_of(one) | counts_of(await batches.brief(one)) for one in found]}


async def show(desk: Desk, given: Window) -> Json:
    """One batch."""
    view = BatchView(app=desk.app, batch=await Batches(app=desk.app).find(given.batch))
    if given.first:
        return {"batch": view.batch.id, "named": await view.cases(given.first, given.last or given.first)}
    return await view.document()


async def retry_failed(desk: Desk, given: OneBatch) -> Json:
    """Let the cases go on that failed, each at the step that failed; this server carries them on."""
    batches = Batches(app=desk.app)
    batch = await batches.find(given.batch)
    failed = (await batches.brief(batch)).counts.get("failed", 0)
    await batches.let_go_on(batch, "failed")
    return {"batch": batch.id, "retried": failed}


PLACE = "/api/batches/{batch}"

ROUTES = (
    Route(method="GET", path="/api/batches", takes=Listed, does=list_batches, says="Batches, newest first."),
    Route(method="GET", path=PLACE, takes=Window, does=show, says="One batch: counts, a letter a case, throughput, errors."),
    Route(method="POST", path=f"{PLACE}/retry-failed", takes=OneBatch, does=retry_failed, says="Try what failed again."),
)
