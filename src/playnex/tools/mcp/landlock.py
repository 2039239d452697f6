"""What the kernel's Landlock is told of a view: the paths that may be read, run and changed. Whatever has no rule is closed.

A rule opens all that lies below its path, and nothing can be taken back below it. So a folder with something hidden in it is opened entry
by entry, as it is when the server starts. Imported by the guard, so it stands on nothing that takes long to load.
"""

TYPE_CHECKING = False
"""As `typing.TYPE_CHECKING`, which would have to be loaded."""

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Listing = Callable[[str], Iterable[tuple[str, bool]]]

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
REMOVE_DIR, REMOVE_FILE, MAKE_CHAR, MAKE_DIR, MAKE_REG, MAKE_SOCK, MAKE_FIFO, MAKE_BLOCK, MAKE_SYM = (1 << bit for bit in range(4, 13))
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
READ = EXECUTE | READ_FILE | READ_DIR
WRITE = READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_SOCK | MAKE_FIFO | MAKE_SYM | REFER | TRUNCATE
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
"""Rights that a file can have; the others are of folders."""

DEVICES = ("null", "zero", "full", "random", "urandom")
ON_ITSELF = "/proc/self"
"""The server's own part of /proc; of other processes it sees none."""

SIGNAL, ABSTRACT_SOCKET = 1 << 1, 1 << 0
BIND_TCP, CONNECT_TCP = 1 << 0, 1 << 1


def handled(abi: int) -> int:
    """The rights over files that this version of Landlock can close."""
    known = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
    return known.get(abi, (1 << 16) - 1)


def scoped(abi: int) -> int:
    """What stays among the server's own processes."""
    return SIGNAL | ABSTRACT_SOCKET if abi >= 6 else 0


def closed_ports(abi: int, *, network: bool) -> int:
    """The rights over TCP ports that are closed; the filter of system calls closes them too, and all other protocols."""
    return BIND_TCP | CONNECT_TCP if abi >= 4 and not network else 0


def rules(places: dict[str, str], *, workspace: str, private: str, listed: "Listing") -> "Iterator[tuple[str, int]]":
    """Each path with its rights. `places` is as in `view.View`, with links followed. Raises ValueError where a part of a folder that may
    be written is hidden. `listed` gives the names in a folder, each with whether it is a symbolic link."""
    for path, sight in places.items():
        if sight == "written":
            inside = [place for place in places if place.startswith(f"{path}/") and places[place] == "hidden"]
            if inside:
                raise ValueError(f"{path} cannot be written without {inside[0]}; name folders beside that instead")
            yield path, WRITE
        elif sight == "shown":
            yield from _read(path, places, listed)
    yield from _read("/", places, listed)
    if not any(
        sight == "hidden" and place.rpartition("/")[0] != workspace and _lies_in(place, workspace) for place, sight in places.items()
    ):
        yield workspace, READ_DIR
    yield from ((f"/dev/{name}", READ_FILE | WRITE_FILE | TRUNCATE) for name in DEVICES)
    yield ON_ITSELF, READ
    yield private, WRITE


def _read(path: str, places: dict[str, str], listed: "Listing") -> "Iterator[tuple[str, int]]":
    """The path as a whole, or what of it is neither a place of its own nor holds a hidden one."""
    if path == "/dev":
        return
    if path != "/proc" and not any(sight == "hidden" and _lies_in(place, path) for place, sight in places.items()) and path != "/":
        yield path, READ
        return
    for name, is_link in listed(path):
        below = f"{path.rstrip('/')}/{name}"
        if not is_link and below not in places and not (path == "/proc" and name.isdigit()):
            yield from _read(below, places, listed)


def _lies_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")
