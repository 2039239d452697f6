"""The files of `tools/*.py` as modules: loaded by their content, and described with every fault at its place."""

import inspect
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from playnex.canonical import Json
from playnex.errors import PlaynexError
from playnex.spec.tool_rules import approval_problem, sinks_problem
from playnex.tools import signatures
from playnex.tools.declare import declared

_loaded: dict[Path, tuple[bytes, ModuleType]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A tool file as another process is told of it; all fields are JSON."""

    tools: list[Json]
    faults: list[Json]


def make_importable(workspace: Path) -> None:
    """Let the workspace's files import each other. Its folders stand last, so that no file of the user hides one of Python's."""
    sys.path += [place for place in _places(workspace) if place not in sys.path]


@lru_cache(maxsize=4)
def _places(workspace: Path) -> tuple[str, str]:
    return str(workspace), str(workspace / "tools")


def told(fault: BaseException) -> str:
    """An exception of a user's code as a person or a model is told of it: never with a traceback."""
    if isinstance(fault, msgspec.ValidationError):
        return f"the arguments do not fit: {fault}"
    return f"{type(fault).__name__}: {fault}"


def load(path: Path, text: bytes | None = None) -> ModuleType:
    """The module in that file, or in the text that it had once, executed anew where that changed. Raises whatever the file raises."""
    text = path.read_bytes() if text is None else text
    known = _loaded.get(path)
    if known and known[0] == text:
        return known[1]
    name = f"{'tools' if path.parent.name == 'tools' else 'workspace'}.{path.stem}"
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module
    try:
        exec(compile(text, str(path), "exec"), module.__dict__)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    _loaded[path] = (text, module)
    return module


def describe(path: Path) -> Described:
    """The public functions that the file defines, each with what a tool needs, and the faults."""
    try:
        module = load(path)
    except (Exception, SystemExit) as fault:  # a user's file may raise anything
        return Described(tools=[], faults=[_file_fault(path, fault)])
    tools: list[Json] = []
    faults: list[Json] = []
    for name, function in _public(module):
        try:
            tools.append(_described(f"{path.stem}.{name}", function))
        except (TypeError, NameError, ValueError) as fault:
            faults.append(_fault(f"{name} cannot be a tool: {fault}", line=function.__code__.co_firstlineno))
    return Described(tools=tools, faults=faults)


def _public(module: ModuleType) -> Iterator[tuple[str, Callable[..., Any]]]:
    for name, value in vars(module).items():
        if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_"):
            yield name, value


def _described(name: str, function: Any) -> Json:
    """Raises ValueError for a declaration that does not fit the function's parameters."""
    declaration, parameters = declared(function), signatures.parameters(function)
    said = approval_problem(declaration.approval, parameters) or sinks_problem(declaration.sinks or (), parameters)
    if said:
        raise ValueError(f"{said.message}; {said.hint}" if said.hint else said.message)
    return {
        "name": name,
        "function": name.partition(".")[2],
        "line": function.__code__.co_firstlineno,
        "asynchronous": inspect.iscoroutinefunction(function),
        "description": signatures.description(function),
        "parameters": parameters,
        **asdict(declaration),
    }


def _file_fault(path: Path, fault: BaseException) -> Json:
    """Where in the user's own file it went wrong: the last of its lines on the way to the fault."""
    if isinstance(fault, SyntaxError) and fault.filename == str(path):
        return _fault(f"not Python: {fault.msg}", line=fault.lineno or 1, column=fault.offset or 1)
    message = fault.message if isinstance(fault, PlaynexError) else f"{type(fault).__name__}: {fault}"
    own = [frame for frame in traceback.extract_tb(fault.__traceback__) if frame.filename == str(path)]
    line, column = (own[-1].lineno or 1, (own[-1].colno or 0) + 1) if own else (1, 1)
    return _fault(message, line=line, column=column)


def _fault(message: str, *, line: int, column: int = 1) -> Json:
    return {"line": line, "column": column, "message": message}
