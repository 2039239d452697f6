"""Workspaces to start from: folders shipped with Playnex, copied without touching what is there.

The Markdown files of a template's folder `capsules/` are not copied: they are the first versions of capsules (stocking.py).
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from playnex.errors import UsageError
from playnex.spec.faults import did_you_mean


def names() -> tuple[str, ...]:
    """The templates that there are, sorted."""
    return tuple(sorted(item.name for item in (resources.files("playnex") / "templates").iterdir() if item.is_dir()))


def contents(template: str) -> dict[str, bytes]:
    """The template's files by their path. Raises UsageError where there is no such template."""
    if template not in (known := names()):
        hint = did_you_mean(template, known) or f"there are: {', '.join(known)}"
        raise UsageError(f"there is no template {template!r}", hint=hint)
    return {path: file.read_bytes() for path, file in _files(_folder(template), "") if not path.startswith(DOCUMENTS)}


DOCUMENTS = "capsules/"
ENDING = ".md"


def lay_out(template: str, target: Path) -> tuple[str, ...]:
    """Copy the template's files into the folder; their paths, sorted. Raises UsageError where one is already there."""
    files = {path: file for path, file in _files(_folder(template), "") if not path.startswith(DOCUMENTS)}
    there = [path for path in files if (target / path).exists()]
    if there:
        raise UsageError(f"{target} already has {', '.join(sorted(there)[:3])}", hint="choose an empty folder; nothing was changed")
    try:
        for path, file in files.items():
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            (target / path).write_bytes(file.read_bytes())
        for folder in ("flows", "agents"):
            (target / folder).mkdir(parents=True, exist_ok=True)
    except OSError:
        take_back([target / path for path in files])
        raise
    return tuple(sorted(files))


def documents(template: str) -> Mapping[str, str]:
    """The texts that the template brings as capsules, by name: `capsules/kb/refunds.md` is `kb/refunds`."""
    files = sorted((path, file) for path, file in _files(_folder(template), "") if path.startswith(DOCUMENTS))
    return {path.removeprefix(DOCUMENTS).removesuffix(ENDING): file.read_text(encoding="utf-8") for path, file in files}


def take_back(files: Sequence[Path]) -> None:
    """Remove what a full disk let be written, half files among it, so that the same command works once there is space."""
    for file in files:
        with suppress(OSError):
            file.unlink(missing_ok=True)


def _folder(template: str) -> Traversable:
    return resources.files("playnex") / "templates" / template


def _files(folder: Traversable, prefix: str) -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for item in folder.iterdir():
        if item.is_dir():
            found += _files(item, f"{prefix}{item.name}/")
        elif not item.name.endswith((".pyc", ".DS_Store")):
            found.append((prefix + item.name.replace("dot-", "."), item))
    return found
