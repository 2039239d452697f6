"""A conversation with one running server: the SDK speaks the protocol, over pipes, limits and time that are ours."""

import asyncio
import logging
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeAlias

import anyio
import mcp_types as wire
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.client.session import ClientSession, IncomingMessage
from mcp.shared.exceptions import MCPError
from mcp.shared.message import SessionMessage
from pydantic import ValidationError

from playnex import __version__
from playnex.canonical import Json
from playnex.errors import PlaynexError, ToolFailed
from playnex.tools.mcp.child import GRACE, Child
from playnex.tools.mcp.definition import Definition
from playnex.tools.mcp.frames import LONGEST, TooLong

PAGES = 50
TOOLS = 1_000
"""Pages and tools of a list at most."""

SHOWN = 120

Heard: TypeAlias = SessionMessage | Exception

for name in ("mcp", "client"):  # the SDK's loggers: what a server does wrong is told by the call that it spoils
    logging.getLogger(name).addHandler(logging.NullHandler())


@dataclass(slots=True, eq=False)
class Connection:
    """A server that is spoken to. `definitions` are the tools it names, by name, `agreed` those that were found to be what was accepted,
    as both; `is_retired` says that it ends after the calls under way; `was_noted` is for whoever counts those that gave no answer."""

    server: str
    child: Child
    definitions: Mapping[str, Definition] = field(default_factory=dict)
    agreed: dict[str, tuple[Definition, Definition]] = field(default_factory=dict)
    in_flight: int = 0
    is_open: bool = True
    is_retired: bool = False
    has_answered: bool = False
    was_noted: bool = False
    fault: str = ""
    _talk: ClientSession | None = None
    _greeted: asyncio.Event = field(default_factory=asyncio.Event)
    _closing: asyncio.Event = field(default_factory=asyncio.Event)
    _has_news: bool = False
    _life: asyncio.Task[None] | None = None

    async def greet(self, *, seconds: float) -> None:
        """Shake hands and learn the tools, in so many seconds. Raises ToolFailed, with the server ended."""
        self._life = asyncio.create_task(self._live())
        try:
            async with asyncio.timeout(seconds):
                await self._greeted.wait()
                if self._talk is None:
                    raise self._failed(self._early_end())
                await self._learn()
        except TimeoutError:
            self.end()
            raise self._failed(f"did not answer within {seconds:g} seconds of its start") from None
        except MCPError as error:
            self.end()
            raise self._refused(error) from None
        except ValidationError as error:
            self.end()
            raise self._failed(f"does not speak MCP as it is written: {_first(error)}") from None
        except BaseException:
            self.end()
            raise

    async def call(self, tool: str, arguments: Mapping[str, Json], *, seconds: float) -> wire.CallToolResult:
        """The tool's answer. Raises ToolFailed. Given up, by time or by a person, the server ends once no other call needs it."""
        self.in_flight += 1
        try:
            async with asyncio.timeout(seconds):
                return await self._ask(tool, arguments)
        except TimeoutError:
            self.is_retired = True
            raise self._failed(f"did not answer {tool!r} within {seconds:g} seconds") from None
        except asyncio.CancelledError:
            self.is_retired = True
            raise
        finally:
            self.in_flight -= 1
            if self.is_retired and not self.in_flight:
                self.end()

    async def refresh(self, *, seconds: float) -> None:
        """Learn the tools anew where the server said that they have changed. Raises ToolFailed."""
        if not self._has_news:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._learn()
        except TimeoutError:
            self.end()
            raise self._failed(f"did not name its tools within {seconds:g} seconds") from None
        except MCPError as error:
            raise self._refused(error) from None

    def end(self) -> None:
        """Kill the server and all below it, now; `gone` collects it."""
        self.is_open = False
        self.child.kill()
        self._closing.set()

    def is_usable(self) -> bool:
        """Whether it can be called."""
        return self.is_open and not self.is_retired

    def when_over(self, do: Callable[[], None]) -> None:
        """Do this as soon as nothing is left of it."""
        assert self._life is not None
        self._life.add_done_callback(lambda _: do())

    def is_over(self) -> bool:
        """Whether nothing is left of it."""
        return self._life is not None and self._life.done()

    async def gone(self) -> None:
        """Wait for what `end` left to do."""
        if self._life:
            await asyncio.wait((self._life,))

    async def _ask(self, tool: str, arguments: Mapping[str, Json]) -> wire.CallToolResult:
        assert self._talk is not None
        try:
            answer = await self._talk.call_tool(tool, dict(arguments))
        except MCPError as error:
            self.has_answered |= not _is_closed(error)
            raise self._refused(error) from None
        except (RuntimeError, ValidationError, ValueError) as error:
            raise self._failed(f"gave no usable answer to {tool!r}: {_first(error)}") from None
        assert isinstance(answer, wire.CallToolResult)
        self.has_answered = True
        return answer

    async def _learn(self) -> None:
        assert self._talk is not None
        self._has_news = False
        found: list[wire.Tool] = []
        cursor: str | None = None
        for _ in range(PAGES):
            page = await self._talk.list_tools(params=wire.PaginatedRequestParams(cursor=cursor) if cursor else None)
            found += page.tools
            cursor = page.next_cursor
            if not cursor or len(found) > TOOLS:
                break
        if cursor or len(found) > TOOLS:
            raise self._failed(f"names more than {TOOLS:,} tools, or more than {PAGES} pages of them")
        self.definitions = {tool.name: _definition(tool) for tool in found}

    async def _live(self) -> None:
        """The whole life of the conversation, in one task as the SDK wants it."""
        hear, heard = anyio.create_memory_object_stream[Heard](16)
        say, said = anyio.create_memory_object_stream[SessionMessage](math.inf)
        pipes = (asyncio.create_task(self._listen(hear)), asyncio.create_task(self._speak(said)))
        greeting = wire.Implementation(name="playnex", version=__version__)
        try:
            async with ClientSession(heard, say, message_handler=self._noticed, client_info=greeting) as talk:
                await self._shake_hands(talk)
                self._talk = talk
                self._greeted.set()
                await self._closing.wait()
        except Exception as error:
            self.fault = self.fault or ("" if _is_closed(error) else f"did not greet us: {_first(error)}")
        finally:
            self.is_open = False
            self.child.kill()
            await self._put_away(pipes, hear, heard, say, said)

    async def _put_away(self, pipes: tuple[asyncio.Task[None], ...], *streams: anyio.abc.AsyncResource) -> None:
        for stream in streams:
            await stream.aclose()
        _, pending = await asyncio.wait(pipes, timeout=GRACE)
        for late in pending:
            late.cancel()
        await self.child.gone()
        self._greeted.set()

    async def _shake_hands(self, talk: ClientSession) -> None:
        """The handshake that all servers know; a server of the newer kind only says which it wants."""
        try:
            await talk.initialize()
        except MCPError as error:
            if error.code not in (wire.UNSUPPORTED_PROTOCOL_VERSION, wire.METHOD_NOT_FOUND):
                raise
            await talk.discover()

    async def _listen(self, hear: MemoryObjectSendStream[Heard]) -> None:
        """Pass on what the server says, until its end; then read it dry."""
        async for line in self.child.lines():
            message = self._understood(line)
            if message is not None:
                with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
                    await hear.send(SessionMessage(message))
        self.is_open = False
        await self.child.settled()
        await hear.aclose()
        self._closing.set()

    def _understood(self, line: bytes | TooLong) -> wire.JSONRPCMessage | None:
        if isinstance(line, TooLong):
            return self._in_place_of(line)
        try:
            return wire.jsonrpc_message_adapter.validate_json(line.decode(errors="replace"), by_name=False)
        except ValueError:
            self.child.noise.append(line[:SHOWN].decode(errors="replace"))
            return None

    def _in_place_of(self, line: TooLong) -> wire.JSONRPCMessage | None:
        """An error in the place of an answer that was thrown away; without its number nobody can be told, so the server ends."""
        message = f"the answer has {line.size:,} bytes, and {LONGEST:,} are taken"
        if line.answers is None:
            self.fault = f"gave an answer that cannot be taken: {message}"
            self.end()
            return None
        return wire.JSONRPCError(jsonrpc="2.0", id=line.answers, error=wire.ErrorData(code=wire.INTERNAL_ERROR, message=message))

    async def _speak(self, said: MemoryObjectReceiveStream[SessionMessage]) -> None:
        with suppress(anyio.ClosedResourceError, anyio.EndOfStream):
            async for spoken in said:
                try:
                    self.child.write(spoken.message.model_dump_json(by_alias=True, exclude_unset=True).encode())
                except (OSError, ValueError):
                    self.end()
                    return

    async def _noticed(self, message: IncomingMessage) -> None:
        if isinstance(message, wire.ToolListChangedNotification):
            self._has_news = True

    def _early_end(self) -> str:
        words = f": {self.child.words}" if self.child.words else ""
        return self.fault or f"ended before it had greeted us ({self.child.ending()}){words}"

    def _refused(self, error: MCPError) -> ToolFailed:
        if _is_closed(error) and not self.is_open:
            return self._failed(self.fault or f"ended in the middle of it ({self.child.ending()})")
        return self._failed(f"answers with an error: {error.message[:1000]}")

    def _failed(self, what: str) -> ToolFailed:
        noise = f"; it printed what is no MCP: {self.child.noise[-1]!r}" if self.child.noise else ""
        return ToolFailed(f"the MCP server {self.server!r} {what}{noise}", hint=f"its own words are in {self.child.log}")


def _definition(tool: wire.Tool) -> Definition:
    hints = tool.annotations.model_dump(by_alias=True, exclude_none=True) if tool.annotations else {}
    return Definition(
        name=tool.name,
        description=tool.description or tool.title or "",
        parameters=tool.input_schema,
        output=tool.output_schema,
        annotations=hints,
    )


def _is_closed(error: BaseException) -> bool:
    error = _innermost(error)
    return isinstance(error, MCPError) and error.code == wire.CONNECTION_CLOSED


def _innermost(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _first(error: BaseException) -> str:
    error = _innermost(error)
    if isinstance(error, PlaynexError):
        return error.message
    return str(error).partition("\n")[0][:SHOWN] or type(error).__name__
