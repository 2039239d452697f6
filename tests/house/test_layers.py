"""Imports go down the house (docs/design/index.md), siblings never import each other, and no import dodges a cycle."""

import ast
import graphlib
from collections.abc import Iterable, Iterator

from house.sources import Source, package, refuse_any, sample

STOREYS: tuple[tuple[str, ...], ...] = (
    # ground
    ("errors",),
    ("canonical", "clock", "ids"),
    ("secrets",),
    ("spec", "store"),
    ("config",),  # reads files, so it stands above spec, which must know none
    ("config_schema", "workspace"),
    # parts
    ("capsules", "journal", "models", "schedules", "tools"),
    # middle
    ("agents", "engine"),
    ("patterns",),
    # app; testing may use it, and never the other way round
    ("app",),
    ("testing",),
    ("playnex",),
    # doors; the command line opens the others
    ("dashboard", "mcp_server"),
    ("cli",),
    ("__main__",),
)
RANKS = {room: rank for rank, storey in enumerate(STOREYS) for room in storey}

FROM_HERE = "# late, here and below"
"""Said once in a file whose every function imports late for the same reason, as the doors' commands do."""

FREE = {"playnex.__version__"}
"""A plain string at the top of the package, for whoever has to say who wrote something."""


def test_imports_go_down_the_house_and_siblings_are_strangers() -> None:
    refuse_any([fault for source in package() for fault in climbs(source)])


def test_a_late_import_of_our_own_says_why_it_is_late() -> None:
    refuse_any([fault for source in package() for fault in silent_late_imports(source)])


def test_no_module_needs_itself_by_a_detour() -> None:
    refuse_any(cycle(package()))


def test_an_import_that_climbs_is_seen() -> None:
    assert climbs(sample("playnex.journal.store", "from playnex.engine.runner import run"))
    assert climbs(sample("playnex.spec.reader", "def read():\n    import playnex.cli"))


def test_an_import_of_a_sibling_is_seen() -> None:
    assert climbs(sample("playnex.agents.loop", "from playnex.engine import runner"))
    assert not climbs(sample("playnex.agents.loop", "from playnex.agents.turn import Turn\nfrom playnex import __version__"))


def test_a_room_without_a_storey_is_seen() -> None:
    assert climbs(sample("playnex.cellar", "x = 1"))
    assert climbs(sample("playnex.app", "from playnex.cellar import barrel"))


def test_a_relative_import_is_seen() -> None:
    assert climbs(sample("playnex.spec.reader", "from ..engine import runner"))


def test_a_silent_late_import_is_seen() -> None:
    late = "def f():\n    {}from playnex.errors import UsageError{}"
    assert silent_late_imports(sample("playnex.app", late.format("", "")))
    assert not silent_late_imports(sample("playnex.app", late.format("", "  # late: the door opens faster")))
    assert not silent_late_imports(
        sample("playnex.cli.run", "x = 1  # late, here and below: the door opens faster\n" + late.format("", ""))
    )
    assert not silent_late_imports(sample("playnex.app", late.format("# late: the door opens faster\n    import os\n    ", "")))


def test_a_cycle_is_seen() -> None:
    one = sample("playnex.spec.one", "from playnex.spec.two import b")
    two = sample("playnex.spec.two", "from playnex.spec import one")
    assert cycle((one, two))


def climbs(source: Source) -> list[str]:
    """What the source imports from its own storey or above, and what has no place in the house."""
    if source.room not in RANKS:
        return [f"{source.path}: {source.room!r} has no place in the house; give it one in tests/house/test_layers.py"]
    faults = []
    for line, target in imports(source):
        room = Source(path="", module=target, text="").room
        if target.startswith("."):
            faults.append(f"{source.path}:{line} imports {target!r}: say the whole name")
        elif room not in RANKS:
            faults.append(f"{source.path}:{line} imports {target!r}, which has no place in the house")
        elif room != source.room and RANKS[room] >= RANKS[source.room]:
            faults.append(f"{source.path}:{line} imports {target!r}: {source.room} stands below or beside {room}")
    return faults


def imports(source: Source) -> Iterator[tuple[int, str]]:
    """Line and name of everything of playnex that the source imports, anywhere in it."""
    for node in ast.walk(source.tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from ((node.lineno, target) for target in targets(node) if target not in FREE)


def targets(node: ast.Import | ast.ImportFrom) -> list[str]:
    """The names of playnex in one import statement."""
    if isinstance(node, ast.Import):
        return [name.name for name in node.names if is_ours(name.name)]
    if node.level:
        return ["." * node.level + (node.module or "")]
    if node.module == "playnex":
        return [f"playnex.{name.name}" for name in node.names]
    return [node.module] if node.module and is_ours(node.module) else []


def is_ours(module: str) -> bool:
    """True for playnex and what is in it."""
    return module.partition(".")[0] == "playnex"


def silent_late_imports(source: Source) -> list[str]:
    """Imports of playnex inside functions that no comment explains, on their line or above their block of imports."""
    top = set(source.tree.body)
    faults = []
    for node in ast.walk(source.tree):
        if not isinstance(node, (ast.Import, ast.ImportFrom)) or node in top or not targets(node):
            continue
        if not has_reason(source.lines, node.lineno) and not is_for_types(source.lines, node.lineno):
            faults.append(f"{source.path}:{node.lineno} imports late and does not say why: add `# late: …`")
    return faults


def has_reason(lines: list[str], number: int) -> bool:
    """True where a comment stands on the line, or right above the imports that it belongs to, or an earlier one of the
    file says `late, here and below`."""
    if "#" in lines[number - 1] or any(FROM_HERE in line for line in lines[: number - 1]):
        return True
    above = number - 2
    while above >= 0 and lines[above].lstrip().startswith(("import ", "from ")):
        above -= 1
    return above >= 0 and lines[above].lstrip().startswith("#")


def is_for_types(lines: list[str], number: int) -> bool:
    """True inside an `if TYPE_CHECKING:` block."""
    return any(line.startswith("if TYPE_CHECKING") for line in lines[max(0, number - 30) : number])


def cycle(sources: Iterable[Source]) -> list[str]:
    """The modules of one import cycle, or nothing. Imports in functions count: a late cycle is a cycle."""
    modules = {source.module: source for source in sources}
    graph = {
        source.module: {found for node in ast.walk(source.tree) for found in imported_modules(node, modules)} - {source.module}
        for source in modules.values()
    }
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as fault:
        return list(fault.args[1])
    return []


def imported_modules(node: ast.AST, modules: dict[str, Source]) -> set[str]:
    """The modules that an import statement loads: `from a import b` loads `a.b` where that is one, else `a`."""
    if isinstance(node, ast.Import):
        return {name.name for name in node.names if name.name in modules}
    if isinstance(node, ast.ImportFrom) and node.module:
        full = {f"{node.module}.{name.name}" for name in node.names}
        return {name for name in full if name in modules} or ({node.module} & modules.keys())
    return set()
