"""`.mcp.json` is read with comments and trailing commas; its faults come all at once, each at its place."""

from hypothesis import given
from hypothesis import strategies as st

from playnex.spec import variables
from playnex.spec.json_source import read_json
from playnex.spec.located import plain
from playnex.spec.read_servers import read_servers

GOOD = """\
// what this workspace uses
{
  "mcpServers": {
    "fs": {"command": "fs-server", "args": ["${DIR:-notes}",], "timeout": "30s", "tools": ["read_*"]}, /* reading only */
  },
  "servers": {
    "web": {"type": "stdio", "command": "web", "env": {"KEY": "${KEY}"}, "network": true, "trust": "full", "effects": {"get*": "pure"},
      "share": "run", "processes": 2, "egress": "none"},
  },
}
"""
BAD = """\
{
  "mcpServers": {
    "fs": {"command": "node", "trust": "ful", "netwrok": true},
    "far": {"type": "http", "url": "https://example.com/mcp"},
    "away": {"url": "https://example.com/mcp"},
    "none": {"args": []},
    "a b": {"command": "x${"},
    "odd": {"command": "x", "timeout": -1, "approval": {}, "effects": {"*": "pur"}, "args": 5.5, "env": ["A"]},
    "own": {"command": "x", "share": "mine", "egress": "no"},
    "all": {"command": "x", "processes": 2},
    "few": {"command": "x", "share": "run", "processes": 0},
    "fs": {"command": "again"},
  },
  "mcpservers": {}
}
"""


def test_servers_are_read_with_all_that_they_may() -> None:
    read = read_servers(GOOD, ".mcp.json")
    fs, web = read.servers
    assert not read.faults
    assert str(read_servers('{"servers": {"a": {"command": "x"}}, "mcpServers": {"a": {"command": "y"}}}', "m").faults[0]) == (
        "m:1:14: there are two servers 'a'; rename one of them"
    )
    assert (fs.name, fs.command, fs.args, fs.timeout, fs.trust, fs.network) == ("fs", "fs-server", ("${DIR:-notes}",), 30, "sandbox", False)
    assert (web.trust, web.network, dict(web.env), web.timeout) == ("full", True, {"KEY": "${KEY}"}, 60)
    assert (web.share, web.processes, web.reach(), fs.share, fs.reach()) == ("run", 2, "none", "all", "none")
    assert [fs.offers(tool) for tool in ("read_file", "write_file")] == [True, False]
    assert [web.effect_of(tool) for tool in ("get_page", "post_page")] == ["pure", None]


def test_every_fault_is_told_at_its_place_with_its_mend() -> None:
    assert [str(fault).removeprefix(".mcp.json:") for fault in read_servers(BAD, ".mcp.json").faults] == [
        "3:40: `trust` cannot be 'ful'; did you mean 'full'?",
        "3:47: server 'fs' has no key 'netwrok'; did you mean 'network'?",
        "4:21: server 'far' is of type 'http'; name a `command` that speaks MCP over stdio; nothing else is started in local mode",
        "5:14: server 'away' is reached by 'url', and would be another machine's; "
        "name a `command` that speaks MCP over stdio; nothing else is started in local mode",
        "6:5: server 'none' has no `command`; name the program that starts it",
        "7:5: 'a b' cannot be a server's name; begin with a letter; then letters, digits, - and _",
        "7:26: `command`: `${` begins no variable; write ${NAME}, ${NAME:-default} or ${keyring:NAME}",
        "8:40: `timeout` is -1; it must be from 0.1 to 3,600",
        "8:44: 'approval' is not available in this version yet",
        "8:77: the effect of '*' cannot be 'pur'; did you mean 'pure'?",
        '8:105: `env` must be a map of `key: value` lines, not a list; write it as {"NAME": "value"}',
        "9:38: `share` cannot be 'mine'; choose one of all, run, never",
        "9:56: `egress` cannot be 'no'; did you mean 'none'?",
        "10:29: `processes` says nothing of a server that all runs share; write `share`: `run` or `never` beside it",
        "11:58: `processes` is 0; it must be from 1 to 100",
        "12:5: the key 'fs' is here twice; keep one of them",
        "14:3: the file has no key 'mcpservers'; did you mean 'mcpServers'?",
    ]


def test_what_is_no_json_is_told_where_it_ends() -> None:
    def first(text: str) -> str:
        return str(read_servers(text, "m").faults[0])

    assert first('{"mcpServers": {"a": }}') == "m:1:22: a value is expected here"
    assert first('{"mcpServers": {') == 'm:1:17: a key is expected here; write keys as "key": value'
    assert first("{'a': 1}") == 'm:1:2: a key is expected here; write keys as "key": value'
    assert first('{"a": "b}') == 'm:1:7: this text has no end; close it with " on the same line'
    assert first('{"a": NaN}') == "m:1:7: 'NaN' is no value; texts stand in double quotes: \"text\""
    assert first("[1]") == 'm:1:1: the file must be a map of `key: value` lines, not a list; write it as {"mcpServers": {…}}'
    assert "levels deep" in first('{"a": ' + "[" * 10_000)


def test_a_variable_is_filled_from_the_environment_or_its_default() -> None:
    environment = {"A": "1", "EMPTY": ""}
    assert variables.expanded("${A}-${B:-2}-${EMPTY:-3}-$A-${C:-}", environment) == "1-2-3-$A-"
    assert variables.missing("${A} ${B} ${C:-x}", environment) == ("B",)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    )
)
def test_what_json_writes_is_read_as_it_was(value: object) -> None:
    import json

    try:
        text = json.dumps(value)
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return
    assert plain(read_json(text, "m").root) == value


@given(st.text(alphabet='{}[]":,/*\\ \n1ae$\u00e9'))
def test_no_text_breaks_the_reader(text: str) -> None:
    read = read_servers(text, "m")
    assert read.faults or not read.servers
