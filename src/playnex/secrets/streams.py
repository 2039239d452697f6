"""Streams of this process that let no known secret out, whoever writes: commands, tracebacks, a user's own code."""

import sys
from typing import Any, TextIO, cast

from playnex.secrets.known import KNOWN


class Guarded:
    """A text stream whose `write` takes secrets out; in all else it is the stream itself."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write the text without secrets."""
        self._stream.write(KNOWN.text(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def guard() -> None:
    """Put stdout and stderr behind it."""
    sys.stdout, sys.stderr = cast(TextIO, Guarded(sys.stdout)), cast(TextIO, Guarded(sys.stderr))
