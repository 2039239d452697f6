"""What a browser's request may reach: decided from its head alone, and for a name once more from the addresses it stands for. Pure.

The browser is in a sandbox without a network; the one way out of it ends in our proxy, which asks here before it opens anything. So
redirects, frames, scripts, workers and whatever else makes a browser ask for something are all the same: a request with a host and a port.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from playnex.spec.browser import LOCALHOST, HostRule, is_address, spelling, split_port

READING = ("GET", "HEAD")
"""Methods that change nothing on a server that keeps to the standard (RFC 9110, 9.2.1)."""

HTTP = "http://"
TRANSLATED = IPv6Network("64:ff9b::/96")
"""Addresses in which a network hides IPv4 ones (RFC 6052)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The head of a request as it was sent. Names of `fields` are in small letters; one may be there more than once."""

    method: str
    target: str
    fields: tuple[tuple[str, str], ...] = ()

    def all(self, name: str) -> tuple[str, ...]:
        """All values of that field."""
        return tuple(value for key, value in self.fields if key == name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Nothing is opened; `why` is a clause for people."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """May be opened to `host`, a name in the one spelling or an address, at `port`; `path` is what is asked for there, empty for a
    tunnel."""

    host: str
    port: int
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundary:
    """The hosts that are allowed, and whether requests that change something may pass just now."""

    hosts: tuple[HostRule, ...]
    may_write: bool = False

    def has(self, name: str, port: int) -> bool:
        """Whether the name, in the one spelling, is allowed at that port."""
        return any(rule.fits(name, port) for rule in self.hosts)


def rule(head: Head, boundary: Boundary) -> Allowed | Refused:
    """What becomes of a request that the browser sends to its proxy."""
    if head.method == "CONNECT":
        return _in_bounds(head.target, head, boundary, port_needed=True)
    if head.target[: len(HTTP)].lower() != HTTP:
        return Refused(why="a request to a proxy names the whole address, http://HOST/PATH")
    if "#" in head.target or "\\" in head.target:
        return Refused(why="its address can be read in two ways")
    authority, path = _divided(head.target[len(HTTP) :])
    found = _in_bounds(authority, head, boundary)
    if isinstance(found, Refused):
        return found
    if (why := _why_it_writes(head)) and not boundary.may_write:
        return Refused(why=why)
    return Allowed(host=found.host, port=found.port, path=path)


def rule_within(head: Head, tunnel: Allowed, boundary: Boundary) -> Allowed | Refused:
    """What becomes of a request in plain text inside a tunnel, as a page's WebSocket sends it."""
    named = [_place(value, 80) for value in head.all("host")]
    if named != [(tunnel.host, tunnel.port)]:
        return Refused(why="its Host is not what the tunnel was opened to")
    if not head.target.startswith("/"):
        return Refused(why="a request in a tunnel names a path")
    if not head.all("upgrade"):
        return Refused(why="a request in plain text needs no tunnel")
    if (why := _why_it_writes(head)) and not boundary.may_write:
        return Refused(why=why)
    return Allowed(host=tunnel.host, port=tunnel.port, path=head.target)


def rule_addresses(found: Allowed, addresses: Sequence[str], boundary: Boundary) -> Refused | None:
    """Whether a name may be opened at the addresses that it stands for: none of them may lead into this machine or its networks, unless
    that very address is allowed too. A name that the user wrote as `localhost` is this machine's."""
    if is_address(found.host):
        return None
    if not addresses:
        return Refused(why=f"{found.host} has no address")
    for address in addresses:
        near = ip_address(address)
        if found.host == LOCALHOST and near.is_loopback:
            continue
        if not is_public(near) and not boundary.has(str(near), found.port):
            return Refused(why=f"{found.host} stands for {near}, which is on this machine or its networks and not among the allowed hosts")
    return None


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is out on the internet, also where it is written as another one of IPv6."""
    return all(each.is_global and not each.is_multicast for each in _meanings(address))


def _meanings(address: IPv4Address | IPv6Address) -> Iterable[IPv4Address | IPv6Address]:
    if isinstance(address, IPv4Address):
        return (address,)
    if address.ipv4_mapped:
        return (address.ipv4_mapped,)
    if address in TRANSLATED:
        return (IPv4Address(int(address) & 0xFFFF_FFFF),)
    inner = (address.sixtofour, *(address.teredo or ()))
    return (address, *(each for each in inner if each))


def _in_bounds(authority: str, head: Head, boundary: Boundary, *, port_needed: bool = False) -> Allowed | Refused:
    """The place that the authority names, if it is an allowed one and the Host field says the same."""
    if "@" in authority:
        return Refused(why="an address with a user in it is not taken")
    name, port = _place(authority, None if port_needed else 80)
    if not name or not port:
        return Refused(why=f"{authority[:100]!r} is no host that can be checked")
    named = [_place(value, 443 if port == 443 else 80) for value in head.all("host")]
    if named and named != [(name, port)]:
        return Refused(why="its Host is not the host of its address")
    if not boundary.has(name, port):
        return Refused(why=f"{shown(name, port)} is not among the allowed hosts")
    return Allowed(host=name, port=port)


def _place(authority: str, usual: int | None) -> tuple[str, int]:
    """Host and port in the one spelling; an empty host or port 0 where it is none."""
    host, port = split_port(authority) if authority.isascii() else ("", 0)
    return spelling(host), (usual or 0) if port is None else port


def _divided(rest: str) -> tuple[str, str]:
    at = min((at for at in map(rest.find, "/?") if at >= 0), default=len(rest))
    path = rest[at:]
    return rest[:at], path if path.startswith("/") else f"/{path}"


def _why_it_writes(head: Head) -> str:
    if head.method not in READING:
        return f"{head.method} may change something, and no call that was allowed to is under way"
    if head.all("upgrade"):
        return "it opens a line in both directions, and no call that may change something is under way"
    return ""


def shown(name: str, port: int) -> str:
    """Host and port as an address has them."""
    return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
