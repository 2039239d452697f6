"""What a browser may reach, decided from a request's head: as a table, as laws, and with the check left out."""

import dataclasses
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playnex.spec.browser import HostRule, host_rule, spelling
from playnex.tools.browser.boundary import Allowed, Boundary, Head, Refused, is_public, rule, rule_addresses, rule_within

HOSTS = ("example.com", "*.shops.example", "127.0.0.1:8000", "[::1]:8001", "localhost:9000")
BOUNDARY = Boundary(hosts=tuple(host_rule(host) for host in HOSTS))
WRITING = dataclasses.replace(BOUNDARY, may_write=True)


def head(method: str, target: str, *fields: tuple[str, str]) -> Head:
    return Head(method=method, target=target, fields=fields)


def get(target: str, *fields: tuple[str, str]) -> Allowed | Refused:
    return rule(head("GET", target, *fields), BOUNDARY)


@pytest.mark.parametrize(
    "target",
    [
        "http://example.com/",
        "http://example.com",
        "http://EXAMPLE.com/a?b=c",
        "HTTP://example.com/",
        "http://example.com./",
        "http://example.com:80/",
        "http://example.com:443/",
        "http://a.shops.example/",
        "http://a.b.shops.example/",
        "http://127.0.0.1:8000/",
        "http://[::1]:8001/",
        "http://[0:0:0:0:0:0:0:1]:8001/",
        "http://localhost:9000/",
    ],
)
def test_an_allowed_host_is_allowed_however_it_is_spelt(target: str) -> None:
    assert isinstance(get(target), Allowed)


@pytest.mark.parametrize(
    "target",
    [
        "http://evil.example/",
        "http://example.com:8080/",
        "http://example.com.evil.example/",
        "http://notexample.com/",
        "http://www.example.com/",
        "http://shops.example/",
        "http://evilshops.example/",
        "http://example.com@evil.example/",
        "http://evil.example@example.com/",
        "http://user:secret@example.com/",
        "http://example.com%2eevil.example/",
        "http://example.com%00.evil.example/",
        "http://evil.example#@example.com/",
        "http://evil.example\\@example.com/",
        "http://example.com\\.evil.example/",
        "http://example.com../",
        "http://.example.com/",
        "http://exämple.com/",
        "http://ｅxample.com/",
        "http://example。com/",
        "http://xn--exmple-cua.com/",
        "http://127.0.0.1/",
        "http://127.0.0.1:8001/",
        "http://127.1:8000/",
        "http://0x7f000001:8000/",
        "http://2130706433:8000/",
        "http://0177.0.0.1:8000/",
        "http://127.0.0.1.:8000/",
        "http://127.0.0.01:8000/",
        "http://[::ffff:127.0.0.1]:8000/",
        "http://[::1%lo]:8001/",
        "http://[::1]:8000/",
        "http://::1:8001/",
        "http://localhost/",
        "http://x.localhost:9000/",
        "http://example.com:0/",
        "http://example.com:080/",
        "http://example.com:+80/",
        "http://example.com:65616/",
        "http://example.com:80:80/",
        "http://example.com:/",
        "http:///",
        "http://",
        "https://example.com/",
        "ftp://example.com/",
        "/",
        "//example.com/",
        "example.com",
        "*",
    ],
)
def test_any_other_host_port_or_spelling_is_refused(target: str) -> None:
    assert isinstance(get(target), Refused)


@pytest.mark.parametrize("target", ["example.com:443", "example.com:80", "a.shops.example:443", "127.0.0.1:8000", "[::1]:8001"])
def test_a_tunnel_leads_to_an_allowed_host_and_port(target: str) -> None:
    assert isinstance(rule(head("CONNECT", target), BOUNDARY), Allowed)


@pytest.mark.parametrize(
    "target",
    [
        "evil.example:443",
        "example.com",
        "example.com:22",
        "example.com:8443",
        "user@example.com:443",
        "http://example.com/",
        "::1:8001",
        "",
    ],
)
def test_a_tunnel_leads_nowhere_else(target: str) -> None:
    assert isinstance(rule(head("CONNECT", target), BOUNDARY), Refused)


def test_a_host_field_must_say_what_the_address_says() -> None:
    assert isinstance(get("http://example.com/", ("host", "example.com")), Allowed)
    assert isinstance(get("http://example.com/", ("host", "EXAMPLE.com.:80")), Allowed)
    for told in ("evil.example", "example.com:8080", "127.0.0.1:8000", ""):
        assert isinstance(get("http://example.com/", ("host", told)), Refused)
    assert isinstance(get("http://example.com/", ("host", "example.com"), ("host", "evil.example")), Refused)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get", "PROPFIND"])
def test_what_may_change_something_passes_only_while_a_call_may(method: str) -> None:
    sent = head(method, "http://example.com/")
    assert isinstance(rule(sent, BOUNDARY), Refused)
    assert isinstance(rule(sent, WRITING), Allowed)
    elsewhere = head(method, "http://evil.example/")
    assert isinstance(rule(elsewhere, WRITING), Refused)


def test_a_line_in_both_directions_opens_only_while_a_call_may_change_something() -> None:
    opens = (("upgrade", "websocket"), ("host", "127.0.0.1:8000"))
    tunnel = Allowed(host="127.0.0.1", port=8000)
    assert isinstance(rule(head("GET", "http://127.0.0.1:8000/", *opens), BOUNDARY), Refused)
    assert isinstance(rule_within(head("GET", "/", *opens), tunnel, BOUNDARY), Refused)
    assert rule_within(head("GET", "/live", *opens), tunnel, WRITING) == Allowed(host="127.0.0.1", port=8000, path="/live")


def test_what_comes_through_a_tunnel_in_plain_text_must_be_for_its_host_and_open_a_line() -> None:
    tunnel = Allowed(host="127.0.0.1", port=8000)
    other = head("GET", "/", ("host", "evil.example"), ("upgrade", "websocket"))
    assert isinstance(rule_within(other, tunnel, WRITING), Refused)
    assert isinstance(rule_within(head("GET", "/", ("host", "127.0.0.1:8000")), tunnel, WRITING), Refused)
    assert isinstance(rule_within(head("GET", "/", ("upgrade", "websocket")), tunnel, WRITING), Refused)
    nowhere = head("GET", "http://evil.example/", ("host", "127.0.0.1:8000"), ("upgrade", "websocket"))
    assert isinstance(rule_within(nowhere, tunnel, WRITING), Refused)


PLACE = Allowed(host="example.com", port=80)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255"),
        *("::1", "::", "fe80::1", "fd00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "ff02::1"),
    ],
)
def test_a_name_that_stands_for_this_machine_or_its_networks_is_refused(address: str) -> None:
    assert isinstance(rule_addresses(PLACE, [address], BOUNDARY), Refused)
    assert isinstance(rule_addresses(PLACE, ["93.184.215.14", address], BOUNDARY), Refused), "one such address among others is enough"


def test_a_name_may_stand_for_what_is_public_or_allowed_by_its_address() -> None:
    assert rule_addresses(PLACE, ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"], BOUNDARY) is None
    assert rule_addresses(Allowed(host="example.com", port=8000), ["127.0.0.1"], BOUNDARY) is None
    assert isinstance(rule_addresses(Allowed(host="example.com", port=8001), ["127.0.0.1"], BOUNDARY), Refused)
    assert rule_addresses(Allowed(host="localhost", port=9000), ["127.0.0.1", "::1"], BOUNDARY) is None
    assert isinstance(rule_addresses(Allowed(host="localhost", port=9000), ["10.0.0.1"], BOUNDARY), Refused)
    assert isinstance(rule_addresses(PLACE, [], BOUNDARY), Refused)


LABEL = st.text("abcxyz019-", min_size=1, max_size=8)
NAMES = st.lists(LABEL, min_size=1, max_size=4).map(".".join)
PORTS = st.integers(1, 65_535)
ODD = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), min_size=1, max_size=30)


@given(name=NAMES, port=PORTS, rules=st.lists(st.tuples(NAMES, PORTS, st.booleans()), max_size=3))
def test_nothing_is_allowed_that_no_rule_names(name: str, port: int, rules: list[tuple[str, int, bool]]) -> None:
    hosts = tuple(HostRule(name=rule[0], ports=(rule[1],), subdomains=rule[2]) for rule in rules if spelling(rule[0]))
    found = rule(head("GET", f"http://{name}:{port}/"), Boundary(hosts=hosts))
    named = any(
        port in each.ports and (name.endswith(f".{each.name}") if each.subdomains else spelling(name) == each.name) for each in hosts
    )
    assert isinstance(found, Refused) or named


@given(odd=ODD)
def test_whatever_is_written_for_a_host_what_passes_is_a_host_of_the_list(odd: str) -> None:
    for sent in (head("GET", f"http://{odd}"), head("GET", f"http://example.com{odd}"), head("GET", odd), head("CONNECT", odd)):
        found = rule(sent, BOUNDARY)
        if isinstance(found, Allowed):
            assert BOUNDARY.has(found.host, found.port)
            assert found.path.startswith("/") or sent.method == "CONNECT"


@given(host=st.one_of(ODD, NAMES, NAMES.map(str.upper), NAMES.map("{}.".format), st.ip_addresses().map(str)))
def test_a_spelling_spelt_again_stays_as_it_is(host: str) -> None:
    spelt = spelling(host)
    assert spelling(spelt) == spelt and spelt.isascii() and spelt == spelt.lower()


@given(inner=st.ip_addresses(v=4))
def test_an_address_is_as_near_as_the_one_that_hides_in_it(inner: object) -> None:
    near = is_public(ip_address(str(inner)))
    mapped, translated = ip_address(f"::ffff:{inner}"), ip_address(f"64:ff9b::{inner}")
    assert is_public(mapped) == near == is_public(translated)
