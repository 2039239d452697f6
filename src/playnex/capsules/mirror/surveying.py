"""A look at all files at once: which names have to be settled, and what lies there that is no capsule's file."""

from collections.abc import Callable
from dataclasses import dataclass, field

import apsw

from playnex.canonical import digest
from playnex.capsules.mirror import index
from playnex.capsules.mirror.folder import BeingWritten, Content, Folder, Found, Unusable
from playnex.capsules.mirror.index import Known, State
from playnex.capsules.mirror.names import folded, path_of, problem
from playnex.capsules.mirror.notice import Notice
from playnex.clock import Clock
from playnex.store.database import Database


@dataclass(slots=True, kw_only=True)
class Survey:
    """What was found. Names to be settled: those with a file (`present`), those without one (`absent`; `gone`, where the store has not
    moved since; `bare`, where there never was one). `refreshed` are those whose files have another stamp and the same bytes; `left` is what
    nobody settles; `problem` says why there was nothing to look at; `is_gone`: there were files, and their folder is gone."""

    files: int = 0
    present: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    bare: list[str] = field(default_factory=list)
    refreshed: dict[str, tuple[State, Known]] = field(default_factory=dict)
    left: list[Notice] = field(default_factory=list)
    problem: str = ""
    is_gone: bool = False

    def lacking(self, seen: State) -> list[str]:
        """Where a name without a file belongs."""
        if seen.known is None:
            return self.bare
        return self.gone if seen.stored == seen.known.agreed.stored else self.absent

    def refresh(self, connection: apsw.Connection) -> None:
        """Remember the new stamps, of all that nobody changed meanwhile."""
        same = index.unmoved(connection, {name: seen for name, (seen, _) in self.refreshed.items()})
        index.put_all(connection, {name: known for name, (_, known) in self.refreshed.items() if name in same})


def survey(folder: Folder, database: Database, clock: Clock) -> Survey:
    """Look at everything. It changes nothing."""
    looked, found = round(clock.now() * 1e9), Survey()
    try:
        files = list(folder.found())
    except (OSError, Unusable) as fault:
        found.problem = fault.strerror or "" if isinstance(fault, OSError) else str(fault)
        return found
    states = index.states(database.read)
    found.is_gone = not folder.root.exists() and any(seen.known for seen in states.values())
    named = _named(files, folder, states, found=found)
    with folder.reading() as read:
        for name, file in named.items():
            _look_at(file, name, states.get(name, State()), read=read, looked=looked, found=found)
    for name, seen in states.items():
        if seen.known is None and seen.stored and (why := problem(name)):
            found.left.append(Notice(kind="left", path=path_of(name), says=f"this capsule has no file: {why}"))
        elif name not in named:
            found.lacking(seen).append(name)
    found.files = len(named)
    return found


def _named(files: list[Found], folder: Folder, states: dict[str, State], *, found: Survey) -> dict[str, Found]:
    """The files by the names of their capsules."""
    named = {file.name: file for file in files if file.name in states and path_of(file.name) == file.path}
    others = [file for file in files if not file.why and named.get(file.name) is not file]
    spelled = {folded(name): name for name, seen in states.items() if seen.known} if others else {}
    found.left += [Notice(kind="left", path=file.path, says=file.why) for file in files if file.why]
    for file in others:
        own = spelled.get(folded(file.name), file.name)
        if own not in named and _is_same(folder, own, file):  # a disk that takes large letters for small ones, or spells in parts
            named[own] = file
        elif path_of(file.name) == file.path:
            named[file.name] = file
        else:
            says = "its name is spelled with letters in parts, which some systems put together: rename it"
            found.left.append(Notice(kind="left", path=file.path, says=says))
    return named


def _is_same(folder: Folder, name: str, file: Found) -> bool:
    """Whether the disk takes the capsule's name for this file, however it is spelled there."""
    try:
        stamp = folder.stamp(path_of(name))
    except (OSError, Unusable):
        return False
    return stamp is not None and file.stamp is not None and stamp.inode == file.stamp.inode


def _look_at(file: Found, name: str, seen: State, *, read: Callable[[str], Content], looked: int, found: Survey) -> None:
    """Put the name to those that have to be settled, unless its file surely says what it said."""
    known = seen.known
    if known is None or seen.stored != known.agreed.stored or file.stamp is None:
        found.present.append(name)
    elif not known.is_untouched(file.stamp):
        try:
            content = read(path_of(name))
        except (OSError, BeingWritten, Unusable):
            content = None
        if content is not None and digest(content.data) == known.agreed.digest:
            found.refreshed[name] = seen, Known(agreed=known.agreed, stamp=content.stamp, looked=looked)
        else:
            found.present.append(name)
