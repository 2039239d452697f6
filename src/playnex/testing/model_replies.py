"""What a scripted model server can answer: good answers, and every fault a real server has been seen to commit."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, Literal

from playnex.canonical import Json, encode_sorted

Ending = Literal["complete", "half", "drop", "stall"]
"""How the reply is sent: whole, cut in the middle, the connection closed without a byte, or never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as the server got it; `number` counts all requests from 1, `times` those with the same body."""

    path: str
    body: Mapping[str, Any]
    digest: str = ""
    number: int = 1
    times: int = 1

    @property
    def prompt(self) -> str:
        """The texts of all messages, one after another."""
        return "\n".join(text for message in self.body.get("messages", ()) if (text := text_of(message)))

    @property
    def schema(self) -> Mapping[str, Any] | None:
        """The JSON Schema that the answer must fit, if one was sent."""
        form = self.body.get("response_format") or {}
        schema: Mapping[str, Any] | None = form.get("json_schema", {}).get("schema")
        return schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What goes back. `body` is sent as it is; `delay` is in seconds, and so is `pace`, between two events of a stream."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    ending: Ending = "complete"
    delay: float = 0.0
    pace: float = 0.0


def text_of(message: Mapping[str, Any]) -> str:
    """A message's text, also where it comes in parts."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)


def answer(text: str, *, finish: str | None = "stop", input_tokens: int = 0, model: str = "scripted") -> Reply:
    """A text answer; `finish=None` leaves the finish reason out, as a broken-off answer does."""
    return completion({"role": "assistant", "content": text}, finish=finish, input_tokens=input_tokens, model=model)


def value(output: Json) -> Reply:
    """A typed answer."""
    return answer(json.dumps(output))


def calls(*wished: tuple[str, Json]) -> Reply:
    """Tool calls by wire name; arguments that are a string are sent as they are (to be malformed)."""
    made = [
        {
            "id": f"call_{number}",
            "type": "function",
            "function": {"name": name, "arguments": arguments if isinstance(arguments, str) else json.dumps(arguments)},
        }
        for number, (name, arguments) in enumerate(wished, 1)
    ]
    return completion({"role": "assistant", "content": None, "tool_calls": made}, finish="tool_calls")


def completion(message: Mapping[str, Json], *, finish: str | None = "stop", input_tokens: int = 0, model: str = "scripted") -> Reply:
    """An OpenAI chat completion around `message`."""
    choice = {"index": 0, "message": message} | ({"finish_reason": finish} if finish else {})
    written = len(text_of(message).split()) + 1
    usage = {"prompt_tokens": input_tokens, "completion_tokens": written, "total_tokens": input_tokens + written}
    return document({"id": "x", "object": "chat.completion", "created": 1, "model": model, "choices": [choice], "usage": usage})


def document(body: Json, status: int = 200) -> Reply:
    """Any JSON."""
    return Reply(status=status, body=encode_sorted(body), headers={"Content-Type": "application/json"})


def refusal(status: int, message: str) -> Reply:
    """An error in OpenAI's form."""
    return document({"error": {"message": message, "type": "error", "code": None}}, status)


def rate_limited(seconds: int) -> Reply:
    """429, with Retry-After."""
    reply = refusal(429, "slow down")
    return replace(reply, headers={**reply.headers, "Retry-After": str(seconds)})


def loading() -> Reply:
    """503, as llama.cpp answers until its model is loaded."""
    return refusal(503, "Loading model")


def garbage() -> Reply:
    """Not JSON, though it says so."""
    return Reply(body=b"\x00\xff<html>what?</html>", headers={"Content-Type": "application/json"})


def empty() -> Reply:
    """200 and nothing."""
    return Reply(headers={"Content-Type": "application/json"})


def wrong_shape(body: Json = None) -> Reply:
    """JSON, but no chat completion."""
    return document({"hello": "world"} if body is None else body)


def half(reply: Reply) -> Reply:
    """The headers promise the whole, the connection closes in the middle."""
    return replace(reply, ending="half")


def drop() -> Reply:
    """The connection closes without an answer."""
    return Reply(ending="drop")


def stall() -> Reply:
    """No answer ever, until one side gives up."""
    return Reply(ending="stall")


WORD = re.compile(r"\s*\S+\s*?|\s+")


def is_completion(reply: Reply) -> bool:
    """Whether it is a chat completion, and no fault."""
    try:
        return reply.status == HTTPStatus.OK and "choices" in json.loads(reply.body)
    except ValueError:
        return False


def streamed(reply: Reply) -> Reply:
    """The same completion as the events of a stream: its text word by word, its calls, its finish reason, its usage."""
    whole = json.loads(reply.body)
    (choice,) = whole.pop("choices")
    usage, text = whole.pop("usage"), text_of(choice["message"])
    deltas: list[Json] = [{"role": "assistant", "content": word} for word in WORD.findall(text)]
    if wished := choice["message"].get("tool_calls"):
        deltas.append({"tool_calls": [{**call, "index": place} for place, call in enumerate(wished)]})
    chunks: list[dict[str, Json]] = [{"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    if finish := choice.get("finish_reason"):
        chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
    chunks.append({"choices": [], "usage": usage})
    lines = [encode_sorted({**whole, "object": "chat.completion.chunk", **chunk}) for chunk in chunks]
    events = b"".join(b"data: " + line + b"\n\n" for line in (*lines, b"[DONE]"))
    return replace(reply, body=events, headers={**reply.headers, "Content-Type": "text/event-stream"})


def slowly(reply: Reply, seconds: float) -> Reply:
    """The same, later."""
    return replace(reply, delay=seconds)


def word_by_word(reply: Reply, pace: float) -> Reply:
    """The same, with so many seconds between two words where it is streamed."""
    return replace(reply, pace=pace)


def in_turn(*replies: Reply) -> "Sequenced":
    """One reply after another, whatever is asked; the last one for ever."""
    return Sequenced(replies)


class Sequenced:
    """A script that answers in order."""

    def __init__(self, replies: Sequence[Reply]) -> None:
        self._replies = list(replies)

    def __call__(self, asked: Asked) -> Reply:
        return self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
