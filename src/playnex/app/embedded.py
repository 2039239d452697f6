"""Puts the embedded model into the user's data folder."""

import os
from pathlib import Path

from playnex.models import smollm2
from playnex.workspace import data_folder


def install() -> Path:
    """Fetch the model, unless it is there; where it lies. Raises ModelUnavailable."""
    return smollm2.install(data_folder(os.environ))


def is_installed() -> bool:
    """Whether it is there."""
    return smollm2.is_installed(data_folder(os.environ))
