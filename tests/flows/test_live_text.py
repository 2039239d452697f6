"""What a model says is seen while it says it, where somebody looks; the record of the run is the same as where nobody does."""

import os
import time
from pathlib import Path
from typing import Any

import pytest

from cli.terminals import on_screen
from flows.stage import Desk, pair_desk, wait_for
from playnex.app.live_text import FOLDER, LISTENING, PATIENCE, LiveText
from playnex.testing.model_replies import Asked, Reply, answer, word_by_word
from playnex.testing.model_server import serving
from playnex.workspace import OWN

SAID = "The river is long and the sea lies behind the hills where nobody lives"
PACE = 0.1


def slow(_asked: Asked) -> Reply:
    return word_by_word(answer(SAID, input_tokens=500), PACE)


def desk(folder: Path, url: str) -> Desk:
    made = pair_desk(folder, url)
    settings = folder / "playnex.toml"
    settings.write_text(settings.read_text().replace("timeout = 1", "timeout = 30"))
    return made


def results(desk: Desk) -> list[Any]:
    """What the steps gave, and what they took."""
    return [(step["output"], step["usage"]["output_tokens"]) for step in desk.json("run", "show", "last")["steps"]]


@pytest.mark.slow
def test_a_terminal_shows_what_a_model_says_while_it_says_it(tmp_path: Path) -> None:
    with serving(slow) as server:
        quiet = desk(tmp_path, server.url)
        assert quiet.playnex("flow", "run", "pair").returncode == 0
        assert not any(asked.body.get("stream") for asked in server.asked), "nobody looked"
        unheard = results(quiet)
        with on_screen(tmp_path, "flow", "run", "pair", COLUMNS="200") as screen:
            screen.until("… The river")
            screen.until("the sea lies")
            assert screen.end() == 0
        assert any(asked.body.get("stream") for asked in server.asked)
        assert results(quiet) == unheard
        assert [folder.name for folder in (tmp_path / OWN / FOLDER).iterdir()] == ["listening"], "nothing is left of it"


@pytest.mark.slow
def test_another_process_hears_a_run_and_after_kill_9_no_answer_is_taken_from_what_it_heard(tmp_path: Path) -> None:
    with serving(slow) as server:
        started = desk(tmp_path, server.url)
        live = LiveText(own=tmp_path / OWN)
        (tmp_path / OWN).mkdir(exist_ok=True)
        live.listen()
        worker = started.start("flow", "run", "pair")
        wait_for(lambda: any(text for text in heard(live).values()), "a word")
        ((step, text),) = heard(live).items()
        assert step.startswith("one/")
        assert SAID.startswith(text)
        worker.kill()
        worker.wait(30)
        assert started.playnex("run", "resume", "last").returncode == 0
        assert [output for output, _ in results(started)] == [SAID, SAID]


def test_where_nobody_has_listened_for_a_while_nothing_is_written(tmp_path: Path) -> None:
    live = LiveText(own=tmp_path)
    with live.told("r1", "one/turn-1/model") as hear:
        assert hear is None
    live.listen()
    with live.told("r1", "one/turn-1/model") as hear:
        assert hear is not None
        hear("The river ")
        assert live.said("r1") == {"one/turn-1/model": "The river "}
    assert live.said("r1") == {}
    os.utime(tmp_path / FOLDER / LISTENING, (0, time.time() - PATIENCE - 1))
    with live.told("r1", "one/turn-1/model") as hear:
        assert hear is None, "who said so is gone by now"


def test_a_folder_that_cannot_be_written_takes_the_view_and_not_the_answer(tmp_path: Path) -> None:
    live = LiveText(own=tmp_path)
    live.listen()
    (tmp_path / FOLDER / "r1").write_text("a file where the folder should be")
    with live.told("r1", "one/turn-1/model") as hear:
        assert hear is not None
        hear("The river ")
    assert live.said("r1") == {}


def test_who_cannot_say_that_they_listen_is_told_nothing_and_nothing_breaks(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("a file where the folder should be")
    live = LiveText(own=tmp_path)
    live.listen()
    with live.told("r1", "one/turn-1/model") as hear:
        assert hear is None


def heard(live: LiveText) -> dict[str, str]:
    """What any run says."""
    return {step: text for folder in (live.own / FOLDER).iterdir() if folder.is_dir() for step, text in live.said(folder.name).items()}
