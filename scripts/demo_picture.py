"""Draws docs/images/demo.svg from a real run: python scripts/demo_picture.py FOLDER (a workspace of the research template)."""

import io
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

TARGET = Path(__file__).parents[1] / "docs" / "images" / "demo.svg"
COMMAND = ("flow", "run", "research-to-article", "--input", "topic=local-first software")


def main(folder: str) -> None:
    """Run the flow there and draw what the terminal shows."""
    done = subprocess.run(
        [sys.executable, "-m", "playnex", "--color", "always", *COMMAND], cwd=folder, capture_output=True, text=True, check=True
    )
    console = Console(record=True, width=118, file=io.StringIO(), force_terminal=True)
    console.print(Text.assemble(("$ ", "bold"), 'playnex flow run research-to-article --input topic="local-first software"'))
    for line in done.stderr.splitlines():
        console.print(Text.from_ansi(line), no_wrap=True, overflow="ellipsis")
    TARGET.write_text(console.export_svg(title="playnex"), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
