"""`playnex model` over a real server: what is found out is kept and used, what an agent's model lacks is refused, `use` names one."""

import json
from pathlib import Path

import pytest

from flows.stage import Desk
from playnex.app.model_choice import with_main
from playnex.config import ModelSettings, read_config
from playnex.testing.model_replies import Asked, Reply, answer
from playnex.testing.model_scripts import capable, truncating
from playnex.testing.model_server import ModelServer, serving

AGENT = "---\nname: {name}\nmodel: main\n{extra}---\n{says}\n"
FLOW = """playnex: 1
name: sort
steps:
  kind: { agent: plain, prompt: Sort this., output: { label: string } }
"""


def unable(asked: Asked) -> Reply:
    """Neither calls tools nor keeps to a schema."""
    return answer("Once upon a time there was a fox.")


def desk(folder: Path, server: ModelServer, extra: str = "") -> Desk:
    """A workspace with an agent that has tools, one without, and a flow that wants a typed answer from the latter."""
    (folder / "playnex.toml").write_text(f'[models.main]\nbase_url = "{server.url}"\nname = "scripted"\ncontext = 32768\n{extra}')
    for name in ("agents", "flows"):
        (folder / name).mkdir()
    (folder / "agents/reader.md").write_text(AGENT.format(name="reader", extra="tools: [file.read]\n", says="Read files."))
    (folder / "agents/plain.md").write_text(AGENT.format(name="plain", extra="", says="Be brief."))
    (folder / "flows/sort.yaml").write_text(FLOW)
    (folder / "cases.jsonl").write_text("{}\n")
    return Desk(folder)


def test_a_probe_tells_the_truth_of_a_server_that_cuts_in_silence_and_runs_go_by_it(tmp_path: Path) -> None:
    with serving(truncating(3000, capable)) as server:
        here = desk(tmp_path, server)
        said = here.json("model", "test", "main")
        assert (said["schema"], said["tool_calling"], said["json_schema"]) == ("playnex.model/1", True, True)
        assert said["window"]["ending"] == "cut"
        assert 2500 < said["window"]["tokens"] <= 3000
        assert said["context"] == said["window"]["tokens"]
        listed = here.json("model", "list")["items"][0]
        assert listed["probed"]["window"]["tokens"] == said["context"]
        before = len(server.asked)
        run = here.playnex("agent", "run", "plain", "word " * 4000, "--json")
        assert "does not fit" in run.stdout or "window" in run.stdout
        assert len(server.asked) == before, "what would be cut is not sent"


@pytest.mark.slow
def test_the_page_for_people_says_what_is_amiss_and_what_mends_it(tmp_path: Path) -> None:
    with serving(truncating(3000, capable)) as server:
        here = desk(tmp_path, server)
        page = here.playnex("model", "test", "main")
        assert page.returncode == 0
        assert "cut in silence" in page.stdout
        assert "OLLAMA_CONTEXT_LENGTH" in page.stdout
        assert "window: a prompt of 512 words" in page.stderr
        assert "scripted" in here.playnex("model", "list").stdout


def test_a_quick_probe_sends_no_long_prompt(tmp_path: Path) -> None:
    with serving(capable) as server:
        here = desk(tmp_path, server)
        said = here.json("model", "test", server.url, "--quick")
        assert said["window"] is None
        assert max(len(asked.prompt.split()) for asked in server.asked) < 1000


def test_a_server_that_is_not_there_is_said_to_be_away(tmp_path: Path) -> None:
    with serving() as server:
        here = desk(tmp_path, server)
    gone = here.playnex("model", "test", "main")
    assert gone.returncode == 1
    assert "cannot be reached" in gone.stderr


REFUSED = {
    "an agent with tools": ("agent", "run", "reader", "Hello."),
    "a flow that wants a typed answer": ("flow", "run", "sort"),
    "a batch of it": ("batch", "run", "sort", "cases.jsonl"),
    "a check": ("check",),
}


@pytest.mark.slow
def test_an_agent_that_needs_what_its_model_lacks_is_refused_before_it_runs(tmp_path: Path) -> None:
    with serving(unable) as server:
        here = desk(tmp_path, server)
        assert here.playnex("check").returncode == 0, "a model that was never probed is not judged"
        assert here.playnex("model", "test", "main", "--quick").returncode == 0
        before = len(server.asked)
        for what, words in REFUSED.items():
            refused = here.playnex(*words)
            assert refused.returncode == 3, (what, refused.stderr)
            assert "was seen neither to call tools nor to keep to a JSON schema" in refused.stderr, what
            assert "playnex model test main" in refused.stderr, what
            assert "agents/" in refused.stderr, what
        assert len(server.asked) == before
        assert here.json("run", "list")["items"] == []
        assert here.playnex("agent", "run", "plain", "Hello.").returncode == 0, "who needs neither may run"
        (here.folder / "playnex.toml").write_text((here.folder / "playnex.toml").read_text() + "tool_calling = true\n")
        assert here.playnex("check").returncode == 0, "what the user writes stands"


@pytest.mark.slow
def test_an_agent_whose_instructions_alone_are_too_long_for_its_model_is_refused(tmp_path: Path) -> None:
    with serving(truncating(1000, capable)) as server:
        here = desk(tmp_path, server)
        (here.folder / "agents/plain.md").write_text(AGENT.format(name="plain", extra="", says="Be brief and kind. " * 400))
        here.playnex("model", "test", "main")
        refused = here.playnex("agent", "run", "plain", "Hello.", "--json")
    assert refused.returncode == 3
    assert "alone do not fit its model" in json.loads(refused.stdout)["error"]["message"]


def test_another_model_becomes_main_and_the_files_comments_stay(tmp_path: Path) -> None:
    with serving() as server:
        here = desk(tmp_path, server, extra=f'# a second one\n[models.fast]\nbase_url = "{server.url}"  # here\nname = "quick"\n')
        used = here.playnex("model", "use", "fast")
        assert used.returncode == 0, used.stderr
        text = (here.folder / "playnex.toml").read_text()
        assert "# a second one" in text
        assert read_config(text, "playnex.toml").models["main"].name == "quick"
        assert here.playnex("model", "use", "nothing").returncode == 5


WRITTEN = """\
# my settings

[models.main]  # the one
kind = "openai"
base_url = "http://127.0.0.1:1/v1" # "here" # it is
name = 'old'
context = 999   # of the old one
# keep me

[policy]
local = true
"""


def test_only_the_lines_of_the_former_model_change() -> None:
    main = ModelSettings(alias="main", base_url="http://127.0.0.1:2/v1", name="new", at_once=2)
    assert with_main(WRITTEN, main) == WRITTEN.replace("127.0.0.1:1", "127.0.0.1:2").replace("'old'", '"new"\nat_once = 2').replace(
        "context = 999   # of the old one\n", ""
    )


@pytest.mark.parametrize("text", ["", "[policy]\nlocal = true\n", "[policy]\nlocal = true", '[models."main"]\nname = "x"\n', WRITTEN])
def test_a_file_of_any_form_gets_its_main(text: str) -> None:
    main = ModelSettings(alias="main", kind="embedded")
    assert read_config(with_main(text, main), "playnex.toml").models["main"] == main
