"""The workspace's own tools: `def lookup` in tools/crm.py is the tool `crm.lookup`.

Files are described in a worker process, so that looking at a workspace runs none of its code in ours. Synchronous functions
run in workers too, where a timeout really ends them; asynchronous ones run in the loop, which loads their file.
"""

import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from playnex import __version__
from playnex.canonical import Json, decode, digest, encode
from playnex.errors import PlaynexError, ToolFailed
from playnex.spec.faults import Fault, Place
from playnex.tools.tool import Call, CallScope, Tool, ToolResult
from playnex.tools.workers import Workers

FOLDER = "tools"
FORMAT = 3
"""Of the cached descriptions: those of another one are made anew."""

DESCRIBE_SECONDS = 10.0
"""How long a file may take to be imported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """The tools of the files that are well, and the faults of those that are not."""

    tools: tuple[Tool, ...] = ()
    faults: tuple[Fault, ...] = ()


async def discover(workspace: Path, workers: Workers, *, cache: Path | None = None) -> Discovery:
    """Every public function of `tools/*.py` (files that begin with `_` are for the others to import). `cache` keeps the
    descriptions while no file of the folder changes, so that a start costs no process."""
    files = sorted((workspace / FOLDER).glob("*.py"))
    key = _key(files)
    known = _cached(cache, key)
    if known is None:
        known = {file.name: await _described(file, workers) for file in files if not file.name.startswith("_")}
        if cache and not any(described["faults"] for described in known.values()):
            _keep(cache, known, key=key)
    tools = (_tool(workspace / FOLDER / name, part, workers=workers) for name, described in known.items() for part in described["tools"])
    faults = (_fault(name, part) for name, described in known.items() for part in described["faults"])
    return Discovery(tools=tuple(tools), faults=tuple(faults))


async def _described(file: Path, workers: Workers) -> Json:
    if not file.stem.isidentifier():
        return _broken(f"{file.name!r} cannot be part of a tool's name; call it {_identifier(file.stem) + '.py'!r}")
    try:
        async with asyncio.timeout(DESCRIBE_SECONDS):
            return (await workers.ask({"do": "describe", "file": str(file)}))["answer"]
    except TimeoutError:
        return _broken(f"importing it did not end within {DESCRIBE_SECONDS:g} seconds")
    except ToolFailed as fault:
        return _broken(f"importing it went wrong: {fault.message}")


def _tool(file: Path, part: Mapping[str, Json], *, workers: Workers) -> Tool:
    return Tool(
        name=part["name"],
        description=part["description"],
        parameters=part["parameters"],
        effect=part["effect"],
        egress=part["egress"],
        approval=part["approval"],
        sinks=None if part["sinks"] is None else tuple(part["sinks"]),
        untrusted=part["untrusted"],
        account=part["account"],
        timeout=part["timeout"],
        call=_in_loop(file, part) if part["asynchronous"] else _in_worker(file, part, workers=workers),
        source=f"{FOLDER}/{file.name}:{part['line']}",
    )


def _in_worker(file: Path, part: Mapping[str, Json], *, workers: Workers) -> Call:
    async def call(arguments: Mapping[str, Json], _scope: CallScope) -> ToolResult:
        request = {"do": "call", "file": str(file), "function": part["function"], "arguments": dict(arguments)}
        spoken = await workers.ask(request)
        if "error" in spoken:
            raise ToolFailed(spoken["error"])
        return _result(spoken["answer"], part)

    return call


def _in_loop(file: Path, part: Mapping[str, Json]) -> Call:
    async def call(arguments: Mapping[str, Json], _scope: CallScope) -> ToolResult:
        from playnex.tools import modules, signatures  # late: only a call of an asynchronous tool loads user code here

        try:
            modules.make_importable(file.parent.parent)
            function = getattr(modules.load(file), part["function"])
            value = await function(**signatures.converted(function, arguments))
        except (Exception, SystemExit) as fault:  # a user's code may raise anything
            raise ToolFailed(modules.told(fault)) from fault
        try:
            return _result(decode(encode(value)), part)
        except PlaynexError as fault:
            raise ToolFailed(f"the tool's result is no JSON: {fault.message}", hint=fault.hint) from None

    return call


def _result(value: Json, part: Mapping[str, Json]) -> ToolResult:
    return ToolResult(output=value)


def _broken(message: str) -> Json:
    return {"tools": [], "faults": [{"line": 1, "column": 1, "message": message}]}


def _fault(name: str, part: Mapping[str, Json]) -> Fault:
    place = Place(path=f"{FOLDER}/{name}", line=part["line"], column=part["column"])
    return Fault(place=place, message=part["message"])


def _identifier(stem: str) -> str:
    plain = "".join(letter if letter.isalnum() else "_" for letter in stem)
    return plain if plain.isidentifier() else f"tools_{plain}"


def _key(files: Sequence[Path]) -> str:
    """What the descriptions depend on: every file of the folder, since they may import each other."""
    parts = [__version__, str(FORMAT), sys.version, *(f"{file.name} {digest(file.read_bytes())}" for file in files)]
    return digest("\n".join(parts).encode())


def _cached(cache: Path | None, key: str) -> dict[str, Json] | None:
    try:
        kept = decode(cache.read_bytes()) if cache else {}
        return kept["files"] if kept.get("key") == key else None
    except (OSError, ValueError, KeyError, AttributeError):
        return None


def _keep(cache: Path, known: Mapping[str, Json], *, key: str) -> None:
    """Write the cache whole, or leave it: without it the next start only takes longer."""
    fresh = cache.with_name(f"{cache.name}.{os.getpid()}")
    try:
        cache.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump({"key": key, "files": known}, file)
        os.replace(fresh, cache)
    except OSError:
        fresh.unlink(missing_ok=True)
