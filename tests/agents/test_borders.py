"""Where an agent's work ends whatever its model wants: circles, errors, turns, tokens, time: a nudge, then an end with a reason."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from agents.stage import WRITER, Stage, task
from playnex.agents.stuck import PATIENCE, circle, made, with_result
from playnex.canonical import Json
from playnex.models.model import ModelAnswer, ModelRequest, ToolCall, UserMessage
from playnex.spec.flow import Budget
from playnex.testing.scripted_model import says, wishes

READ = ToolCall(id="c", name="fs.read", arguments={"path": "a.md"})


def reading(*paths: str) -> list[ModelAnswer]:
    return [wishes(replace(READ, id=f"c{number}", arguments={"path": path})) for number, path in enumerate(paths)]


def told(stage: Stage) -> list[str]:
    """What the model was told besides its task, once each."""
    texts = [message.text for request in stage.model.asked for message in request.messages[1:] if isinstance(message, UserMessage)]
    return list(dict.fromkeys(texts))


@pytest.mark.parametrize(("paths", "made_at_most"), [("aaa", 2), ("abab", 3), ("abcabc", 5), ("xabab", 4)])
def test_calls_that_come_again_with_nothing_new_are_told_once_and_then_end_the_work(paths: str, made_at_most: int) -> None:
    stage = Stage([*reading(*paths), *reading("z")], files={name: f"This is {name}." for name in "abcxz"})
    result = stage.run(task())
    assert result.reason == "stuck"
    assert len(stage.read) == made_at_most
    assert [text for text in told(stage) if "gives nothing new" in text and "no tools any more" in text]


def test_who_was_told_of_a_circle_and_answers_has_succeeded() -> None:
    stage = Stage([*reading("a", "b", "a", "b"), says("Both are letters.")], files={"a": "A", "b": "B"})
    assert stage.run(task()).output == "Both are letters."


def test_the_same_call_is_no_circle_as_long_as_it_gives_something_new() -> None:
    news = {"a.md": "0 % done"}
    stage = Stage([wishes(READ)] * 5 + [says("It is done.")], files=news)

    def script(request: ModelRequest) -> ModelAnswer:
        news["a.md"] = f"{len(stage.model.asked)}0 % done"
        return wishes(READ) if len(stage.model.asked) <= 5 else says("It is done.")

    stage.model.script = script
    assert stage.run(task()).output == "It is done."
    assert len(stage.read) == 5


def test_even_then_patience_ends() -> None:
    history = [with_result(made(READ), f"news {number}") for number in range(PATIENCE - 1)]
    assert not circle([*history[:-1], made(READ)])
    assert circle([*history, made(READ)])


def test_other_arguments_are_another_call() -> None:
    calls = [made(replace(READ, arguments={"path": str(number)})) for number in range(PATIENCE * 2)]
    assert not circle(calls)


def test_three_errors_in_a_row_are_told_and_three_more_end_the_work() -> None:
    stage = Stage(reading(*"123456789"), files={})
    result = stage.run(task())
    assert (result.status, result.reason, len(stage.read)) == ("failed", "stuck", 6)
    assert "6 calls in a row failed" in result.output["error"] and "'6'" in result.output["error"]
    assert any("3 calls in a row failed" in text for text in told(stage))


def test_errors_that_are_not_in_a_row_end_nothing() -> None:
    stage = Stage([*reading(*"12a34a56a"), says("Done.")], files={"a": "A"})
    assert stage.run(task()).output == "Done."


def test_the_model_is_told_that_its_turns_end_before_they_do() -> None:
    stage = Stage(reading(*"abcdefgh"), files={name: name for name in "abcdefgh"})
    result = stage.run(task(agent=replace(WRITER, limits=Budget(turns=5))))
    assert (result.reason, len(stage.model.asked)) == ("turn-limit", 5)
    assert "This turn and one more are left" in stage.model.asked[3].messages[-1].text
    assert not any("one more are left" in message.text for message in stage.model.asked[2].messages)


@pytest.mark.parametrize("limits", [Budget(tokens=4_000), Budget(time=100.0), Budget(usd=1.0)])
def test_the_model_is_told_that_a_limit_is_near_and_then_its_work_ends_with_what_there_is(limits: Budget) -> None:
    def script(request: ModelRequest) -> ModelAnswer:
        stage.clock.advance(45)
        answer = wishes(replace(READ, arguments={"path": str(len(stage.model.asked))}))
        usage = replace(answer.usage, requests=1, input_tokens=1_000, output_tokens=700, usd=0.45)
        return replace(answer, usage=usage, message=replace(answer.message, text=f"So far {len(stage.model.asked)}."))

    stage = Stage(script, files={str(number): "x" for number in range(20)})
    result = stage.run(task(agent=replace(WRITER, limits=limits)))
    assert (result.reason, result.output["incomplete"]) == ("exhausted", True)
    assert result.output["partial"].startswith("So far")
    assert any("Finish now" in text for text in told(stage)) or limits.tokens, told(stage)
    assert result.usage.tokens <= 1_700 * len(stage.model.asked)


def test_a_work_that_was_ended_says_so_of_its_partial_result() -> None:
    stage = Stage(
        [replace(answer, message=replace(answer.message, text="Half.")) for answer in reading(*"abc")], files={n: n for n in "abc"}
    )
    output: Mapping[str, Json] = stage.run(task(agent=replace(WRITER, limits=Budget(turns=2)))).output
    assert (output["partial"], output["incomplete"]) == ("Half.", True)
