"""Nothing but the gate executes a tool: no other module calls one, and who can run a user's functions is named here."""

import ast
from collections.abc import Mapping

from house.sources import Source, package, refuse_any, sample
from house.test_layers import imported_modules

OTHERS = ("gate", "caps", "subprocess")
"""What else has a `call`: the gate itself, the caps of a run, Python's own."""

CALLS: Mapping[str, str] = {
    "src/playnex/tools/gate.py: self.tool.call": "the one place",
    "src/playnex/agents/code_tools.py: tool.call": "a tool of the run's code, made into one that the gate calls",
    "src/playnex/tools/mcp/offered.py: servers.call": "how a server's tool is carried out, which the gate calls",
    "src/playnex/tools/browser/calls.py: self.servers.call": "the same, for a browser's tool",
    "src/playnex/tools/mcp/servers.py: connection.call": "the same, on the server's own connection",
    "src/playnex/app/actions.py: self.app.functions.call": "a `python` step: the flow's own code, and no tool",
}
"""Where something is called that could be a tool → why it may be. This list only shrinks."""

RUNNERS: Mapping[str, tuple[str, ...]] = {
    "playnex.tools.workers": ("playnex.app.opening", "playnex.tools.python_functions", "playnex.tools.python_tools"),
    "playnex.tools.python_functions": ("playnex.app.actions", "playnex.app.opening"),
    "playnex.tools.modules": ("playnex.tools.python_functions", "playnex.tools.python_tools", "playnex.tools.worker"),
}
"""Who may import what runs a user's functions."""


def test_only_the_gate_calls_a_tool() -> None:
    refuse_any(found for source in package() for found in calls(source) if found not in CALLS)


def test_no_exception_outlives_its_call() -> None:
    refuse_any(CALLS.keys() - {found for source in package() for found in calls(source)})


def test_what_runs_a_users_functions_is_imported_by_those_who_are_named() -> None:
    refuse_any(fault for source in package() for fault in strangers(source))


def test_a_tool_that_is_called_past_the_gate_is_seen() -> None:
    for past in (
        "await tool.call(arguments, scope)",
        "await toolbox.get(name).call({}, scope)",
        "run = found.call",
        "getattr(tool, 'call')",
    ):
        assert calls(sample("playnex.agents.loop", f"async def f(tool, toolbox, found): {past}")), past
    assert not calls(sample("playnex.agents.loop", "async def f(work): await work.ports.gate.call(context, request)"))


def test_a_stranger_who_runs_a_users_functions_is_seen() -> None:
    assert strangers(sample("playnex.agents.loop", "from playnex.tools.workers import Workers"))
    assert strangers(sample("playnex.cli.tool", "def f():\n    from playnex.tools import modules"))
    assert not strangers(sample("playnex.app.opening", "from playnex.tools.workers import Workers"))


def calls(source: Source) -> list[str]:
    """Every `call` in the source that could be a tool's, called or handed on."""
    found = []
    for item in ast.walk(source.tree):
        match item:
            case ast.Attribute(attr="call", value=receiver) if ast.unparse(receiver).rpartition(".")[2] not in OTHERS:
                found.append(f"{source.path}: {ast.unparse(item)}")
            case ast.Call(func=ast.Name(id="getattr"), args=[_, ast.Constant(value="call"), *_]):
                found.append(f"{source.path}: {ast.unparse(item)}")
    return found


def strangers(source: Source) -> list[str]:
    """What the source imports of the runners without being named."""
    modules = dict.fromkeys(RUNNERS, source)
    imported = {name for item in ast.walk(source.tree) for name in imported_modules(item, modules)}
    return [f"{source.path} imports {name}" for name in sorted(imported) if source.module not in (*RUNNERS[name], name)]
