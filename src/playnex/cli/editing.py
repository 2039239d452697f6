"""A value in the person's own editor."""

import json
import os
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playnex.canonical import Json
from playnex.cli.terminal import whole
from playnex.errors import UsageError

FALLBACK = "vi"


def edited(value: Json) -> Json:
    """The value as the person leaves it: a text as it is, anything else as JSON. Raises UsageError where the editor fails or what it
    leaves is no JSON; the text is kept then."""
    is_text = isinstance(value, str)
    with tempfile.NamedTemporaryFile(
        "w", prefix="playnex-edit-", suffix=".md" if is_text else ".json", delete=False, encoding="utf-8"
    ) as file:
        file.write(whole(value))
    path = Path(file.name)
    _edit(path, flag="--value", so="nothing was answered")
    text = path.read_text(encoding="utf-8")
    try:
        found = _as_text(text, str(value)) if is_text else json.loads(text)
    except ValueError as fault:
        raise UsageError(f"what the editor left is no JSON: {fault}", hint=f"nothing was answered; your text is in {path}") from None
    path.unlink()
    return found


@contextmanager
def rewritten(text: str, *, suffix: str) -> Iterator[str]:
    """The text as the person leaves it. Their file is removed at the end of the block, unless that raised: then it stays, and is told.
    Raises UsageError where the editor fails or leaves what is no text."""
    with tempfile.NamedTemporaryFile("w", prefix="playnex-edit-", suffix=suffix, delete=False, encoding="utf-8", newline="") as file:
        file.write(text)
    path = Path(file.name)
    _edit(path, flag="--file", so="nothing was changed")
    try:
        found = path.read_bytes().decode()
    except UnicodeDecodeError:
        raise UsageError("what the editor left is no text in UTF-8", hint=f"nothing was changed; your file is {path}") from None
    yield _as_text(found, text)
    path.unlink(missing_ok=True)


def _as_text(text: str, before: str) -> str:
    """The text without the line break that editors add at the end."""
    return text if before.endswith("\n") else text.removesuffix("\n")


def _edit(path: Path, *, flag: str, so: str) -> None:
    command = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or FALLBACK)
    before = signal.signal(signal.SIGINT, lambda number, frame: None)  # Ctrl-C is the editor's while it is open
    try:
        code = subprocess.call([*command, str(path)])
    except OSError as fault:
        path.unlink()
        raise UsageError(
            f"cannot start the editor {command[0]!r}: {fault.strerror}", hint=f"name another in $EDITOR, or use {flag}"
        ) from None
    finally:
        signal.signal(signal.SIGINT, before)
    if code:
        raise UsageError(f"the editor ended with code {code}", hint=f"{so}; your text is in {path}")
