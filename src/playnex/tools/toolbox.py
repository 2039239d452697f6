"""The tools of a workspace, under one namespace."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from playnex.errors import DefinitionError, NotFoundError
from playnex.spec.faults import Fault, Place, did_you_mean
from playnex.tools.tool import Tool


class WorkspaceToolbox:
    """Tools by name. Raises DefinitionError where two share one: every clash, with both sources."""

    def __init__(self, tools: Iterable[Tool]) -> None:
        self._tools: dict[str, Tool] = {}
        clashes = [_clash(self._tools[tool.name], tool) for tool in tools if self._tools.setdefault(tool.name, tool) is not tool]
        if clashes:
            raise DefinitionError(tuple(clashes), hint="rename one of them")

    def names(self) -> tuple[str, ...]:
        """All names, sorted."""
        return tuple(sorted(self._tools))

    def get(self, name: str) -> Tool:
        """The tool. Raises NotFoundError with a suggestion."""
        if name not in self._tools:
            raise NotFoundError(f"there is no tool {name!r}", hint=did_you_mean(name, self._tools) or "playnex tool list lists them")
        return self._tools[name]

    def matching(self, patterns: Iterable[str]) -> tuple[Tool, ...]:
        """The tools that any of the patterns names, sorted by name."""
        wanted = tuple(patterns)
        return tuple(self._tools[name] for name in self.names() if is_named(name, wanted))


def is_named(name: str, patterns: Iterable[str]) -> bool:
    """True where a pattern is the name or fits it (`fs.read_*`)."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _clash(first: Tool, second: Tool) -> Fault:
    message = f"two tools are called {second.name!r}: here and in {first.source or 'Playnex itself'}"
    path, _, line = second.source.partition(":")
    place = Place(path=path or second.name, line=int(line) if line.isdigit() else 1, column=1, width=len(second.name))
    return Fault(place=place, message=message, hint="rename one of them")
