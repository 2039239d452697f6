"""A workspace's models by alias: what playnex.toml names, else a server found on this machine, else the embedded one."""

import asyncio
import os
from pathlib import Path

import pytest

from playnex.config import ModelSettings
from playnex.errors import CredentialError, ModelUnavailable, NotFoundError
from playnex.models import smollm2
from playnex.models.directory import Sources, WorkspaceModels
from playnex.models.discovery import Place
from playnex.models.model import ModelCard, ModelRequest, UserMessage
from playnex.secrets.references import References
from playnex.testing.clock import FakeClock
from playnex.testing.model_replies import answer, in_turn
from playnex.testing.model_server import serving

HELLO = ModelRequest(instructions="", messages=(UserMessage(text="Say hello."),))
REMOTE = ModelSettings(alias="main", base_url="https://example.com/v1", name="big")


def sources(data: Path, *models: ModelSettings, local: bool = True, places: tuple[Place, ...] = ()) -> Sources:
    found = {model.alias: model for model in models}
    return Sources(settings=found, data=data, local=local, places=places, secrets=References(os.environ))


def card(found: Sources, alias: str = "main") -> ModelCard:
    async def once() -> ModelCard:
        models = WorkspaceModels(found, FakeClock())
        try:
            return await models.card(alias)
        finally:
            await models.close()

    return asyncio.run(asyncio.wait_for(once(), 60))


def asked(found: Sources, alias: str = "main") -> str:
    async def once() -> str:
        models = WorkspaceModels(found, FakeClock())
        try:
            model = await models.get(alias)
            assert await models.get(alias) is model, "a model is opened once"
            return (await model.ask(HELLO)).message.text
        finally:
            await models.close()

    return asyncio.run(asyncio.wait_for(once(), 60))


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A data folder in which the embedded model lies, as far as its card goes."""
    weights = smollm2.model_path(tmp_path)
    weights.parent.mkdir(parents=True, exist_ok=True)
    weights.write_bytes(b"weights")
    return tmp_path


def test_a_model_of_playnex_toml_is_the_one_that_is_named(tmp_path: Path) -> None:
    fast = ModelSettings(alias="fast", base_url="http://localhost:1/v1", name="small", context=2048, tool_calling=False)
    shown = card(sources(tmp_path, REMOTE, fast), "fast")
    assert (shown.alias, shown.name, shown.context, shown.tool_calling, shown.found) == ("fast", "small", 2048, False, "playnex.toml")


def test_a_named_main_goes_before_a_server_that_runs(tmp_path: Path) -> None:
    with serving() as running:
        named = ModelSettings(alias="main", base_url="http://127.0.0.1:1/v1", name="mine")
        assert card(sources(tmp_path, named, places=(Place(flavor="vLLM", root=running.address),))).name == "mine"


def test_a_running_server_goes_before_the_embedded_model(installed: Path) -> None:
    with serving(in_turn(answer("Hello there."))) as running:
        found = sources(installed, places=(Place(flavor="vLLM", root=running.address),))
        assert (card(found).found, card(found).base_url) == ("vLLM", running.url)
        assert asked(found) == "Hello there."


def test_the_embedded_model_is_used_where_nothing_else_answers(installed: Path) -> None:
    shown = card(sources(installed))
    assert (shown.alias, shown.kind, shown.name, shown.found, shown.local) == ("main", "embedded", smollm2.NAME, "embedded", True)
    assert not shown.tool_calling


def test_the_embedded_model_may_be_named_under_any_alias(installed: Path) -> None:
    assert card(sources(installed, ModelSettings(alias="tiny", kind="embedded")), "tiny").alias == "tiny"


def test_without_any_model_one_is_told_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no model server answers on this machine") as raised:
        card(sources(tmp_path))
    assert "playnex model install smollm2" in raised.value.hint


@pytest.mark.parametrize(("alias", "hint"), [("fasst", "did you mean 'fast'?"), ("x", "name it in playnex.toml under [models.x]")])
def test_an_unknown_alias_comes_with_the_mend(alias: str, hint: str, installed: Path) -> None:
    fast = ModelSettings(alias="fast", base_url="http://127.0.0.1:1/v1")
    with pytest.raises(NotFoundError, match=f"there is no model '{alias}'") as raised:
        card(sources(installed, fast), alias)
    assert (raised.value.hint, raised.value.exit_code) == (hint, 5)


def test_a_key_that_the_environment_lacks_is_a_missing_credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MY_KEY", raising=False)
    with serving() as server:
        named = ModelSettings(alias="main", base_url=server.url, name="m", api_key_env="MY_KEY")
        with pytest.raises(CredentialError, match="model 'main' needs its key: the environment variable MY_KEY is not set") as raised:
            asked(sources(tmp_path, named))
    assert raised.value.exit_code == 4
    assert server.asked == []


def test_a_key_of_the_environment_is_sent_to_the_server_that_it_is_named_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "a-key-of-mine")
    with serving(in_turn(answer("Hello."))) as server:
        assert asked(sources(tmp_path, ModelSettings(alias="main", base_url=server.url, name="m", api_key_env="MY_KEY"))) == "Hello."
    assert server.headers[0]["authorization"] == "Bearer a-key-of-mine"


def test_in_local_mode_a_model_elsewhere_is_refused_and_without_it_known_as_such(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="is not on this machine, and the workspace is in local mode"):
        card(sources(tmp_path, REMOTE))
    assert not card(sources(tmp_path, REMOTE, local=False)).local
