"""What a batch is to the store: one flow over a file of cases, and the run of each case that has begun."""

from dataclasses import dataclass

from playnex.journal.events import RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A batch. `file` is that of its cases and `digest` the SHA-256 of its content; `cases` is their number; `key` is the column that
    holds each case's key, or nothing; `rate` is how many cases may begin in a second, None for any number; `out` is the file of results,
    or nothing. `started` is seconds since 1970."""

    id: str
    flow: str
    started: float
    file: str
    digest: str
    cases: int
    at_most: int
    key: str = ""
    rate: float | None = None
    out: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRun:
    """A case that has begun: its number, from 1, in the order of the file; its key; its run."""

    number: int
    key: str
    run: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    """A case as its run stands now; `due` is when a worker should look at it again, None for never."""

    number: int
    key: str
    run: str
    state: RunState
    reason: str
    due: float | None
