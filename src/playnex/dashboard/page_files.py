"""The files of the page, read once into memory and compressed there: no path of a request ever reaches the disk."""

import gzip
import hashlib
import mimetypes
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from playnex.dashboard.page_links import GAP, HOME, Room, links, rooms

FOLDER = Path(__file__).parent / "page"
PREFIX = "/page/"
INDEX = "index.html"
ROOMS = ("", "runs", "run", "r", "compare", "inbox", "capsules", "capsule", "flows", "flow", "agents", "tools", "batches", "doctor")
"""First words of the page's own addresses: each is answered with the page, which shows what the rest of the address says."""

FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml", ".json": "application/json"}
QUIET = 1.0
"""Seconds between two looks whether files have changed: whoever works on the page need not start the server again."""

SMALLEST = 200
"""Bytes below which a file is sent as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFile:
    """A file of the page as it is sent."""

    body: bytes
    packed: bytes
    kind: str

    @property
    def tag(self) -> str:
        """Its ETag."""
        return f'"{hashlib.sha256(self.body).hexdigest()[:24]}"'


@dataclass(slots=True)
class PageFiles:
    """What lies in a folder: regular files only, no links. Addresses in the page's own files that begin with `/page/` are sent as
    `/page/VERSION/`, which a browser may keep for ever; a file that changed makes another version of all."""

    folder: Path = FOLDER
    version: str = ""
    looked: float = 0.0
    files: dict[str, PageFile] | None = None
    documents: list[tuple[Room, PageFile]] = field(default_factory=list)

    def answer(self, request: Request) -> Response:
        """The file of that address, or the page itself."""
        if time.monotonic() - self.looked > QUIET:
            self.look()
        path = request.url.path
        if path.startswith(PREFIX):
            version, _, rest = path.removeprefix(PREFIX).partition("/")
            if version == self.version:
                return _sent((self.files or {}).get(rest), request, {"cache-control": FOR_EVER})
            return _asked_again((self.files or {}).get(path.removeprefix(PREFIX)), request)
        if path.split("/")[1] in ROOMS:
            return _asked_again(self.document(path), request)
        lost = (self.files or {}).get(INDEX)  # the page itself says that there is no such page
        return _sent(lost, request, {"cache-control": ASK_AGAIN}, status=404)

    def document(self, path: str) -> PageFile | None:
        """The page for that address: the same everywhere, but for the files that it asks for at once."""
        found = next((file for room, file in self.documents if room.has(HOME if path == "/" else path)), None)
        return found or (self.files or {}).get(INDEX)

    def look(self) -> None:
        """Read the folder where that has not been done, or where a file of it changed."""
        self.looked = time.monotonic()
        found = sorted(_regular(self.folder))
        version = hashlib.sha256(repr(found).encode()).hexdigest()[:16]
        if self.files is None or version != self.version:
            self.version = version
            raw = {Path(path).relative_to(self.folder).as_posix(): Path(path).read_bytes() for path, _, _ in found}
            texts = {name: body.decode() for name, body in raw.items() if name.endswith((".js", ".html"))}
            self.documents = [(room, self._document(texts, room)) for room in rooms(texts)]
            self.files = {name: self._made(name, body) for name, body in raw.items()} | {INDEX: self._document(texts, None)}

    def _document(self, texts: dict[str, str], room: Room | None) -> PageFile:
        return self._made(INDEX, texts.get(INDEX, "").replace(GAP, links(texts, room)).encode())

    def _made(self, name: str, body: bytes) -> PageFile:
        suffix = Path(name).suffix
        if suffix in (".html", ".js", ".css"):
            body = body.replace(PREFIX.encode(), f"{PREFIX}{self.version}/".encode())
        kind = TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        return PageFile(body=body, packed=gzip.compress(body, mtime=0) if len(body) > SMALLEST else b"", kind=kind)


def _asked_again(file: PageFile | None, request: Request) -> Response:
    """The file, or that the browser still has it."""
    heads = {"etag": file.tag, "cache-control": ASK_AGAIN, "vary": "accept-encoding"} if file else {}
    if file and file.tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=heads)
    return _sent(file, request, heads)


def _sent(file: PageFile | None, request: Request, heads: dict[str, str], status: int = 200) -> Response:
    if file is None:
        return Response("there is no such file", status_code=404, media_type="text/plain")
    takes_packed = "gzip" in request.headers.get("accept-encoding", "") and file.packed
    body, more = (file.packed, {"content-encoding": "gzip"}) if takes_packed else (file.body, {})
    return Response(body, status_code=status, headers=heads | more, media_type=file.kind)


def _regular(folder: Path | str) -> Iterator[tuple[str, int, int]]:
    """Path, size and moment of each file; no links, which could lead out of the page's folder."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _regular(entry.path)
            elif entry.is_file(follow_symlinks=False):
                stat = entry.stat(follow_symlinks=False)
                yield entry.path, stat.st_size, stat.st_mtime_ns
