"""`${VAR}`, `${VAR:-default}` and `${keyring:NAME}` in the texts of a user's files, filled from what is handed in."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

REFERENCE = re.compile(r"\$\{(?:(?P<kept>keyring:[A-Za-z_][\w.-]*)|(?P<name>[A-Za-z_]\w*)(?::-(?P<default>[^}]*))?)\}")
OPENING = re.compile(r"\$\{")
KEYRING = "keyring:"
FORMS = "${NAME}, ${NAME:-default} or ${keyring:NAME}"

ORDINARY = frozenset(
    (
        "COLORTERM",
        "DISPLAY",
        "EDITOR",
        "HOME",
        "HOSTNAME",
        "LANG",
        "LANGUAGE",
        "LOGNAME",
        "OLDPWD",
        "PAGER",
        "PATH",
        "PWD",
        "SHELL",
        "TEMP",
        "TERM",
        "TMP",
        "TMPDIR",
        "TZ",
        "USER",
        "VISUAL",
    )
)
"""Variables that every program has and that are no secrets, beside those that begin with `LC_` or `XDG_`."""

SECRET = re.compile(r"(?i)(^|_)(api_?key|key|token|secret|password|passwd|passphrase|credentials?)s?$")
"""Names of variables whose values are secrets."""

SHORTEST_SECRET = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong with a variable that is granted, and the mend."""

    message: str
    hint: str


def is_secret(name: str) -> bool:
    """Whether what a variable or the keyring holds under that name is to be kept from everybody that it was not granted to."""
    return name not in ORDINARY and not name.startswith(("LC_", "XDG_"))


def problem_of(name: str, value: str) -> Problem | None:
    """Why a variable may not be granted so: a secret is named, never written into a file."""
    if misspelt(value) is not None:
        return Problem(message=f"`${{` in {name!r} begins no variable", hint=f"write {FORMS}")
    if SECRET.search(name) and not REFERENCE.search(value) and len(value) >= SHORTEST_SECRET:
        hint = f'keep it: playnex secret set {name}; then write "${{keyring:{name}}}", or "${{{name}}}" for a variable of your environment'
        return Problem(message=f"the secret {name!r} stands in the file itself", hint=hint)
    return None


def misspelt(text: str) -> int | None:
    """Where a `${` stands that begins no reference, or None."""
    good = {found.start() for found in REFERENCE.finditer(text)}
    return next((found.start() for found in OPENING.finditer(text) if found.start() not in good), None)


def named(text: str) -> Iterator[str]:
    """What the text refers to: variables by their names, secrets of the keyring as `keyring:NAME`."""
    return (_name(found) for found in REFERENCE.finditer(text))


def whole(text: str) -> str:
    """What a text refers to that is one reference without a default, and nothing else; empty for any other."""
    found = REFERENCE.fullmatch(text)
    return _name(found) if found and found["default"] is None else ""


def missing(text: str, known: Mapping[str, str]) -> tuple[str, ...]:
    """What is not there and has no default."""
    return tuple(_name(found) for found in REFERENCE.finditer(text) if found["default"] is None and _name(found) not in known)


def expanded(text: str, known: Mapping[str, str]) -> str:
    """The text with every reference filled; an unset or empty variable takes its default, where there is one."""
    return REFERENCE.sub(lambda found: known.get(_name(found)) or found["default"] or "", text)


def _name(found: re.Match[str]) -> str:
    return found["kept"] or found["name"]
