"""The filters and tests that templates have beside the engine's own; a new word is one line in a table here."""

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from playnex.canonical import Json
from playnex.spec.grounding import quote_unsupported, supported_by
from playnex.spec.statements import sentences

MAX_SLUG = 80
UNSPLIT = str.maketrans({"ø": "o", "đ": "d", "ð": "d", "ł": "l", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i"})
"""Letters that Unicode does not take apart into a plain one and an accent; `ß` is `ss` by its own case folding."""
ACCENTS = re.compile("[\u0300-\u036f]")


def slug(value: Json) -> str:
    """A name for a capsule or file: `Grüße aus Köln` is `grusse-aus-koln`; letters of other scripts stay as they are."""
    folded = unicodedata.normalize("NFKD", str(value).casefold().translate(UNSPLIT))
    folded = unicodedata.normalize("NFKC", ACCENTS.sub("", folded))
    spaced = "".join(letter if letter.isalnum() or unicodedata.category(letter)[0] == "M" else "-" for letter in folded)
    return re.sub("-+", "-", spaced).strip("-")[:MAX_SLUG].strip("-") or "untitled"


def tojson(value: Json, indent: int | None = None) -> str:
    """The value as JSON text; unlike the engine's own filter, without escapes for HTML."""
    return json.dumps(value, ensure_ascii=False, indent=indent)


FILTERS: Mapping[str, Callable[..., Any]] = {"slug": slug, "tojson": tojson, "sentences": sentences, "quote_unsupported": quote_unsupported}
TESTS: Mapping[str, Callable[..., bool]] = {"supported_by": supported_by}
