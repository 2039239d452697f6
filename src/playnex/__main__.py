"""The `playnex` command: `--version` answers at once, all else goes to the command line's own room."""

import sys

from playnex import __version__


def main() -> None:
    """Run the command line and leave with its exit code."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        sys.stdout.write(f"playnex {__version__}\n")
        return
    from playnex.cli.main import run  # late: nothing but the version is needed above

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
