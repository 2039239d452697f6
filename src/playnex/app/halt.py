"""The switch that `playnex stop --all` sets and `playnex stop --lift` takes back: while it is set, no run starts or goes on."""

import json
from dataclasses import dataclass
from pathlib import Path

from playnex.app.own_file import put
from playnex.errors import AllStopped

FILE = "stopped.json"
LIFT = "allow runs again: playnex stop --lift"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """Who stopped all runs, and when (seconds since 1970)."""

    by: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """The switch of one workspace: a file in Playnex's own folder, which every process asks before each run that it takes up."""

    own: Path

    def set(self, stopped: Stopped) -> None:
        """Set it; on the disk when this returns."""
        put(self._path, stopped)

    def lift(self) -> bool:
        """Take it back; whether it was set."""
        was_set = self._path.exists()
        self._path.unlink(missing_ok=True)
        return was_set

    def said(self) -> Stopped | None:
        """Who set it; a file that cannot be read counts as set."""
        try:
            return Stopped(**json.loads(self._path.read_bytes()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError):
            return Stopped(by="somebody", at=0.0)

    def reason(self) -> str:
        """Why a run may not go on, as its record says it; empty where it may."""
        stopped = self.said()
        return "" if stopped is None else f"by {stopped.by}"

    def refuse(self) -> None:
        """Raises AllStopped where it is set."""
        if (stopped := self.said()) is not None:
            raise AllStopped(f"all runs of this workspace were stopped by {stopped.by}", hint=LIFT)

    @property
    def _path(self) -> Path:
        return self.own / FILE
