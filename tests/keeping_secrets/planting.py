"""Twelve canaries, each planted where a secret comes into Playnex in another way, and the search for them in all that it leaves."""

import json
import os
import secrets
import subprocess
import sys
import tarfile
import threading
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import apsw

from playnex.app.templates import lay_out
from playnex.secrets.known import spellings
from playnex.testing.model_replies import Asked, Reply, answer, calls, refusal
from playnex.testing.model_server import ModelServer, serving

HERE = Path(__file__).parent
SECONDS = 600

VARIABLES = {
    "MODEL_KEY": "the key of a model whose server repeats it in an error",
    "LEAKY_PLAIN": "a variable that a server says in a result, and on stderr",
    "LEAKY_QUOTED": "the same, with signs that JSON and shells escape",
    "CRM_KEY": "a variable that a Python tool raises with",
    "LOOP_KEY": "a variable that an asynchronous tool raises with",
    "FLOW_KEY": "a variable that a flow in Python fails with, and one that a step of it gives",
}
KEPT = {
    "answering": "the key of a model whose server repeats it in an answer",
    "leaky": "a secret that a server says in base64, in errors and on stdout",
    "leaky-lines": "the same, of several lines",
    "printed": "a secret that a Python tool prints and returns",
    "typed": "a secret that is only kept",
}
WRITTEN = "written"
"""The twelfth: a key that somebody wrote into the file itself."""

CONFIG = """\
[models.main]
base_url = "{url}"
name = "scripted"
context = 32768
api_key_env = "MODEL_KEY"

[models.answering]
base_url = "{url}"
name = "answering"
context = 32768
api_key = "${{keyring:answering}}"

[tools."leaky.*"]
remote = true
effect = "idempotent"

[recall]
embedder = "main"

[python]
env = {{ CRM_KEY = "${{CRM_KEY}}", LOOP_KEY = "${{LOOP_KEY}}", FLOW_KEY = "${{FLOW_KEY}}", PRINTED = "${{keyring:printed}}" }}
"""

TOOLS = """\
import base64
import os

import playnex


@playnex.tool(effect="idempotent")
def raises() -> str:
    raise ValueError("refused: " + os.environ["CRM_KEY"])


@playnex.tool(effect="idempotent")
def prints() -> str:
    print("signed in with", os.environ["PRINTED"])
    return base64.b64encode(("pw=" + os.environ["PRINTED"]).encode()).decode()


@playnex.tool(effect="idempotent")
def everything() -> dict[str, str]:
    return dict(os.environ)


@playnex.tool(effect="idempotent")
async def loops() -> str:
    print("asynchronous:", os.environ["LOOP_KEY"])
    raise RuntimeError(os.environ["LOOP_KEY"].encode().hex())
"""

PYTHON_FLOW = """\
import os

import playnex


async def key():
    return {"bearer": os.environ["FLOW_KEY"]}


@playnex.flow
async def fails(ctx, inputs):
    await ctx.step("given", key)
    raise ValueError("no way with " + os.environ["FLOW_KEY"])
"""

CLERK = """\
---
name: clerk
description: Asks.
model: {model}
tools: ["leaky.result", "crm.everything", "capsule.write"]
memory: {{ write: ["notes/*"], recall: true, history: true }}
---
Use what you have.
"""

SERVED = ("leaky.base64", "leaky.structured", "leaky.failure", "leaky.protocol_error", "leaky.everything")
STEPS = (*SERVED, "crm.raises", "crm.prints", "crm.everything", "crm.loops")

COMMANDS = (
    "secret list --json",
    "mcp test leaky --json",
    "flow run leaks --json",
    "run show last --json",
    "run show last --tools",
    "run show last --transcript",
    "run logs last",
    "flow run fails --debug",
    "agent run other Hello",
    "batch run fails cases.jsonl --json",
    "batch export last",
    "tool call leaky.protocol_error --debug",
    "capsule view notes/all",
    "capsule diff notes/said@1 notes/all@1",
    "capsule history notes/all --json",
    "capsule search bearer --json",
    "capsule index",
    "run show last --memory ask",
    "capsule export parcel.zip",
    "doctor",
    "backup saved.tar.gz",
)

FEW = tuple(
    command for command in COMMANDS if command.split()[0] in ("mcp", "flow", "agent", "backup") or "index" in command or "export" in command
)
"""Those by which each canary comes in, and a backup and an export of it all."""


@dataclass
class Planted:
    """A workspace with canaries by name, the way to run Playnex over it, and all that it said on its streams, by command."""

    folder: Path
    begin: tuple[str, ...]
    canaries: dict[str, str]
    said: dict[str, bytes] = field(default_factory=dict)
    arguments: set[bytes] = field(default_factory=set)
    embedded: bytes = b""

    @property
    def environment(self) -> dict[str, str]:
        """Ours, with the canaries of the environment, a keyring of files, and a folder for reports that can be searched."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("PLAYNEX")}
        own |= {name: self.canaries[name] for name in VARIABLES}
        own |= {"PYTHON_KEYRING_BACKEND": "keyrings.alt.file.PlaintextKeyring", "XDG_DATA_HOME": str(self.folder.parent / "keyring")}
        return own | {"TMPDIR": str(self.folder / "reports"), "PLAYNEX_DATA": str(self.folder / "data")}

    def playnex(self, *words: str, stdin: str = "") -> int:
        """Carry a command out, and remember what it said; its exit code."""
        with watched(self.arguments, self.canaries):
            done = subprocess.run(
                [*self.begin, *words],
                cwd=self.folder,
                env=self.environment,
                input=stdin.encode(),
                capture_output=True,
                timeout=SECONDS,
                check=False,
            )
        self.said[f"{len(self.said)}: {' '.join(words)}"] = done.stdout + done.stderr
        return done.returncode

    def found(self) -> set[tuple[str, str]]:
        """Each canary that came out, with the place: a file, a table of the store, a command's streams, a process's arguments."""
        places = [*self.said.items(), *files(self.folder), ("vectors", self.embedded), ("ps", b"\n".join(self.arguments))]
        spelt = {name: tuple(each.encode() for each in spellings(value)) for name, value in self.canaries.items()}
        return {(name, place) for place, content in places for name, forms in spelt.items() if any(form in content for form in forms)}


def planted(folder: Path, begin: Sequence[str]) -> Planted:
    """Canaries with nothing in common, one of them hard to spell and one of several lines."""
    names = (*VARIABLES, *KEPT, WRITTEN)
    made = {name: f"cnry{secrets.token_hex(12)}" for name in names}
    made["LEAKY_QUOTED"] = f'{made["LEAKY_QUOTED"]}/+"é\\ {secrets.token_hex(4)}'
    made["leaky-lines"] = "\n".join((f"-----BEGIN {secrets.token_hex(8)}", secrets.token_urlsafe(32), secrets.token_urlsafe(32)))
    return Planted(folder, tuple(begin), made)


def play(folder: Path, begin: Sequence[str], commands: Sequence[str] = COMMANDS) -> Planted:
    """Plant them, and have every part of Playnex meet them."""
    yard = planted(folder / "workspace", begin)
    lay_out("minimal", yard.folder)
    (yard.folder / "reports").mkdir()
    with serving(lambda asked: repeating(server, asked)) as server:
        lay_in(yard, server.url)
        for name in KEPT:
            assert yard.playnex("secret", "set", name, stdin=yard.canaries[name] + "\n") == 0, yard.said
        for command in commands:
            yard.playnex(*command.split())
        yard.embedded = "\n".join(server.embedded).encode()
        settings = yard.folder / "playnex.toml"
        settings.write_text(f'[models.main]\nbase_url = "{server.url}"\napi_key = "{yard.canaries[WRITTEN]}"\n')
        for command in ("check", "flow run leaks --json"):
            assert yard.playnex(*command.split()) == 3, yard.said
        settings.unlink()  # what the user wrote is the user's; what we made of it is searched
    return yard


def lay_in(yard: Planted, url: str) -> None:
    """The workspace's files."""
    (yard.folder / "tools").mkdir()
    (yard.folder / "playnex.toml").write_text(CONFIG.format(url=url))
    (yard.folder / "tools/crm.py").write_text(TOOLS)
    (yard.folder / "flows/fails.py").write_text(PYTHON_FLOW)
    (yard.folder / "agents/clerk.md").write_text(CLERK.format(model="main"))
    (yard.folder / "agents/other.md").write_text(CLERK.format(model="answering").replace("name: clerk", "name: other"))
    (yard.folder / "cases.jsonl").write_text("{}\n{}\n")
    env = {"LEAKY_PLAIN": "${LEAKY_PLAIN}", "LEAKY_QUOTED": "${LEAKY_QUOTED}", "LEAKY_KEPT": "${keyring:leaky}"}
    env |= {"LEAKY_LINES": "${keyring:leaky-lines}"}
    entry = {"command": sys.executable, "args": [str(HERE / "leaky_server.py")], "trust": "full", "env": env}
    (yard.folder / ".mcp.json").write_text(json.dumps({"mcpServers": {"leaky": entry}}))
    steps = [f"  s{number}: {{ tool: {tool}, continue-on-error: true }}" for number, tool in enumerate(STEPS)]
    outputs = " ".join(f"${{{{ steps.s{number}.output }}}}" for number, tool in enumerate(STEPS) if tool.rpartition(".")[2] in GIVING)
    flow = ["playnex: 1", "name: leaks", "steps:", *steps, "  ask: { agent: clerk, prompt: Go on., continue-on-error: true }"]
    flow += [f'  keep: {{ save: notes/all, content: "{outputs}" }}']
    (yard.folder / "flows/leaks.yaml").write_text("\n".join(flow) + "\n")


GIVING = ("base64", "structured", "everything", "prints")
"""Tools that give something; the others fail."""


def repeating(server: ModelServer, asked: Asked) -> Reply:
    """A model whose server repeats the key: in an error to every first request, then in a call and in its answer."""
    said = f"you sent {server.headers[-1].get('authorization', '')}"
    if asked.body["model"] == "answering":
        return answer(said)
    if asked.times == 1:
        return refusal(500, said)
    is_first = not any(message["role"] == "tool" for message in messages(asked))
    keep = ("capsule__write", {"name": "notes/said", "body": said})
    return calls(("leaky__result", {}), ("crm__everything", {}), keep) if is_first else answer(said)


def messages(asked: Asked) -> Sequence[dict[str, object]]:
    """What was sent."""
    sent: Sequence[dict[str, object]] = asked.body["messages"]
    return sent


class watched:
    """Within the block, what processes were started with is looked at; those with a canary are kept."""

    def __init__(self, kept: set[bytes], canaries: dict[str, str]) -> None:
        self._kept, self._words = kept, [value.encode() for value in canaries.values()]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.1):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                with suppress(OSError):
                    line = path.read_bytes()
                    if any(word in line for word in self._words):
                        self._kept.add(line)


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of the workspace byte by byte, and what is in those that are packed."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        name = path.relative_to(folder).as_posix()
        yield name, content
        if name.endswith(".tar.gz"):
            yield from archived(name, content)
        if name.endswith(".zip"):
            with zipfile.ZipFile(path) as parcel:
                yield from ((f"{name}/{member}", parcel.read(member)) for member in parcel.namelist())
        if name.endswith("store.db"):
            yield from stored(path)


def archived(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """The members of a backup."""
    with tarfile.open(fileobj=BytesIO(content)) as archive:
        for member in archive:
            if (inside := archive.extractfile(member)) is not None:
                yield f"{name}/{member.name}", inside.read()


def stored(path: Path) -> Iterator[tuple[str, bytes]]:
    """Every value of every table of a store, unpacked where it is packed."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in tables:
        with suppress(apsw.Error):
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                yield f"store.db {table}", b"\n".join(unpacked(value) for value in row)
    connection.close()


def unpacked(value: object) -> bytes:
    """A value's bytes."""
    if isinstance(value, bytes):
        with suppress(zlib.error):
            return zlib.decompress(value)
        return value
    return str(value).encode(errors="surrogateescape")
