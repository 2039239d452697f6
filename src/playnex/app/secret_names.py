"""The secrets that a workspace's files name: which, where, and whether each can be had."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from playnex.canonical import Json
from playnex.config import Config
from playnex.errors import CredentialError
from playnex.secrets import system_keyring
from playnex.secrets.known import KNOWN
from playnex.secrets.references import KEYRING
from playnex.spec import variables
from playnex.spec.read_servers import read_servers
from playnex.spec.server import ServerSpec
from playnex.tools.mcp.offered import FILE
from playnex.workspace import CONFIG, Workspace

SECRETS_SCHEMA = "playnex.secrets/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A secret by the name that a file gives it (`NAME` or `keyring:NAME`), and who uses it: `model fast`, `MCP server mail`."""

    name: str
    user: str

    @property
    def source(self) -> str:
        """`keyring` or `environment`."""
        return "keyring" if self.name.startswith(KEYRING) else "environment"

    def document(self, where: str, state: str) -> Json:
        """As JSON; `state` is `found`, `missing`, or why nobody can tell."""
        return {"name": self.name.removeprefix(KEYRING), "source": self.source, "user": self.user, "where": where, "state": state}


def named_secrets(config: Config, servers: Iterable[ServerSpec]) -> Iterator[Named]:
    """Every secret that is named, with each of its users."""
    for model in config.models.values():
        if model.key_name:
            yield Named(name=model.key_name, user=f"model {model.alias}")
    for server in servers:
        yield from _granted(server.env, f"MCP server {server.name}")
    yield from _granted(config.python_env, "Python tools")


def _granted(env: Mapping[str, str], user: str) -> Iterator[Named]:
    names = dict.fromkeys(name for value in env.values() for name in variables.named(value))
    return (Named(name=name, user=user) for name in names if variables.is_secret(name))


def know(named: Iterable[Named], environment: Mapping[str, str]) -> None:
    """Know those that the environment holds, before anything runs. The keyring is asked when one of its secrets is needed."""
    for each in named:
        KNOWN.remember(each.name, environment.get(each.name, ""))


def secret_lines(workspace: Workspace) -> Iterator[Json]:
    """Each named secret and whether it is there; its value is not in it. Raises DefinitionError."""
    path = workspace.root / FILE
    servers = read_servers(path.read_text(encoding="utf-8", errors="replace"), FILE).servers if path.is_file() else ()
    for each in named_secrets(workspace.config(), servers):
        file = FILE if each.user.startswith("MCP") else CONFIG
        yield each.document(_where(workspace.root / file, each.name), _state(each))


def _state(named: Named) -> str:
    if named.source == "environment":
        return "found" if os.environ.get(named.name) else "missing"
    try:
        return "found" if system_keyring.find(named.name.removeprefix(KEYRING)) else "missing"
    except CredentialError as fault:
        return fault.message


def _where(path: Path, name: str) -> str:
    """`playnex.toml:3`: the first line that has the name."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    number = next((number for number, line in enumerate(lines, 1) if name in line), 1)
    return f"{path.name}:{number}"
