"""What a promise is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A tested guarantee: `docs` is a page and its heading, `tests` are `file::function` below the repository."""

    id: str
    says: str
    docs: str
    tests: tuple[str, ...] = ()
