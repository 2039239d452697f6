"""A workspace in a folder, and the real command line over it, in child processes."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playnex.app.templates import lay_out
from playnex.testing.model_replies import Asked

SECONDS = 120


@dataclass(frozen=True)
class Desk:
    """A user's folder and their terminal; `through` are the words before each command, such as a loss of rights."""

    folder: Path
    through: tuple[str, ...] = ()

    def playnex(self, *words: str, stdin: str | None = None, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end."""
        return subprocess.run(
            [*self.through, sys.executable, "-m", "playnex", *words],
            cwd=self.folder,
            env=os.environ | {"PLAYNEX_HOME": ""} | environment,
            input=stdin or "",
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def json(self, *words: str) -> Any:
        """What the command prints under --json."""
        return json.loads(self.playnex(*words, "--json").stdout)

    def start(self, *words: str, **environment: str) -> "subprocess.Popen[bytes]":
        """Start a command and leave it running, in a process group of its own."""
        nowhere = subprocess.DEVNULL
        command = [*self.through, sys.executable, "-m", "playnex", *words]
        given = os.environ | environment
        return subprocess.Popen(command, cwd=self.folder, env=given, stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True)


def research_desk(folder: Path, url: str) -> Desk:
    """The research template, with the model server at that address."""
    lay_out("research", folder)
    (folder / "playnex.toml").write_text(f'[models.main]\nbase_url = "{url}"\nname = "scripted"\ncontext = 32768\n')
    return Desk(folder)


PAIR = """\
playnex: 1
name: pair
steps:
  one: { agent: helper, prompt: Write the first part. }
  two: { agent: helper, prompt: "Write the second part, after: ${{ steps.one.output }}" }
output: ${{ steps.two.output }}
"""


def pair_desk(folder: Path, url: str) -> Desk:
    """A flow `pair` of two steps, each of one request, with a model that has a second to answer."""
    lay_out("minimal", folder)
    (folder / "flows/pair.yaml").write_text(PAIR)
    (folder / "playnex.toml").write_text(f'[models.main]\nbase_url = "{url}"\nname = "scripted"\ncontext = 32768\ntimeout = 1\n')
    return Desk(folder)


def is_second(asked: Asked) -> bool:
    """Whether this is the request of the second step of `pair`."""
    return "second part" in asked.prompt


def wait_for(fact: Any, what: str) -> None:
    """Until it is so, at most for the usual time."""
    deadline = time.monotonic() + SECONDS
    while not fact():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.005)
