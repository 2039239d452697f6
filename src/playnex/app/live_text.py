"""What models are saying just now, for whoever watches: a file for each request, there only while it is made and somebody listens.

None of it is a fact, and nobody has paid for it twice: the journal gets the whole answer, and only that counts.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from playnex.canonical import decode, digest, encode
from playnex.models.model import Hear
from playnex.secrets.known import KNOWN

FOLDER = "live"
LISTENING = "listening"
"""A file whose time of change says when somebody last said that they listen."""

PATIENCE = 30.0
"""Seconds after which who listened is gone, unless they say it again."""

OFTEN = 0.2
"""Seconds between two states of a text."""

LEFT = 3600.0
"""Seconds after which a text that nobody finished was left behind by a process that died."""


@dataclass(slots=True, kw_only=True)
class _Saying:
    """One answer so far, on its way into its file."""

    file: Path
    step: str
    text: str = ""
    shown: float = field(default=0.0)

    def hear(self, piece: str) -> None:
        self.text += piece
        now = time.monotonic()
        if now - self.shown >= OFTEN:
            self.shown = now
            self._show()

    def _show(self) -> None:
        near = self.file.with_suffix(f".{os.getpid()}")
        with suppress(OSError):  # a full disk takes the view, not the answer
            near.write_bytes(encode({"step": self.step, "text": KNOWN.text(self.text)}))
            near.replace(self.file)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveText:
    """What is being said in a workspace; `own` is Playnex's own folder there."""

    own: Path

    def listen(self) -> None:
        """Say that somebody listens, for the next half minute; what was left behind goes."""
        folder = self.own / FOLDER
        with suppress(OSError):  # as above: who cannot listen sees the answer all the same
            folder.mkdir(mode=0o700, exist_ok=True)
            (folder / LISTENING).touch()
        for text in folder.glob("*/*.json"):
            with suppress(OSError):
                if time.time() - text.stat().st_mtime > LEFT:
                    text.unlink()

    @contextmanager
    def told(self, run: str, step: str) -> Iterator[Hear | None]:
        """Who hears what a model says to a run's step, as long as the block runs; None where nobody listens."""
        if not self._is_listened_to():
            yield None
            return
        folder = self.own / FOLDER / run
        file = folder / f"{digest(step.encode())[:24]}.json"
        with suppress(OSError):
            folder.mkdir(mode=0o700, exist_ok=True)
        try:
            yield _Saying(file=file, step=step).hear
        finally:
            with suppress(OSError):
                file.unlink(missing_ok=True)
                folder.rmdir()  # fails as long as others speak

    def said(self, run: str) -> dict[str, str]:
        """The text so far of each model request of the run that is under way, by its step's key."""
        texts: dict[str, str] = {}
        with suppress(OSError):
            for file in sorted((self.own / FOLDER / run).glob("*.json")):
                with suppress(OSError, ValueError):
                    told = decode(file.read_bytes())
                    texts[told["step"]] = told["text"]
        return texts

    def _is_listened_to(self) -> bool:
        try:
            return time.time() - (self.own / FOLDER / LISTENING).stat().st_mtime < PATIENCE
        except OSError:
            return False
