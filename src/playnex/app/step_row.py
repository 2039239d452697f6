"""A step of a run as a row: what a page shows of it."""

from dataclasses import asdict, dataclass

from playnex.canonical import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedTry:
    """One try that failed, and after how many seconds another follows."""

    number: int
    reason: str
    message: str
    at: float
    delay: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """How the items of a step stand that is done for each of a list, as far as they have begun."""

    total: int = 0
    done: int = 0
    failed: int = 0
    running: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    """One step. `status` is that of its record, and `pending` or `retry` before there is one; times in seconds since 1970. `note` says why
    it stands so, `gist` what it does or gave; `ask` is what a person is asked; `parent` is the key of the step it is a part of."""

    key: str
    name: str
    parent: str = ""
    kind: str = "step"
    actor: str = ""
    status: str = "pending"
    began: float | None = None
    ended: float | None = None
    seconds: float | None = None
    tokens: int = 0
    usd: float = 0.0
    attempts: tuple[FailedTry, ...] = ()
    note: str = ""
    gist: str = ""
    model: str = ""
    left_machine: bool = False
    capsule: Json = None
    ask: Json = None
    items: Items | None = None

    def document(self) -> dict[str, Json]:
        """The row as JSON."""
        return asdict(self)
