"""A capsule's version as the bytes of a file, and back: the body to the byte, and its header as front matter that says `playnex:`.

Front matter without that word, or with another beside it, is the user's own and a part of the body.
"""

import json
import re
from dataclasses import dataclass

from playnex.canonical import Json

LARGEST = 4_000_000
"""Bytes of the largest file that is read or written."""

WORD = "playnex"
FRONT = re.compile(rf"---\r?\n({WORD}:.*?)\r?\n---(?:\r?\n|\Z)", re.DOTALL)
LINE = re.compile(r"  ([A-Za-z][A-Za-z_-]*): (.+)")
KEY = re.compile(r"(?!(?:null|true|false)$)[A-Za-z][A-Za-z_-]*", re.IGNORECASE)
HARD = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""Letters that YAML takes for the end of a line, or that may stand in no text of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What a file says."""

    body: str
    header: Json = None


class NotText(Exception):
    """The bytes are no text that a capsule can hold; the message says why."""


def rendered(text: Text) -> bytes:
    """The text as a file: `parsed` gives the same again."""
    front = "" if text.header is None and not FRONT.match(text.body) else f"---\n{_front(text.header)}\n---\n"
    return (front + text.body).encode()


def parsed(data: bytes) -> Text:
    """What the bytes say. Raises NotText."""
    if b"\0" in data:
        raise NotText("it is no text: it holds a zero byte")
    try:
        whole = data.decode()
    except UnicodeDecodeError as fault:
        raise NotText(f"it is not UTF-8 text: byte {fault.start + 1:,} fits no letter") from None
    if found := FRONT.match(whole):
        try:
            return Text(header=_header(found[1].replace("\r\n", "\n")), body=whole[found.end() :])
        except ValueError:
            pass  # no front matter of ours, so it belongs to the body
    return Text(body=whole)


def _front(header: Json) -> str:
    if isinstance(header, dict) and header and all(KEY.fullmatch(key) for key in header):
        return "\n".join((f"{WORD}:", *(f"  {key}: {_json(value)}" for key, value in header.items())))
    return f"{WORD}: {_json(header)}"


def _json(value: Json) -> str:
    return HARD.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False, allow_nan=False))


def _header(front: str) -> Json:
    """The header that the front matter says, in our own spelling or in any YAML. Raises ValueError where it is not ours."""
    first, *lines = front.split("\n")
    said = first.removeprefix(f"{WORD}:").strip()
    try:
        if said and not lines:
            return json.loads(said)
        fields = [LINE.fullmatch(line) for line in lines]
        if not said and lines and all(fields):
            return {field[1]: json.loads(field[2]) for field in fields if field}
    except ValueError:
        pass  # a person's own spelling
    return _from_yaml(front)


def _from_yaml(front: str) -> Json:
    from playnex.spec.located import plain  # late, here and below: hardly any file needs the YAML library
    from playnex.spec.yaml_source import read_yaml

    read = read_yaml(front, "front matter")
    said = plain(read.root) if read.root and not read.faults else None
    if not isinstance(said, dict) or list(said) != [WORD]:
        raise ValueError(front)
    return said[WORD]
