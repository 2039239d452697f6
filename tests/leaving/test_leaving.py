"""Leaving the machine: refused at load, unless the user has named who may, and then visible in the run's record."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.stage import playnex
from flows.stage import Desk
from mcp_servers.stage import PYTHON, SCRIPT
from playnex.app.templates import lay_out
from playnex.testing.model_replies import Asked, Reply, answer, calls, in_turn
from playnex.testing.model_server import serving

MAIL = '''\
import playnex


@playnex.tool(effect="idempotent", egress="account")
def send(to: str) -> str:
    """Send it."""
    return "sent"
'''
FLOW = "playnex: 1\nname: mails\nsteps:\n  send: { tool: mail.send, with: { to: ana } }\n  ask: { agent: helper, prompt: Hello. }\n"
MODEL = '[models.main]\nbase_url = "{url}"\nname = "far"\ncontext = 32768\n'
NAMED = '[tools."mail.*"]\nremote = true\n'


def laid_out(folder: Path) -> Desk:
    lay_out("minimal", folder)
    (folder / "flows/mails.yaml").write_text(FLOW)
    return Desk(folder)


def elsewhere(url: str) -> str:
    """The same server, at an address that does not say that it is this machine."""
    return url.replace("127.0.0.1", "0.0.0.0")


def test_a_model_elsewhere_is_refused_with_the_way_to_name_it(tmp_path: Path) -> None:
    desk = laid_out(tmp_path)
    (tmp_path / "playnex.toml").write_text(MODEL.format(url="http://192.0.2.1/v1"))
    refused = desk.playnex("flow", "run", "mails")
    assert refused.returncode == 3
    assert "playnex.toml:2:1" in refused.stderr and "`remote = true` under [models.main]" in refused.stderr


def test_a_tool_that_signs_in_is_refused_at_load_with_its_place_and_the_mend_and_cannot_be_called(tmp_path: Path) -> None:
    desk = laid_out(tmp_path)
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/mail.py").write_text(MAIL)
    checked, called = desk.playnex("check"), desk.playnex("tool", "call", "mail.send", "to=ana")
    for refused in (checked, called):
        assert refused.returncode == 3
        assert "tools/mail.py:4:1" in refused.stderr and "mail.send signs in to a remote account" in refused.stderr
        assert '[tools."mail.send"] with `remote = true`' in refused.stderr
    assert "mail.send" not in desk.playnex("tool", "list").stdout


@pytest.mark.slow
def test_who_is_named_may_leave_and_the_record_says_who_did(tmp_path: Path) -> None:
    desk = laid_out(tmp_path)
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/mail.py").write_text(MAIL)
    with serving(in_turn(answer("Hello."))) as server:
        (tmp_path / "playnex.toml").write_text(MODEL.format(url=elsewhere(server.url)) + "remote = true\n" + NAMED)
        done = desk.playnex("flow", "run", "mails")
    assert done.returncode == 0, done.stderr
    assert "left this machine: mail.send (send/tool-1), main at 0.0.0.0 (ask/turn-1/model)" in done.stderr
    left = desk.json("run", "show", "last")["left_machine"]
    assert [(one["kind"], one["step"].partition("/")[0]) for one in left] == [("tool", "send"), ("model", "ask")]
    lines = [json.loads(line) for line in desk.playnex("run", "logs", "last").stdout.splitlines()]
    assert {line["step"].partition("/")[0] for line in lines if line.get("egress") == "remote"} == {"send", "ask"}


def server(folder: Path, **more: object) -> None:
    entry = {"command": PYTHON, "args": [SCRIPT], "env": {"TOKEN": "${MAIL_TOKEN}"}, **more}
    (folder / ".mcp.json").write_text(json.dumps({"mcpServers": {"mail": entry}}))


@pytest.mark.parametrize("rights", [{"network": True}, {"trust": "full"}])
def test_a_server_with_the_network_and_a_secret_is_refused_at_load_and_never_started(tmp_path: Path, rights: dict[str, object]) -> None:
    desk = laid_out(tmp_path)
    (tmp_path / "flows/mails.yaml").unlink()
    server(tmp_path, **rights)
    for words in (("check",), ("mcp", "test", "mail")):
        refused = desk.playnex(*words, MAIL_TOKEN="a-token-of-mine")
        assert refused.returncode == 3
        assert ".mcp.json:1:17" in refused.stderr and "signs in to a remote account" in refused.stderr
    (tmp_path / "playnex.toml").write_text(NAMED)
    assert desk.playnex("check", MAIL_TOKEN="a-token-of-mine").returncode == 0


@pytest.mark.parametrize("entry", [{"env": {}, "network": True}, {"network": False}, {"env": {"ROOT": "${PWD}"}, "trust": "full"}])
def test_a_server_that_lacks_one_of_them_signs_in_nowhere(tmp_path: Path, entry: dict[str, object]) -> None:
    desk = laid_out(tmp_path)
    (tmp_path / "flows/mails.yaml").unlink()
    server(tmp_path, **entry)
    assert desk.playnex("check").returncode == 0


def test_a_key_is_not_sent_elsewhere_for_everybody_to_read(tmp_path: Path) -> None:
    desk = laid_out(tmp_path)
    (tmp_path / "playnex.toml").write_text(MODEL.format(url="http://192.0.2.1/v1") + 'remote = true\napi_key = "${KEY}"\n')
    assert "for everybody to read" in desk.playnex("check").stderr


CLERK = "---\nname: clerk\nmemory: { recall: true }\ntools: [memory.recall]\n---\nYou answer customers.\n"
ASKS = """\
playnex: 1
name: asks
inputs: { story: { type: string, default: none, private: true } }
steps:
  open: { agent: clerk, prompt: "A customer was billed in duplicate." }
  closed: { agent: clerk, prompt: "Think of this: ${{ inputs.story }}" }
"""
HEALTH = "Knee surgery next spring, says my doctor."


def recalls(asked: Asked) -> Reply:
    """Whoever is asked looks into memory once, for whatever it was told."""
    if any(message["role"] == "tool" for message in asked.body["messages"]):
        return answer("Done.")
    return calls(("memory__recall", {"query": "billed for the knee" if "Think" in asked.prompt else "billed"}))


@pytest.mark.parametrize("is_away", [True, False])
def test_memory_that_is_embedded_elsewhere_is_in_the_record_and_nothing_private_is_sent(tmp_path: Path, is_away: bool) -> None:
    pytest.importorskip("numpy", reason="numpy is not installed: pip install 'playnex[recall]'")
    laid_out(tmp_path)

    def said(*words: str) -> Any:
        return json.loads(playnex(*words, "--json", folder=tmp_path).out)

    (tmp_path / "agents/clerk.md").write_text(CLERK)
    (tmp_path / "flows/asks.yaml").write_text(ASKS)
    with serving(recalls) as server:
        embed = MODEL.format(url=elsewhere(server.url) if is_away else server.url).replace("[models.main]", "[models.embed]")
        settings = MODEL.format(url=server.url) + embed + "remote = true\n" + '[recall]\nembedder = "embed"\n'
        (tmp_path / "playnex.toml").write_text(settings)
        said("capsule", "create", "kb/refunds", "Whoever is billed twice is given a refund.")
        said("capsule", "create", "me/health", "--private", HEALTH)
        done = playnex("flow", "run", "asks", "--input", "story=the knee", folder=tmp_path)
        sent = "\n".join(server.embedded)
    assert "given a refund" in sent
    assert "billed in duplicate" in sent
    shown = said("run", "show", "last")
    lines = [json.loads(line) for line in playnex("run", "logs", "last", folder=tmp_path).out.splitlines()]
    logged = {line["step"] for line in lines if line.get("egress") == "remote"}
    if not is_away:
        assert (done.code, shown["left_machine"], logged) == (0, [], set()), done.err
        assert HEALTH in sent and "the knee" in sent
        return
    assert done.code == 6, "the agent that was told something private may not look elsewhere unasked"
    assert HEALTH not in sent and "knee" not in sent
    left = [(one["step"], one["kind"], one["whom"]) for one in shown["left_machine"]]
    assert left == [("open/memory", "memory", "far at 0.0.0.0"), ("open/turn-1/tool-1", "tool", "memory.recall")]
    assert {"open/memory", "open/turn-1/tool-1"} <= logged
    assert (
        "left this machine: far at 0.0.0.0 (open/memory), memory.recall (open/turn-1/tool-1)"
        in playnex("run", "show", "last", folder=tmp_path).out
    )
    (item,) = said("inbox", "list")["items"]
    assert "something private was read before" in item["more"]["why"]
    assert said("capsule", "index", "--status")["total"] == 1
