"""`playnex secret`, a real keyring of files, and what is said where there is none, it is locked, or it lacks the secret."""

import os
from pathlib import Path

import pytest

from flows.stage import Desk
from mcp_servers.stage import PYTHON, SCRIPT
from playnex.app.templates import lay_out
from playnex.testing.model_replies import answer, in_turn
from playnex.testing.model_server import serving

FILES = "keyrings.alt.file.PlaintextKeyring"
NONE = "keyring.backends.fail.Keyring"
LOCKED = """
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked


class Keyring(KeyringBackend):
    priority = 1

    def get_password(self, *_):
        raise KeyringLocked("a word of the backend")

    set_password = delete_password = get_password
"""
MODEL = '[models.main]\nbase_url = "{url}"\nname = "scripted"\ncontext = 32768\napi_key = "${{keyring:mine}}"\n'


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", FILES)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "kept"))
    lay_out("minimal", tmp_path / "workspace")
    return Desk(tmp_path / "workspace")


@pytest.mark.slow
def test_a_kept_secret_is_a_models_key_until_it_is_deleted(desk: Desk) -> None:
    with serving(in_turn(answer("Hello."))) as server:
        (desk.folder / "playnex.toml").write_text(MODEL.format(url=server.url))
        assert desk.json("secret", "list")["items"][0]["state"] == "missing"
        missing = desk.playnex("agent", "run", "helper", "Hello")
        assert "the keyring has no secret 'mine'" in missing.stderr and "playnex secret set mine" in missing.stderr
        kept = desk.playnex("secret", "set", "mine", stdin="what nobody knows\n")
        assert kept.returncode == 0 and "nobody knows" not in kept.stdout + kept.stderr
        assert desk.json("secret", "list")["items"] == [
            {"name": "mine", "source": "keyring", "user": "model main", "where": "playnex.toml:5", "state": "found"}
        ]
        assert desk.playnex("agent", "run", "helper", "Hello").returncode == 0
        assert server.headers[-1]["authorization"] == "Bearer what nobody knows"
    assert desk.playnex("secret", "delete", "mine").returncode == 0
    assert desk.playnex("secret", "delete", "mine").returncode == 5


@pytest.mark.parametrize(("backend", "says"), [(NONE, "this machine has no keyring"), ("locked.Keyring", "the keyring is locked")])
def test_a_keyring_that_gives_nothing_is_told_apart(desk: Desk, backend: str, says: str) -> None:
    (desk.folder / "locked.py").write_text(LOCKED)
    (desk.folder / "playnex.toml").write_text(MODEL.format(url="http://127.0.0.1:1/v1"))
    more = {"PYTHON_KEYRING_BACKEND": backend, "PYTHONPATH": f"{desk.folder}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    refused = desk.playnex("secret", "set", "mine", stdin="what nobody knows", **more)
    assert refused.returncode == 4
    assert says in refused.stderr and "${NAME}" in refused.stderr and "nobody knows" not in refused.stderr
    assert says in desk.playnex("secret", "list", **more).stdout


@pytest.mark.parametrize(("words", "stdin"), [(("set", "no name"), "x"), (("set", "mine"), ""), (("set", "mine"), "a\0b")])
def test_what_cannot_be_kept_is_refused(desk: Desk, words: tuple[str, ...], stdin: str) -> None:
    assert desk.playnex("secret", *words, stdin=stdin).returncode == 2


LITERALS = {
    'api_key = "sk-written-down"': "`api_key` must name the key",
    'api_key_env = "sk-written-down"': "`api_key_env` must name the key",
    'api_key = "${A}"\napi_key_env = "B"': "both name the key",
}


@pytest.mark.parametrize("line", LITERALS)
def test_a_key_that_stands_in_playnex_toml_is_refused_and_not_repeated(desk: Desk, line: str) -> None:
    (desk.folder / "playnex.toml").write_text(f'[models.main]\nbase_url = "http://127.0.0.1:1/v1"\n{line}\n')
    refused = desk.playnex("check")
    assert refused.returncode == 3
    assert LITERALS[line] in refused.stderr and "sk-written-down" not in refused.stderr + refused.stdout


def test_a_secret_that_stands_in_mcp_json_or_among_arguments_is_refused(desk: Desk) -> None:
    entry = f'{{"command": "{PYTHON}", "args": ["{SCRIPT}", "${{keyring:x}}"], "env": {{"API_TOKEN": "sk-written-down"}}}}'
    (desk.folder / ".mcp.json").write_text(f'{{"mcpServers": {{"rude": {entry}}}}}')
    refused = desk.playnex("check")
    assert refused.returncode == 3
    assert "the secret 'API_TOKEN' stands in the file itself" in refused.stderr
    assert "every program on this machine can read it" in refused.stderr
    assert "sk-written-down" not in refused.stderr + refused.stdout
