"""The links of a page, as a snapshot of it tells them. Pure."""

import json
from collections.abc import Iterator, Mapping
from urllib.parse import urljoin

from playnex.canonical import Json

PAGE = "- Page URL: "
LINK = "- /url: "
FREE = ("target", "element", "filename")
"""Arguments in which a model can write what it likes, and which an answer may repeat."""

MOST = 2_000


def links(arguments: Mapping[str, Json], output: Json) -> tuple[str, ...]:
    """The whole addresses to which the page in a snapshot leads: they were composed by the page and by nobody else, so that following one
    tells its host nothing that the page did not know. A snapshot for which the model has written texts offers none."""
    if not isinstance(output, str) or any(name in arguments for name in FREE):
        return ()
    lines = [line.strip() for line in output.splitlines()]
    page = next((line.removeprefix(PAGE) for line in lines if line.startswith(PAGE)), "")
    return tuple(dict.fromkeys(_links(page, lines)))[:MOST] if page else ()


def _links(page: str, lines: list[str]) -> Iterator[str]:
    for line in lines:
        if line.startswith(LINK):
            try:
                yield urljoin(page, _unquoted(line.removeprefix(LINK)))
            except ValueError:
                continue


def _unquoted(text: str) -> str:
    return str(json.loads(text)) if text.startswith('"') else text
