"""A line on stderr while something takes long of which no steps are known: on a terminal it tells the time, elsewhere it is said once."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from playnex.cli.terminal import Terminal


@contextmanager
def waiting(what: str, terminal: Terminal) -> Iterator[None]:
    """Say it for as long as the block runs."""
    if terminal.quiet or not sys.stderr.isatty():
        terminal.say(f"{what}…")
        yield
        return
    from rich.console import Console  # late: only a terminal needs it
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn("dots"), TextColumn("{task.description}…", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True, highlight=False), transient=True) as line:
        line.add_task(what, total=None)
        yield
