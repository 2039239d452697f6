"""What can be seen of the Python functions that a flow file names, `module:function`, without running their files."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import get_args

from playnex.spec.check_targets import FunctionFacts
from playnex.spec.context import Effect
from playnex.spec.faults import did_you_mean

Definition = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A function as its file shows it; `effect` is None where nothing is declared with @playnex.tool."""

    facts: FunctionFacts
    is_async: bool = False
    effect: Effect | None = None


def file_of(function: str) -> str:
    """The file below the workspace that holds the function: `steps.money:total` is in steps/money.py."""
    return f"{function.partition(':')[0].replace('.', '/')}.py"


def name_of(function: str) -> str:
    """Its name in that file."""
    return function.partition(":")[2]


def read(root: Path, function: str) -> str | None:
    """The text of the function's file, or None where there is none."""
    try:
        return (root / file_of(function)).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None


@lru_cache(maxsize=256)
def outline(function: str, text: str | None) -> Outline:
    """The function in that text."""
    if text is None:
        return _broken(f"there is no file {file_of(function)!r}", "MODULE is a file's path below the workspace, with dots and without .py")
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        where = f"{file_of(function)}:{error.lineno or 1}" if isinstance(error, SyntaxError) else file_of(function)
        return _broken(f"{where} is not Python: {error.msg if isinstance(error, SyntaxError) else error}", "mend that file")
    names = dict(_names(tree))
    name = name_of(function)
    if name not in names:
        functions = [known for known, found in names.items() if found]
        hint = did_you_mean(name, functions) or f"it has {', '.join(functions) or 'no functions'}"
        return _broken(f"{file_of(function)} has no function {name!r}", hint)
    definition = names[name]
    if definition is None:
        return Outline(facts=FunctionFacts())
    return Outline(
        facts=_facts(definition.args), is_async=isinstance(definition, ast.AsyncFunctionDef), effect=_effect(definition.decorator_list)
    )


def _broken(problem: str, hint: str) -> Outline:
    return Outline(facts=FunctionFacts(problem=problem, hint=hint))


def _names(tree: ast.Module) -> Iterator[tuple[str, Definition | None]]:
    """What the file's own names are bound to: a function that can be seen, or something else."""
    for node in tree.body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield node.name, node
            case ast.Import() | ast.ImportFrom():
                yield from ((alias.asname or alias.name, None) for alias in node.names)
            case ast.Assign():
                yield from ((target.id, None) for target in node.targets if isinstance(target, ast.Name))
            case _:
                pass


def _facts(arguments: ast.arguments) -> FunctionFacts:
    if arguments.vararg or arguments.kwarg or arguments.posonlyargs:
        return FunctionFacts()
    plain, named = arguments.args, arguments.kwonlyargs
    required = [each.arg for each in plain[: len(plain) - len(arguments.defaults)]]
    required += [each.arg for each, default in zip(named, arguments.kw_defaults, strict=True) if default is None]
    return FunctionFacts(parameters=tuple(each.arg for each in (*plain, *named)), required=tuple(required))


def _effect(decorators: list[ast.expr]) -> Effect | None:
    """What `@playnex.tool(effect=…)` says."""
    for decorator in decorators:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) in ("tool", "playnex.tool"):
            said = [word.value for word in decorator.keywords if word.arg == "effect"]
            return next((effect for effect in get_args(Effect) for value in said if ast.unparse(value).strip("'\"") == effect), None)
    return None
