"""The filter of system calls says what it should, on each processor: run here as the kernel would run it."""

import struct
from collections.abc import Sequence

import pytest

from playnex.tools.mcp import seccomp
from playnex.tools.mcp.syscalls import ARCHITECTURES, NEWEST, number

ALLOWED, REFUSED, NOT_THERE, KILLED = "allowed", "refused", "not there", "killed"
VERDICTS = {seccomp.ALLOW: ALLOWED, seccomp.ERRNO | 1: REFUSED, seccomp.ERRNO | 38: NOT_THERE, seccomp.KILL: KILLED}
PROCESSORS = tuple(ARCHITECTURES)


def verdict(program: bytes, call: int, arguments: Sequence[int] = (), processor: str = "x86_64") -> str:
    """What the filter answers to a call."""
    data = struct.pack("IIQ6Q", call, ARCHITECTURES[processor], 0, *[*arguments, 0, 0, 0, 0, 0, 0][:6])
    lines, at, held = list(struct.iter_unpack("HBBI", program)), 0, 0
    while True:
        what, holds, fails, value = lines[at]
        at += 1
        match what:
            case seccomp.LOAD:
                held = struct.unpack_from("I", data, value)[0]
            case seccomp.AND:
                held &= value
            case seccomp.END:
                return VERDICTS[value]
            case _:
                is_so = {seccomp.EQUALS: held == value, seccomp.AT_LEAST: held >= value, seccomp.ANY_BIT: bool(held & value)}[what]
                at += holds if is_so else fails


def asked(program: bytes, processor: str, name: str, *arguments: int) -> str:
    return verdict(program, number(name, processor), arguments, processor)


@pytest.mark.parametrize("processor", PROCESSORS)
def test_beside_landlock_no_socket_reaches_anybody(processor: str) -> None:
    alone = seccomp.beside_landlock(processor, network=False, abi=7, server=99)
    assert {asked(alone, processor, "socket", family, 1) for family in range(50)} == {REFUSED}
    assert {asked(alone, processor, name) for name in ("connect", "bind", "listen", "accept", "accept4")} == {REFUSED}
    kinds = {kind: asked(alone, processor, "socketpair", 1, kind | 0o2000000) for kind in (1, 2, 5)}
    assert kinds == {1: ALLOWED, 2: REFUSED, 5: ALLOWED}


@pytest.mark.parametrize("processor", PROCESSORS)
def test_with_the_network_there_are_internet_sockets_and_still_no_others(processor: str) -> None:
    granted = seccomp.beside_landlock(processor, network=True, abi=7, server=99)
    assert [family for family in range(50) if asked(granted, processor, "socket", family, 1) == ALLOWED] == [2, 10, 16]
    assert asked(granted, processor, "connect") == ALLOWED


@pytest.mark.parametrize("processor", PROCESSORS)
@pytest.mark.parametrize("name", seccomp.NEVER)
def test_what_is_never_allowed_is_refused_in_every_sandbox(processor: str, name: str) -> None:
    filters = (seccomp.inside_bubblewrap(processor), seccomp.beside_landlock(processor, network=True, abi=1, server=9))
    if number(name, processor) >= 0:
        assert {asked(program, processor, name) for program in filters} == {REFUSED}


@pytest.mark.parametrize("processor", PROCESSORS)
def test_a_server_may_speak_of_itself_only(processor: str) -> None:
    program = seccomp.beside_landlock(processor, network=False, abi=7, server=99)
    assert [asked(program, processor, "prlimit64", process) for process in (0, 99, 98)] == [ALLOWED, ALLOWED, REFUSED]
    assert [asked(program, processor, "setpriority", 0, process) for process in (0, 99, 98)] == [ALLOWED, ALLOWED, REFUSED]


def test_before_landlock_knows_of_signals_a_server_signals_itself_alone() -> None:
    older, newer = (seccomp.beside_landlock("x86_64", network=False, abi=abi, server=99) for abi in (5, 6))
    assert [asked(older, "x86_64", "tgkill", process) for process in (99, 98)] == [ALLOWED, REFUSED]
    assert [asked(each, "x86_64", "kill", 98, 9) for each in (older, newer)] == [REFUSED, ALLOWED]
    assert [asked(each, "x86_64", "fcntl", 3, seccomp.F_SETOWN) for each in (older, newer)] == [REFUSED, ALLOWED]
    assert asked(seccomp.beside_landlock("x86_64", network=False, abi=2, server=9), "x86_64", "truncate") == REFUSED


def test_new_namespaces_foreign_and_unknown_calls_are_closed_and_ordinary_ones_are_open() -> None:
    program = seccomp.inside_bubblewrap("x86_64")
    assert asked(program, "x86_64", "clone", 0x10000000 | 17) == REFUSED
    assert (asked(program, "x86_64", "clone", 0x01200011), asked(program, "x86_64", "clone3")) == (ALLOWED, NOT_THERE)
    assert verdict(program, 0, processor="aarch64") == KILLED
    assert [verdict(program, call) for call in (NEWEST + 1, 0x40000000 | 101)] == [NOT_THERE, NOT_THERE], "x32 too"
    assert {verdict(program, call) for call in (0, 1, 2, 59, 257)} == {ALLOWED}
    assert asked(program, "x86_64", "ioctl", 0, seccomp.TIOCSTI) == REFUSED
