"""Begins a workspace from a template: its files, and the capsules that it brings."""

from dataclasses import dataclass
from pathlib import Path

from playnex.app.templates import documents, lay_out, take_back
from playnex.capsules.capsule import CapsuleDraft, Capsules
from playnex.errors import CapsuleConflict, PlaynexError


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What a new workspace got: the paths of its files and the names of its capsules, both sorted."""

    files: tuple[str, ...]
    capsules: tuple[str, ...] = ()


async def begin(template: str, target: Path) -> Begun:
    """Lay the template out in the folder, all of it or nothing. Raises UsageError where one of its files is already there, StoreError."""
    files = lay_out(template, target)
    try:
        return Begun(files=files, capsules=await stock(template, target))
    except (OSError, PlaynexError):
        take_back([target / path for path in files])
        raise


async def stock(template: str, workspace: Path) -> tuple[str, ...]:
    """Write the template's documents as capsules of the workspace; the names of those that were not there yet, sorted."""
    if not documents(template):
        return ()
    from playnex.app.opening import opened  # late: only a template with documents needs a store

    async with opened(str(workspace)) as app:
        return await stock_into(app.capsules, template)


async def stock_into(capsules: Capsules, template: str) -> tuple[str, ...]:
    """The same for a workspace that is open."""
    made = []
    for name, text in documents(template).items():
        try:
            await capsules.write(CapsuleDraft(name=name, body=text, expected=0))
        except CapsuleConflict:
            continue  # nothing that is there already is changed
        made.append(name)
    return tuple(made)
