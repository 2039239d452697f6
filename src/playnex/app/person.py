"""Who sits at this machine."""

import getpass

from playnex.capsules.capsule import Author


def somebody() -> str:
    """The name of the person at this machine, as its system has it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "somebody"


def person() -> Author:
    """They, as who writes a capsule."""
    return Author(name=somebody())
