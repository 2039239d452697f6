#!/usr/bin/env python3
"""Sets Playnex up in this folder and starts it; needs Python 3.11 or newer and nothing else.

    python3 start.py demo      set up, then turn a folder of notes into an article with four agents
    python3 start.py test      set up with the developers' tools, then lint, check types and run the tests
    python3 start.py setup     only set up: .venv, from the lock, every package checked against its hash

What follows the first word is handed on: `python3 start.py test -k journal`.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PROGRAMS = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = PROGRAMS / ("python.exe" if os.name == "nt" else "python")

LOCK = ROOT / "requirements.lock"
DEV_LOCK = ROOT / "requirements-dev.lock"  # all of the other one, and the developers' tools

DEBIAN = {"ip": "iproute2", "chromium": "chromium"}
"""Programs that tests start, and the Debian package of each; a test that finds none skips and says so."""

CHECKS = (
    ("ruff check", ("ruff", "check", ".")),
    ("ruff format", ("ruff", "format", "--check", ".")),
    ("mypy", ("mypy",)),
)
PYTEST = ("pytest", "-m", "not soak", "--timeout", "600", "-n", "auto", "--dist", "worksteal")


def main(arguments: list[str]) -> int:
    """Does what the first word says; the exit code is that of what it started."""
    word, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if word not in ("demo", "test", "setup"):
        print(__doc__.strip())
        return 0 if word in ("-h", "--help", "help") else 2
    refuse_old_python()
    set_up(DEV_LOCK if word == "test" else LOCK)
    if word == "demo":
        return hand_over(str(PROGRAMS / "playnex"), "demo", *rest)
    return run_tests(rest) if word == "test" else 0


def refuse_old_python() -> None:
    """Ends with the next move where this Python is too old."""
    if sys.version_info >= OLDEST:
        return
    newer = next(filter(shutil.which, (f"python3.{minor}" for minor in range(15, OLDEST[1] - 1, -1))), None)
    move = f"run it with {newer} instead" if newer else "install one from your system or python.org, then run this again"
    raise SystemExit(f"Playnex needs Python 3.11 or newer, and this is {sys.version.split()[0]}: {move}")


def set_up(lock: Path) -> None:
    """Makes .venv hold what the lock says, and Playnex itself; at once where it already does."""
    wanted, stamp = fingerprint(lock), VENV / f"{lock.stem}.stamp"
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    began = time.monotonic()
    make_venv()
    say(f"installing {lock.read_text().count('==')} packages, each checked against its hash (once, about a minute)")
    pip("install", "--require-hashes", "-r", str(lock))
    say("installing playnex from this folder")
    pip("install", "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    compile_once("src")
    stamp.write_text(wanted)
    say(f"set up in {time.monotonic() - began:.0f} s")


def fingerprint(lock: Path) -> str:
    """Changes when a set-up has to be made anew: another lock, project file, folder or Python."""
    parts = (lock.read_bytes(), (ROOT / "pyproject.toml").read_bytes(), str(ROOT).encode(), sys.version.encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def make_venv() -> None:
    """A virtual environment with a pip that runs; a sound one is kept."""
    if PYTHON.exists() and subprocess.call((str(PYTHON), "-m", "pip", "--version"), stdout=subprocess.DEVNULL) == 0:
        return
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        version = "{}.{}".format(*sys.version_info)
        raise SystemExit(
            f"this Python has no {' and no '.join(missing)}, so it cannot make a virtual environment.\n"
            f"On Debian and Ubuntu: sudo apt-get install python{version}-venv; then run this again."
        )
    say(f"making a virtual environment in {VENV.name}")
    if subprocess.call((sys.executable, "-m", "venv", "--clear", str(VENV))):
        raise SystemExit(f"no virtual environment could be made in {VENV}: the lines above say why. Mend it, then run this again.")


def pip(*arguments: str) -> None:
    """The environment's own pip, heard only when it fails."""
    command = (str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", "-qq", *arguments)
    if subprocess.call(command):
        raise SystemExit("pip could not install: the lines above say why. With the network back or the disk freed, run this again.")


def compile_once(*folders: str) -> None:
    """The bytecode of what is new there. Where PYTHONDONTWRITEBYTECODE is set, as in many images, every start of `playnex` would else
    compile three hundred modules again, which takes as long as all the rest of it."""
    subprocess.call((str(PYTHON), "-m", "compileall", "-q", "-j", "0", *folders), cwd=ROOT)


def run_tests(arguments: list[str]) -> int:
    """All checks, whatever the one before said; pytest comes last, so that its closing line is the last line."""
    get_programs()
    compile_once("src", "tests")
    codes = []
    for name, command in CHECKS:
        began = time.monotonic()
        codes.append(subprocess.call((str(PYTHON), "-m", *command), cwd=ROOT))
        say(f"{name}: {'FAILED' if codes[-1] else 'fine'}, {time.monotonic() - began:.1f} s")
    codes.append(hand_over(str(PYTHON), "-m", *PYTEST, *arguments))
    return next(filter(None, codes), 0)


def get_programs() -> None:
    """On Debian, as root, the packages of the programs that are not here; elsewhere their names."""
    missing = [program for program in DEBIAN if sys.platform == "linux" and not shutil.which(program)]
    if not missing:
        return
    if not shutil.which("apt-get") or os.geteuid() != 0:
        say(f"not here: {', '.join(missing)}; the tests that need it skip")
        return
    packages = [DEBIAN[program] for program in missing]
    say(f"installing {', '.join(packages)}")
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (("apt-get", "update", "-qq"), ("apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages)):
        subprocess.call(command, env=quiet, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def hand_over(*command: str) -> int:
    """Runs a command in our place: Ctrl-C is its to answer, so we do not."""
    sys.stdout.flush()
    child = subprocess.Popen(command, cwd=ROOT)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    code = child.wait()
    return code if code >= 0 else 128 - code


def say(line: str) -> None:
    """One line of progress."""
    print(f"start.py: {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
