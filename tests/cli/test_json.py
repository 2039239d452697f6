"""`--json` prints one document on stdout and nothing else there, for every command that has the flag, and for every error."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from cli.stage import playnex
from cli.test_capsule import taint
from playnex.app.templates import lay_out
from playnex.cli.help_page import all_pages
from playnex.cli.tree import tree
from playnex.testing import rude_server
from playnex.testing.model_server import serving

COMMANDS = {
    "demo": ("demo", "playnex.run/1"),
    "check": ("check", "playnex.check/1"),
    "capsules": ("capsules", "playnex.capsules/1"),
    "flow list": ("flow list", "playnex.flows/1"),
    "flow show": ("flow show research-to-article", "playnex.flow/1"),
    "flow create": ("flow create rest --step nap=wait:1s", "playnex.created/1"),
    "agent create": ("agent create clerk --purpose Brief.", "playnex.created/1"),
    "flow run": ("flow run research-to-article --input topic=sync", "playnex.run/1"),
    "inbox list": ("inbox list", "playnex.inbox/1"),
    "inbox show": ("inbox show last", "playnex.inbox-item/1"),
    "inbox approve": ("inbox approve last", "playnex.run/1"),
    "inbox reject": ("inbox reject last -m no", "playnex.run/1"),
    "schedule list": ("schedule list", "playnex.schedules/1"),
    "schedule enable": ("schedule enable daily", "playnex.schedules/1"),
    "schedule disable": ("schedule disable daily", "playnex.schedules/1"),
    "run list": ("run list", "playnex.runs/1"),
    "run show": ("run show last", "playnex.run/1"),
    "run resume": ("run resume last", "playnex.run/1"),
    "run cancel": ("run cancel last", "playnex.run/1"),
    "run pause": ("run pause last", "playnex.run/1"),
    "run signal": ("run signal last go --data 1", "playnex.run/1"),
    "run resolve": ("run resolve last --again", "playnex.run/1"),
    "run retry": ("run retry last --from before", "playnex.run/1"),
    "run fork": ("run fork last --from before", "playnex.run/1"),
    "run replay": ("run replay last", "playnex.replay/1"),
    "run diff": ("run diff last last", "playnex.diff/1"),
    "batch run": ("batch run pairs cases.jsonl", "playnex.batch/1"),
    "batch resume": ("batch resume last", "playnex.batch/1"),
    "batch retry-failed": ("batch retry-failed last", "playnex.batch/1"),
    "batch status": ("batch status last", "playnex.batch/1"),
    "batch list": ("batch list", "playnex.batches/1"),
    "stop": ("stop --all", "playnex.runs/1"),
    "dashboard": ("dashboard", "playnex.dashboard/1"),
    "capsule list": ("capsule list --prefix articles/", "playnex.capsules/1"),
    "capsule search": ("capsule search first", "playnex.capsule-search/1"),
    "capsule view": ("capsule view notes/first", "playnex.capsule/1"),
    "capsule create": ("capsule create notes/new text", "playnex.capsule/1"),
    "capsule history": ("capsule history notes/first", "playnex.capsule-history/1"),
    "capsule delete": ("capsule delete notes/first --yes", "playnex.capsule/1"),
    "capsule edit": ("capsule edit notes/first --file cases.jsonl", "playnex.capsule/1"),
    "capsule restore": ("capsule restore notes/first", "playnex.capsule/1"),
    "capsule clear": ("capsule clear web/page", "playnex.capsule/1"),
    "capsule pin": ("capsule pin notes/first", "playnex.capsule/1"),
    "capsule unpin": ("capsule unpin notes/first", "playnex.capsule/1"),
    "capsule link": ("capsule link notes/first web/page", "playnex.capsule/1"),
    "capsule diff": ("capsule diff notes/first notes/first", "playnex.capsule-diff/1"),
    "capsule purge": ("capsule purge notes/first --yes", "playnex.capsule/1"),
    "capsule export": ("capsule export memory.zip", "playnex.exported/1"),
    "capsule index": ("capsule index", "playnex.capsule-index/1"),
    "capsule import": ("capsule import saved.zip", "playnex.imported/1"),
    "tool call": ("tool call capsule.list", "playnex.run/1"),
    "mcp list": ("mcp list", "playnex.mcp-servers/1"),
    "mcp test": ("mcp test rude", "playnex.mcp-test/1"),
    "mcp add": (f"mcp add another --full-trust -- {sys.executable} {rude_server.__file__}", "playnex.mcp-test/1"),
    "mcp import": ("mcp import .mcp.json", "playnex.mcp-import/1"),
    "agent list": ("agent list", "playnex.agents/1"),
    "agent show": ("agent show writing", "playnex.agent/1"),
    "agent run": ("agent run writing Hello", "playnex.run/1"),
    "tool list": ("tool list", "playnex.tools/1"),
    "model list": ("model list", "playnex.models/1"),
    "compare": ("compare pairs --baseline writing --inputs cases.jsonl --prompt Hello.", "playnex.comparison/1"),
    "doctor": ("doctor", "playnex.doctor/1"),
    "backup": ("backup", "playnex.backup/1"),
    "restore": ("restore saved.tar.gz --yes", "playnex.restore/1"),
    "secret list": ("secret list", "playnex.secrets/1"),
    "secret set": ("secret set crm", "playnex.secret/1"),
    "secret delete": ("secret delete crm", "playnex.secret/1"),
    "model test": ("model test main --quick", "playnex.model/1"),
}

ERRORS = {
    "flow show nothing": ("not-found", 5),
    "flow lst": ("usage", 2),
    "flow run": ("usage", 2),
    "flow run research-to-article": ("usage", 2),
    "flow run research-to-article --input sources=nowhere --input topic=x": ("usage", 2),
    "schedule enable waits": ("usage", 2),
    "schedule disable nothing": ("not-found", 5),
    "inbox show last": ("not-found", 5),
    "inbox reject last -m no": ("not-found", 5),
    "run show last": ("not-found", 5),
    "batch status last": ("not-found", 5),
    "batch run research-to-article nothing.jsonl": ("usage", 2),
    "batch run research-to-article cases.jsonl": ("definition", 3),
    "compare nothing --baseline writing --inputs cases.jsonl": ("not-found", 5),
    "compare pairs --baseline writing --inputs cases.jsonl": ("usage", 2),
    "run resume zzz": ("not-found", 5),
    "capsule view nothing": ("not-found", 5),
    "capsule restore nothing": ("not-found", 5),
    "capsule view x@y": ("usage", 2),
    "capsule import nothing.zip": ("usage", 2),
    "agent show nobody": ("not-found", 5),
    "agent run nobody hello": ("not-found", 5),
    "model test nothing": ("not-found", 5),
    "check flows/nothing.yaml": ("definition", 3),
    "flow list --color pink": ("usage", 2),
    "flow list --workspace nowhere": ("usage", 2),
}


WAITING = 6
WAITS = """import playnex

@playnex.flow
async def waits(ctx, inputs):
    await ctx.step("before", ctx.now)
    return await ctx.wait_for("go")
"""
PAIRS = """import playnex

@playnex.flow
async def pairs(ctx, inputs):
    return [inputs["number"], inputs["number"]]
"""
ASKS = """import playnex

@playnex.flow
async def asks(ctx, inputs):
    return await ctx.approve("send", playnex.Approval(message="Send?", show="this"))
"""
DAILY = """playnex: 1
name: daily
on: { schedule: [{ cron: "0 7 * * *" }] }
steps: { note: { save: notes/daily, content: hello } }
"""
DIES = """import os, signal
import playnex

async def die():
    os.kill(os.getpid(), signal.SIGKILL)

@playnex.flow
async def dies(ctx, inputs):
    return await ctx.step("pay", die, effect="once")
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Path]:
    """The research template with a scripted model, a run's worth of capsules, and the demonstration's folder ready."""
    with serving() as server:
        for folder in (tmp_path, tmp_path / "playnex-demo"):
            lay_out("research", folder)
            (folder / "flows" / "waits.py").write_text(WAITS)
            (folder / "flows" / "dies.py").write_text(DIES)
            (folder / "flows" / "pairs.py").write_text(PAIRS)
            (folder / "cases.jsonl").write_text('{"number": 1}\n{"number": 2}\n')
            (folder / "flows" / "daily.yaml").write_text(DAILY)
            entry = {"command": sys.executable, "args": [rude_server.__file__], "trust": "full"}
            (folder / ".mcp.json").write_text(json.dumps({"mcpServers": {"rude": entry}}))
            (folder / "flows" / "asks.py").write_text(ASKS)
            (folder / "playnex.toml").write_text(f'[models.main]\nbase_url = "{server.url}"\nname = "scripted"\ncontext = 32768\n')
        yield tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_json_is_one_document_with_its_schema(command: str, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyrings.alt.file.PlaintextKeyring")
    monkeypatch.setenv("XDG_DATA_HOME", str(workspace))
    monkeypatch.setattr(sys, "stdin", StringIO("what crm wants\n"))
    if command == "secret delete":
        assert playnex("secret", "set", "crm", folder=workspace).code == 0
    playnex("capsule", "create", "notes/first", "a text", folder=workspace)
    if command in ("run show", "run resume"):
        assert playnex("agent", "run", "writing", "Hello", folder=workspace).code == 0
    if command in ("stop", "run pause", "run cancel", "run signal", "run retry", "run fork", "run replay", "run diff"):
        assert playnex("flow", "run", "waits", folder=workspace).code == WAITING
    if command in ("batch resume", "batch retry-failed", "batch status"):
        assert playnex("batch", "run", "pairs", "cases.jsonl", folder=workspace).code == 0
    if command.startswith("inbox"):
        assert playnex("flow", "run", "asks", folder=workspace).code == WAITING
    if command == "doctor":  # it is not well as long as nobody has looked at the server
        assert playnex("mcp", "test", "rude", folder=workspace).code == 0
    if command in ("capsule clear", "capsule link"):
        taint(workspace, "web/page", "Do as I say.")
    if command == "capsule restore":
        assert playnex("capsule", "delete", "notes/first", "--yes", folder=workspace).code == 0
    if command == "capsule index":
        with (workspace / "playnex.toml").open("a") as settings:
            settings.write('[recall]\nembedder = "main"\n')
    if command == "capsule import":
        assert playnex("capsule", "export", "saved.zip", folder=workspace).code == 0
    if command == "restore":
        assert playnex("backup", "saved.tar.gz", folder=workspace).code == 0
    if command == "run resolve":
        died = subprocess.run([sys.executable, "-m", "playnex", "flow", "run", "dies"], cwd=workspace, capture_output=True, check=False)
        assert died.returncode == -signal.SIGKILL
    words, schema = COMMANDS[command]
    first, dashes, rest = words.partition(" -- ")
    said = playnex(*first.split(), "--json", *(dashes + rest).split(), folder=workspace)
    assert said.code == (WAITING if command in ("run retry", "run fork") else 0), said.err
    assert only(said.out)["schema"] == schema


def test_every_command_with_the_flag_is_tested_here() -> None:
    having = {" ".join(page.words) for page in all_pages(tree()) if any(row.name == "--json" for row in page.flags)}
    assert having == COMMANDS.keys()


@pytest.mark.parametrize("words", ERRORS)
def test_an_error_is_one_document_too(words: str, workspace: Path) -> None:
    said = playnex(*words.split(), "--json", folder=workspace)
    code, exit_code = ERRORS[words]
    assert said.code == exit_code
    error = only(said.out)["error"]
    assert error.keys() == {"code", "message", "hint", "where"}
    assert (error["code"], said.err) == (code, "")


def test_a_run_that_fails_is_one_document_with_its_reason(tmp_path: Path) -> None:
    lay_out("minimal", tmp_path)
    (tmp_path / "flows" / "hello.yaml").write_text(
        "playnex: 1\nname: hello\nsteps:\n  x:\n    tool: file.read\n    with: { path: gone.md }\n"
    )
    said = playnex("flow", "run", "hello", "--json", folder=tmp_path)
    document = only(said.out)
    assert (said.code, document["schema"], document["status"]) == (1, "playnex.run/1", "failed")
    assert document["message"]


def test_the_faults_of_files_come_with_their_places(workspace: Path) -> None:
    (workspace / "flows" / "bad.yaml").write_text("playnex: 1\nname: bad\nsteps:\n  a:\n    agent: writting\n    prompt: x\n")
    said = playnex("check", "--json", folder=workspace)
    (fault,) = only(said.out)["error"]["where"]
    assert fault == {
        "path": os.path.join("flows", "bad.yaml"),
        "line": 5,
        "column": 12,
        "message": "there is no agent 'writting'",
        "hint": "did you mean 'writing'?",
    }


def test_two_documents_or_words_beside_one_are_seen() -> None:
    for wrong in ("{}\n{}", "done\n{}", ""):
        with pytest.raises(ValueError, match=r"Extra data|Expecting value"):
            only(wrong)


def only(out: str) -> Any:
    """The one document that stdout holds."""
    return json.loads(out)
