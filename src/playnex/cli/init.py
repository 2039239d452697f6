"""`playnex init` and `playnex demo`: a workspace from a template, and a first run in one."""

import asyncio
import shlex
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from playnex.cli import door
from playnex.cli.flags import AsJson

Folder = Annotated[str, Parameter(help="the folder; it is made where it is not there")]
Template = Annotated[Literal["minimal", "research", "batch"], Parameter(help="what to begin with")]
DEMO_TOPIC = "local-first software"
FIRST_RUNS = {
    "minimal": "playnex flow run hello",
    "batch": "playnex batch run quote orders.jsonl --key id --out quotes.jsonl",
    "research": f'playnex flow run research-to-article --input topic="{DEMO_TOPIC}"',
}


def init(folder: Folder = ".", /, *, template: Template = "minimal") -> int:
    """Make a workspace in a folder.

    It gets a playnex.toml, flows, agents, and what the template brings. Nothing that is there already is changed.

    $ playnex init news --template research
    $ playnex init
    """
    from playnex.app.templates import lay_out  # late, here and below: only what the command needs

    target = Path(folder).expanduser().resolve()
    made = lay_out(template, target)
    say = door.terminal.say
    for path in made:
        say(f"{door.terminal.symbol('succeeded')} {Path(folder) / path}")
    where = "" if folder == "." else f"cd {shlex.quote(folder)} && "
    say(f"next: {where}{FIRST_RUNS[template]}")
    return 0


def demo(folder: Folder = "playnex-demo", /, *, as_json: AsJson = False) -> int:
    """Turn a folder of notes into an article with four agents.

    Makes a workspace, fetches the embedded model where no server answers on this machine, and runs research-to-article.

    $ playnex demo
    """
    from playnex.app.templates import lay_out
    from playnex.cli.running import run_flow

    target = Path(folder).expanduser().resolve()
    if not (target / "playnex.toml").exists():
        lay_out("research", target)
        door.terminal.say(f"{door.terminal.symbol('succeeded')} workspace {folder}")
    door.workspace = str(target)
    code = asyncio.run(run_flow("research-to-article", {"topic": DEMO_TOPIC}, as_json))
    if code == 0:
        door.terminal.say(f"  in {folder}: cd {folder}")
    return code
