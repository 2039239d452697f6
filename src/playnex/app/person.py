"""Who sits at this machine."""

import getpass


def somebody() -> str:
    """The name of the person at this machine, as its system has it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "somebody"
