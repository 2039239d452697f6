"""A value in the person's own editor."""

import json
import os
import shlex
import signal
import subprocess
import tempfile
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
    _edit(path)
    text = path.read_text(encoding="utf-8")
    try:
        found = _as_text(text, str(value)) if is_text else json.loads(text)
    except ValueError as fault:
        raise UsageError(f"what the editor left is no JSON: {fault}", hint=f"nothing was answered; your text is in {path}") from None
    path.unlink()
    return found


def _as_text(text: str, before: str) -> str:
    """The text without the line break that editors add at the end."""
    return text if before.endswith("\n") else text.removesuffix("\n")


def _edit(path: Path) -> None:
    command = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or FALLBACK)
    before = signal.signal(signal.SIGINT, lambda number, frame: None)  # Ctrl-C is the editor's while it is open
    try:
        code = subprocess.call([*command, str(path)])
    except OSError as fault:
        path.unlink()
        raise UsageError(
            f"cannot start the editor {command[0]!r}: {fault.strerror}", hint="name another in $EDITOR, or use --value"
        ) from None
    finally:
        signal.signal(signal.SIGINT, before)
    if code:
        raise UsageError(f"the editor ended with code {code}", hint=f"nothing was answered; your text is in {path}")
