"""Make the files of other people's code that the dashboard's page loads, with their licences and their hashes beside them.

`python scripts/vendor.py` fetches the packages named here by npm, joins what the page uses of them with esbuild, and writes
`src/playnex/dashboard/page/vendor/`. Nobody needs it to use Playnex or to change the page: the files are kept in the repository.
"""

import hashlib
import json
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
VENDOR = ROOT / "src/playnex/dashboard/page/vendor"

PACKAGES = {
    "preact": "10.29.8",
    "@preact/signals": "2.11.4",
    "@preact/signals-core": "1.14.5",
    "htm": "3.1.1",
    "@dagrejs/dagre": "1.1.8",
    "@dagrejs/graphlib": "2.2.4",
    "marked": "16.4.2",
}
ESBUILD = "0.25.12"

PARTS = {
    "playnex-vendor.js": """\
export { h, render, Fragment, createContext } from "preact";
export { useState, useEffect, useRef, useMemo, useCallback, useLayoutEffect, useContext } from "preact/hooks";
export { signal, computed, effect, batch, untracked, useSignal, useComputed, useSignalEffect } from "@preact/signals";
import { h } from "preact";
import htm from "htm";
export const html = htm.bind(h);
""",
    "dagre.js": """\
import dagre from "@dagrejs/dagre";
export const Graph = dagre.graphlib.Graph;
export const layout = dagre.layout;
""",
    "marked.js": 'export { Lexer } from "marked";\n',
}
"""What the page uses: everywhere, where a graph is drawn, and where Markdown is shown. Of marked only the lexer: it makes tokens, and the
page makes its own elements of them, never HTML."""

FLAGS = ("--bundle", "--minify", "--format=esm", "--target=es2022", "--legal-comments=none", "--charset=utf8")


def main() -> None:
    with tempfile.TemporaryDirectory() as made:
        work = Path(made)
        fetch(work)
        VENDOR.mkdir(parents=True, exist_ok=True)
        for name, entry in PARTS.items():
            (work / "entry.js").write_text(entry)
            subprocess.run(["npx", "esbuild", "entry.js", *FLAGS, f"--outfile={VENDOR / name}"], cwd=work, check=True)
        (VENDOR / "LICENCES.txt").write_text(licences(work))
    hashes = {name: hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() for name in PARTS}
    about = {"sha256": hashes, "packages": PACKAGES, "esbuild": ESBUILD}
    (VENDOR / "about.json").write_text(json.dumps(about, indent=2) + "\n")


def fetch(work: Path) -> None:
    """Have npm put exactly these versions into the folder."""
    (work / "package.json").write_text('{"private": true}')
    wanted = [f"{name}@{version}" for name, version in {**PACKAGES, "esbuild": ESBUILD}.items()]
    subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--save-exact", *wanted], cwd=work, check=True)


def licences(work: Path) -> str:
    """The licence of each package, in full."""
    parts = []
    for name, version in PACKAGES.items():
        folder = work / "node_modules" / name
        found = sorted(path for path in folder.iterdir() if path.name.lower().startswith("licen"))
        if not found:
            found = sorted(path for path in (work / "node_modules/@preact/signals").iterdir() if path.name.lower().startswith("licen"))
        parts.append(f"{name} {version}\n{'=' * 72}\n{found[0].read_text().strip()}\n")
    return "\n\n".join(parts)


if __name__ == "__main__":
    main()
