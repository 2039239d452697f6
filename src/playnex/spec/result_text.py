"""A step's result as the text of a document."""

import json

from playnex.canonical import Json


def as_text(value: Json) -> str:
    """A result as a document: text as it is, anything else as a JSON block (rulings: `save`)."""
    if isinstance(value, str):
        return value
    return f"```json\n{json.dumps(value, ensure_ascii=False, indent=2)}\n```\n"
