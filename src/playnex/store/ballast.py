"""A little space held back on the store's disk, so that a full disk can still be written out of.

While the file lies there, all is well. When the disk is full it is let go: what a run has to say last is written into its
space, and everything can still be read. Nothing else is written until there is room to make it again. The file itself is the
only record of this, so all processes agree.
"""

import os
import shutil
from pathlib import Path

SIZE = 256 * 1024
"""Bytes: enough to open the store (32 kB of index), to write dozens of last facts and to carry them over."""


class Ballast:
    """The file, beside the store."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "ballast"

    def is_held(self) -> bool:
        """Whether the space is held; makes the file where it is missing and there is room for twice as much."""
        return os.path.exists(self._path) or self._is_made()  # asked before each commit, and pathlib takes three times as long

    def let_go(self) -> bool:
        """Give the space to whoever writes next; False where it is gone already."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True

    def _is_made(self) -> bool:
        try:
            if shutil.disk_usage(self._path.parent).free < 2 * SIZE:
                return False
            half_made = self._path.with_name(f"ballast.{os.getpid()}")
            try:
                with half_made.open("wb") as file:
                    os.chmod(file.fileno(), 0o600)
                    file.write(os.urandom(SIZE))  # what cannot be compressed takes its space on every file system
                half_made.replace(self._path)
            finally:
                half_made.unlink(missing_ok=True)
        except OSError:
            return False
        return True
