"""Flows written in Python, loaded from a text: the file's, or the one that a run has pinned."""

import dataclasses
import inspect
import sys
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from playnex.app.python_outline import faults_of
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


def _raised(error: Exception, path: str) -> Fault:
    """Where in the user's own file it went wrong."""
    line = 1
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path:
            line = trace.tb_lineno
        trace = trace.tb_next
    return Fault(place=Place(path=path, line=line, column=1), message=f"{type(error).__name__}: {error}")
