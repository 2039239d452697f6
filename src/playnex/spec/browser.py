"""What a browser may do: the hosts that it may ask for something, and how long and how often it is used. Pure data."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

STEPS = 100
"""Calls of one run where the entry says nothing."""

SECONDS = 600.0
MOST_STEPS = 1_000
MOST_SECONDS = 86_400.0

USUAL_PORTS = (80, 443)
LOCALHOST = "localhost"
EXAMPLES = "example.com, *.example.com, example.com:8443, 127.0.0.1:8000 or [::1]:8000"

NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*")
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
"""A last label like this makes the whole an address, in one of the forms that only some programs know."""

PORT = re.compile(r"[1-9][0-9]{0,4}")


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRule:
    """One host that is allowed, in the one spelling that requests are brought into; `name` is a name or an address without brackets.
    One of `subdomains` stands for all names below it and not for itself."""

    name: str
    ports: tuple[int, ...] = USUAL_PORTS
    subdomains: bool = False

    def fits(self, name: str, port: int) -> bool:
        """Whether a request for that name, in the same spelling, and that port is meant."""
        is_it = name.endswith(f".{self.name}") if self.subdomains else name == self.name
        return is_it and port in self.ports

    def is_near(self) -> bool:
        """Whether it is this machine, by its address or as `localhost`."""
        return self.name == LOCALHOST or (is_address(self.name) and ip_address(self.name).is_loopback)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserSpec:
    """What the `browser` key of an entry says: `steps` are calls and `seconds` the time that one run may use it."""

    hosts: tuple[HostRule, ...]
    steps: int = STEPS
    seconds: float = SECONDS

    def is_near(self) -> bool:
        """Whether it can reach nothing but this machine."""
        return all(host.is_near() for host in self.hosts)


def host_rule(text: str) -> HostRule:
    """`NAME`, `*.NAME` or an address, with `:PORT` where it is not one of the usual two. Raises ValueError, with the mend."""
    if "://" in text or "/" in text:
        raise ValueError(f"a host is written without a scheme or a path: {urlsplit(text).netloc or text.partition('/')[0]}")
    if not text.isascii():
        raise ValueError(_in_ascii(text))
    if "@" in text:
        raise ValueError("a host has no user")
    subdomains = text.startswith("*.")
    name, port = split_port(text[2:] if subdomains else text)
    spelt = spelling(name)
    if "*" in text[2 * subdomains :] or text == "*":
        raise ValueError(f"name the hosts that the task needs: {EXAMPLES}")
    if not spelt or port == 0:
        raise ValueError(f"write {EXAMPLES}")
    if subdomains and (is_address(spelt) or "." not in spelt):
        raise ValueError(f"{text} would be far too many: name a domain of somebody, such as *.example.com")
    return HostRule(name=spelt, ports=(port,) if port else USUAL_PORTS, subdomains=subdomains)


def split_port(text: str) -> tuple[str, int | None]:
    """The host without brackets, and the port: None where there is none, 0 where it is none that there can be."""
    if text.startswith("["):
        host, closing, rest = text[1:].partition("]")
        host = host if closing and ":" in host else ""
    else:
        host, colon, port = text.partition(":")
        rest = colon + port
    if not rest:
        return host, None
    found = PORT.fullmatch(rest[1:]) if rest.startswith(":") else None
    return host, int(found[0]) if found and int(found[0]) < 65_536 else 0


def spelling(host: str) -> str:
    """The one spelling of a host: small letters, no dot at the end, an address in its shortest form. Empty where it is no host, or one
    that two programs could understand in two ways."""
    host = host.lower()
    if is_address(host):
        return str(ip_address(host))
    host = host[:-1] if host.endswith(".") else host
    if not NAME.fullmatch(host) or NUMBER.fullmatch(host.rpartition(".")[2]):
        return ""
    return host


def is_address(host: str) -> bool:
    """Whether it is an IPv4 or IPv6 address in the usual form, without a zone."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return "%" not in host


def _in_ascii(text: str) -> str:
    try:
        return f"write it as browsers send it: {text.encode('idna').decode()}"
    except UnicodeError:
        return f"write {EXAMPLES}"
