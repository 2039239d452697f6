"""Capsules and their versions as data: what `--json` prints and what the dashboard shows."""

import difflib

from playnex.canonical import Json
from playnex.capsules.capsule import Author, Capsule, CapsuleHead, Deleted, Use
from playnex.ids import short
from playnex.spec.envelope import capsule_json

SCHEMA = "playnex.capsule/1"
LIST_SCHEMA = "playnex.capsules/1"

CONTEXT = 3
"""Lines around a change."""


def head_json(capsule: CapsuleHead) -> dict[str, Json]:
    """All but the body, as JSON."""
    return {
        "name": capsule.name,
        "id": capsule.id,
        "version": capsule.version,
        "author": author_json(capsule.author),
        "written": capsule.written,
        "labels": list(capsule.labels),
        "sources": list(capsule.sources),
        "header": capsule.header,
        "pinned": capsule.pinned,
    }


def capsule_document(capsule: Capsule) -> dict[str, Json]:
    """`playnex.capsule/1`."""
    return {"schema": SCHEMA, **head_json(capsule), "body": capsule.body}


def author_json(author: Author) -> Json:
    """Who wrote it, as JSON."""
    return {"kind": author.kind, "run": author.run, "step": author.step, "agent": author.agent, "name": author.name}


def use_json(use: Use) -> Json:
    """A use as JSON; `made` is the capsule's version that was made, null where it was only read."""
    made = capsule_json(use.made) if use.made else None
    return {"version": use.version, "by": author_json(use.by), "at": use.at, "made": made}


def deleted_json(gone: Deleted) -> Json:
    """A deleted capsule as JSON."""
    return {**capsule_json(gone.ref), "deleted": gone.deleted, "by": author_json(gone.by)}


def author_text(author: Author) -> str:
    """A person's name or `you`, or the agent or step and its run."""
    return author.name or "you" if author.kind == "person" else f"{author.agent or author.step} in run {short(author.run)}"


def diff_lines(old: Capsule, new: Capsule) -> list[str]:
    """What changed between two versions, as a unified diff."""
    names = (f"{old.name}@{old.version}", f"{new.name}@{new.version}")
    return list(difflib.unified_diff(old.body.splitlines(), new.body.splitlines(), *names, lineterm="", n=CONTEXT))
