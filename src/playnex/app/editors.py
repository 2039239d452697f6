"""What a workspace keeps for the user's editor."""

import json

from playnex.app.listing import workspace_of
from playnex.canonical import Json
from playnex.workspace import OWN

FOLDER = f"{OWN}/schema"


def save_schema(typed: str, kind: str, schema: Json) -> str:
    """Keep the schema of that kind of file in the workspace; its path from there. Raises UsageError where there is no workspace."""
    path = f"{FOLDER}/{kind}.json"
    target = workspace_of(typed).root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(schema, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return path
