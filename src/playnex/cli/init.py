"""`playnex init` and `playnex demo`: a workspace from a template, and a first run in one."""

import asyncio
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from playnex.cli import door

Template = Literal["minimal", "research"]
AsJson = Annotated[bool, Parameter(name="--json", negative=(), help="print one JSON document on stdout")]
DEMO_TOPIC = "local-first software"


def init(folder: str = ".", /, *, template: Template = "minimal") -> int:
    """Make a workspace in a folder: playnex.toml, flows, agents, and what the template brings.

    Example: playnex init news --template research
    """
    from playnex.app.templates import lay_out  # late, here and below: only what the command needs

    target = Path(folder).expanduser().resolve()
    made = lay_out(template, target)
    say = door.terminal.say
    for path in made:
        say(f"{door.terminal.symbol('succeeded')} {Path(folder) / path}")
    if template == "research":
        where = "" if folder == "." else f"cd {folder} && "
        say(f'next: {where}playnex flow run research-to-article --input topic="{DEMO_TOPIC}"')
    return 0


def demo(folder: str = "playnex-demo", /, *, as_json: AsJson = False) -> int:
    """Turn a folder of notes into an article with four agents: makes the workspace, fetches the embedded model where no
    server answers on this machine, runs research-to-article.

    Example: playnex demo
    """
    from playnex.app.templates import lay_out
    from playnex.cli.running import run_flow

    target = Path(folder).expanduser().resolve()
    if not (target / "playnex.toml").exists():
        lay_out("research", target)
        door.terminal.say(f"{door.terminal.symbol('succeeded')} workspace {folder}")
    door.workspace = str(target)
    asyncio.run(_ready())
    code = asyncio.run(run_flow("research-to-article", {"topic": DEMO_TOPIC}, as_json))
    if code == 0:
        door.terminal.say(f"  in {folder}: cd {folder}")
    return code


async def _ready() -> None:
    """See to it that some model answers: a server on this machine, else the embedded one."""
    from playnex.app.embedded import install, is_installed
    from playnex.models.discovery import find_servers

    found = await find_servers()
    if found:
        door.terminal.say(f"{door.terminal.symbol('succeeded')} model {found[0].name} ({found[0].found} on this machine)")
    elif not is_installed():
        door.terminal.say("  no model server answers on this machine; fetching the embedded model (93 MB, once)…")
        install()
