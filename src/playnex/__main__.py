"""The `playnex` command: `--version` answers at once, all else goes to the command line's own room."""

import gc
import sys

from playnex import __version__

COLLECT_AFTER = 50_000
"""New objects between two collections; while modules are imported nothing is garbage, and looking for it costs a tenth of the start."""


def main() -> None:
    """Run the command line and leave with its exit code."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        sys.stdout.write(f"playnex {__version__}\n")
        return
    gc.set_threshold(COLLECT_AFTER, 20, 20)
    from playnex.cli.main import run  # late: nothing but the version is needed above
    from playnex.secrets.streams import guard  # late, for the same reason

    guard()
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
