"""The process in which synchronous Python tools run: one JSON request a line in, one JSON answer a line out.

    {"do": "describe", "file": path}                                      → {"answer": {"tools": […], "faults": […]}}
    {"do": "call", "file": path, "function": name, "arguments": {…}}      → {"answer": value} or {"error": message}
    {"do": "judge", "file": path, "function": name, "output": …, "inputs": {…}}    → the same

A call may bring the `text` that the file is to be taken for.

The protocol has descriptors of its own: what a tool prints goes to stderr, and what it reads from stdin is empty. When
Playnex goes away, by whatever death, the worker goes too, with all that its tools have started.
"""

import ctypes
import io
import os
import queue
import signal
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from playnex.canonical import Json, decode, encode
from playnex.errors import PlaynexError
from playnex.tools import modules, signatures
from playnex.tools.process_tree import adopt_orphans, end_below

ANSWER_LIMIT = 10_000_000
"""Bytes of the largest answer."""

PR_SET_PDEATHSIG = 1


def main(workspace: Path, parent: int) -> None:
    """Serve until the parent closes the pipe or dies."""
    requests, answers = _own_pipes()
    os.chdir(workspace)
    modules.make_importable(workspace)
    waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    _die_with(parent)
    adopt_orphans()
    threading.Thread(target=_listen, args=(requests, waiting), daemon=True).start()
    while True:
        answers.write(_line(answer(decode(waiting.get()))))
        answers.flush()


def answer(request: Json) -> Json:
    """What is said to a request: never an exception, never a traceback."""
    path = Path(request["file"])
    if request["do"] == "describe":
        return {"answer": asdict(modules.describe(path))}
    try:
        return {"answer": call(path, request)}
    except (Exception, SystemExit) as fault:  # a user's code may raise anything
        return {"error": modules.told(fault)}


def call(path: Path, request: Json) -> Json:
    """The function's result."""
    text = request.get("text")
    function = getattr(modules.load(path, None if text is None else text.encode()), request["function"])
    result: Json = function(**signatures.asked(function, request))
    return result


def _line(spoken: Json) -> bytes:
    try:
        line = encode(spoken)
    except PlaynexError as fault:
        line = encode({"error": f"the tool's result is no JSON: {fault.message}; {fault.hint}"})
    if len(line) > ANSWER_LIMIT:
        line = encode({"error": f"the tool's result has {len(line):,} bytes, {ANSWER_LIMIT:,} are allowed; return less, or write a file"})
    return line + b"\n"


def _own_pipes() -> tuple[BinaryIO, BinaryIO]:
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # a killed worker has said what it printed
    return requests, answers


def _listen(requests: BinaryIO, waiting: "queue.SimpleQueue[bytes]") -> None:
    """Pass requests on; the end of the pipe is the end of the worker, even in the middle of a call."""
    for line in requests:
        waiting.put(line)
    _end()


def _die_with(parent: int) -> None:
    if sys.platform == "linux":
        signal.signal(signal.SIGTERM, _end)
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if hasattr(os, "getppid") and os.getppid() != parent:
        _end()


def _end(*_: Any) -> None:
    end_below(os.getpid())
    if hasattr(os, "killpg") and os.getpgid(0) == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
