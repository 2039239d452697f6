"""Broken playnex.toml files: each fault at its place, and all of them at once."""

import pytest

from playnex.config import UsdPerMillion, is_loopback, read_config
from playnex.errors import DefinitionError

URL = 'base_url = "http://127.0.0.1:11434/v1"\n'

BROKEN = {
    "no TOML": ("x = = 1\n", "1:5", "Invalid value"),
    "a quote never closed": ('[models.main]\nname = "x\n', "2:10", "Illegal character"),
    "a key twice": (f"[models.main]\n{URL}{URL}", "3:39", "Cannot overwrite a value"),
    "an unknown table": ("[modles.main]\n", "1:2", "unknown key 'modles'"),
    "an unknown key at the top": ("local = true\n", "1:1", "unknown key 'local'"),
    "an unknown key of a model": (f"[models.main]\n{URL}nmae = 'x'\n", "3:1", "unknown key 'nmae'"),
    "an unknown policy": ("[policy]\nlokal = true\n", "2:1", "unknown key 'lokal'"),
    "a word as local": ("[policy]\nlocal = 'yes'\n", "2:1", "`local` must be true or false, not 'yes'"),
    "a word as models": ("models = 1\n", "1:1", "`models` must be a table"),
    "a word as a model": ("[models]\nmain = 'qwen'\n", "2:1", "model 'main' must be a table"),
    "a word as context": (f"[models.main]\n{URL}context = 'big'\n", "3:1", "`context` must be a whole number, not 'big'"),
    "a flag as context": (f"[models.main]\n{URL}context = true\n", "3:1", "`context` must be a whole number, not true"),
    "no context at all": (f"[models.main]\n{URL}context = 0\n", "3:1", "`context` must be above zero, not 0"),
    "a word as timeout": (f"[models.main]\n{URL}timeout = '5s'\n", "3:1", "`timeout` must be a number, not '5s'"),
    "no time at all": (f"[models.main]\n{URL}timeout = -1\n", "3:1", "`timeout` must be above zero, not -1"),
    "a number as name": (f"[models.main]\n{URL}name = 4\n", "3:1", "`name` must be a text, not 4"),
    "a word as tool_calling": (f"[models.main]\n{URL}tool_calling = 'no'\n", "3:1", "`tool_calling` must be true or false, not 'no'"),
    "a number as json_schema": (f"[models.main]\n{URL}json_schema = 1\n", "3:1", "`json_schema` must be true or false, not 1"),
    "none at once": (f"[models.main]\n{URL}at_once = 0\n", "3:1", "`at_once` must be above zero, not 0"),
    "half a request": (f"[models.main]\n{URL}per_minute = 0.5\n", "3:1", "`per_minute` must be a whole number, not 0.5"),
    "a number as prices": (f"[models.main]\n{URL}usd_per_million = 5\n", "3:1", "`usd_per_million` must be a table, not 5"),
    "half a price": (f"[models.main]\n{URL}usd_per_million = {{ input = 2 }}\n", "3:1", "`output` of `usd_per_million` is missing"),
    "a price that is none": (
        f"[models.main]\n{URL}usd_per_million = {{ input = -2, output = 3 }}\n",
        "3:1",
        "`input` of `usd_per_million` must be dollars for a million tokens, not -2",
    ),
    "an unknown price": (
        f"[models.main]\n{URL}[models.main.usd_per_million]\ninput = 2\noutput = 3\ncached = 1\n",
        "6:1",
        "unknown key 'cached'",
    ),
    "an unknown kind": (f"[models.main]\n{URL}kind = 'opneai'\n", "3:1", "`kind` must be one of openai, embedded, not 'opneai'"),
    "no address": ("[models.main]\nname = 'x'\n", "1:1", "a model of kind openai needs a `base_url`"),
    "another machine": (
        "[models.main]\nbase_url = 'https://example.com/v1'\n",
        "2:1",
        "'https://example.com/v1' is not on this machine, and the workspace is in local mode",
    ),
    "another machine in disguise": (
        "[models.main]\nbase_url = 'http://127.0.0.1@example.com/v1'\n",
        "2:1",
        "'http://127.0.0.1@example.com/v1' is not on this machine",
    ),
    "an unknown key of a tool": ('[tools."crm.*"]\naproval = "ask"\n', "2:1", "unknown key 'aproval'"),
    "a tool without quotes": ('[tools.crm.lookup]\napproval = "ask"\n', "1:1", "[tools.crm.lookup] names no tool"),
    "a word as a tool": ('[tools]\n"crm.*" = "ask"\n', "2:2", "tool 'crm.*' must be a table"),
    "a word that is no rule": ('[tools."crm.*"]\napproval = "aks"\n', "2:1", "a rule knows `args`, not 'aks'"),
    "a flag as approval": ('[tools."crm.*"]\napproval = true\n', "2:1", "`approval` must be a text, not true"),
    "half a rule": ('[tools."crm.*"]\napproval = "args.amount >"\n', "2:1", "'args.amount >' is no rule"),
    "an unknown egress": ('[tools."crm.*"]\negress = "remtoe"\n', "2:1", "`egress` must be one of none, remote, not 'remtoe'"),
    "an unknown effect": ('[tools."crm.*"]\neffect = 1\n', "2:1", "`effect` must be one of pure, idempotent, once, not 1"),
    "a word as sinks": ('[tools."crm.*"]\nsinks = "to"\n', "2:1", "`sinks` must be a list of parameters, not 'to'"),
    "an unknown word about untrusted content": ("[policy]\nuntrusted = 'never'\n", "2:1", "`untrusted` must be one of ask, refuse, run"),
    "a time in words": ("[policy]\napproval_timeout = 'soon'\n", "2:1", "`approval_timeout`: 'soon' is not a duration"),
    "a table in another spelling": ('[models."main"]\nname = 4\n', "2:1", "`name` must be a text, not 4"),
}


def faults(text: str) -> list[str]:
    with pytest.raises(DefinitionError) as raised:
        read_config(text, "playnex.toml")
    return [str(fault) for fault in raised.value.faults]


@pytest.mark.parametrize("what", BROKEN)
def test_a_fault_is_told_at_its_place(what: str) -> None:
    text, place, message = BROKEN[what]
    told = faults(text)
    assert any(fault.startswith(f"playnex.toml:{place}: {message}") for fault in told), told


def test_all_faults_come_at_once_in_file_order() -> None:
    text = f"[models.main]\n{URL}nmae = 'x'\n[models.fast]\nkind = 'openai'\n[policy]\nlocal = 'no'\n"
    assert [fault.split(":")[1] for fault in faults(text)] == ["3", "4", "7"]


def test_a_sound_file_gives_its_models() -> None:
    config = read_config(f"[models.main]\n{URL}name = 'qwen3:4b'\ncontext = 32768\n[models.small]\nkind = 'embedded'\n", "playnex.toml")
    assert config.local
    assert config.models["main"].context == 32768
    assert config.models["small"].kind == "embedded"


def test_a_pace_and_a_price_are_read() -> None:
    text = f"[models.main]\n{URL}at_once = 2\nper_minute = 30\nusd_per_million = {{ input = 2.5, output = 10 }}\n"
    main = read_config(text, "playnex.toml").models["main"]
    assert (main.at_once, main.per_minute, main.usd_per_million) == (2, 30, UsdPerMillion(input=2.5, output=10))


def test_what_is_said_of_tools_and_of_asking_is_read() -> None:
    text = '[tools."crm.*"]\napproval = "args.amount > 100"\negress = "remote"\nsinks = ["to"]\n[policy]\nuntrusted = "run"\n'
    config = read_config(text + 'approval_timeout = "24h"\n', "playnex.toml")
    (rule,) = config.tools
    assert (rule.pattern, rule.approval, rule.egress, rule.effect, rule.sinks) == (
        *("crm.*", "args.amount > 100", "remote", None),
        ("to",),
    )
    assert (rule.place.line, config.untrusted, config.approval_timeout) == (1, "run", 86_400)


def test_another_machine_is_allowed_where_the_policy_says_so() -> None:
    text = "[models.main]\nbase_url = 'https://example.com/v1'\n[policy]\nlocal = false\n"
    assert read_config(text, "playnex.toml").models["main"].base_url == "https://example.com/v1"


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/v1", "http://localhost/v1", "https://[::1]:8080/v1", "http://127.8.0.1/v1"])
def test_addresses_of_this_machine_are_known(url: str) -> None:
    assert is_loopback(url)


@pytest.mark.parametrize(
    "url",
    [
        *("http://192.168.1.2/v1", "http://localhost.example.com/v1", "http://127.0.0.1@example.com", "http://example.com#127.0.0.1"),
        *(
            "ftp://127.0.0.1/v1",
            "127.0.0.1:8080",
            "http://127.0.0.1:port/v1",
            "http://0.0.0.0/v1",
            "http://2130706433/v1",
            "",
            "http://[::1",
        ),
    ],
)
def test_addresses_elsewhere_and_nonsense_are_not(url: str) -> None:
    assert not is_loopback(url)
