"""What a browser's server is started with: the browser of this machine, a profile in memory, our proxy as its only way out. Pure but for
the look at what is installed."""

import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from playnex.canonical import Json
from playnex.errors import ToolFailed
from playnex.tools.mcp.surroundings import Surroundings

POLICY_FOLDERS: Mapping[str, Path] = {
    "chromium": Path("/etc/chromium/policies/managed"),
    "chromium-browser": Path("/etc/chromium/policies/managed"),
    "google-chrome-stable": Path("/etc/opt/chrome/policies/managed"),
    "google-chrome": Path("/etc/opt/chrome/policies/managed"),
}
"""Browsers that are looked for, in this order, and where each reads what the machine's owner forbids it."""

BROWSER_SERVER = "@playwright/mcp@0.0.83"
"""The server that drives it. Of another version the tools may be others; only those of tools/browser/kinds.py are offered."""

MISSING = "install Chromium (Debian: apt install chromium)"

OWN = Path(__file__).resolve().parent
DOORWAY = OWN / "doorway.py"
POLICY = OWN / "policy.json"
MEMORY = 64_000_000_000
"""Bytes of data for each process of a browser, which reserves many times what it uses."""

OUTPUT = "/tmp/playnex-browser"
"""Where pictures go if the entry names no folder to write to; in the sandbox it is gone with it."""

FLAGS = (
    "--component-updater=url-source=http://127.0.0.1:9/",  # it asks nobody for parts of itself
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-quic",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--no-pings",
)


def browser_program(environment: Mapping[str, str]) -> str:
    """The path of the machine's Chromium, or nothing."""
    found = (shutil.which(name, path=environment.get("PATH", os.defpath)) for name in POLICY_FOLDERS)
    return next((path for path in found if path), "")


def fitted(around: Surroundings, way_out: int) -> Surroundings:
    """The surroundings with the server behind its doorway; `way_out` is the descriptor through which the doorway hands out its port.
    Raises ToolFailed where there is no browser."""
    program = browser_program(around.environment)
    if not program:
        raise ToolFailed("there is no browser on this machine", hint=MISSING)
    doorway = (sys.executable, "-I", "-S", str(DOORWAY), str(way_out), json.dumps(config(program, around)))
    return replace(around, command=(*doorway, *around.command), memory=MEMORY)


def mounts(environment: Mapping[str, str]) -> Iterator[str]:
    """How bubblewrap is told to put our policy where the browser looks for its machine's: what stands around it is shown as it is."""
    folder = POLICY_FOLDERS[Path(browser_program(environment)).name]
    there = next(path for path in (folder, *folder.parents) if path.is_dir())
    yield from ("--tmpfs", str(there))
    for path in there.iterdir() if there != folder else ():
        yield from ("--symlink", os.readlink(path), str(path)) if path.is_symlink() else ("--ro-bind", str(path), str(path))
    yield from ("--ro-bind", str(POLICY), str(folder / "playnex.json"))


def config(program: str, around: Surroundings) -> Json:
    """The settings of @playwright/mcp, in which PORT stands for the proxy's port. Chromium's own sandbox needs rights that are dropped in
    ours, so its processes are confined by ours alone."""
    proxy = {"server": "http://127.0.0.1:PORT", "bypass": "<-loopback>"}
    launch = {"executablePath": program, "headless": True, "chromiumSandbox": False, "proxy": proxy, "args": list(FLAGS)}
    return {
        "browser": {
            "browserName": "chromium",
            "isolated": True,
            "launchOptions": launch,
            "contextOptions": {"acceptDownloads": False},
        },
        "outputDir": str(around.write[0]) if around.write else OUTPUT,
        "snapshot": {"mode": "none"},
        "codegen": "none",
        "webmcp": False,
    }
