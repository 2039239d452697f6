"""Closes the memory and environment of this process to the children that it starts: what they were not granted they shall not read."""

import ctypes
import sys
from functools import lru_cache

PR_SET_DUMPABLE = 4


@lru_cache(maxsize=1)
def keep_memory_private() -> None:
    """Close this process's environment and memory to all others of the same user, a server with all rights and a tool's own process among
    them, as far as the kernel goes: root still reads them. It writes no core dump from then on, and only root can attach a debugger."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
