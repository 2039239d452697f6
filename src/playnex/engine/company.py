"""Which steps of one scope went on at the same time: only among those may the order change when a run is taken up again."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class Company:
    """The steps of one scope that are under way, by name. A step has company if another was under way at any moment of it: who ends last
    stands alone at its end, and between two steps of a branch there is a moment without any."""

    under_way: set[str] = field(default_factory=set)
    _met: set[str] = field(default_factory=set)
    _branched: int = 0

    def enter(self, name: str) -> None:
        """The step begins."""
        self.under_way.add(name)
        if len(self.under_way) > 1:
            self._met |= self.under_way

    def leave(self, name: str) -> None:
        """The step has ended."""
        self.under_way.discard(name)
        self._met.discard(name)

    @contextmanager
    def branched(self, branches: int) -> Iterator[None]:
        """While these branches go on, every step has company, also one that meets no other."""
        self._branched += branches > 1
        try:
            yield
        finally:
            self._branched -= branches > 1

    def has(self, name: str) -> bool:
        """Whether the step, which is under way, has company."""
        return self._branched > 0 or name in self._met
