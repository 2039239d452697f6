"""Puts the embedded models into the user's data folder."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from playnex.models import minilm, smollm2
from playnex.workspace import data_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedModel:
    """A model that comes along: what it is, and what fetches it into the data folder."""

    what: str
    fetch: Callable[[Path], Path]


KNOWN: Mapping[str, EmbeddedModel] = {
    "smollm2": EmbeddedModel(what="SmolLM2-135M-Instruct (93 MB)", fetch=smollm2.install),
    "minilm": EmbeddedModel(what="all-MiniLM-L6-v2 (24 MB)", fetch=minilm.install),
}


def install(name: str = "smollm2") -> Path:
    """Fetch the model, unless it is there; where it lies. Raises ModelUnavailable."""
    return KNOWN[name].fetch(data_folder(os.environ))


def is_installed() -> bool:
    """Whether the model that answers is there."""
    return smollm2.is_installed(data_folder(os.environ))
