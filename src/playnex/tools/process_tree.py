"""The processes below one of ours, those too that left its group or lost their parent, where the system tells of them (Linux).

Imported by the guard of every MCP server, so it stands on nothing that takes long to load.
"""

import ctypes
import os
import sys

PR_SET_CHILD_SUBREAPER = 36
SIGKILL = 9

ROUNDS = 50
"""How often those below are looked for and ended: one may start another between two looks."""


def adopt_orphans() -> None:
    """Have every process below this one become its child when it loses its parent, so that none gets out of sight."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_below(root: int) -> None:
    """Kill every living process below that one, which must start no more of them meanwhile."""
    for _ in range(ROUNDS):
        found = below(root)
        for child in found:
            try:
                os.kill(child, SIGKILL)
            except (ProcessLookupError, PermissionError):
                continue
        if not found:
            return


def below(root: int) -> list[int]:
    """The living processes that come from that one; none where the system does not tell."""
    children: dict[int, list[int]] = {}
    for child, parent, is_alive in _processes():
        if is_alive:
            children.setdefault(parent, []).append(child)
    found = children.get(root, [])
    for child in found:
        found.extend(children.get(child, []))
    return found


def _processes() -> list[tuple[int, int, bool]]:
    """Each process: its number, its parent's, and whether it is alive."""
    if not os.path.isdir("/proc"):
        return []
    seen = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                state, parent = file.read().rpartition(b")")[2].split()[:2]
        except (OSError, ValueError):  # it is gone
            continue
        seen.append((int(name), int(parent), state != b"Z"))
    return seen
