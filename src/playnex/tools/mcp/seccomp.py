"""The system calls that a server may not make, as a program for the kernel's seccomp filter. Plain data, until the kernel is given it.

What is not named here is allowed. Imported by the guard, so it stands on nothing that takes long to load.
"""

import struct

from playnex.tools.mcp.syscalls import ARCHITECTURES, NEWEST, number

EPERM, ENOSYS = 1, 38

NEVER = (
    *("ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "process_mrelease", "pidfd_getfd", "kcmp", "move_pages"),
    *("migrate_pages", "keyctl", "add_key", "request_key", "bpf", "userfaultfd", "perf_event_open", "io_uring_setup"),
    *("io_uring_enter", "io_uring_register", "mount", "umount2", "pivot_root", "move_mount", "open_tree", "open_tree_attr"),
    *("fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr", "chroot", "unshare", "setns"),
    *("init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot", "swapon", "swapoff"),
    *("quotactl", "quotactl_fd", "acct", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "sethostname"),
    *("setdomainname", "syslog", "iopl", "ioperm", "uselib", "open_by_handle_at", "fanotify_init"),
)
"""Other processes' memory, the kernel's keys and programs, and the ways to another view of the machine. io_uring does what the filter
refuses, past the filter."""

BESIDE_LANDLOCK = (
    *("chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "lchown", "fchown", "fchownat"),
    *("utime", "utimes", "futimesat", "utimensat", "setxattr", "lsetxattr", "fsetxattr", "setxattrat"),
    *("removexattr", "lremovexattr", "fremovexattr", "removexattrat", "file_setattr", "inotify_add_watch", "shmget", "shmat"),
    *("shmctl", "msgget", "msgsnd", "msgrcv", "msgctl", "semget", "semop", "semtimedop"),
    *("semctl", "mq_open", "mq_unlink"),
)
"""What Landlock lets pass: changing a file's mode, owner, times and attributes, watching folders, memory and queues shared with others."""

ON_ITSELF = ("prlimit64", "sched_setaffinity", "sched_setscheduler", "sched_setparam", "sched_setattr")
"""Calls about the process that their first argument names."""

NEW_NAMESPACES = 0x7E020000
"""The flags of clone that ask for a namespace of any kind: CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID, NET."""

AF_UNIX, AF_INET, AF_INET6, AF_NETLINK = 1, 2, 10, 16
SOCK_STREAM, SOCK_SEQPACKET, SOCK_KIND = 1, 5, 0xF
TIOCSTI, TIOCLINUX = 0x5412, 0x541C
FIOSETOWN, SIOCSPGRP = 0x8901, 0x8902
FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR = 0x40086602, 0x401C5820
F_SETOWN, F_SETOWN_EX, F_SETLEASE, F_NOTIFY = 8, 15, 1024, 1026

LOAD, AND, EQUALS, AT_LEAST, ANY_BIT, END = 0x20, 0x54, 0x15, 0x35, 0x45, 0x06
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
CALL, ARCHITECTURE, ARGUMENTS = 0, 4, 16
"""Offsets in struct seccomp_data."""

Program = list[tuple[int, int, int, int]]
"""struct sock_filter, one after another: what to do, how far to jump where a test holds and where not, and a number."""

YES: Program = [(END, 0, 0, ALLOW)]
NO: Program = [(END, 0, 0, ERRNO | EPERM)]
NOT_THERE: Program = [(END, 0, 0, ERRNO | ENOSYS)]


def inside_bubblewrap(processor: str) -> bytes:
    """The filter for a server that has namespaces of its own. Raises KeyError for a processor whose calls are not known."""
    return _assembled(processor, _for_all() | {"socket": only(0, AF_UNIX, AF_INET, AF_INET6, AF_NETLINK)})


def beside_landlock(processor: str, *, network: bool, abi: int, server: int) -> bytes:
    """The filter for a server that shares all namespaces, where Landlock has the version `abi`; `server` is the server's process.
    Raises KeyError for a processor whose calls are not known."""
    rules = _for_all() | dict.fromkeys(BESIDE_LANDLOCK, NO) | _sockets(network) | _signals(abi, server)
    rules |= {name: only(0, 0, server) for name in ON_ITSELF}
    rules |= {name: only(1, 0, server) for name in ("setpriority", "ioprio_set")}
    if abi < 3:
        rules["truncate"] = NO
    return _assembled(processor, rules)


def only(argument: int, *values: int, within: int = 0) -> Program:
    """Refused unless that argument, or the bits of it that are `within`, is one of the values."""
    return [*_argument(argument, within), *_tests(EQUALS, values), *NO, *YES]


def never(argument: int, *values: int, test: int = EQUALS) -> Program:
    """Refused where that argument is one of the values."""
    return [*_argument(argument), *_tests(test, values), *YES, *NO]


def _argument(number: int, within: int = 0) -> Program:
    """Its lower 32 bits; none of the calls that are looked at takes more."""
    return [(LOAD, 0, 0, ARGUMENTS + 8 * number), *([(AND, 0, 0, within)] if within else [])]


def _tests(test: int, values: tuple[int, ...]) -> Program:
    """Where one holds, on to the line after the next that is no test."""
    return [(test, len(values) - at, 0, value) for at, value in enumerate(values)]


def _for_all() -> dict[str, Program]:
    """clone3 has its flags where no filter sees them; programs fall back to clone."""
    clone = never(0, NEW_NAMESPACES, test=ANY_BIT)
    return dict.fromkeys(NEVER, NO) | {"clone3": NOT_THERE, "clone": clone, "ioctl": never(1, TIOCSTI, TIOCLINUX)}


def _sockets(network: bool) -> dict[str, Program]:
    """Landlock sees no path of a unix socket, so there are none but pairs that are joined already and can be joined to nothing else."""
    pairs = {"socketpair": only(1, SOCK_STREAM, SOCK_SEQPACKET, within=SOCK_KIND)}
    if network:
        return pairs | {"socket": only(0, AF_INET, AF_INET6, AF_NETLINK)}
    return pairs | dict.fromkeys(("socket", "connect", "bind", "listen", "accept", "accept4"), NO)


def _signals(abi: int, server: int) -> dict[str, Program]:
    """Landlock keeps signals inside from its version 6 on; before that a server can signal itself alone."""
    ioctls, fcntls = (TIOCSTI, TIOCLINUX, FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR), (F_SETLEASE, F_NOTIFY)
    if abi >= 6:
        return {"ioctl": never(1, *ioctls), "fcntl": never(1, *fcntls)}
    others = dict.fromkeys(("kill", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal"), NO)
    owners = {"ioctl": never(1, *ioctls, FIOSETOWN, SIOCSPGRP), "fcntl": never(1, *fcntls, F_SETOWN, F_SETOWN_EX)}
    return others | owners | {"tgkill": only(0, server)}


def _assembled(processor: str, rules: dict[str, Program]) -> bytes:
    """The whole program. A call of another architecture ends the process."""
    lines: Program = [(LOAD, 0, 0, ARCHITECTURE), (EQUALS, 1, 0, ARCHITECTURES[processor]), (END, 0, 0, KILL)]
    lines += [(LOAD, 0, 0, CALL), (AT_LEAST, 0, 1, NEWEST + 1), *NOT_THERE]
    for name, program in rules.items():
        if (call := number(name, processor)) >= 0:
            lines += [(EQUALS, 0, len(program), call), *program]
    return b"".join(struct.pack("HBBI", *line) for line in [*lines, *YES])
