"""What a person does with a capsule: each act is a new version of theirs, made from a version that they saw."""

from dataclasses import replace

from playnex.app.person import person
from playnex.capsules.capsule import Capsule, CapsuleDraft, Capsules
from playnex.errors import UsageError


async def revise(capsules: Capsules, seen: Capsule, body: str) -> Capsule:
    """The text as the next version of the capsule, made from the one that was seen. Raises CapsuleConflict."""
    return await capsules.write(following(seen, body))


def following(seen: Capsule, body: str) -> CapsuleDraft:
    """A person's text that was made from a version: its sources are that one's, and so are its labels."""
    return CapsuleDraft(name=seen.name, body=body, author=person(), expected=seen.version, labels=seen.labels, sources=seen.sources)


async def bring_back(capsules: Capsules, typed: str, version: int) -> Capsule:
    """An older version as the newest one, with its own labels and sources. Raises NotFoundError, UsageError, CapsuleConflict."""
    now, old = await capsules.read(typed), await capsules.read(typed, version)
    if old.version == now.version:
        raise UsageError(f"version {version} of capsule {now.name!r} is the newest one already", hint="name an older version")
    draft = replace(following(now, old.body), labels=old.labels, sources=old.sources, header=old.header, clears=True)
    return await capsules.write(draft)


async def clear(capsules: Capsules, typed: str) -> Capsule:
    """The newest version once more, vouched for by a person: it is untrusted no longer. Raises UsageError where it was not."""
    seen = await capsules.read(typed)
    if "untrusted" not in seen.labels:
        raise UsageError(f"capsule {seen.name!r} is not marked as untrusted", hint="there is nothing to clear")
    labels = tuple(label for label in seen.labels if label != "untrusted")
    return await capsules.write(replace(following(seen, seen.body), labels=labels, header=seen.header, clears=True))


async def link(capsules: Capsules, typed: str, source: str) -> Capsule:
    """The newest version once more, with another capsule among its sources, whose labels it takes on. Raises UsageError where it is there
    already or is the capsule itself."""
    seen, made_from = await capsules.read(typed), await capsules.read(source)
    if made_from.id == seen.id:
        raise UsageError(f"capsule {seen.name!r} cannot be its own source", hint="name another capsule")
    if made_from.name in seen.sources:
        raise UsageError(f"{made_from.name!r} is among the sources of {seen.name!r} already", hint="playnex capsule history shows them")
    labels = tuple(dict.fromkeys((*seen.labels, *made_from.labels)))
    draft = replace(following(seen, seen.body), labels=labels, sources=(*seen.sources, made_from.name), header=seen.header)
    return await capsules.write(draft)


async def unlink(capsules: Capsules, typed: str, source: str) -> Capsule:
    """The newest version once more, without that source; its labels stay. Raises UsageError where it is none."""
    seen = await capsules.read(typed)
    if source not in seen.sources:
        named = ", ".join(seen.sources) or "it has none"
        raise UsageError(f"{source!r} is no source of {seen.name!r}", hint=f"its sources: {named}")
    rest = tuple(name for name in seen.sources if name != source)
    return await capsules.write(replace(following(seen, seen.body), sources=rest, header=seen.header))
