"""Every command's help: it starts with examples that are right, says what each word means, and names the environment."""

import shlex

import pytest
from cyclopts import CycloptsError

from cli.stage import playnex
from playnex.cli.door import FLAGS
from playnex.cli.help import ENVIRONMENT, EXIT_CODES
from playnex.cli.help_page import HelpPage, all_pages, page_of
from playnex.cli.tree import tree

PAGES = tuple(all_pages(tree()))
TOPICS = pytest.mark.parametrize("page", PAGES, ids=lambda page: " ".join(page.words) or "playnex")


@TOPICS
def test_help_starts_with_examples_and_ends_well(page: HelpPage) -> None:
    said = playnex(*page.words, "--help")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("Examples\n  ")


@TOPICS
def test_help_names_the_environment_variables_beside_the_flags_of_every_command(page: HelpPage) -> None:
    shown = " ".join(playnex(*page.words, "--help").out.split())
    for flag in FLAGS:
        assert f"{flag.says} [env: {', '.join(flag.environment)}]" in shown


@TOPICS
def test_every_example_is_a_command_that_there_is(page: HelpPage) -> None:
    assert page.examples
    for example in page.examples:
        parsed(example)


@TOPICS
def test_every_argument_flag_and_command_is_explained(page: HelpPage) -> None:
    assert page.says
    assert [row.name for row in (*page.commands, *page.arguments, *page.flags) if len(row.says) < 8] == []


@TOPICS
def test_help_may_be_asked_for_in_every_usual_way(page: HelpPage) -> None:
    asked = playnex(*page.words, "--help").out
    assert playnex(*page.words, "-h").out == asked
    assert not page.words or page.words[0] == "help" or playnex("help", *page.words).out == asked
    assert not page.commands or playnex(*page.words).out == asked


def test_a_wrong_example_is_seen() -> None:
    for wrong in ("playnex flow rn x", "playnex flow run", "playnex flow list --nonsense", "flow list"):
        with pytest.raises((CycloptsError, AssertionError)):
            parsed(wrong)


def test_help_about_an_unknown_command_is_wrong_usage_and_suggests_the_nearest() -> None:
    for words in (("flow", "lst", "--help"), ("help", "flow", "lst"), ("flow", "lst")):
        said = playnex(*words)
        assert (said.code, said.out) == (2, "")
        assert "list" in said.err


def test_help_is_no_wider_than_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    page = page_of(tree(), ("capsule", "create"))
    lines = playnex("capsule", "create", "--help").out.splitlines()
    assert [line for line in lines if len(line) > 60 and line.strip() not in page.examples] == []


def test_a_message_after_two_hyphens_is_no_request_for_help() -> None:
    said = playnex("agent", "run", "nobody", "--", "--help")
    assert not said.out.startswith("Examples")


def test_the_pages_on_exit_codes_and_the_environment_are_printed_and_whole() -> None:
    assert playnex("help", "exit-codes").out == EXIT_CODES
    assert playnex("help", "environment").out == ENVIRONMENT
    assert {name for flag in FLAGS for name in flag.environment} <= set(ENVIRONMENT.split())


def parsed(example: str) -> None:
    """Raises where the command line would; nothing is carried out."""
    words = shlex.split(example.rpartition(" | ")[2])
    assert words[0] == "playnex"
    tree().parse_args(words[1:], exit_on_error=False, print_error=False)
