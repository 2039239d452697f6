"""What the mirror has to say to people: a conflict, a file that it leaves as it is, a file that it cannot write."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """`path` is below the folder of the files. A `conflict` and what came `back` happened once; what is `left` or has a `fault` is so
    until somebody mends it."""

    kind: Literal["conflict", "back", "left", "fault"]
    path: str
    says: str

    def __str__(self) -> str:
        return f"capsules/{self.path}: {self.says}" if self.path else f"capsules/: {self.says}"
