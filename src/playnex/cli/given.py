"""What a person gives on the command line: the inputs of a flow, and texts that are the content of a file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from playnex.errors import UsageError

Inputs = Annotated[
    tuple[str, ...],
    Parameter(
        name=["--input", "-i"],
        metavar="NAME=VALUE",
        negative=(),
        help="an input of the flow; NAME=@FILE reads the value from a file; repeat the flag for more",
    ),
]
InputFile = Annotated[
    str | None, Parameter(name="--input-file", metavar="FILE", allow_leading_hyphen=True, help="a JSON file with the inputs; - reads stdin")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenInputs:
    """The flags that give a flow its inputs."""

    inputs: Inputs = ()
    input_file: InputFile = None


def text_of(path: str) -> str:
    """The file's text. Raises UsageError in words, not in error numbers."""
    try:
        return Path(path).expanduser().read_text(encoding="utf-8")
    except OSError as fault:
        raise UsageError(f"cannot read {path!r}: {(fault.strerror or str(fault)).lower()}") from None
    except UnicodeDecodeError:
        raise UsageError(f"cannot read {path!r}: it is not a text in UTF-8") from None
