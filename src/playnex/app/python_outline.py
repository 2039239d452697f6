"""What can be seen of a Python flow's file without running it."""

import ast
from collections.abc import Iterator
from pathlib import Path

from playnex.spec.faults import Fault, Place


def description_of(text: str) -> str:
    """The first line that the file's flow says of itself, without running it."""
    try:
        functions = list(_flows(ast.parse(text)))
    except (SyntaxError, ValueError):
        return ""
    return (ast.get_docstring(functions[0]) or "").partition("\n")[0] if functions else ""


def faults_of(text: str, path: str) -> tuple[Fault, ...]:
    """What can be seen to be wrong with the file without running it."""
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        place = Place(path=path, line=error.lineno or 1, column=error.offset or 1)
        return (Fault(place=place, message=f"not Python: {error.msg}"),)
    except ValueError as error:
        return (Fault(place=Place(path=path, line=1, column=1), message=f"not Python: {error}"),)
    found = list(_flows(tree))
    if len(found) != 1:
        message = "the file has no flow" if not found else f"the file has {len(found)} flows"
        place = Place(path=path, line=found[1].lineno if found else 1, column=1)
        return (Fault(place=place, message=message, hint="decorate one async function with @playnex.flow"),)
    return tuple(_function_faults(found[0], path))


def _flows(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions with a decorator that ends in `flow`."""
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and any(map(_is_flow, node.decorator_list)):
            yield node


def _is_flow(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return ast.unparse(called) in ("flow", "playnex.flow")


def _function_faults(function: ast.FunctionDef | ast.AsyncFunctionDef, path: str) -> Iterator[Fault]:
    place = Place(path=path, line=function.lineno, column=function.col_offset + 1, width=len(f"def {function.name}"))
    if isinstance(function, ast.FunctionDef):
        yield Fault(place=place, message=f"the flow {function.name!r} is not async", hint=f"write `async def {function.name}`")
    count = len(function.args.posonlyargs) + len(function.args.args)
    if count != 2:
        yield Fault(place=place, message=f"the flow {function.name!r} has {count} parameters", hint="a flow has two: ctx and inputs")
    called = function.name.replace("_", "-")
    if Path(path).stem.replace("_", "-") != called and not any(isinstance(each, ast.Call) for each in function.decorator_list):
        yield Fault(place=place, message=f"the flow is named {called!r} and its file {Path(path).name!r}", hint="rename one of them")
