"""`playnex schema`: JSON Schemas of the workspace's files, for editors."""

from typing import Annotated, Literal

from cyclopts import Parameter

from playnex.canonical import Json
from playnex.cli import door
from playnex.cli.terminal import emit

Kind = Annotated[Literal["flow", "agent", "config"], Parameter(help="flows/*.yaml, the front matter of agents/*.md, or playnex.toml")]
Save = Annotated[bool, Parameter(negative=(), help="keep it in the workspace, where editors find it, and tell the line that names it")]

LINES = {
    "flow": "# yaml-language-server: $schema=../{path}",
    "agent": "# yaml-language-server: $schema=../{path}",
    "config": "#:schema ./{path}",
}


def schema(kind: Kind, /, *, save: Save = False) -> int:
    """Print the JSON Schema of a kind of file: your editor completes and checks with it.

    With `--save` it goes to .playnex/schema, and `flow create` names it in the flows that it makes.

    $ playnex schema flow
    $ playnex schema flow --save
    """
    found = schema_of(kind)
    if not save:
        emit(found)
        return 0
    from playnex.app.editors import save_schema  # late: printing needs no workspace

    path = save_schema(door.workspace, kind, found)
    door.terminal.say(f"{door.terminal.symbol('succeeded')} {path}")
    door.terminal.say(f"the first line of a file that is to be checked: {LINES[kind].format(path=path)}")
    return 0


def schema_of(kind: str) -> Json:
    """The schema of that kind of file."""
    if kind == "config":
        from playnex.config_schema import config_schema  # late, here and below: only the one that is wanted

        return config_schema()
    from playnex.spec.editor_schema import agent_schema, flow_schema

    return flow_schema() if kind == "flow" else agent_schema()
