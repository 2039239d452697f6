"""Where a workspace is served: a file in Playnex's own folder, true as long as its writer holds the lease."""

import json
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from playnex.app.own_file import put
from playnex.ids import short

FILE = "dashboard.json"

SERVING = "playnex serve"
"""The lease by which a process that serves is known to others."""

HOST = "127.0.0.1"
QUICK = 1.0
"""Seconds within which a server on this machine takes a connection."""


class Held(Protocol):
    """Whether somebody holds a lease, in whatever process."""

    def is_held(self, run: str) -> bool:
        """True where a living process has it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A process that serves: the port that it listens on, its number, and since when (seconds since 1970)."""

    port: int
    process: int
    since: float

    @property
    def address(self) -> str:
        """What a browser is given, without a way in."""
        return f"http://{HOST}:{self.port}/"

    def answers(self) -> bool:
        """Whether somebody listens there."""
        try:
            socket.create_connection((HOST, self.port), QUICK).close()
        except OSError:
            return False
        return True

    def run_link(self, run: str) -> str:
        """The page of a run."""
        return f"{self.address}r/{short(run)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingPlace:
    """The file of one workspace."""

    own: Path

    def announce(self, served: Served) -> None:
        """Say where; the caller holds the lease."""
        put(self.own / FILE, served)

    def last(self) -> Served | None:
        """Where it was served last, by somebody who may be gone."""
        try:
            return Served(**json.loads((self.own / FILE).read_bytes()))
        except (OSError, ValueError, TypeError):
            return None

    def now(self, leases: Held) -> Served | None:
        """Where it is served; None where nobody serves it."""
        return self.last() if leases.is_held(SERVING) else None
