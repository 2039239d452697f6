"""A conversation never outgrows its model's window: what is long is cut with a mark and read in pages, what is old gives way to notes."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from agents.stage import SMALL, WRITER, Stage, task
from playnex.agents.fitting import fits
from playnex.agents.task import AgentTask
from playnex.canonical import Json
from playnex.models.model import ModelAnswer, ModelCard, ModelMessage, ModelRequest, ToolCall, ToolMessage
from playnex.models.tokens import request_tokens
from playnex.spec.agent_result import DataBlock
from playnex.testing.memory_context import MemoryContext
from playnex.testing.memory_journal import MemoryJournal
from playnex.testing.scripted_model import CARD, says, wishes

WINDOW = replace(CARD, context=4096)
FINISHED = "StepFinished"
SENTENCE = "The lock keeper writes down every boat that passes, its name, its load and the hour. "


def call(name: str, arguments: Mapping[str, Json], number: int) -> ModelAnswer:
    return wishes(ToolCall(id=f"c{number}", name=name, arguments=arguments))


def read(path: str, number: int) -> ModelAnswer:
    return call("fs.read", {"path": path}, number)


def is_paired(request: ModelRequest) -> bool:
    """Whether every call of the conversation stands before its result, and every result behind its call."""
    wished = [made.id for message in request.messages if isinstance(message, ModelMessage) for made in message.calls]
    given = [message.id for message in request.messages if isinstance(message, ToolMessage)]
    return wished == given


def first_rows(stage: Stage, length: int) -> MemoryJournal:
    """The journal as it was when so much of it was written."""
    whole = stage.context.memory.journal
    return replace(whole, rows=whole.rows[:length], lines=dict(whole.lines))


class Librarian:
    """A model that reads `count` long files page by page, makes notes when it is asked to, and answers with what it noted."""

    def __init__(self, stage: Stage, count: int) -> None:
        self.stage, self.count, self.noted = stage, count, 0

    def __call__(self, request: ModelRequest) -> ModelAnswer:
        newest = request.messages[-1].text
        if "replaced by notes" in newest:
            self.noted += 1
            return says(f"Noted so far: {len(self.stage.read)} files, the keeper writes down boats.")
        number = len(self.stage.read)
        if number < self.count:
            return read(f"{number}.md", number)
        notes = next((message.text for message in request.messages if "Noted so far" in message.text), "nothing")
        return says(f"I have read {number} files. {notes[:80]}")


def test_an_agent_with_a_window_of_4096_tokens_reads_200_kilobytes_and_finishes() -> None:
    files = {f"{number}.md": SENTENCE * 240 for number in range(10)}
    assert sum(map(len, files.values())) > 200_000
    stage = Stage([], WINDOW, files)
    stage.model.script = librarian = Librarian(stage, 10)
    result = stage.run(task("How does the keeper work?"))
    assert result.status == "succeeded" and result.output.startswith("I have read 10 files")
    assert librarian.noted >= 2
    for request in stage.model.asked:
        assert request_tokens(request) <= 4096 and is_paired(request)
        assert "How does the keeper work?" in request.messages[0].text, "the task is always there"


def test_notes_name_the_earlier_calls_and_where_their_results_are() -> None:
    stage = Stage([], WINDOW, {f"{number}.md": SENTENCE * 240 for number in range(6)})
    stage.model.script = Librarian(stage, 6)
    stage.run(task())
    last = stage.model.asked[-1].messages[0].text
    assert '- fs.read {"path":"0.md"} gave 20,400 characters, kept as turn-1/tool-1' in last
    compacted = [record.output["compacted"] for record in stage.context.records.values() if "compacted" in (record.output or {})]
    assert compacted and all(told["usage"]["requests"] == 1 for told in compacted)


def test_what_the_notes_cost_counts_for_the_agent() -> None:
    stage = Stage([], WINDOW, {f"{number}.md": SENTENCE * 240 for number in range(6)})
    stage.model.script = Librarian(stage, 6)
    assert stage.run(task()).usage.requests == len(stage.model.asked)


def test_after_a_crash_the_notes_are_not_made_again_and_the_conversation_is_the_same() -> None:
    stage = Stage([], WINDOW, {f"{number}.md": SENTENCE * 240 for number in range(6)})
    stage.model.script = Librarian(stage, 6)
    first, asked = stage.run(task()), len(stage.model.asked)
    rows = stage.context.memory.journal.rows
    requests = [number for number, row in enumerate(rows, 1) if row.kind == FINISHED and row.key.endswith(("model", "notes"))]
    assert len(requests) == asked and any(rows[number - 1].key.endswith("notes") for number in requests)
    for length in range(2, len(rows)):
        crashed = MemoryContext(replace(stage.context.memory, journal=first_rows(stage, length)))
        stage.read[:] = [
            f"{number}.md" for number in range(sum(row.key.endswith("tool-1") and row.kind == FINISHED for row in rows[:length]))
        ]
        before = len(stage.model.asked)
        assert stage.run(task(), crashed) == first, length
        assert len(stage.model.asked) - before == sum(number > length for number in requests), length


def test_a_replay_needs_neither_the_window_nor_the_model() -> None:
    stage = Stage([], WINDOW, {f"{number}.md": SENTENCE * 240 for number in range(6)})
    stage.model.script = Librarian(stage, 6)
    first, asked = stage.run(task()), len(stage.model.asked)
    stage.model.card = replace(WINDOW, context=1_000_000)
    assert stage.run(task(), stage.context.again()) == first
    assert len(stage.model.asked) == asked


def test_a_cut_result_is_read_on_in_pages_until_its_end() -> None:
    text = "".join(f"line {number}\n" for number in range(2_000))
    stage, seen = Stage([], WINDOW, {"a.md": text}), dict[int, str]()

    def script(request: ModelRequest) -> ModelAnswer:
        newest = request.messages[-1].text
        if "replaced by notes" in newest:
            return says("Reading on.")
        if not stage.read:
            return read("a.md", 0)
        if "next page: start " in newest:
            start = int(newest.split("next page: start ")[1].split("]")[0].replace(",", ""))
        elif "this is the end" in newest:
            return says("Read to its end.")
        else:
            start = int(newest.split('"start": ')[1].split("}")[0])
        seen[start] = newest
        assert any(tool.name == "result.read" for tool in request.tools), "who is shown a part is offered the rest"
        return call("result.read", {"result": "turn-1/tool-1", "start": start}, len(seen))

    stage.model.script = script
    assert stage.run(task()).output == "Read to its end."
    assert stage.read == ["a.md"], "the tool itself was asked once"
    pages = [record.output for key, record in stage.context.records.items() if key.endswith("tool-1") and key != "turn-1/tool-1"]
    shown = "".join(page.split("]\n", 1)[1] for page in pages)
    assert text.endswith(shown) and len(pages) == len(seen)
    assert not [page for page in pages if len(page) > 3072], "a page is never cut itself"


def test_a_page_of_something_unknown_is_a_failure_that_names_what_there_is() -> None:
    stage = Stage([read("a.md", 1), call("result.read", {"result": "turn-9/tool-9"}, 2), says("Sorry.")], WINDOW, {"a.md": SENTENCE * 99})
    assert stage.run(task()).output == "Sorry."
    assert "turn-1/tool-1" in stage.context.records["turn-2/tool-1"].output["error"]


@pytest.mark.parametrize("card", [WINDOW, replace(SMALL, context=4096), replace(SMALL, context=2048, kind="embedded")])
def test_material_that_does_not_fit_is_cut_with_a_mark_and_can_be_read_on(card: ModelCard) -> None:
    block = DataBlock(name="report", text=SENTENCE * 1_000)
    final = says("Fine.") if card.tool_calling else says('{"action": "final answer", "answer": "Fine."}')
    stage = Stage([final], card)
    assert stage.run(AgentTask(agent=WRITER, prompt="Sum it up.", data=(block,))).output == "Fine."
    (request,) = stage.model.asked
    assert request_tokens(request) <= card.context
    assert 'of 85,000 characters shown; read on with result.read {"result": "data-1"' in request.messages[0].text
    assert request.messages[0].text.startswith("Sum it up.")


def test_material_that_fits_is_not_cut() -> None:
    block = DataBlock(name="report", text=SENTENCE * 30)
    stage = Stage([says("Fine.")], WINDOW)
    stage.run(AgentTask(agent=replace(WRITER, tools=()), prompt="Sum it up.", data=(block,)))
    (request,) = stage.model.asked
    assert SENTENCE * 30 in request.messages[0].text and request.tools == ()


def test_many_long_results_of_one_answer_are_cut_shorter_until_they_fit() -> None:
    many = tuple(ToolCall(id=f"c{number}", name="fs.read", arguments={"path": f"{number}.md"}) for number in range(12))
    stage = Stage([wishes(*many), says("Done.")], WINDOW, {f"{number}.md": SENTENCE * 200 for number in range(12)})
    assert stage.run(task()).output == "Done."
    request = stage.model.asked[1]
    assert fits(request, WINDOW) and is_paired(request)
    shown = [message.text for message in request.messages if isinstance(message, ToolMessage)]
    assert [("characters shown" in text, "not made" in text) for text in shown] == [(True, False)] * 8 + [(False, True)] * 4
    assert "Only the first 8 calls" in request.messages[-1].text


def test_an_embedded_model_makes_no_notes_for_it_would_invent_them() -> None:
    card = replace(SMALL, context=4096, kind="embedded")

    def script(request: ModelRequest) -> ModelAnswer:
        number = len(stage.read)
        if number < 5:
            return says(f'{{"action": "fs.read", "arguments": {{"path": "{number}.md"}}}}')
        return says('{"action": "final answer", "answer": "Done."}')

    stage = Stage(script, card, {f"{number}.md": SENTENCE * 240 for number in range(5)})
    assert stage.run(task()).output == "Done."
    assert len(stage.model.asked) == 6
    assert "notes on your earlier turns" in stage.model.asked[-1].messages[0].text
