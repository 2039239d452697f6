"""What `--help` shows of a command: examples first, then what it does, its arguments and its flags, each with its environment variable.

Pages are data, so that the terminal and docs/cli.md (scripts/cli_reference.py) show the same.
"""

import inspect
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args, get_origin

from cyclopts import App
from cyclopts.argument import Argument

from playnex.cli.door import FLAGS
from playnex.cli.terminal import Terminal

GROUP = "*"
"""The name of what holds several flags and is none itself."""

EXAMPLE = "$ "
WIDEST_NAME = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A command, an argument or a flag, and what is said of it."""

    name: str
    says: str
    environment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpPage:
    """Everything that a person is told of one command; `words` are those after `playnex`."""

    words: tuple[str, ...]
    examples: tuple[str, ...]
    says: tuple[str, ...]
    usage: str
    commands: tuple[Row, ...] = ()
    arguments: tuple[Row, ...] = ()
    flags: tuple[Row, ...] = ()


EVERYWHERE = tuple(Row(name=f"{flag.name} {flag.value}".strip(), says=flag.says, environment=", ".join(flag.environment)) for flag in FLAGS)


def page_of(app: App, words: tuple[str, ...] = ()) -> HelpPage:
    """The page of the command that the words name, all of them known."""
    command = app
    for word in words:
        command = command[word]
    return _verb(command, words) if command.default_command else _noun(command, words)


def all_pages(app: App, words: tuple[str, ...] = ()) -> Iterator[HelpPage]:
    """The page of every command, each noun before its verbs."""
    page = page_of(app, words)
    yield page
    for row in page.commands:
        yield from all_pages(app, (*words, row.name))


def drawn(page: HelpPage, terminal: Terminal, width: int) -> str:
    """The page as text of at most that width, where words allow it."""
    heads = {
        "Commands": page.commands,
        "Arguments": page.arguments,
        "Flags": page.flags,
        "Everywhere": EVERYWHERE,
    }
    tables = ["\n".join((terminal.head(head), *_table(rows, width))) for head, rows in heads.items() if rows]
    examples = "\n".join((terminal.head("Examples"), *(f"  {example}" for example in page.examples)))
    said = "\n\n".join(textwrap.fill(paragraph, width) for paragraph in page.says)
    usage = "\n".join((terminal.head("Usage"), textwrap.fill(page.usage, width, initial_indent="  ", subsequent_indent="    ")))
    return "\n\n".join((examples, said, usage, *tables)) + "\n"


def _table(rows: Sequence[Row], width: int) -> Iterator[str]:
    room = min(WIDEST_NAME, max(len(row.name) for row in rows)) + 2
    for row in rows:
        says = f"{row.says} [env: {row.environment}]" if row.environment else row.says
        lines = textwrap.wrap(says, max(20, width - room - 2), break_on_hyphens=False)
        if len(row.name) > room - 2:
            yield f"  {row.name}"
        else:
            yield f"  {row.name.ljust(room)}{lines.pop(0) if lines else ''}".rstrip()
        yield from (f"  {' ' * room}{line}" for line in lines)


def _noun(command: App, words: tuple[str, ...]) -> HelpPage:
    says, own = parted(command.help)
    verbs = _children(command)
    return HelpPage(
        words=words,
        examples=own or tuple(parted(verb.help)[1][0] for _, verb in verbs),
        says=says,
        usage=" ".join(("playnex", *words, "COMMAND")),
        commands=tuple(Row(name=name, says=_in_a_line(verb)) for name, verb in verbs),
    )


def _verb(command: App, words: tuple[str, ...]) -> HelpPage:
    says, examples = parted(command.help)
    arguments = [argument for argument in command.assemble_argument_collection() if argument.parse and argument.name != GROUP]
    given = [argument for argument in arguments if _is_positional(argument)]
    flags = [argument for argument in arguments if not _is_positional(argument)]
    return HelpPage(
        words=words,
        examples=examples,
        says=says,
        usage=" ".join(("playnex", *words, *(_in_usage(argument) for argument in (*given, *flags)))),
        arguments=tuple(_row(argument) for argument in given),
        flags=tuple(_row(argument) for argument in flags),
    )


def parted(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The paragraphs of a docstring, and its examples: the lines that begin with `$ `."""
    lines = inspect.cleandoc(text).splitlines()
    examples = tuple(line.removeprefix(EXAMPLE) for line in lines if line.startswith(EXAMPLE))
    prose = "\n".join(line for line in lines if not line.startswith(EXAMPLE))
    return tuple(" ".join(part.split()) for part in prose.split("\n\n") if part.strip()), examples


def _children(command: App) -> list[tuple[str, App]]:
    """Each command once, under its first name."""
    seen: dict[object, tuple[str, App]] = {}
    for name, child in command.resolved_commands().items():
        if not name.startswith("-"):
            seen.setdefault(child.default_command or child.name, (name, child))
    return list(seen.values())


def _in_a_line(command: App) -> str:
    first = parted(command.help)[0][0]
    verbs = ", ".join(name for name, _ in _children(command))
    return f"{first} ({verbs})" if verbs else first


def _is_positional(argument: Argument) -> bool:
    return argument.index is not None


def _in_usage(argument: Argument) -> str:
    many = "…" if get_origin(argument.hint) is tuple else ""
    shown = argument.name if _is_positional(argument) else f"{argument.name} {_value(argument)}".strip()
    return f"{shown}{many}" if argument.required else f"[{shown}]{many}"


def _row(argument: Argument) -> Row:
    says = argument.parameter.help or ""
    default = argument.field_info.default
    if default not in (None, False, (), "", inspect.Parameter.empty):
        says = f"{says} (default: {default})"
    if _is_positional(argument):
        return Row(name=argument.name, says=says)
    return Row(name=f"{', '.join(argument.names)} {_value(argument)}".strip(), says=says)


def _value(argument: Argument) -> str:
    """What stands after a flag: a word that says what it takes, nothing after a bare flag."""
    hint = argument.hint
    if hint is bool:
        return ""
    if get_origin(hint) is Literal:
        return "|".join(get_args(hint))
    return argument.parameter.metavar or "TEXT"
