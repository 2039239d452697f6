"""What a template refers to, and where: a reading of its code that evaluates nothing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

OPENERS = re.compile(r"\$\{\{-?|\{%-?|\{##")
RAW_END = re.compile(r"\{%-?\s*endraw\s*-?%\}")
TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<string>\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*')|(?P<name>[^\W\d]\w*)|(?P<number>\d+)"
    r"|(?P<close>-?\}\}|-?%\})|(?P<op>==|!=|<=|>=|\*\*|//|.)",
    re.DOTALL,
)
ONE = re.compile(r".", re.DOTALL)
KEYWORDS = frozenset(
    re.findall(
        r"\w+",
        "and or not in is if else elif endif for endfor set endset with endwith do filter endfilter macro endmacro call "
        "endcall raw endraw autoescape endautoescape recursive true false none True False None",
    )
)
ABSENT_STATEMENTS = frozenset(("include", "import", "from", "extends", "block"))

REMEMBERED = 2_000
"""Templates whose reading is kept: a flow looks at its own again and again, in every run of a batch and every round."""

Use = Literal["filter", "test", "function", "method", "statement"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A value that a template asks for: `steps.research.output.summary`, at `offset` of the text."""

    keys: tuple[str | int, ...]
    offset: int
    width: int

    @property
    def path(self) -> str:
        """The keys joined by dots."""
        return ".".join(str(key) for key in self.keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class WordUse:
    """A filter, test, function, method or statement that a template uses."""

    kind: Use
    name: str
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A word, text, number or sign of a template's code."""

    kind: str
    text: str
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One `${{ }}` or `{% %}` with its tokens; `start` and `end` bound it, delimiters included."""

    start: int
    end: int
    is_statement: bool
    tokens: tuple[Token, ...]


@lru_cache(maxsize=REMEMBERED)
def codes(text: str) -> tuple[Code, ...]:
    """Every piece of code in a template, in order. What is within `{% raw %}` or a comment is none."""
    return tuple(_codes(text))


def _codes(text: str) -> Iterator[Code]:
    position = 0
    while opener := OPENERS.search(text, position):
        if opener[0] == "{##":
            end = text.find("##}", opener.end())
            position = len(text) if end < 0 else end + 3
            continue
        code = _code(text, opener.start(), opener.end())
        yield code
        position = code.end
        if code.is_statement and code.tokens and code.tokens[0].text == "raw":
            end_of_raw = RAW_END.search(text, position)
            position = end_of_raw.end() if end_of_raw else len(text)


def _code(text: str, start: int, position: int) -> Code:
    tokens: list[Token] = []
    depth = 0
    while found := TOKEN.match(text, position):
        kind = found.lastgroup or "op"
        if kind == "close" and depth > 0:
            found, kind = ONE.match(text, position) or found, "op"  # the brace of a map, not the end of the code
        if kind == "close":
            position = found.end()
            break
        depth += {"{": 1, "}": -1}.get(found[0], 0) if kind == "op" else 0
        if kind != "space":
            tokens.append(Token(kind=kind, text=found[0], offset=position))
        position = found.end()
    return Code(start=start, end=position, is_statement=text[start + 1] == "%", tokens=tuple(tokens))


@lru_cache(maxsize=REMEMBERED)
def is_single(text: str) -> bool:
    """True where a text is exactly one `${{ }}`: such a value keeps its type."""
    stripped = text.strip()
    if not stripped.startswith("${{"):
        return False
    found = codes(stripped)
    return len(found) == 1 and found[0].end == len(stripped)


def candidates(text: str) -> tuple[Reference, ...]:
    """Every dotted path in the code, names that the template itself sets included."""
    return tuple(reference for code in codes(text) for reference in _paths(code.tokens))


def _paths(tokens: tuple[Token, ...]) -> Iterator[Reference]:
    for index, token in enumerate(tokens):
        if token.kind == "name" and _is_value(tokens, index):
            yield _path_from(tokens, index)


def _is_value(tokens: tuple[Token, ...], index: int) -> bool:
    before = tokens[index - 1].text if index else ""
    after = tokens[index + 1].text if index + 1 < len(tokens) else ""
    if tokens[index].text in KEYWORDS or before in (".", "|", "is") or after in ("(", "="):
        return False
    return not (before == "not" and index > 1 and tokens[index - 2].text == "is")


def _path_from(tokens: tuple[Token, ...], index: int) -> Reference:
    first = last = tokens[index]
    keys: list[str | int] = [first.text]
    index += 1
    while index + 1 < len(tokens):
        if tokens[index].text == "." and tokens[index + 1].kind in ("name", "number"):
            keys.append(_key(tokens[index + 1]))
            last, index = tokens[index + 1], index + 2
        elif _is_subscript(tokens, index):
            keys.append(_key(tokens[index + 1]))
            last, index = tokens[index + 2], index + 3
        else:
            break
    return Reference(keys=tuple(keys), offset=first.offset, width=last.offset + len(last.text) - first.offset)


def _is_subscript(tokens: tuple[Token, ...], index: int) -> bool:
    if index + 2 >= len(tokens) or tokens[index].text != "[" or tokens[index + 2].text != "]":
        return False
    return tokens[index + 1].kind in ("string", "number")


def _key(token: Token) -> str | int:
    if token.kind == "string":
        return re.sub(r"\\(.)", r"\1", token.text[1:-1])
    return int(token.text) if token.text.isdigit() else token.text


def uses(text: str) -> tuple[WordUse, ...]:
    """Every filter, test, function, method and statement that a template uses."""
    return tuple(use for code in codes(text) for use in _uses(code))


def _uses(code: Code) -> Iterator[WordUse]:
    for index, token in enumerate(code.tokens):
        if token.kind == "name" and (kind := _use(code, index)):
            yield WordUse(kind=kind, name=token.text, offset=token.offset)


def _use(code: Code, index: int) -> Use | None:
    tokens = code.tokens
    word = tokens[index].text
    before = tokens[index - 1].text if index else ""
    called = index + 1 < len(tokens) and tokens[index + 1].text == "("
    if code.is_statement and index == 0:
        return "statement" if word in ABSENT_STATEMENTS else None
    if before == "|":
        return "filter"
    if before == "is" or (before == "not" and index > 1 and tokens[index - 2].text == "is"):
        return "test" if word not in ("not",) else None
    if called and before == ".":
        return "method"
    return "function" if called and word not in KEYWORDS and before != "macro" else None
