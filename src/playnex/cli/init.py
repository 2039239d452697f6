"""`playnex init` and `playnex demo`: a workspace from a template, and a first run in one."""

import asyncio
import shlex
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from playnex.cli import door
from playnex.cli.flags import AsJson

Folder = Annotated[str, Parameter(help="the folder; it is made where it is not there")]
Template = Annotated[Literal["minimal", "research", "support", "review", "batch"], Parameter(help="what to begin with")]
DEMO_TOPIC = "local-first software"
FIRST_RUNS = {
    "minimal": "playnex flow run hello",
    "batch": "playnex batch run quote orders.jsonl --key id --out quotes.jsonl",
    "research": f'playnex flow run research-to-article --input topic="{DEMO_TOPIC}"',
    "review": 'playnex flow run product-text --input facts="A bicycle lamp, 80 lumen, charged by USB"',
    "support": "playnex flow run support-ticket --input ticket=@mails/charged-twice.txt --input customer_id=C-1001",
}


def init(folder: Folder = ".", /, *, template: Template = "minimal") -> int:
    """Make a workspace in a folder.

    It gets a playnex.toml, flows, agents, and what the template brings: files, and capsules. Nothing that is there already is
    changed.

    $ playnex init news --template research
    $ playnex init help-desk --template support
    $ playnex init
    """
    from playnex.app.stocking import begin  # late, here and below: only what the command needs

    target = Path(folder).expanduser().resolve()
    begun = asyncio.run(begin(template, target))
    say, done = door.terminal.say, door.terminal.symbol("succeeded")
    for path in begun.files:
        say(f"{done} {Path(folder) / path}")
    for name in begun.capsules:
        say(f"{done} capsule {name}")
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
