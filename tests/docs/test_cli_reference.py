"""docs/cli.md says what the commands say of themselves, and every exit code has one meaning in all places."""

import re
import runpy

from house.sources import ROOT
from playnex.cli.help import EXIT_CODES

SCRIPT = runpy.run_path(str(ROOT / "scripts" / "cli_reference.py"))
PAGE = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")


def test_the_page_of_commands_is_what_the_commands_say() -> None:
    assert SCRIPT["page"](PAGE) == PAGE, "a command changed: run `python scripts/cli_reference.py --write`"


def test_a_change_of_a_command_is_seen() -> None:
    assert SCRIPT["page"](PAGE.replace("--input-file", "--inputs")) != PAGE.replace("--input-file", "--inputs")
    assert SCRIPT["page"](PAGE.partition(SCRIPT["MARKER"])[0]) == PAGE


def test_the_hand_written_top_names_every_command() -> None:
    top = PAGE.partition(SCRIPT["MARKER"])[0]
    words = set(re.findall(r"[a-z-]+", top))
    missing = [page.words for page in SCRIPT["all_pages"](SCRIPT["tree"]()) if not set(page.words) <= words]
    assert missing == []


def test_the_exit_codes_are_the_same_on_both_pages() -> None:
    table = (ROOT / "docs" / "exit-codes.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| (\d+) \|", table, re.MULTILINE) == re.findall(r"^ *(\d+) ", EXIT_CODES, re.MULTILINE)
