"""Flows written in Python: found without being run, loaded from the text that a run has pinned."""

import ast
import dataclasses
import inspect
import sys
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from playnex.canonical import Json
from playnex.errors import DefinitionError, JournalMismatch
from playnex.spec.faults import Fault, Place
from playnex.spec.flow import FlowSpec, InputSpec, InputType
from playnex.spec.python_flow import FlowFunction, declaration_of, flow_name

TYPES: Mapping[Any, InputType] = {str: "string", int: "integer", float: "number", bool: "boolean", list: "list", dict: "map", Path: "file"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonFlow:
    """A loaded flow: the function, what it is, and the type that its inputs are converted to (None: they stay a dict)."""

    function: FlowFunction
    spec: FlowSpec
    inputs: type | None = None

    def given(self, inputs: Mapping[str, Json]) -> Any:
        """The inputs as the function wants them."""
        return dict(inputs) if self.inputs is None else msgspec.convert(dict(inputs), self.inputs)


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


def load(text: str, path: str) -> PythonFlow:
    """The flow in the text. Raises DefinitionError with the place where loading it went wrong."""
    if faults := faults_of(text, path):
        raise DefinitionError(faults)
    module = types.ModuleType(f"flows.{Path(path).stem}")
    module.__file__ = path
    sys.modules[module.__name__] = module
    try:
        exec(compile(text, path, "exec"), module.__dict__)
        function = next(value for value in vars(module).values() if declaration_of(value) is not None)
        return _described(function, path)
    except Exception as error:  # the border: a user's file may raise anything
        raise DefinitionError((_raised(error, path),)) from error


def unpinned(text: str, path: str) -> PythonFlow:
    """The flow that a run has pinned. Raises JournalMismatch where it cannot be loaded any more."""
    try:
        return load(text, path)
    except DefinitionError as fault:
        raise JournalMismatch(f"the run's own flow cannot be loaded any more: {fault.message}", hint="restore what it imports") from None


def make_importable(root: Path) -> None:
    """Let a workspace's flows import its own modules; they stand last, so that none hides one of Python's."""
    if str(root) not in sys.path:
        sys.path.append(str(root))


def _described(function: Any, path: str) -> PythonFlow:
    declared = declaration_of(function)
    assert declared is not None
    kind = _inputs_type(function)
    spec = FlowSpec(
        name=flow_name(function),
        description=(inspect.getdoc(function) or "").partition("\n")[0],
        inputs=tuple(_input(field, kind) for field in dataclasses.fields(kind)) if kind else (),
        budget=declared.budget,
        accepts_any=kind is None,
        path=path,
    )
    return PythonFlow(function=function, spec=spec, inputs=kind)


def _inputs_type(function: Callable[..., Any]) -> Any:
    """The dataclass that the second parameter is annotated with, or None."""
    hints = typing.get_type_hints(function)
    _, inputs = inspect.signature(function).parameters
    kind = hints.get(inputs)
    return kind if dataclasses.is_dataclass(kind) else None


def _input(field: "dataclasses.Field[Any]", kind: Any) -> InputSpec:
    hint = typing.get_type_hints(kind, include_extras=True)[field.name]
    said = [word for word in typing.get_args(hint)[1:] if isinstance(word, str)] if typing.get_origin(hint) is typing.Annotated else []
    plain = typing.get_args(hint)[0] if typing.get_origin(hint) is typing.Annotated else hint
    choices = tuple(map(str, typing.get_args(plain))) if typing.get_origin(plain) is Literal else ()
    type_: InputType = "folder" if "folder" in said else TYPES.get(typing.get_origin(plain) or plain, "string")
    has_default = field.default is not dataclasses.MISSING
    return InputSpec(
        name=field.name,
        type=type_,
        required=not has_default and field.default_factory is dataclasses.MISSING,
        default=_plain(field.default) if has_default else _made(field),
        description=next((word for word in said if word != "folder"), ""),
        choices=choices,
    )


def _made(field: "dataclasses.Field[Any]") -> Json:
    return None if field.default_factory is dataclasses.MISSING else _plain(field.default_factory())


def _plain(value: Any) -> Json:
    return str(value) if isinstance(value, Path) else value


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


def _raised(error: Exception, path: str) -> Fault:
    """Where in the user's own file it went wrong."""
    line = 1
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path:
            line = trace.tb_lineno
        trace = trace.tb_next
    return Fault(place=Place(path=path, line=line, column=1), message=f"{type(error).__name__}: {error}")
