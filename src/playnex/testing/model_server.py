"""A real OpenAI-compatible server on loopback that plays a script, counts what it is asked, and commits faults on demand.

In a test: `with serving(script) as server: ... server.url`. From outside, so that a client can be killed and counted:
`python -m playnex.testing.model_server --port-file F --log F --script research [--delay SECONDS] [--pace SECONDS]`; the log has one
JSON line per request received and one per answer sent, each with the SHA-256 of the request's body.
"""

import argparse
import asyncio
import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playnex.canonical import digest, encode_sorted
from playnex.testing.hashed_embedder import hashed_vector
from playnex.testing.model_replies import Asked, Reply, document, is_completion, refusal, slowly, streamed, word_by_word
from playnex.testing.model_scripts import SCRIPTS, Script, research

NAME = "scripted"
START_LIMIT = 10.0
"""Seconds that starting and stopping may take."""

Pages = Mapping[str, Any]
"""Other JSON documents by path, such as `/props` or `/api/ps`."""


@dataclass(slots=True, eq=False)
class ModelServer:
    """A running server. `asked` has every chat request in order, `answered` the digests of those fully answered. It embeds texts as
    `hashed_vector` does, with the words in `alike` for the same; `embedded` has all that it was given."""

    script: Script = research
    pages: Pages = field(default_factory=dict)
    log: Path | None = None
    asked: list[Asked] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    embedded: list[str] = field(default_factory=list)
    alike: Mapping[str, str] = field(default_factory=dict)
    address: str = ""

    @property
    def url(self) -> str:
        """The base URL of its API."""
        return f"{self.address}/v1"

    @property
    def counts(self) -> Mapping[str, int]:
        """How often each distinct request body came."""
        return Counter(asked.digest for asked in self.asked)

    async def listen(self, port: int = 0) -> asyncio.Server:
        """Bind a port of 127.0.0.1 (0: any free one) and start to answer."""
        server = await asyncio.start_server(self._converse, "127.0.0.1", port)
        self.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return server

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._exchange(reader, writer):
                pass
        writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its reply; false where the connection ends."""
        request = await _read_request(reader)
        if request is None:
            return False
        path, headers, body = request
        if path.endswith("/embeddings") and path not in self.pages:
            return await _send(writer, reader, self._embed(json.loads(body)))
        if not path.endswith("/chat/completions"):
            return await _send(writer, reader, self._page(path))
        asked = self._note(path, headers, body)
        reply = self.script(asked)
        reply = streamed(reply) if asked.body.get("stream") and is_completion(reply) else word_by_word(reply, 0.0)
        complete = await _send(writer, reader, reply)
        if reply.ending == "complete":
            self.answered.append(asked.digest)
            self._write({"event": "answered", "digest": asked.digest, "number": asked.number, "status": reply.status})
        return complete

    def _note(self, path: str, headers: Mapping[str, str], body: bytes) -> Asked:
        parsed = json.loads(body)
        name = digest(encode_sorted(parsed))
        asked = Asked(path=path, body=parsed, digest=name, number=len(self.asked) + 1, times=self.counts.get(name, 0) + 1)
        self.asked.append(asked)
        self.headers.append(headers)
        self._write({"event": "received", "digest": name, "number": asked.number})
        return asked

    def _embed(self, asked: Mapping[str, Any]) -> Reply:
        self.embedded.extend(asked["input"])
        vectors = [hashed_vector(text, self.alike) for text in asked["input"]]
        data = [{"object": "embedding", "index": index, "embedding": vector} for index, vector in enumerate(vectors)]
        return document({"object": "list", "model": asked["model"], "data": data, "usage": {"prompt_tokens": 1, "total_tokens": 1}})

    def _page(self, path: str) -> Reply:
        if path in self.pages:
            page = self.pages[path]
            return page if isinstance(page, Reply) else document(page)
        if path == "/v1/models":
            return document({"object": "list", "data": [{"id": NAME, "object": "model"}]})
        return refusal(404, f"no such page: {path}")

    def _write(self, line: Mapping[str, Any]) -> None:
        if self.log:
            with self.log.open("ab") as file:
                file.write(encode_sorted(line) + b"\n")


@contextmanager
def serving(script: Script = research, *, pages: Pages | None = None, log: Path | None = None) -> Iterator[ModelServer]:
    """A server in a thread of its own, for the length of the block."""
    server = ModelServer(script=script, pages=pages or {}, log=log)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="model-server", daemon=True)
    thread.start()
    try:
        listening = asyncio.run_coroutine_threadsafe(server.listen(), loop).result(START_LIMIT)
        try:
            yield server
        finally:
            asyncio.run_coroutine_threadsafe(_stop(listening), loop).result(START_LIMIT)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(START_LIMIT)
        loop.close()


async def _stop(listening: asyncio.Server) -> None:
    """Stop listening and end the conversations that still wait."""
    listening.close()
    open_ones = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in open_ones:
        task.cancel()
    await asyncio.gather(*open_ones, return_exceptions=True)


async def _read_request(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], bytes] | None:
    """Path, headers and body of the next request on a connection, or None at its end."""
    opening = await reader.readline()
    if not opening.strip():
        return None
    headers: dict[str, str] = {}
    while line := (await reader.readline()).decode("latin-1").strip():
        name, _, content = line.partition(":")
        headers[name.lower()] = content.strip()
    return opening.split()[1].decode(), headers, await reader.readexactly(int(headers.get("content-length", "0")))


async def _send(writer: asyncio.StreamWriter, reader: asyncio.StreamReader, reply: Reply) -> bool:
    if reply.delay:
        await asyncio.sleep(reply.delay)
    if reply.ending == "stall":
        await reader.read()  # until the client gives up
    if reply.ending in {"drop", "stall"}:
        return False
    lines = {**reply.headers, "Content-Length": str(len(reply.body))}
    head = "".join(f"{name}: {content}\r\n" for name, content in lines.items())
    body = reply.body if reply.ending == "complete" else reply.body[: len(reply.body) // 2]
    writer.write(f"HTTP/1.1 {reply.status} Scripted\r\n{head}\r\n".encode("latin-1"))
    for part in _events(body) if reply.pace else (body,):
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(reply.pace)
    return reply.ending == "complete"


def _events(stream: bytes) -> list[bytes]:
    return [event + b"\n\n" for event in stream.split(b"\n\n") if event]


async def _serve_for_ever(options: argparse.Namespace) -> None:
    script = SCRIPTS[options.script]

    def delayed(asked: Asked) -> Reply:
        return word_by_word(slowly(script(asked), options.delay), options.pace)

    server = ModelServer(script=delayed, log=options.log)
    listening = await server.listen(options.port)
    _announce(options.port_file, server.address.rsplit(":", 1)[1])
    await listening.serve_forever()


def _announce(file: Path, port: str) -> None:
    """Write the port so that whoever waits for the file finds it whole."""
    part = file.with_suffix(".part")
    part.write_text(port)
    part.replace(file)


def main() -> None:
    """The command line of the child process."""
    parser = argparse.ArgumentParser(prog="playnex.testing.model_server")
    parser.add_argument("--port-file", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--script", choices=sorted(SCRIPTS), default="research")
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--pace", type=float, default=0.0)
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve_for_ever(parser.parse_args()))


if __name__ == "__main__":
    main()
