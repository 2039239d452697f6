"""Python functions in flow files, as steps and as checks, from the files of a workspace, through the command line."""

import json
import signal
from pathlib import Path

import pytest

from flows.stage import Desk, wait_for
from playnex.app.templates import lay_out

MONEY = """
import asyncio
import os
import pathlib
import time
from dataclasses import dataclass

import playnex


@dataclass
class Item:
    name: str
    price: float


def total(items: list[Item], tax: float = 0.0) -> dict:
    print("this is no part of the answer")
    note("total")
    return {"sum": round(sum(item.price for item in items) * (1 + tax), 2)}


async def later(word: str) -> str:
    await asyncio.sleep(0)
    return word.upper()


def slow() -> None:
    note(str(os.getpid()))
    time.sleep(600)


def broken() -> int:
    raise ValueError("no money")


def odd() -> object:
    return {1, 2}


@playnex.tool(effect="idempotent")
def shaky() -> int:
    note("shaky")
    if pathlib.Path("ran.txt").read_text().count("shaky") < 2:
        raise ValueError("not yet")
    return 7


def note(word):
    with open("ran.txt", "a") as file:
        file.write(word + "\\n")


def is_small(output, inputs):
    return output["sum"] <= inputs["most"], f"{output['sum']} is more than {inputs['most']}"


def is_even(output):
    return output["sum"] % 2 == 0


def is_odd(output):
    return {"pass": output["sum"] % 2 == 1, "reason": "even"}


def is_lost(output):
    return "perhaps"
"""

ITEMS = "[{ name: pen, price: 2 }, { name: ink, price: 4.5 }]"


def desk(folder: Path, **flows: str) -> Desk:
    lay_out("minimal", folder)
    (folder / "steps").mkdir()
    (folder / "steps" / "money.py").write_text(MONEY)
    for name, steps in flows.items():
        (folder / "flows" / f"{name}.yaml").write_text(f"playnex: 1\nname: {name}\n{steps}")
    return Desk(folder)


def test_a_python_step_gives_its_function_typed_arguments_and_takes_what_it_returns(tmp_path: Path) -> None:
    user = desk(
        tmp_path,
        bill=f"""
steps:
  sum: {{ python: "steps.money:total", with: {{ items: {ITEMS}, tax: 0.2 }}, output: {{ sum: number }} }}
  loud: {{ python: "steps.money:later", with: {{ word: "total ${{{{ steps.sum.output.sum }}}}" }}, save: notes/total }}
""",
    )
    assert user.json("flow", "run", "bill")["output"] == "TOTAL 7.8"
    assert user.playnex("capsule", "view", "notes/total").stdout.strip() == "TOTAL 7.8"


def test_a_python_step_that_raises_or_gives_what_does_not_fit_fails_with_its_own_words(tmp_path: Path) -> None:
    steps = {
        "broken": ('python: "steps.money:broken"', "ValueError: no money"),
        "odd": ('python: "steps.money:odd"', "no JSON"),
        "misfit": ('python: "steps.money:later", with: { word: x }, output: { sum: number }', "output"),
        "arguments": ('python: "steps.money:total", with: { items: [{ name: pen }] }', "the arguments do not fit"),
    }
    user = desk(tmp_path, **{name: f"steps:\n  only: {{ {step} }}\n" for name, (step, _) in steps.items()})
    for name, (_, message) in steps.items():
        done = user.playnex("flow", "run", name)
        assert done.returncode == 1 and message in done.stderr and "Traceback" not in done.stderr, (name, done.stderr)


@pytest.mark.slow
def test_a_timeout_really_ends_a_python_step_and_a_retry_and_a_fallback_follow(tmp_path: Path) -> None:
    user = desk(
        tmp_path,
        slow='steps:\n  only: { python: "steps.money:slow", timeout: 2s, fallback: { sum: 0 } }\n',
        shaky='steps:\n  only: { python: "steps.money:shaky", retry: { times: 2, delay: 10ms } }\n',
    )
    assert user.json("flow", "run", "slow")["output"] == {"sum": 0}
    process = int((tmp_path / "ran.txt").read_text())
    wait_for(lambda: not Path(f"/proc/{process}").exists(), "the function's process to be gone")
    assert user.json("flow", "run", "shaky")["output"] == 7


CHECKED = """
inputs: {{ most: {{ type: number, default: 10 }} }}
steps:
  sum:
    python: "steps.money:total"
    with: {{ items: {items} }}
    verify: [{{ python: "steps.money:is_small" }}, {{ python: "steps.money:{check}", on-fail: {on_fail} }}]
    fallback: {{ sum: 1 }}
"""


@pytest.mark.slow
def test_a_python_check_decides_with_a_reason_and_sees_the_inputs(tmp_path: Path) -> None:
    user = desk(
        tmp_path,
        fine=CHECKED.format(items="[{ name: pen, price: 2 }]", check="is_even", on_fail="fail"),
        odd=CHECKED.format(items="[{ name: pen, price: 2 }]", check="is_odd", on_fail="fallback"),
        lost=CHECKED.format(items="[{ name: pen, price: 2 }]", check="is_lost", on_fail="fail"),
        asked=CHECKED.format(items="[{ name: pen, price: 2 }]", check="is_odd", on_fail="ask"),
    )
    assert user.json("flow", "run", "fine")["output"] == {"sum": 2.0}
    dear = user.playnex("flow", "run", "fine", "--input", "most=1")
    assert dear.returncode == 1 and "2.0 is more than 1" in dear.stderr
    odd = user.json("flow", "run", "odd")
    assert (odd["status"], odd["output"]) == ("succeeded", {"sum": 1})
    lost = user.playnex("flow", "run", "lost")
    assert lost.returncode == 1 and "returned 'perhaps'" in lost.stderr
    assert user.playnex("flow", "run", "asked").returncode == 6
    user.playnex("run", "signal", "last", "sum/answer", "--data", '{"approved": true, "value": {"sum": 3}}')
    assert user.json("run", "resume", "last")["output"] == {"sum": 3}
    assert (tmp_path / "ran.txt").read_text().count("total") == 5, "a check that waits for a person calls the function once"


@pytest.mark.slow
def test_a_run_goes_on_with_the_python_that_it_was_started_with(tmp_path: Path) -> None:
    user = desk(
        tmp_path,
        pinned='steps:\n  ask: { approve: { message: Go on? } }\n  loud: { python: "steps.money:later", with: { word: x } }\n',
    )
    assert user.playnex("flow", "run", "pinned").returncode == 6
    (tmp_path / "steps" / "money.py").write_text("def later(word: str) -> str:\n    return 'edited'\n")
    user.playnex("run", "signal", "last", "ask/answer", "--data", '{"approved": true}')
    assert user.json("run", "resume", "last")["output"] == "X"
    assert user.playnex("flow", "run", "pinned").returncode == 6
    user.playnex("run", "signal", "last", "ask/answer", "--data", '{"approved": true}')
    assert user.json("run", "resume", "last")["output"] == "edited"


def test_a_function_that_cannot_be_called_is_told_by_check_without_running_its_file(tmp_path: Path) -> None:
    steps = """
steps:
  a: { python: "steps.mony:total" }
  b: { python: "steps.money:totl", with: { items: [] } }
  c: { python: "steps.money:total", with: { item: [] } }
  d: { python: total }
  e: { python: "steps.money:later", with: { word: x }, verify: { python: "steps.money:slow" } }
  f: { python: "steps.bad:f" }
"""
    user = desk(tmp_path, wrong=steps)
    (tmp_path / "steps" / "bad.py").write_text("def f(:\n")
    (tmp_path / "steps" / "money.py").write_text(MONEY + "\nopen('touched', 'w')\n")
    done = user.playnex("check", "--json")
    found = [(fault["line"], fault["message"]) for fault in json.loads(done.stdout)["error"]["where"]]
    assert done.returncode == 3
    assert found == [
        (5, "there is no file 'steps/mony.py'"),
        (6, "steps/money.py has no function 'totl'"),
        (7, "'steps.money:total' needs the argument 'items'"),
        (7, "'steps.money:total' has no argument 'item'"),
        (8, "'total' names no function"),
        (9, "'steps.money:slow' cannot be a check: it takes nothing"),
        (10, "steps/bad.py:1 is not Python: invalid syntax"),
    ]
    assert "did you mean 'total'?" in done.stdout and not (tmp_path / "touched").exists()


LOOSE = """
steps:
  first: { python: "steps.money:later", with: { word: a } }
  left:  { needs: first, python: "steps.money:later", with: { word: b } }
  right: { needs: first, python: "steps.money:later", with: { word: c } }
"""


def test_a_branch_that_is_never_joined_is_a_warning_and_runs(tmp_path: Path) -> None:
    user = desk(tmp_path, loose=LOOSE, joined=LOOSE + "output: ${{ steps.left.output }}\n")
    checked = user.playnex("check")
    assert checked.returncode == 0
    assert "flows/loose.yaml:6:3: warning: nothing waits for step 'left', a branch that is never joined" in checked.stderr
    assert "joined.yaml" not in checked.stderr
    (warning,) = user.json("check")["warnings"]
    assert (warning["path"], warning["line"]) == ("flows/loose.yaml", 6)
    assert user.json("flow", "run", "loose")["output"] == "C"


WARD = '''
import os, pathlib, signal


async def admit(name: str) -> str:
    """Take somebody in."""
    with open("admitted.txt", "a") as book:
        book.write(name)
    if not pathlib.Path("killed").exists():
        pathlib.Path("killed").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return name
'''


@pytest.mark.parametrize("what", ["tool: ward.admit", 'python: "tools.ward:admit"'], ids=["tool", "python"])
@pytest.mark.parametrize(("retry", "state", "admitted"), [("", "parked", "a"), (", retry: 1", "succeeded", "aa")], ids=["silent", "retry"])
def test_code_of_the_user_that_a_crash_cut_off_runs_again_only_where_its_step_says_so(
    tmp_path: Path, what: str, retry: str, state: str, admitted: str
) -> None:
    user = desk(tmp_path, ward=f"steps:\n  only: {{ {what}, with: {{ name: a }}{retry} }}\n")
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "ward.py").write_text(WARD)
    assert user.playnex("flow", "run", "ward").returncode == -signal.SIGKILL
    user.playnex("run", "resume", "last")
    assert user.json("run", "show", "last")["status"] == state
    assert (tmp_path / "admitted.txt").read_text() == admitted
