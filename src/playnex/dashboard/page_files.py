"""The files of the page, read once into memory and compressed there: no path of a request ever reaches the disk."""

import gzip
import hashlib
import mimetypes
import time
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

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

    def answer(self, request: Request) -> Response:
        """The file of that address, or the page itself."""
        if time.monotonic() - self.looked > QUIET:
            self.look()
        path = request.url.path
        if path.startswith(PREFIX):
            version, _, rest = path.removeprefix(PREFIX).partition("/")
            if version == self.version:
                return self._sent(rest, request, FOR_EVER)
            return self._sent(path.removeprefix(PREFIX), request, ASK_AGAIN)
        if path.split("/")[1] in ROOMS:
            return self._sent(INDEX, request, ASK_AGAIN)
        return Response("there is no such page", status_code=404, media_type="text/plain")

    def look(self) -> None:
        """Read the folder where that has not been done, or where a file of it changed."""
        self.looked = time.monotonic()
        found = {path: path.stat() for path in sorted(self.folder.rglob("*")) if path.is_file() and not _is_linked(path, self.folder)}
        version = hashlib.sha256(repr([(str(path), stat.st_size, stat.st_mtime_ns) for path, stat in found.items()]).encode())
        if self.files is None or version.hexdigest()[:16] != self.version:
            self.version = version.hexdigest()[:16]
            self.files = {path.relative_to(self.folder).as_posix(): self._read(path) for path in found}

    def _read(self, path: Path) -> PageFile:
        body = path.read_bytes()
        if path.suffix in (".html", ".js", ".css"):
            body = body.replace(PREFIX.encode(), f"{PREFIX}{self.version}/".encode())
        kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return PageFile(body=body, packed=gzip.compress(body, mtime=0) if len(body) > SMALLEST else b"", kind=kind)

    def _sent(self, name: str, request: Request, keep: str) -> Response:
        file = (self.files or {}).get(name)
        if file is None:
            return Response("there is no such file", status_code=404, media_type="text/plain")
        heads = {"etag": file.tag, "cache-control": keep, "vary": "accept-encoding"}
        if file.tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=heads)
        takes_packed = "gzip" in request.headers.get("accept-encoding", "") and file.packed
        body, more = (file.packed, {"content-encoding": "gzip"}) if takes_packed else (file.body, {})
        return Response(body, headers=heads | more, media_type=file.kind)


def _is_linked(path: Path, folder: Path) -> bool:
    """Whether the file, or a folder above it, is a link: it could lead out of the page's folder."""
    return any(part.is_symlink() for part in (path, *path.parents) if part.is_relative_to(folder) and part != folder)
