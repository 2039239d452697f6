"""What runs on this machine, as /proc tells it."""

from contextlib import suppress
from pathlib import Path


def saying(word: str) -> list[int]:
    """The living processes with that word in their command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if word.encode() in path.read_bytes():
                found.append(int(path.parent.name))
    return found


def is_alive(process: int) -> bool:
    """Whether the process is there, and more than a name that nobody has asked for yet."""
    with suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False
