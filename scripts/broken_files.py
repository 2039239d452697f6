"""Prints what is said of each broken file in tests/spec/broken; `python scripts/broken_files.py --write` keeps it beside the file."""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from spec.test_broken_files import BROKEN, SETTINGS, said_of_files, said_of_settings  # noqa: E402 - found by the line above


def main(arguments: list[str]) -> int:
    """Prints the words of all files, or writes each into its own."""
    for name, words in all_words().items():
        if arguments == ["--write"]:
            (BROKEN / name).with_suffix(".txt").write_text(words, encoding="utf-8")
        else:
            print(words, end="")
    return 0


def all_words() -> dict[str, str]:
    """What is said of each file, by its name."""
    with tempfile.TemporaryDirectory() as folder:
        words = said_of_files(Path(folder))
    for name in SETTINGS:
        with tempfile.TemporaryDirectory() as folder:
            words[name] = said_of_settings(name, Path(folder))
    return words


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
