"""A record in a file of Playnex's own folder, for its owner alone: whoever reads it finds the old one or the new one, whole."""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def put(path: Path, record: "DataclassInstance") -> None:
    """Have the file hold the record as JSON; on the disk when this returns."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(record), file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)
