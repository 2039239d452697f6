"""A network of nothing but loopback, for this thread and all that it starts: Linux, and only where we may."""

import ctypes
import fcntl
import os
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS = 0x8914
IFF_UP = 1
OURS = "/proc/thread-self/ns/net"

_beginning: list[int] = []
"""The network as it was when the first test began."""


@cache
def alone() -> int:
    """The network namespace with loopback alone, made once a process; 0 where the system does not let us make one."""
    if sys.platform != "linux":
        return 0
    _beginning.append(os.open(OURS, os.O_RDONLY))
    if _libc().unshare(CLONE_NEWNET) != 0:
        return 0
    made = os.open(OURS, os.O_RDONLY)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", IFF_UP))
    _enter(_beginning[0])
    return made


@contextmanager
def offline() -> Iterator[None]:
    """Within the block there is only loopback, where that can be had."""
    if not (there := alone()):
        yield
        return
    before = os.open(OURS, os.O_RDONLY)
    try:
        _enter(there)
        yield
    finally:
        _enter(before)
        os.close(before)


@contextmanager
def online(_why: str) -> Iterator[None]:
    """Within the block the network is as the system has it: for what has to be fetched before a test can begin."""
    if not alone():
        yield
        return
    before = os.open(OURS, os.O_RDONLY)
    try:
        _enter(_beginning[0])
        yield
    finally:
        _enter(before)
        os.close(before)


def _enter(namespace: int) -> None:
    if _libc().setns(namespace, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
