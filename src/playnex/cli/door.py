"""The flags that every command knows, taken from the command line before the commands see it."""

import os
import sys
from collections.abc import Sequence
from typing import get_args

from playnex.cli.terminal import Color, Terminal
from playnex.errors import UsageError

terminal = Terminal()
workspace = ""
debug = False

VALUED = ("--workspace", "--color")
PLAIN = ("--debug", "--quiet", "--no-input")


def enter(arguments: Sequence[str]) -> list[str]:
    """Read the common flags; the words that remain for the commands. Raises UsageError."""
    global terminal, workspace, debug  # noqa: PLW0603 - one command line a process
    words, valued, plain = _split(list(arguments))
    debug = "--debug" in plain or bool(os.environ.get("PLAYNEX_DEBUG"))
    workspace = valued.get("--workspace", "")
    color = next((known for known in get_args(Color) if known == valued.get("--color", "auto")), None)
    if color is None:
        raise UsageError(f"--color {valued['--color']!r} is none of auto, always, never")
    asks = sys.stdin.isatty() and sys.stderr.isatty() and "--no-input" not in plain
    terminal = Terminal(color=color, quiet="--quiet" in plain, interactive=asks)
    return words


def _split(arguments: list[str]) -> tuple[list[str], dict[str, str], set[str]]:
    words: list[str] = []
    valued: dict[str, str] = {}
    plain: set[str] = set()
    while arguments:
        word = arguments.pop(0)
        name, _, value = word.partition("=")
        if word == "--":
            return [*words, word, *arguments], valued, plain
        if word in PLAIN:
            plain.add(word)
        elif name in VALUED and (value or arguments):
            valued[name] = value or arguments.pop(0)
        else:
            words.append(word)
    return words, valued, plain
