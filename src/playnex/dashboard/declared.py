"""A route as it is declared: what it takes, said once, parses its requests and makes its part of the OpenAPI document."""

import gzip
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from playnex.app.definition_texts import fault_json
from playnex.canonical import Json
from playnex.dashboard.desk import Desk
from playnex.errors import (
    AllStopped,
    CapsuleConflict,
    CredentialError,
    DefinitionError,
    ExpressionError,
    JournalMismatch,
    NotFoundError,
    PlaynexError,
    RunBusy,
    StaleEpoch,
    StoreError,
    ToolError,
    UsageError,
)
from playnex.spec.faults import Fault

Method = Literal["GET", "POST", "PUT", "DELETE"]
IN_PATH = re.compile(r"\{(\w+)(?::\w+)?\}")

STATUSES: tuple[tuple[type[PlaynexError], int], ...] = (
    (NotFoundError, 404),
    (CredentialError, 403),
    (DefinitionError, 422),
    (UsageError, 422),
    (ExpressionError, 422),
    (CapsuleConflict, 409),
    (RunBusy, 409),
    (AllStopped, 409),
    (StaleEpoch, 409),
    (JournalMismatch, 409),
    (ToolError, 422),
    (StoreError, 503),
)
"""What an error says in HTTP; any other is 500."""

LONG = 1_000
"""Bytes from which on an answer is packed."""

QUICKLY = 4
"""A level of gzip that takes some ten microseconds a kilobyte."""


class Given(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a route takes: the names in its path, and beside them its query (GET) or its body."""


class Nothing(Given, frozen=True, kw_only=True):
    """Nothing at all."""


T = TypeVar("T", bound=Given)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer that is not plain 200 with JSON."""

    document: Json
    status: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Route(Generic[T]):
    """One way to ask: `does` is called with the server's desk and what was given, an instance of `takes`."""

    method: Method
    path: str
    takes: type[T]
    does: Callable[[Desk, T], Awaitable[Json | Answer | Response]]
    says: str
    status: int = 200
    examples: Mapping[str, Json] = field(default_factory=dict)

    @property
    def in_path(self) -> tuple[str, ...]:
        """The names in its path."""
        return tuple(IN_PATH.findall(self.path))

    async def answer(self, request: Request) -> Response:
        """What the request is answered with; never raises for what a person or a file did."""
        return packed(await self._answer(request), request)

    async def _answer(self, request: Request) -> Response:
        try:
            given = await self._given(request)
            said = await self.does(request.app.state.desk, given)
        except PlaynexError as error:
            return json_answer(error_document(error), status_of(error))
        if isinstance(said, Response):
            return said
        return json_answer(said.document, said.status) if isinstance(said, Answer) else json_answer(said, self.status)

    async def _given(self, request: Request) -> T:
        """What the request says, as declared. Raises UsageError."""
        parts: dict[str, Any] = {}
        if self.method == "GET":
            for name, value in request.query_params.multi_items():
                if name in parts:
                    raise UsageError(f"{name} is given twice", hint="give it once")
                parts[name] = value
        else:
            parts = _body(await request.body())
        if clash := sorted(set(parts) & set(self.in_path)):
            raise UsageError(f"{clash[0]} stands in the address already", hint="leave it out of the rest")
        try:
            return msgspec.convert(parts | request.path_params, self.takes, strict=self.method != "GET")
        except msgspec.ValidationError as fault:
            raise UsageError(str(fault), hint="GET /api/openapi.json tells what is taken") from None


def _body(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw or b"{}", parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise UsageError("the body is no JSON", hint="send an object") from None
    if not isinstance(found, dict):
        raise UsageError("the body is no object", hint="send an object")
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def status_of(error: PlaynexError) -> int:
    """The error's status."""
    return next((status for kind, status in STATUSES if isinstance(error, kind)), 500)


def error_document(error: PlaynexError) -> Json:
    """`{"error": …}`: the words of the command line."""
    faults = [fault_json(fault) for fault in error.faults if isinstance(fault, Fault)] if isinstance(error, DefinitionError) else []
    return {"error": {"kind": error.code, "message": error.message, "hint": error.hint, "faults": faults}}


def packed(answer: Response, request: Request) -> Response:
    """The answer, packed where it is long and whoever asked takes that."""
    body = getattr(answer, "body", b"")  # a stream has none
    if len(body) < LONG or "gzip" not in request.headers.get("accept-encoding", ""):
        return answer
    answer.body = gzip.compress(body, compresslevel=QUICKLY, mtime=0)
    answer.headers["content-encoding"] = "gzip"
    answer.headers["content-length"] = str(len(answer.body))
    return answer


def json_answer(document: Json, status: int = 200) -> Response:
    """The document as a response that nobody keeps."""
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
    return Response(body, status_code=status, media_type="application/json", headers={"cache-control": "no-store"})
