"""How a flow has done so far: how often it went well, and how long each step takes."""

import math
from collections.abc import Iterable, Sequence

from playnex.app.opening import App
from playnex.canonical import Json
from playnex.engine.keys import is_of_the_run
from playnex.journal.events import Event, StepFinished
from playnex.journal.stores.sqlite_records import FlowRecord, SqliteRecords

LOOKED_AT = 50
"""The newest runs whose steps are timed."""


async def flow_record(app: App, flow: str) -> dict[str, Json]:
    """`runs`, `success` (0 to 1, null for none yet), and for each step how many seconds half of its runs took, and 95 of 100."""
    records = SqliteRecords(app.database)
    newest = records.newest(flow, LOOKED_AT)
    took: dict[str, list[float]] = {}
    for run in newest:
        for key, seconds in times(await app.journal.skim(run)):
            took.setdefault(key, []).append(seconds)
    steps = [{"step": key, "runs": len(each), "p50": percentile(each, 0.5), "p95": percentile(each, 0.95)} for key, each in took.items()]
    return record_json(records.flows().get(flow)) | {"looked_at": len(newest), "steps": steps}


def record_json(record: FlowRecord | None) -> dict[str, Json]:
    """The record of a flow as JSON; of one that never ran, too."""
    if record is None:
        return {"runs": 0, "counts": {}, "success": None, "newest": None}
    return {"runs": sum(record.counts.values()), "counts": dict(record.counts), "success": record.success, "newest": record.newest}


def times(events: Iterable[Event]) -> Iterable[tuple[str, float]]:
    """The run's own steps that ended, and the seconds of each."""
    for event in events:
        if isinstance(event.fact, StepFinished) and "/" not in event.key and not is_of_the_run(event.key):
            yield event.key, event.fact.seconds


def percentile(values: Sequence[float], part: float) -> float:
    """The smallest value that so large a part of the values does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]
