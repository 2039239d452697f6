"""Capsules and their versions as data: what `--json` prints and what the dashboard shows."""

import difflib

from playnex.canonical import Json
from playnex.capsules.capsule import Author, Capsule, CapsuleHead, Deleted, Use
from playnex.capsules.meaning.recall import Hit
from playnex.ids import short
from playnex.spec.envelope import capsule_json

SCHEMA = "playnex.capsule/1"
LIST_SCHEMA = "playnex.capsules/1"

CONTEXT = 3
"""Lines around a change."""

BEFORE, SNIPPET = 60, 220
"""Characters of a snippet before the first word that was found, and in all."""


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


def hit_json(hit: Hit) -> dict[str, Json]:
    """A hit as JSON."""
    capsule = hit.capsule
    why: dict[str, Json] = {"by": hit.by, "likeness": round(hit.likeness, 4) if hit.by == "meaning" else None, "excerpt": hit.excerpt}
    return {**head_json(capsule), "title": capsule.title, "body": capsule.body, "found": why, "who": author_text(capsule.author)}


def snippet_of(text: str, query: str) -> str:
    """The part of the text where the query's words first stand, on one line, with dots where it was cut; its beginning where none does."""
    line = " ".join(text.split())
    places = [line.casefold().find(word) for word in query.casefold().split()]
    start = max(0, min((place for place in places if place >= 0), default=0) - BEFORE)
    start = line.find(" ", start) + 1 if start else 0
    cut = line[start : start + SNIPPET]
    return ("…" if start else "") + cut + ("…" if start + SNIPPET < len(line) else "")


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
