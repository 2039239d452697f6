"""One word per thing (docs/concepts.md): none of its rivals in our own names, and nothing in the core that reads the world."""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from house.sources import ROOT, Source, around, package, refuse_any, sample, tracked

FILE_WORDS = {"manager", "handler", "util", "utils", "helper", "helpers", "common", "misc", "base", "core", "types"}
RIVALS = {
    *("pipeline", "chain", "session", "job", "instance", "node", "checkpoint", "daemon", "quota"),
    *("guardrail", "taint", "callback", "manager", "handler", "helper", "util", "bot", "plugin"),
}
STEP_ROOMS = ("spec", "engine", "journal")
"""`task` is what an agent is asked; in the rooms where steps live it would be a second word for a step."""

EXCEPTIONS: dict[str, str] = {
    f"src/playnex/spec/{name}": "a node is YAML's own word for a part of a document"
    for name in (
        "located.py: ScalarNode",
        "located.py: ListNode",
        "located.py: MapNode",
        "located.py: Node",
        "read_flow.py: node",
        "yaml_source.py: MAX_NODES",
    )
}
"""`path: name` → why the word may stay for now. This list only shrinks."""

DOORS = ("cli", "dashboard", "mcp_server", "__main__")
PURE_ROOMS = ("spec", "engine")
WORLD_MODULES = {"time", "random", "secrets", "uuid", "uuid_utils"}
WORLD_CALLS = {
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today"),
    *("os.environ", "os.getenv", "os.urandom", "asyncio.sleep", "ids.new_id"),
}
WORLD_NAMES = {"new_id", "SystemClock", "environ", "getenv", "urandom"}
NOTES = re.compile(rf"\b({'TO' + 'DO'}|{'FIX' + 'ME'}|{'X' * 3})\b")


def test_no_file_has_a_name_that_says_nothing() -> None:
    refuse_any([source.path for source in (*package(), *around()) if says_nothing(source.path)])


def test_no_name_of_ours_uses_a_rival_of_our_words() -> None:
    refuse_any([rival for source in package() for rival in rivals(source) if rival not in EXCEPTIONS])


def test_no_exception_outlives_its_name() -> None:
    refuse_any(EXCEPTIONS.keys() - {rival for source in package() for rival in rivals(source)})


def test_nothing_is_left_for_later_in_a_comment() -> None:
    texts = [path for path in tracked() if path.suffix in (".py", ".md", ".toml", ".yaml", ".yml", ".sh")]
    refuse_any([path.relative_to(ROOT).as_posix() for path in texts if NOTES.search(path.read_text(encoding="utf-8"))])


def test_only_doors_print() -> None:
    refuse_any([fault for source in package() for fault in prints(source)])


def test_spec_and_engine_read_no_clock_chance_id_or_environment() -> None:
    refuse_any([fault for source in package() for fault in looks_outside(source)])


def test_a_name_that_says_nothing_is_seen() -> None:
    assert says_nothing("src/playnex/spec/yaml_utils.py")
    assert says_nothing("src/playnex/core/run.py")
    assert not says_nothing("src/playnex/spec/units.py")


def test_a_rival_word_is_seen() -> None:
    assert rivals(sample("playnex.app", "class FlowPipeline: ..."))
    assert rivals(sample("playnex.app", "def start_session(): ..."))
    assert rivals(sample("playnex.app", "class Run:\n    job_id: str"))
    assert rivals(sample("playnex.engine.run", "def next_task(): ..."))
    assert not rivals(sample("playnex.agents.loop", "def task_statement(): ..."))
    assert not rivals(sample("playnex.app", "def _node(): ..."))


def test_a_note_for_later_is_seen() -> None:
    assert NOTES.search("# " + "TO" + "DO: mend")


def test_a_print_outside_a_door_is_seen() -> None:
    assert prints(sample("playnex.engine.run", "print(1)"))
    assert not prints(sample("playnex.cli.run", "print(1)"))


def test_a_look_outside_is_seen() -> None:
    looks = ("import time", "from random import choice", "import os\nos.environ['A']", "from datetime import datetime\ndatetime.now()")
    assert all(looks_outside(sample("playnex.engine.run", look)) for look in looks)
    assert all(looks_outside(sample("playnex.spec.flow", look)) for look in ("import uuid", "from playnex.ids import new_id"))
    assert not looks_outside(sample("playnex.app", "import time"))


def says_nothing(path: str) -> bool:
    """True where a word of the path is one of the empty ones."""
    return any(word in FILE_WORDS for part in PurePosixPath(path).with_suffix("").parts for word in part.split("_"))


def rivals(source: Source) -> list[str]:
    """The source's public names that hold a word with a rightful owner."""
    forbidden = RIVALS | ({"task"} if source.room in STEP_ROOMS else set())
    return [f"{source.path}: {name}" for name in names(source.tree) if forbidden & words(name)]


def names(scope: ast.Module | ast.ClassDef) -> Iterator[str]:
    """Public names that a module or class defines: classes, functions, constants, fields."""
    for node in scope.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            if not node.name.startswith("_"):
                yield node.name
                yield from names(node) if isinstance(node, ast.ClassDef) else ()
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name) and not target.id.startswith("_"):
                    yield target.id


def words(name: str) -> set[str]:
    """The words of `snake_case`, `CamelCase` and `CONSTANT_CASE`, in the singular."""
    return {word.lower().removesuffix("s") for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def prints(source: Source) -> list[str]:
    """Where the source prints though it is no door."""
    if source.room in DOORS:
        return []
    calls = [node for node in ast.walk(source.tree) if isinstance(node, ast.Call)]
    return [f"{source.path}:{call.lineno}" for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]


def looks_outside(source: Source) -> list[str]:
    """Where a source of the pure rooms reads a clock, chance, a new id or the environment."""
    if source.room not in PURE_ROOMS:
        return []
    return [f"{source.path}:{line} reads {what}" for node in ast.walk(source.tree) for line, what in outside(node)]


def outside(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and name of what one node reads from the world."""
    match node:
        case ast.Import():
            yield from ((node.lineno, name.name) for name in node.names if name.name.partition(".")[0] in WORLD_MODULES)
        case ast.ImportFrom():
            if (node.module or "").partition(".")[0] in WORLD_MODULES:
                yield node.lineno, str(node.module)
            yield from ((node.lineno, name.name) for name in node.names if name.name in WORLD_NAMES)
        case ast.Attribute() if ".".join(ast.unparse(node).split(".")[-2:]) in WORLD_CALLS:
            yield node.lineno, ast.unparse(node)
