"""The `browser` key of `.mcp.json`: what it says, and what is wrong with it, with place and mend."""

import pytest

from playnex.spec.browser import HostRule, host_rule
from playnex.spec.read_servers import read_servers


def read(browser: str, more: str = "") -> list[str]:
    """The faults of an entry."""
    text = f'{{"mcpServers": {{"browser": {{\n"command": "x", "browser": {browser}{more}}}}}}}'
    return [f"{fault.place.line}:{fault.place.column} {fault.message} -> {fault.hint}" for fault in read_servers(text, ".mcp.json").faults]


def test_hosts_steps_and_time_are_read() -> None:
    text = '{"mcpServers": {"b": {"command": "x", "browser": {"hosts": ["Example.com", "127.0.0.1:8000"], "steps": 7, "time": "2m"}}}}'
    browser = read_servers(text, ".mcp.json").servers[0].browser
    assert browser is not None
    assert browser.hosts == (HostRule(name="example.com"), HostRule(name="127.0.0.1", ports=(8000,)))
    assert (browser.steps, browser.seconds, browser.is_near()) == (7, 120, False)


def test_an_entry_that_may_reach_other_hosts_is_another_entry() -> None:
    text = '{"mcpServers": {"b": {"command": "x", "browser": {"hosts": ["a.example"]}}}}'
    first, second = (read_servers(each, ".mcp.json").servers[0] for each in (text, text.replace("a.example", "b.example")))
    assert first.identity() != second.identity()


def test_what_is_wrong_is_told_with_its_place_and_its_mend() -> None:
    assert read("{}") == ["2:17 `browser` names no `hosts`, so it could go nowhere -> name them: " + EXAMPLES]
    assert "no `hosts`" in read('{"hosts": []}')[0]
    assert read('{"hosts": ["https://example.com/shop"]}') == [
        "2:39 'https://example.com/shop' is no host that a browser can be kept to -> "
        "a host is written without a scheme or a path: example.com"
    ]
    assert "`browser` has no key 'host' -> did you mean 'hosts'?" in read('{"host": ["example.com"]}')[1]
    assert "`steps` is 0; it must be from 1 to 1,000" in read('{"hosts": ["a.example"], "steps": 0}')[0]
    assert "not a duration" in read('{"hosts": ["a.example"], "time": "soon"}')[0]
    assert "more than a day" in read('{"hosts": ["a.example"], "time": "2d"}')[0]
    assert "would let the browser pass by its `hosts`" in read('{"hosts": ["a.example"]}', ', "network": true')[0]


EXAMPLES = "example.com, *.example.com, example.com:8443, 127.0.0.1:8000 or [::1]:8000"


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("*", "name the hosts that the task needs"),
        ("*.com", "far too many"),
        ("*.127.0.0.1", "far too many"),
        ("exa*mple.com", "name the hosts"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("user@example.com", "no user"),
        ("example.com:port", "write example.com"),
        ("127.1", "write example.com"),
        ("exa mple.com", "write example.com"),
        ("[::1", "write example.com"),
    ],
)
def test_a_host_that_cannot_be_kept_to_is_refused_with_the_mend(text: str, mend: str) -> None:
    with pytest.raises(ValueError, match=mend.replace("*", r"\*")):
        host_rule(text)
