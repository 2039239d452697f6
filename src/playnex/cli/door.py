"""The flags that every command knows, taken from the command line before the commands see it."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from playnex.cli.terminal import Color, Terminal
from playnex.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A flag of every command. `environment` names the variables that stand for it; a flag on the command line wins."""

    name: str
    says: str
    value: str = ""
    environment: tuple[str, ...] = ()


FLAGS = (
    Flag(
        name="--workspace",
        value="DIR",
        says="the workspace, instead of the nearest one from here upwards",
        environment=("PLAYNEX_HOME",),
    ),
    Flag(
        name="--color",
        value="|".join(get_args(Color)),
        says="colour: where it shows, always or never",
        environment=("NO_COLOR", "FORCE_COLOR"),
    ),
    Flag(name="--quiet", says="print no progress and no messages, only data and errors", environment=("PLAYNEX_QUIET",)),
    Flag(name="--no-input", says="ask nothing", environment=("PLAYNEX_NO_INPUT",)),
    Flag(name="--debug", says="show the traceback of an error", environment=("PLAYNEX_DEBUG",)),
)
VALUED = tuple(flag.name for flag in FLAGS if flag.value)
PLAIN = tuple(flag for flag in FLAGS if not flag.value)

terminal = Terminal()
workspace = ""
debug = False


def enter(arguments: Sequence[str]) -> list[str]:
    """Read the common flags; the words that remain for the commands. Raises UsageError."""
    global terminal, workspace, debug  # noqa: PLW0603 - one command line a process
    words, valued, plain = _split(list(arguments))
    plain |= {flag.name for flag in PLAIN if any(os.environ.get(name) for name in flag.environment)}
    debug = "--debug" in plain
    workspace = valued.get("--workspace", "")
    color = next((known for known in get_args(Color) if known == valued.get("--color", "auto")), None)
    if color is None:
        raise UsageError(f"--color cannot be {valued['--color']!r}", hint=f"choose one of {', '.join(get_args(Color))}")
    asks = sys.stdin.isatty() and sys.stderr.isatty() and "--no-input" not in plain
    terminal = Terminal(color=color, quiet="--quiet" in plain, interactive=asks)
    return words


def _split(arguments: list[str]) -> tuple[list[str], dict[str, str], set[str]]:
    words: list[str] = []
    valued: dict[str, str] = {}
    plain: set[str] = set()
    while arguments:
        word = arguments.pop(0)
        name, equals, value = word.partition("=")
        if word == "--":
            return [*words, word, *arguments], valued, plain
        if any(word == flag.name for flag in PLAIN):
            plain.add(word)
        elif name in VALUED:
            if not equals and not arguments:
                raise UsageError(f"{name} needs a value", hint=f"write it as {name} {_value_of(name)}")
            valued[name] = value if equals else arguments.pop(0)
        else:
            words.append(word)
    return words, valued, plain


def _value_of(name: str) -> str:
    return next(flag.value for flag in FLAGS if flag.name == name)
