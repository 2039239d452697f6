"""The template engine's complaints about syntax, in words that name the place and the next move."""

import re
from collections.abc import Callable

from playnex.spec.faults import did_you_mean

STATEMENTS = ("for", "if", "elif", "else", "set", "with", "filter", "macro", "call", "raw", "do")
SIGNS = {
    "&": "write `and`",
    "|": "write `or`; a filter is one `|` and its name",
    "?": "write `a if it_holds else b`",
    "!": "write `not`",
    "=": "write `==` to compare",
    ";": "leave it out",
}
Words = tuple[str, str]
"""A message and a hint."""


def syntax_words(detail: str, rest: str) -> Words:
    """What is wrong, where the engine says `detail` of the place at which `rest` begins."""
    for pattern, words in PATTERNS:
        if found := re.search(pattern, detail):
            return words(found, rest)
    return f"the template cannot be read: {detail}", "mend what stands in the braces"


def _unexpected(found: "re.Match[str]", rest: str) -> Words:
    word = re.match(r"\w+|\S|$", rest.lstrip())
    shown = word[0] if word else ""
    hint = SIGNS.get(shown, "join two values with a word or sign, such as `and`, `==`, `+`, or `~` for texts")
    return f"{shown!r} cannot stand here", hint


def _expected(found: "re.Match[str]", rest: str) -> Words:
    return f"{found[2]} is missing before {found[1].replace('identifier', 'this word')}", "mend what stands in the braces"


def _statement(found: "re.Match[str]", rest: str) -> Words:
    if found[1].startswith("end") or found[1] in ("else", "elif"):
        return f"{{% {found[1]} %}} ends nothing", "begin it above, as in {% if … %} … {% endif %}, or delete it"
    hint = did_you_mean(found[1], STATEMENTS) or f"statements: {', '.join(STATEMENTS)}"
    return f"there is no statement {{% {found[1]} %}}", hint


def _said(message: str, hint: str) -> "Callable[[re.Match[str], str], Words]":
    return lambda found, rest: (message, hint)


PATTERNS: tuple[tuple[str, Callable[["re.Match[str]", str], Words]], ...] = (
    ("end of input, expected end of variable", _said("a ${{ is never closed", "close it with }}")),
    ("end of input, expected end of block", _said("a {% %} is never ended", "end it with {% endfor %} or {% endif %}")),
    ("end of string", _said("a quote is opened and never closed", "close it")),
    ("^unexpected end of (?:variable )?block", _said("the expression ends too early", "write the value that is missing at its end")),
    (r"unknown statement (\w+)", _statement),
    ("unexpected character|unexpected identifier, expected end of|unexpected `=`", _unexpected),
    (r"unexpected (.+), expected (.+)", _expected),
)
