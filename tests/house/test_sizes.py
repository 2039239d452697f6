"""A module fits in 400 lines, a function on one screen, and a seventh parameter means a missing noun."""

import ast
from itertools import chain

from house.sources import Source, around, functions, package, refuse_any, sample

MODULE_LINES = 400
FUNCTION_LINES = 50
POSITIONAL = 3
"""One more than style.md asks for, four in private functions: see docs/design/index.md."""

PRIVATE_POSITIONAL = 4
PARAMETERS = 6

EXCEPTIONS: dict[str, str] = {
    "example_of()": "a schema, its root, a text and a depth: the recursion of a test server",
    "call_tool()": "Pydantic AI's toolsets are called so",
    "append()": "the journal's contract: who writes (run, epoch), then what",
    "src/playnex/tools/declare.py::tool()": "what the author of a tool can declare, each by its name; the seventh catches a bare decorator",
}
"""What is at fault (a function's bare name where a contract fixes it for all its implementations) → why it may stay.
This list only shrinks: an exception that is no longer needed fails."""


def test_modules_functions_and_parameter_lists_are_small() -> None:
    refuse_any(fault for fault in faults_of_all() if not named_by(fault) & EXCEPTIONS.keys())


def test_no_exception_outlives_its_fault() -> None:
    refuse_any(EXCEPTIONS.keys() - {name for fault in faults_of_all() for name in named_by(fault)})


def test_a_long_module_is_seen() -> None:
    assert too_long(sample("playnex.app", "x = 1\n" * (MODULE_LINES + 1)))
    assert not too_long(sample("playnex.app", "x = 1\n" * MODULE_LINES))


def test_a_long_function_is_seen() -> None:
    assert too_long(sample("playnex.app", "def f():\n" + "    x = 1\n" * FUNCTION_LINES))


def test_a_soup_of_parameters_is_seen() -> None:
    assert too_many(sample("playnex.app", "def f(a, b, c, d): ..."))
    assert too_many(sample("playnex.app", "def f(*, a, b, c, d, e, f, g): ..."))
    assert not too_many(sample("playnex.app", "class A:\n    def f(self, a, b, *, c, d, e, f): ..."))


def faults_of_all() -> list[str]:
    """Every fault at once; parameters are counted in the package only, for fixtures come as parameters in tests."""
    sources = package()
    return [*chain.from_iterable(map(too_long, (*sources, *around()))), *chain.from_iterable(map(too_many, sources))]


def named_by(fault: str) -> set[str]:
    """What an exception may call the thing at fault: its full name, or a function's bare one."""
    full = fault.partition(" has ")[0]
    return {full, full.rpartition("::")[2]}


def too_long(source: Source) -> list[str]:
    """The source if it is too long, and each of its functions that is."""
    faults = []
    if len(source.lines) > MODULE_LINES:
        faults.append(f"{source.path} has {len(source.lines)} lines")
    for function in functions(source):
        lines = (function.end_lineno or function.lineno) - function.lineno + 1
        if lines > FUNCTION_LINES:
            faults.append(f"{source.path}::{function.name} has {lines} lines")
    return faults


def too_many(source: Source) -> list[str]:
    """The functions of the source that take too many parameters."""
    faults = []
    for function in functions(source):
        positional, whole = counted(function.args)
        allowed = PRIVATE_POSITIONAL if function.name.startswith("_") else POSITIONAL
        if positional > allowed:
            faults.append(f"{source.path}::{function.name}() has {positional} positional parameters")
        if whole > PARAMETERS:
            faults.append(f"{source.path}::{function.name}() has {whole} parameters")
    return faults


def counted(arguments: ast.arguments) -> tuple[int, int]:
    """How many parameters are positional, and how many there are in all; self and cls do not count."""
    positional = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    named = positional[1:] if positional[:1] in (["self"], ["cls"]) else positional
    others = [argument for argument in (*arguments.kwonlyargs, arguments.vararg, arguments.kwarg) if argument]
    return len(named), len(named) + len(others)
