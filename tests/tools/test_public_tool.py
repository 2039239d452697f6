"""`playnex.tool`, as the author of a workspace's tools/x.py meets it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import playnex
from flows.stage import Desk
from playnex.app.templates import lay_out

CRM = '''import playnex


@playnex.tool(effect="idempotent", timeout=5)
def lookup(customer: str) -> str:
    """The plan of a customer."""
    return customer.upper()


@playnex.tool(effect="pure")
async def length(text: str) -> int:
    return len(text)


def send(text: str) -> None:
    """Declares nothing."""
'''

FLOW = """playnex: 1
name: ask
steps:
  find:
    tool: crm.lookup
    with: { customer: ana }
"""

USER = """import playnex

@playnex.tool(effect={effect}, timeout={timeout})
def lookup(customer: str) -> str:
    return customer

found: int = {found}
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    lay_out("minimal", tmp_path)
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "crm.py").write_text(CRM)
    return Desk(tmp_path)


def test_a_declared_tool_is_listed_with_its_effect(desk: Desk) -> None:
    effects = {tool["name"]: tool["effect"] for tool in desk.json("tool", "list")["items"]}
    assert {name: effects[name] for name in effects if name.startswith("crm.")} == {
        "crm.lookup": "idempotent",
        "crm.length": "pure",
        "crm.send": "once",
    }


def test_a_flow_calls_a_declared_tool(desk: Desk) -> None:
    (desk.folder / "flows" / "ask.yaml").write_text(FLOW)
    assert desk.json("flow", "run", "ask")["output"] == "ANA"


@pytest.mark.parametrize(
    ("declared", "told"),
    [('effect="sometimes"', "choose one of pure, idempotent, once"), ("timeout=0", "a number of seconds above zero")],
)
def test_an_impossible_declaration_is_a_fault_of_the_file_at_its_line(desk: Desk, declared: str, told: str) -> None:
    (desk.folder / "tools" / "crm.py").write_text(f"import playnex\n\n@playnex.tool({declared})\ndef lookup(): ...\n")
    checked = desk.playnex("check", "--json")
    assert checked.returncode == 3
    (fault,) = json.loads(checked.stdout)["error"]["where"]
    assert (fault["path"], fault["line"]) == ("tools/crm.py", 3)
    assert told in fault["message"]


def test_importing_playnex_imports_nothing_else() -> None:
    code = "import sys; before = set(sys.modules); import playnex; print(sorted(set(sys.modules) - before))"
    done = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "['playnex']"


def test_a_name_that_is_not_public_is_told_as_python_tells_it() -> None:
    with pytest.raises(AttributeError, match="module 'playnex' has no attribute 'tol'"):
        playnex.tol  # type: ignore[attr-defined]  # noqa: B018
    assert "tool" in dir(playnex)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("filled", "faults"),
    [
        ({"effect": '"pure"', "timeout": "5", "found": "len(lookup('a'))"}, 0),
        ({"effect": '"sometimes"', "timeout": "5", "found": "1"}, 1),
        ({"effect": '"pure"', "timeout": '"5s"', "found": "1"}, 1),
        ({"effect": '"pure"', "timeout": "5", "found": "lookup('a')"}, 1),
        ({"effect": '"pure"', "timeout": "5", "found": "playnex.nonsense"}, 1),
    ],
    ids=["right", "no effect", "no timeout", "the function keeps its type", "no such name"],
)
def test_wrong_use_of_the_declaration_fails_a_strict_type_check(tmp_path: Path, filled: dict[str, str], faults: int) -> None:
    file = tmp_path / "crm.py"
    file.write_text(USER.format(**filled))
    command = (sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={tmp_path / 'cache'}", str(file))
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, cwd=tmp_path, check=False)
    assert done.stdout.count(" error: ") == faults, done.stdout + done.stderr
