"""Closes this process and all that it starts: Landlock for files and signals, seccomp for the rest. There is no way back from it.

Runs in the guard's child, between fork and exec. Whatever fails here ends in OSError or ValueError, and nothing is started.
"""

import ctypes
import os

from playnex.tools.mcp import landlock, seccomp
from playnex.tools.mcp.syscalls import LANDLOCK_ADD_RULE, LANDLOCK_CREATE_RULESET, LANDLOCK_RESTRICT_SELF

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_CAP_AMBIENT = 38, 22, 24, 47
SECCOMP_MODE_FILTER, PR_CAP_AMBIENT_CLEAR_ALL, RULE_PATH_BENEATH, VERSION = 2, 4, 1, 1
CAPABILITY_VERSION, LAST_CAPABILITY, CAPSET = 0x20080522, 63, {"x86_64": 126, "aarch64": 91}

libc = ctypes.CDLL(None, use_errno=True)


class Ruleset(ctypes.Structure):
    """struct landlock_ruleset_attr."""

    _fields_ = (("files", ctypes.c_uint64), ("ports", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class Beneath(ctypes.Structure):
    """struct landlock_path_beneath_attr."""

    _pack_ = 1
    _fields_ = (("rights", ctypes.c_uint64), ("descriptor", ctypes.c_int32))


class Filter(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("program", ctypes.c_char_p))


def version() -> int:
    """The version of Landlock that the kernel has. Raises OSError where it has none, or it is switched off."""
    return _asked(LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(VERSION))


def confine(places: dict[str, str], *, workspace: str, private: str, network: bool, abi: int) -> None:
    """Close everything but what the places say; see `landlock.rules`."""
    processor = os.uname().machine
    if processor not in CAPSET:
        raise OSError(0, f"the system calls of {processor} are not known here")
    ruleset = _opened(places, workspace=workspace, private=private, network=network, abi=abi)
    _prctl(PR_SET_NO_NEW_PRIVS, 1)
    _asked(LANDLOCK_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    os.close(ruleset)
    _drop_capabilities(processor)
    program = seccomp.beside_landlock(processor, network=network, abi=abi, server=os.getpid())
    _prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(Filter(len(program) // 8, program)))


def _opened(places: dict[str, str], *, workspace: str, private: str, network: bool, abi: int) -> int:
    """The rules, as a descriptor."""
    closed = landlock.handled(abi)
    wanted = Ruleset(closed, landlock.closed_ports(abi, network=network), landlock.scoped(abi))
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    ruleset = _asked(LANDLOCK_CREATE_RULESET, ctypes.byref(wanted), ctypes.c_size_t(size), ctypes.c_uint32(0))
    for path, rights in landlock.rules(places, workspace=workspace, private=private, listed=listed):
        _open(ruleset, path, rights & closed)
    return ruleset


def _open(ruleset: int, path: str, rights: int) -> None:
    """A rule. What is gone, or what nobody here may look at, needs none."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not os.path.isdir(path):
            rights &= landlock.OF_FILES
        _asked(LANDLOCK_ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(RULE_PATH_BENEATH), ctypes.byref(Beneath(rights, descriptor)), 0)
    finally:
        os.close(descriptor)


def listed(folder: str) -> list[tuple[str, bool]]:
    """What is in a folder."""
    try:
        with os.scandir(folder) as entries:
            return [(entry.name, entry.is_symlink()) for entry in entries]
    except OSError:
        return []


def _drop_capabilities(processor: str) -> None:
    """All, so that root's server is no more than the owner of root's files."""
    for capability in range(LAST_CAPABILITY + 1):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # fails where there is nothing to drop
    libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    head, none = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0), (ctypes.c_uint32 * 6)()
    _asked(CAPSET[processor], ctypes.byref(head), ctypes.byref(none))


def _prctl(option: int, first: int, second: object = 0) -> None:
    arguments = (ctypes.c_ulong(first), second if second else ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0))
    if libc.prctl(option, *arguments) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option}: {os.strerror(ctypes.get_errno())}")


def _asked(number: int, *arguments: object) -> int:
    answer = int(libc.syscall(ctypes.c_long(number), *arguments))
    if answer < 0:
        raise OSError(ctypes.get_errno(), f"system call {number}: {os.strerror(ctypes.get_errno())}")
    return answer
