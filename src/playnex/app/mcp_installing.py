"""Installs an MCP server's package into the workspace, pinned, so that runs start it without a network."""

import asyncio
import json
import os
import re
import shutil
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from playnex.errors import ToolFailed, UsageError
from playnex.secrets.known import KNOWN
from playnex.tools.beginning import begun

PATIENCE = 600.0
PACKAGE = re.compile(r"(@[\w.-]+/)?[\w.-]+([@=]=?[\w.+-]+)?")
SCRIPTS = """
import importlib.metadata as found, json, sys
named = [point.name for point in found.distribution(sys.argv[1]).entry_points if point.group == "console_scripts"]
print(json.dumps({"version": found.version(sys.argv[1]), "scripts": named}))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """A program that starts the server, relative to the workspace, and the version that was taken."""

    program: str
    version: str


async def install_npm(root: Path, folder: Path, package: str) -> Installed:
    """From the npm registry. Packages' own install scripts are not run. Raises UsageError, ToolFailed."""
    npm = shutil.which("npm")
    if npm is None:
        raise ToolFailed("there is no npm here", hint="install Node.js, or choose a server in Python: --pypi")
    name = _checked(package).rpartition("@")[0] if "@" in package[1:] else package
    _make(folder)
    flags = ("--ignore-scripts", "--no-audit", "--no-fund", "--save-exact", "--loglevel=error")
    await _run((npm, "install", *flags, "--prefix", str(folder), package), package)
    about = json.loads((folder / "node_modules" / name / "package.json").read_text(encoding="utf-8"))
    programs = about.get("bin") or {}
    names = [name.rpartition("/")[2]] if isinstance(programs, str) else list(programs)
    return Installed(program=_relative(root, folder / "node_modules" / ".bin" / _one(names, name)), version=about["version"])


async def install_pypi(root: Path, folder: Path, package: str) -> Installed:
    """From PyPI, into an environment of its own. Raises UsageError, ToolFailed."""
    name = re.split(r"==?", _checked(package))[0]
    await _run((sys.executable, "-m", "venv", "--clear", str(folder)), package)
    python = next(path for path in (folder / "bin" / "python", folder / "Scripts" / "python.exe") if path.exists())
    await _run((str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package), package)
    about = json.loads(await _run((str(python), "-c", SCRIPTS, name), package))
    frozen = await _run((str(python), "-m", "pip", "freeze", "--disable-pip-version-check"), package)
    (folder / "requirements.txt").write_text(frozen, encoding="utf-8")
    return Installed(program=_relative(root, python.with_name(_one(about["scripts"], name))), version=about["version"])


def _checked(package: str) -> str:
    if not PACKAGE.fullmatch(package):
        raise UsageError(
            f"{package!r} is no package", hint="write its name, and a version where you want one: NAME@1.2.0 (npm), NAME==1.2.0 (PyPI)"
        )
    return package


def _one(names: list[str], package: str) -> str:
    """The program that is the server: the one named like its package, else the only one."""
    plain = package.rpartition("/")[2]
    if plain in names or len(names) == 1:
        return plain if plain in names else names[0]
    raise ToolFailed(
        f"{package} has {len(names)} programs ({', '.join(names) or 'none'}), none of its own name", hint="add it by its command"
    )


async def _run(command: tuple[str, ...], package: str) -> str:
    """What the command prints. Given up, by time or by Ctrl-C, it ends with all that it started."""
    making = asyncio.create_subprocess_exec(
        *command, env=KNOWN.environment(os.environ), stdin=DEVNULL, stdout=PIPE, stderr=PIPE, start_new_session=True
    )
    process = await begun(making, _end)
    try:
        async with asyncio.timeout(PATIENCE):
            out, err = (said.decode(errors="replace") for said in await process.communicate())
    except TimeoutError:
        raise ToolFailed(f"{package} was not installed within {PATIENCE:g} seconds", hint="try again with a better connection") from None
    finally:
        if process.returncode is None:
            await _end(process)
    if process.returncode:
        raise ToolFailed(f"{package} could not be installed: {_why(err)}", hint="installing needs the network once; running does not")
    return out


def _make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)


async def _end(process: Process) -> None:
    """Kill the installer and all that it started, and read what it said to the end: before that, asyncio does not call it gone."""
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            os.kill(process.pid, signal.SIGTERM)
    await process.communicate()


def _why(err: str) -> str:
    """The line of an installer's words that says what is wrong: a full disk is told whatever it says after that."""
    lines = [line.strip() for line in err.splitlines() if line.strip()]
    full = next((line for line in lines if "No space left" in line or "ENOSPC" in line), None)
    return full or (lines[-1] if lines else "no answer")


def _relative(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()
