"""`playnex model`: what answers, and whether it does."""

import asyncio
from typing import Annotated

from cyclopts import App, Parameter

from playnex.cli import door
from playnex.cli.flags import AsJson
from playnex.cli.showing_model import card_page, model_table
from playnex.cli.terminal import emit, emit_list, write
from playnex.errors import UsageError

app = App(name="model", help="Models: what answers.", result_action="return_value")

Tested = Annotated[str, Parameter(help="a model, as `playnex model list` names it, or the address of a server")]
Quick = Annotated[bool, Parameter(negative=(), help="leave out the search for the window")]
Seconds = Annotated[float, Parameter(help="how long the search for the window may take, roughly")]
Use = Annotated[str, Parameter(help="a model of `playnex model list`, by the server's name for it or its alias; or smollm2")]
Embedded = Annotated[str, Parameter(help="smollm2, which answers, or minilm, which embeds texts for search by meaning")]


@app.command(name=["list", "ls"])
def list_(*, as_json: AsJson = False) -> int:
    """List the models that playnex.toml names, those found running on this machine, and the embedded one.

    $ playnex model list
    """
    return asyncio.run(_list(as_json))


@app.command
def test(alias: Tested = "main", /, *, quick: Quick = False, seconds: Seconds = 120.0, as_json: AsJson = False) -> int:
    """Find out what a model can really do, and keep it in the workspace: runs go by it from then on.

    It looks at the window (prompts of growing length, until one is refused or cut in silence), tools, JSON by schema and speed. That
    takes a minute or two, and longer on a slow machine; `--quick` leaves the window out.

    $ playnex model test main
    $ playnex model test main --quick
    $ playnex model test http://127.0.0.1:9000/v1
    """
    if seconds <= 0:
        raise UsageError(f"--seconds {seconds:g}: the search for the window needs some time", hint="leave it out with --quick")
    return asyncio.run(_test(alias, None if quick else seconds, as_json))


@app.command
def use(name: Use, /) -> int:
    """Make a model the workspace's `main`, in playnex.toml; the file's comments stay.

    $ playnex model use qwen3:4b
    $ playnex model use fast
    """
    from playnex.app.model_choice import use_model  # late, here and below: only what the command needs

    used = asyncio.run(use_model(door.workspace, name))
    door.terminal.say(f"{door.terminal.symbol('succeeded')} main is now {used.name or used.kind}: {used.path}")
    door.terminal.say("next: playnex model test main")
    return 0


@app.command
def install(name: Embedded = "smollm2", /) -> int:
    """Fetch an embedded model, checked by hash, into the user data folder: smollm2 (93 MB) answers, minilm (24 MB) embeds texts.

    $ playnex model install smollm2
    $ playnex model install minilm
    """
    from playnex.app.embedded import KNOWN
    from playnex.app.embedded import install as install_model

    if name not in KNOWN:
        raise UsageError(f"there is no embedded model {name!r}", hint=f"those there are: {', '.join(KNOWN)}")
    door.terminal.say(f"fetching {KNOWN[name].what}…")
    door.terminal.say(f"{door.terminal.symbol('succeeded')} installed at {install_model(name)}")
    if name == "minilm":
        door.terminal.say('next: write embedder = "embedded" under [recall] in playnex.toml, then: playnex capsule index')
    return 0


async def _list(as_json: bool) -> int:
    from playnex.app.model_list import model_lines

    lines = await model_lines(door.workspace)
    if as_json:
        emit_list("playnex.models/1", lines)
    else:
        write(model_table(lines, door.terminal))
    return 0


async def _test(alias: str, seconds: float | None, as_json: bool) -> int:
    from playnex.app.model_probe import ProbeOrder, examine

    def tell(trial: str) -> None:
        door.terminal.say(f"{door.terminal.symbol('running')} {trial}")

    document = (await examine(door.workspace, ProbeOrder(model=alias, seconds=seconds), tell)).document()
    if as_json:
        emit(document)
    else:
        write("\n".join(card_page(document, door.terminal)))
    return 0
