"""What a server is started with: its command, its folder and its environment, filled from ours and reduced to what the entry grants."""

import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from playnex.errors import CredentialError, ToolFailed
from playnex.secrets.known import KNOWN
from playnex.spec import variables
from playnex.spec.server import ServerSpec
from playnex.tools.mcp.guarding import MEMORY

INHERITED = ("HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER", "LANG")
"""All that a server sees of our environment; the rest is granted by its entry, one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """`memory` are the bytes of data that each of its processes may have."""

    command: tuple[str, ...]
    folder: Path
    write: tuple[Path, ...] = ()
    memory: int = MEMORY
    environment: Mapping[str, str] = field(repr=False)


def surroundings(spec: ServerSpec, root: Path, environment: Mapping[str, str]) -> Surroundings:
    """What the entry says, in this workspace and environment; the secrets that it grants are known from then on. Raises ToolFailed where a
    variable is not set, the keyring gives no secret, or the program or the folder is not there."""
    _refuse_missing(spec, (spec.command, spec.cwd, *spec.args, *spec.write, *spec.env.values()), environment)
    folder = (root / variables.expanded(spec.cwd, environment)).resolve()
    if not folder.is_dir():
        raise ToolFailed(f"the server {spec.name!r} cannot start: there is no folder {spec.cwd!r}", hint=f"mend `cwd` at {_where(spec)}")
    own = {name: environment[name] for name in INHERITED if name in environment}
    own |= {name: variables.expanded(value, environment) for name, value in spec.env.items()}
    for name in filter(variables.is_secret, (name for value in spec.env.values() for name in variables.named(value))):
        KNOWN.remember(name, environment.get(name, ""))
    arguments = (variables.expanded(argument, environment) for argument in spec.args)
    return Surroundings(
        command=(_program(spec, folder, own, variables.expanded(spec.command, environment)), *arguments),
        folder=folder,
        write=tuple((root / variables.expanded(each, environment)).resolve() for each in spec.write),
        environment=own,
    )


def _refuse_missing(spec: ServerSpec, texts: Iterable[str], environment: Mapping[str, str]) -> None:
    try:
        unset = {name for text in texts for name in variables.missing(text, environment)}
    except CredentialError as fault:
        raise ToolFailed(f"the server {spec.name!r} cannot start: {fault.message}", hint=fault.hint) from None
    if unset:
        names = ", ".join(sorted(unset))
        raise ToolFailed(
            f"the server {spec.name!r} cannot start: {names} {'is' if len(unset) == 1 else 'are'} not set in the environment",
            hint=f"set it, or give it a default at {_where(spec)}: ${{NAME:-default}}",
        )


def _program(spec: ServerSpec, folder: Path, environment: Mapping[str, str], command: str) -> str:
    """The program's whole path: a bare name is looked for in PATH, anything else from the server's folder on."""
    found = shutil.which(command, path=environment.get("PATH", os.defpath)) if os.path.basename(command) == command else None
    path = found or (str(folder / command) if os.path.basename(command) != command else "")
    if not path or not os.access(path, os.X_OK):
        hint = f"install it, or mend `command` at {_where(spec)}"
        raise ToolFailed(f"the server {spec.name!r} cannot start: there is no program {command!r}", hint=hint)
    return path


def _where(spec: ServerSpec) -> str:
    return f"{spec.place.path}:{spec.place.line}"
