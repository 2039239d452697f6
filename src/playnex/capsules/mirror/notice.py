"""What the mirror has to say to people: a conflict, a file that it leaves as it is, a file that it cannot write."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """`path` is below the folder of the files. A `conflict` and what came `back` happened once; what is `left`, `held` back or
    has a `fault` is so until somebody mends it."""

    kind: Literal["conflict", "back", "left", "held", "fault"]
    path: str
    says: str

    def __str__(self) -> str:
        return f"capsules/{self.path}: {self.says}" if self.path else f"capsules/: {self.says}"


HELD = Notice(
    kind="held",
    path="",
    says="most files are gone at once, so no capsule is deleted: bring the files back, or have them written anew with"
    " playnex doctor --fix; if you meant it: playnex capsule delete --missing",
)
"""What is said when so many files are gone that nobody can have meant it."""
