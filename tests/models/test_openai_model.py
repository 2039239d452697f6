"""The OpenAI-compatible model, over real HTTP against a scripted server: good answers, and every fault by its name."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from playnex.errors import ModelError, ModelRefused, ModelUnavailable
from playnex.models.model import (
    ModelAnswer,
    ModelCard,
    ModelMessage,
    ModelRequest,
    ToolCall,
    ToolMessage,
    ToolOffer,
    UserMessage,
)
from playnex.models.openai_model import OpenAIModel
from playnex.testing.model_replies import (
    Asked,
    Reply,
    answer,
    calls,
    completion,
    drop,
    empty,
    garbage,
    half,
    in_turn,
    loading,
    rate_limited,
    refusal,
    stall,
    streamed,
    wrong_shape,
)
from playnex.testing.model_scripts import truncating
from playnex.testing.model_server import ModelServer, serving

KEY = "sk-" + "very-secret-0123456789"
HELLO = ModelRequest(instructions="Be short.", messages=(UserMessage(text="Say hello."),))
READ = ToolOffer(name="fs.read", description="Reads a file.", parameters={"type": "object", "properties": {"path": {"type": "string"}}})
GOOD = answer("Hello there.")


def card(server: ModelServer, context: int = 8192) -> ModelCard:
    return ModelCard(alias="main", kind="openai", name="qwen3:4b", base_url=server.url, context=context)


@dataclass(frozen=True, slots=True)
class Way:
    """How a model is asked: at once, or aloud, with what was heard."""

    is_aloud: bool = False
    heard: list[str] = field(default_factory=list)

    async def ask(self, model: OpenAIModel, request: ModelRequest) -> ModelAnswer:
        return await (model.ask_aloud(request, self.heard.append) if self.is_aloud else model.ask(request))


@pytest.fixture(params=[False, True], ids=["at-once", "aloud"])
def way(request: pytest.FixtureRequest) -> Way:
    return Way(request.param)


AT_ONCE = Way()


def ask(server: ModelServer, request: ModelRequest = HELLO, *, context: int = 8192, timeout: float = 20, way: Way = AT_ONCE) -> ModelAnswer:
    async def once() -> ModelAnswer:
        model = OpenAIModel(card(server, context), api_key=KEY, timeout=timeout)
        try:
            return await way.ask(model, request)
        finally:
            await model.close()

    return asyncio.run(asyncio.wait_for(once(), 30))


def answered(script: Callable[[Asked], Reply], request: ModelRequest = HELLO, way: Way = AT_ONCE) -> ModelAnswer:
    with serving(script) as server:
        return ask(server, request, way=way)


def fault(reply: Reply, request: ModelRequest = HELLO, *, timeout: float = 20, way: Way = AT_ONCE) -> ModelError:
    with serving(in_turn(reply)) as server, pytest.raises(ModelError) as raised:
        ask(server, request, timeout=timeout, way=way)
    assert len(server.asked) == 1, "a model never retries by itself"
    assert "main" in raised.value.message
    assert KEY not in raised.value.message + raised.value.hint
    return raised.value


def test_an_answer_comes_with_its_text_its_finish_its_usage_and_the_name_of_the_model(way: Way) -> None:
    given = answered(in_turn(answer("Hello there.", input_tokens=12)), way=way)
    assert given.message.text == "Hello there."
    assert (given.finish, given.model) == ("stop", "scripted")
    assert (given.usage.requests, given.usage.input_tokens, given.usage.output_tokens) == (1, 12, 3)


def test_an_answer_that_is_asked_aloud_is_heard_piece_by_piece() -> None:
    way, said = Way(True), "The river is long, and the sea is far away."
    with serving(in_turn(answer(said))) as server:
        assert ask(server, way=way).message.text == said
    assert len(way.heard) > 1
    assert "".join(way.heard) == said
    assert server.asked[0].body["stream"] is True


def test_a_server_that_does_not_count_what_it_streams_is_asked_at_once_from_then_on() -> None:
    def uncounted(asked: Asked) -> Reply:
        if not asked.body.get("stream"):
            return answer("Hello there.", input_tokens=12)
        reply = streamed(answer("Hello there."))
        events = [event for event in reply.body.split(b"\n\n") if b"usage" not in event]
        return replace(reply, body=b"\n\n".join(events))

    async def twice(server: ModelServer) -> list[int]:
        model = OpenAIModel(card(server))
        given = [await model.ask_aloud(HELLO, lambda _piece: None) for _ in range(2)]
        await model.close()
        return [answer.usage.tokens for answer in given]

    with serving(uncounted) as server:
        assert asyncio.run(asyncio.wait_for(twice(server), 30)) == [0, 15]
        assert [bool(asked.body.get("stream")) for asked in server.asked] == [True, False]


def test_a_request_says_instructions_conversation_schema_and_limits_in_openais_form() -> None:
    request = ModelRequest(
        instructions="Be short.",
        messages=(UserMessage(text="One?"), ModelMessage(text="Yes."), UserMessage(text="Two?")),
        schema={"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]},
        temperature=0.0,
        max_output_tokens=50,
        seed=7,
    )
    with serving(in_turn(GOOD)) as server:
        ask(server, request)
    body = server.asked[0].body
    assert [(message["role"], message["content"]) for message in body["messages"]] == [
        ("system", "Be short."),
        ("user", "One?"),
        ("assistant", "Yes."),
        ("user", "Two?"),
    ]
    assert body["response_format"]["json_schema"]["schema"] == request.schema
    assert (body["model"], body["temperature"], body["max_tokens"], body["seed"]) == ("qwen3:4b", 0.0, 50, 7)
    assert not body.get("stream")


def test_a_tools_name_goes_out_without_its_dot_and_comes_back_with_it(way: Way) -> None:
    request = ModelRequest(instructions="", messages=(UserMessage(text="Read a.md"),), tools=(READ,))
    with serving(in_turn(calls(("fs__read", {"path": "a.md"})))) as server:
        given = ask(server, request, way=way)
    assert server.asked[0].body["tools"][0]["function"]["name"] == "fs__read"
    assert given.message.calls == (ToolCall(id="call_1", name="fs.read", arguments={"path": "a.md"}),)
    assert given.finish == "tool-calls"


def test_a_call_and_its_result_go_back_to_the_server_as_a_pair() -> None:
    call = ToolCall(id="c1", name="fs.read", arguments={"path": "a.md"})
    conversation = (UserMessage(text="Read a.md"), ModelMessage(calls=(call,)), ToolMessage(id="c1", name="fs.read", text="the text"))
    with serving(in_turn(GOOD)) as server:
        ask(server, ModelRequest(instructions="", messages=conversation, tools=(READ,)))
    _, called, result = server.asked[0].body["messages"]
    assert called["tool_calls"][0]["function"] == {"name": "fs__read", "arguments": '{"path":"a.md"}'}
    assert (called["tool_calls"][0]["id"], result["tool_call_id"], result["content"]) == ("c1", "c1", "the text")


@pytest.mark.parametrize("written", ['{"path": "a.md"', "[1, 2]", "read a.md", '{"n": NaN}'])
def test_arguments_that_are_no_json_object_are_kept_as_invalid_and_do_not_crash(written: str, way: Way) -> None:
    request = ModelRequest(instructions="", messages=(UserMessage(text="Read a.md"),), tools=(READ,))
    given = answered(in_turn(calls(("fs__read", written))), request, way)
    assert given.message.calls == (ToolCall(id="call_1", name="fs.read", arguments={}, invalid=written),)


def test_an_answer_cut_at_the_token_limit_says_length(way: Way) -> None:
    assert answered(in_turn(answer("Once upon a", finish="length")), way=way).finish == "length"


@pytest.mark.parametrize(
    "reply",
    [
        answer("Hello th", finish=None),
        half(GOOD),
        drop(),
        garbage(),
        empty(),
        wrong_shape(),
        wrong_shape([]),
        wrong_shape({"choices": []}),
        wrong_shape({"choices": [{"finish_reason": "stop"}]}),
        wrong_shape({"choices": None}),
        wrong_shape("hello"),
        wrong_shape({"error": "out of memory"}),
        refusal(500, "out of memory"),
        loading(),
        Reply(status=502, body=b"<html>Bad gateway</html>"),
        Reply(status=204),
        Reply(body=b"plain words", headers={"Content-Type": "text/plain"}),
        Reply(status=302, headers={"Location": "http://192.0.2.1/v1/chat/completions"}),
    ],
    ids=lambda reply: f"{reply.status}-{reply.ending}-{reply.body[:24]!r}",
)
def test_a_server_in_trouble_is_unavailable_and_worth_another_try(reply: Reply, way: Way) -> None:
    assert isinstance(fault(reply, way=way), ModelUnavailable)


def test_an_answer_without_a_finish_reason_is_said_to_have_broken_off(way: Way) -> None:
    assert "broke off" in fault(answer("Hello th", finish=None), way=way).message


def test_a_server_that_says_when_to_come_back_is_believed() -> None:
    raised = fault(rate_limited(7))
    assert isinstance(raised, ModelUnavailable)
    assert raised.retry_after == 7


def test_a_server_that_never_answers_is_given_up_after_the_timeout() -> None:
    raised = fault(stall(), timeout=0.2)
    assert isinstance(raised, ModelUnavailable)
    assert "within 0.2 s" in raised.message


def test_a_port_where_nothing_listens_is_unavailable_and_the_message_says_where() -> None:
    with serving() as server:
        pass
    with pytest.raises(ModelUnavailable, match=rf"{server.url}\) cannot be reached"):
        ask(server)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_a_request_that_the_server_calls_wrong_is_refused_with_its_words(status: int) -> None:
    raised = fault(refusal(status, f"no good; you sent {KEY}"))
    assert isinstance(raised, ModelRefused)
    assert f"answered {status}: no good; you sent [the key of model main]" in raised.message


def test_a_refused_key_and_an_unknown_model_come_with_the_next_move() -> None:
    assert "api_key_env" in fault(refusal(401, "bad key")).hint
    assert "base_url" in fault(refusal(404, "model not found")).hint


def test_a_long_complaint_is_shortened() -> None:
    assert len(fault(refusal(400, "word " * 5000)).message) < 600


def test_a_prompt_that_does_not_fit_the_window_is_refused_before_it_is_sent() -> None:
    request = ModelRequest(instructions="", messages=(UserMessage(text="word " * 3000),), max_output_tokens=500)
    with serving() as server, pytest.raises(ModelRefused, match=r"more than its window of 4,096"):
        ask(server, request, context=4096)
    assert server.asked == []


def test_a_server_that_cuts_the_prompt_in_silence_is_found_out() -> None:
    request = ModelRequest(instructions="", messages=(UserMessage(text="word " * 3000),))
    with serving(truncating(2000)) as server, pytest.raises(ModelRefused, match=r"dropped a part of the prompt"):
        ask(server, request, context=32768)


def test_a_server_that_reads_the_whole_prompt_or_counts_nothing_is_not_accused() -> None:
    request = ModelRequest(instructions="", messages=(UserMessage(text="word " * 3000),))
    assert answered(in_turn(answer("Fine.", input_tokens=3010)), request).message.text == "Fine."
    assert answered(in_turn(answer("Fine.", input_tokens=0)), request).message.text == "Fine."


def test_the_key_is_sent_and_accounts_of_the_environment_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-private")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-other")
    monkeypatch.setenv("HTTP_PROXY", "http://192.0.2.1:9")
    with serving(in_turn(GOOD)) as server:
        ask(server)
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"
    assert "org-private" not in str(server.headers[0])


def test_a_model_answers_many_requests_at_once_over_one_client() -> None:
    async def many(server: ModelServer) -> list[ModelAnswer]:
        model = OpenAIModel(card(server))
        try:
            return await asyncio.gather(*(model.ask(HELLO) for _ in range(50)))
        finally:
            await model.close()

    with serving(lambda asked: answer(f"number {asked.number}")) as server:
        given = asyncio.run(asyncio.wait_for(many(server), 30))
    assert len({one.message.text for one in given}) == 50


def test_thinking_is_kept_apart_from_the_answer() -> None:
    message = {"role": "assistant", "content": "Four.", "reasoning_content": "two and two"}
    given = answered(in_turn(completion(message)))
    assert (given.message.text, given.thinking) == ("Four.", "two and two")
