"""Capsules: found, read, compared, written."""

from typing import Annotated

from msgspec import Meta

from playnex.app import capsule_edits
from playnex.app.capsule_lines import LIST_SCHEMA, author_text, capsule_document, deleted_json, diff_lines, head_json, snippet_of, use_json
from playnex.app.person import person
from playnex.canonical import Json
from playnex.capsules.capsule import Capsule, CapsuleDraft, CapsuleHead, Use, place_of
from playnex.capsules.meaning.recall import Hit
from playnex.capsules.stores.words import Wanted
from playnex.dashboard.declared import Answer, Given, Nothing, Route, error_document
from playnex.dashboard.desk import Desk
from playnex.errors import CapsuleConflict, NotFoundError
from playnex.spec.origin import PRIVATE

Version = Annotated[int, Meta(ge=1, le=2**53)]


class Listed(Given, frozen=True, kw_only=True):
    """Which capsules: those that have these words, or all below a folder of names; `before` is the `next` of the page before."""

    q: str = ""
    under: str = ""
    before: str = ""
    limit: Annotated[int, Meta(ge=1, le=1000)] = 200


class One(Given, frozen=True, kw_only=True):
    """A capsule, by its id or the end of it."""

    capsule: str


class AtVersion(Given, frozen=True, kw_only=True):
    """A capsule, also by its name, or the result of a step as `runs/RUN/STEP`; and a version."""

    capsule: str
    version: Version | None = None


class Two(Given, frozen=True, kw_only=True):
    """Two versions of a capsule."""

    capsule: str
    one: Version
    other: Version


class Created(Given, frozen=True, kw_only=True):
    """A new capsule; what is made from a private one does not leave the machine unasked."""

    name: str
    body: str
    private: bool = False


class Edited(Given, frozen=True, kw_only=True):
    """A text, and the version that it was made from."""

    capsule: str
    body: str
    expected: Version


class Restored(Given, frozen=True, kw_only=True):
    """A deleted capsule, or the version that is to be the newest one."""

    capsule: str
    version: Version | None = None


async def list_capsules(desk: Desk, given: Listed) -> Json:
    """A page of them, or what a search finds."""
    if given.q.strip():
        found = await desk.app.recall.recall(Wanted(text=given.q, within=given.under, limit=min(given.limit, 50)))
        hits = [_found(hit, given.q) for hit in found.hits]
        return {"schema": LIST_SCHEMA, "capsules": hits, "next": "", "words_alone": found.why}
    prefix = f"{given.under.rstrip('/')}/" if given.under else ""
    heads = await desk.app.capsules.list(prefix=prefix, limit=given.limit, after=given.before)
    after = place_of(heads[-1]) if len(heads) == given.limit else ""
    return {"schema": LIST_SCHEMA, "capsules": [_line(head) for head in heads], "next": after}


async def list_deleted(desk: Desk, _given: Nothing) -> Json:
    """What can be restored."""
    found = await desk.app.capsules.deleted()
    return {"schema": "playnex.deleted-capsules/1", "capsules": [deleted_json(gone) | {"who": author_text(gone.by)} for gone in found]}


async def read(desk: Desk, given: AtVersion) -> Json:
    """One version, whole."""
    return _whole(await desk.app.shelf.read(given.capsule, given.version))


async def history(desk: Desk, given: One) -> Json:
    """Every version, and what became of each."""
    versions = await desk.app.capsules.history(given.capsule)
    uses = await desk.app.capsules.uses(versions[0].id)
    lines = [_line(one) | {"uses": [_use(use) for use in uses if use.version == one.version]} for one in versions]
    return {"schema": "playnex.capsule-history/1", "versions": lines}


async def uses(desk: Desk, given: One) -> Json:
    """Who read it, and what was made of it."""
    return {"uses": [_use(use) for use in await desk.app.capsules.uses(given.capsule)]}


async def diff(desk: Desk, given: Two) -> Json:
    """Two versions side by side, and what changed."""
    one = await desk.app.capsules.read(given.capsule, given.one)
    other = await desk.app.capsules.read(given.capsule, given.other)
    return {"schema": "playnex.capsule-diff/1", "from": _whole(one), "to": _whole(other), "diff": "\n".join(diff_lines(one, other))}


async def create(desk: Desk, given: Created) -> Json:
    """Make one."""
    labels = PRIVATE if given.private else ()
    draft = CapsuleDraft(name=given.name, body=given.body, author=person(), expected=0, labels=labels)
    return _whole(await desk.app.capsules.write(draft))


async def edit(desk: Desk, given: Edited) -> Json | Answer:
    """Write the next version; where somebody was faster, both texts come back."""
    capsules = desk.app.capsules
    seen = await capsules.read(given.capsule, given.expected)
    try:
        return _whole(await capsule_edits.revise(capsules, seen, given.body))
    except CapsuleConflict as conflict:
        refused = error_document(conflict)
        return Answer(document={"error": refused["error"] | await _both(desk, seen)}, status=409)


async def _both(desk: Desk, seen: Capsule) -> dict[str, Json]:
    """What the text was made from, and what is there now; null where it has been deleted."""
    try:
        newest = _whole(await desk.app.capsules.read(seen.id))
    except NotFoundError:
        newest = None
    return {"seen": _whole(seen), "newest": newest}


async def delete(desk: Desk, given: One) -> Json:
    """Delete it; for 30 days it can be restored."""
    ref = await desk.app.capsules.delete(given.capsule, person())
    return {"deleted": True, "name": ref.name, "id": ref.id, "version": ref.version}


async def restore(desk: Desk, given: Restored) -> Json:
    """Bring it back, or make an older version the newest one."""
    capsules = desk.app.capsules
    if given.version is not None:
        return _whole(await capsule_edits.bring_back(capsules, given.capsule, given.version))
    return _whole(await capsules.read((await capsules.restore(given.capsule)).id))


async def pin(desk: Desk, given: One) -> Json:
    """Mark it as long-term memory."""
    return _whole(await desk.app.capsules.read((await desk.app.capsules.pin(given.capsule)).id))


async def unpin(desk: Desk, given: One) -> Json:
    """Take that mark away."""
    return _whole(await desk.app.capsules.read((await desk.app.capsules.unpin(given.capsule)).id))


async def clear(desk: Desk, given: One) -> Json:
    """Vouch for it: it is untrusted no longer."""
    return _whole(await capsule_edits.clear(desk.app.capsules, given.capsule))


def _found(hit: Hit, query: str) -> dict[str, Json]:
    snippet = snippet_of(hit.excerpt, query)
    return _line(hit.capsule) | {"title": hit.capsule.title, "snippet": snippet, "found_by": hit.by}


def _line(head: CapsuleHead) -> dict[str, Json]:
    return head_json(head) | {"who": author_text(head.author)}


def _whole(capsule: Capsule) -> dict[str, Json]:
    return capsule_document(capsule) | {"title": capsule.title, "who": author_text(capsule.author)}


def _use(use: Use) -> Json:
    return use_json(use) | {"who": author_text(use.by)}


PLACE = "/api/capsules/{capsule}"

ROUTES = (
    Route(method="GET", path="/api/capsules", takes=Listed, does=list_capsules, says="Capsules, last written first, or those found."),
    Route(method="POST", path="/api/capsules", takes=Created, does=create, says="Make a capsule.", status=201),
    Route(method="GET", path="/api/deleted-capsules", takes=Nothing, does=list_deleted, says="Capsules that can be restored."),
    Route(method="GET", path=f"{PLACE}/history", takes=One, does=history, says="All versions of a capsule, newest first."),
    Route(method="GET", path=f"{PLACE}/uses", takes=One, does=uses, says="Who read a capsule, and what was made of it."),
    Route(method="GET", path=f"{PLACE}/diff", takes=Two, does=diff, says="Two versions of a capsule and what changed."),
    Route(method="POST", path=f"{PLACE}/restore", takes=Restored, does=restore, says="Bring a capsule or an older version back."),
    Route(method="POST", path=f"{PLACE}/pin", takes=One, does=pin, says="Mark a capsule as long-term memory."),
    Route(method="POST", path=f"{PLACE}/unpin", takes=One, does=unpin, says="Take that mark away."),
    Route(method="POST", path=f"{PLACE}/clear", takes=One, does=clear, says="Vouch for a capsule from an untrusted source."),
    Route(method="PUT", path=PLACE, takes=Edited, does=edit, says="Write the next version of a capsule."),
    Route(method="DELETE", path=PLACE, takes=One, does=delete, says="Delete a capsule."),
    Route(method="GET", path="/api/capsules/{capsule:path}", takes=AtVersion, does=read, says="One version of a capsule, whole."),
)
