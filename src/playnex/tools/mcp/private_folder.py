"""The folder that a server has for itself where it shares /tmp with all others: its temporary files and its home, thrown away with it."""

import os

CLEAR = 'chmod -R u+rwx "$1"; rm -rf "$1"'
"""By programs that get through whatever a server can lay out: closed folders, and a hundred thousand in one another."""


def laid_out(folder: str) -> dict[str, str]:
    """Make it, and tell the variables that lead a server there. Raises OSError, also where there is something already."""
    os.mkdir(folder, 0o700)
    home = os.path.join(folder, "home")
    os.mkdir(home, 0o700)
    return {"TMPDIR": folder, "TMP": folder, "TEMP": folder, "HOME": home}


def throw_away(folder: str) -> None:
    """Remove it with all that is in it; nothing may be running there any more."""
    if not os.path.isdir(folder):
        return
    with_no_output = [(os.POSIX_SPAWN_OPEN, descriptor, "/dev/null", os.O_RDWR, 0) for descriptor in (0, 1, 2)]
    try:
        clearing = os.posix_spawn("/bin/sh", ["sh", "-c", CLEAR, "sh", folder], {"PATH": os.defpath}, file_actions=with_no_output)
        os.waitpid(clearing, 0)
    except (OSError, ChildProcessError):
        return
