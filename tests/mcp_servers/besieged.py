"""What an attacking server is let loose on: `python besieged.py KIND FOLDER ELSEWHERE` lays out targets, plays every attempt from a
server in that sandbox, and prints which got out and what each was told. A process of its own, so that it can be anybody's."""

import ctypes
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from mcp_servers import attacker
from mcp_servers.stage import PLACE, PYTHON, Kind, Stage, on_stage, trust_in
from playnex.spec.server import ServerSpec

SECRET = "the-secret-3f9a2c"
ANSWER = f"HTTP/1.0 200 OK\r\nContent-Length: {len(SECRET)}\r\n\r\n{SECRET}".encode()
VICTIM = f"""
import ctypes, os, sys
libc = ctypes.CDLL(None)
libc.prctl(0x59616d61, ctypes.c_ulong(-1 & (1 << 64) - 1), 0, 0, 0)
buffer = ctypes.create_string_buffer(b"{SECRET}", 64)
held = os.open(sys.argv[1], os.O_RDONLY)
print(ctypes.addressof(buffer), held, flush=True)
sys.stdin.read()
"""
libc = ctypes.CDLL(None, use_errno=True)


@dataclass
class Siege:
    """The targets: what the attacker is told, and how the host sees which were hit."""

    facts: dict[str, Any] = field(default_factory=dict)
    heard: set[str] = field(default_factory=set)
    hit: dict[str, Callable[[], bool]] = field(default_factory=dict)
    struck: set[str] = field(default_factory=set)


def main() -> None:
    """Play it."""
    kind, folder, elsewhere = cast(Kind, sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    siege = Siege()
    with ExitStack() as targets:
        for lay_out in (networks, processes, memories, files):
            targets.enter_context(lay_out(siege, folder, elsewhere))
        answers = assault(kind, folder, siege)
        got = {name for name, answer in answers.items() if SECRET in answer or answer.startswith("open")}
        got = {name for name in got if name not in siege.hit} | siege.struck
        if seen(answers["netlink"]):
            got.add("netlink")
    sys.stdout.write(json.dumps({"out": sorted(got), "heard": sorted(siege.heard), "told": answers}))


def assault(kind: Kind, folder: Path, siege: Siege) -> dict[str, str]:
    """All attempts, one after another, by one server."""
    spec = ServerSpec(
        name="attacker",
        command=PYTHON,
        args=(attacker.__file__,),
        trust=trust_in(kind),
        write=("out",),
        env={"HTTP_PROXY": f"http://127.0.0.1:{siege.facts['tcp']}", "http_proxy": f"http://127.0.0.1:{siege.facts['tcp']}"},
        place=PLACE,
    )

    async def scenario(stage: Stage) -> dict[str, str]:
        answers = {name: str(await stage.call(spec, "attempt", name=name, facts=siege.facts)) for name in attacker.ATTEMPTS}
        siege.struck = {name for name, is_hit in siege.hit.items() if is_hit()}
        return answers

    return on_stage(Path(siege.facts["workspace"]), scenario, kind, HOME=siege.facts["home"], PLANTED=SECRET)


def seen(answer: str) -> bool:
    """Whether an interface of this machine is named."""
    return any(name.encode() in answer.encode() for _, name in socket.if_nameindex() if name != "lo")


@contextmanager
def networks(siege: Siege, folder: Path, _elsewhere: Path) -> Iterator[None]:
    """Listeners of each kind, which tell the secret to whoever asks."""
    facts = siege.facts
    with ExitStack() as opened:

        def listen(name: str, family: int, address: Any, answer: bytes = ANSWER, kind: int = socket.SOCK_STREAM) -> Any:
            one = opened.enter_context(socket.socket(family, kind))
            one.bind(address)
            if kind == socket.SOCK_STREAM:
                one.listen()
            threading.Thread(target=told, args=(siege, name, one, answer), daemon=True).start()
            return one.getsockname()

        (folder / "ws").mkdir()
        facts["tcp"] = listen("tcp", socket.AF_INET, ("127.0.0.1", 0))[1]
        facts["tcp6"] = listen("tcp6", socket.AF_INET6, ("::1", 0))[1]
        facts["udp"] = listen("udp", socket.AF_INET, ("127.0.0.1", 0), kind=socket.SOCK_DGRAM)[1]
        away = f"HTTP/1.0 302 Found\r\nLocation: http://127.0.0.1:{facts['tcp']}/\r\n\r\n".encode()
        facts["redirects"] = listen("redirects", socket.AF_INET, ("127.0.0.1", 0), away)[1]
        facts["abstract"] = f"playnex-{os.getpid()}"
        listen("abstract", socket.AF_UNIX, "\0" + facts["abstract"])
        facts["unix_hidden"], facts["unix_shown"] = str(folder / "hidden.sock"), str(folder / "ws" / "shown.sock")
        listen("unix_hidden", socket.AF_UNIX, facts["unix_hidden"])
        listen("unix_shown", socket.AF_UNIX, facts["unix_shown"])
        facts["datagram"] = str(folder / "ws" / "datagram.sock")
        listen("datagram", socket.AF_UNIX, facts["datagram"], kind=socket.SOCK_DGRAM)
        with socket.create_server(("127.0.0.1", 0)) as free:
            facts["free"] = free.getsockname()[1]
        siege.hit["listening_itself"] = lambda: is_open(facts["free"])
        siege.hit["a_joined_pair_turned_elsewhere"] = lambda: "datagram from a pair" in siege.heard
        yield


def is_open(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def told(siege: Siege, name: str, one: socket.socket, answer: bytes) -> None:
    """Answer everybody, and keep in mind that somebody came."""
    with suppress(OSError):
        while True:
            if one.type == socket.SOCK_DGRAM:
                said, peer = one.recvfrom(4096)
                siege.heard.add(f"{name} from a pair" if said == b"from a pair" else name)
                if peer:
                    one.sendto(answer, peer)
                continue
            caller, _ = one.accept()
            siege.heard.add(name)
            with caller, suppress(OSError):
                caller.recv(4096)
                caller.sendall(answer)


@contextmanager
def processes(siege: Siege, folder: Path, _elsewhere: Path) -> Iterator[None]:
    """Others of the same user: one with secrets in all its parts, two that may be ended."""
    facts, pipe = siege.facts, subprocess.PIPE
    (folder / "held").write_text(SECRET)
    hiding = [PYTHON, "-c", VICTIM, str(folder / "held")]
    waiting = [PYTHON, "-c", "import sys; sys.stdin.read()"]
    with ExitStack() as opened:
        victim = opened.enter_context(subprocess.Popen(hiding, stdin=pipe, stdout=pipe, text=True, env=os.environ | {"KEY": SECRET}))
        killed, also = (opened.enter_context(subprocess.Popen(waiting, stdin=pipe)) for _ in range(2))
        assert victim.stdout
        at, descriptor = victim.stdout.readline().split()
        facts |= {"victim": victim.pid, "killed": killed.pid, "also_killed": also.pid, "playnex": os.getpid()}
        facts |= {"at": int(at), "descriptor": int(descriptor)}
        before = os.getpriority(os.PRIO_PROCESS, victim.pid)
        siege.hit["priority_of_another"] = lambda: os.getpriority(os.PRIO_PROCESS, victim.pid) != before
        limits = Path(f"/proc/{victim.pid}/limits")
        cores = limits.read_text()
        siege.hit["limits_of_another"] = lambda: limits.read_text() != cores
        siege.hit["signalling_another"] = lambda: is_ended(killed)
        siege.hit["asking_another_to_end"] = lambda: is_ended(also)
        try:
            yield
        finally:
            for one in (victim, killed, also):
                one.kill()


def is_ended(one: subprocess.Popen[bytes]) -> bool:
    """Whether it ends within a moment: a busy machine takes its time to end what was told to."""
    with suppress(subprocess.TimeoutExpired):
        one.wait(timeout=2)
    return one.returncode is not None


@contextmanager
def memories(siege: Siege, _folder: Path, _elsewhere: Path) -> Iterator[None]:
    """Memory that all of a user's processes may share, and the kernel's keys."""
    facts = siege.facts
    facts["key"], facts["segment"], facts["dev_shm"] = f"playnex-{os.getpid()}", os.getpid() + 0x500000, f"/dev/shm/playnex-{os.getpid()}"
    key = libc.syscall(248, b"user", facts["key"].encode(), SECRET.encode(), len(SECRET), ctypes.c_long(-4))
    libc.syscall(250, 5, key, ctypes.c_ulong(0x3F3F0000))
    segment = libc.shmget(facts["segment"], 4096, 0o1600)
    libc.shmat.restype = ctypes.c_void_p
    ctypes.memmove(libc.shmat(segment, None, 0), SECRET.encode(), len(SECRET))
    Path(facts["dev_shm"]).write_text(SECRET)
    try:
        yield
    finally:
        libc.syscall(250, 21, key)
        libc.shmctl(segment, 0, None)
        Path(facts["dev_shm"]).unlink()


@contextmanager
def files(siege: Siege, folder: Path, elsewhere: Path) -> Iterator[None]:
    """A workspace with a store and one folder that may be written, a home, and a folder that is neither."""
    facts, workspace, home = siege.facts, folder / "ws", folder / "home"
    for path in (home, workspace / ".playnex", workspace / "out"):
        path.mkdir()
    for path in (home / "key", workspace / ".playnex" / "store.db"):
        path.write_text(SECRET)
    (home / SECRET).write_text("")
    for name in ("note", "moved"):
        (workspace / name).write_text("a note")
    facts |= {"workspace": str(workspace), "home": str(home), "out": str(workspace / "out")}
    facts |= {"store": str(workspace / ".playnex" / "store.db"), "elsewhere": str(elsewhere)}
    siege.hit |= {
        "writing_into_the_workspace": (workspace / "planted").exists,
        "writing_elsewhere": (elsewhere / "planted").exists,
        "writing_through_a_link": (workspace / "planted-by-link").exists,
        "cutting_a_file": lambda: (workspace / "note").stat().st_size == 0,
        "moving_a_file": lambda: not (workspace / "moved").exists(),
        "opening_a_file_to_all": lambda: (workspace / "note").stat().st_mode & 0o777 == 0o777,
        "giving_a_file_away": lambda: (workspace / "out" / "given").exists() and (workspace / "out" / "given").stat().st_uid == 4321,
    }
    yield


if __name__ == "__main__":
    main()
