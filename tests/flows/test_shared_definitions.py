"""One agent and one flow, used by several flows without a copy of either."""

from pathlib import Path

import pytest

from flows.stage import Desk
from playnex.app.templates import lay_out
from playnex.testing.model_replies import Asked, Reply, answer
from playnex.testing.model_server import serving

WRITER = "---\nname: writer\ndescription: Writes.\n---\nYou are the writer, {}.\n"
SUM_UP = """
inputs: { text: { type: string, required: true } }
steps: { short: { agent: writer, prompt: "Sum up: ${{ inputs.text }}" } }
output: ${{ steps.short.output }}
"""
LETTER = """
steps: { write: { agent: writer, prompt: Write a letter. } }
"""
NEWS = """
steps:
  first: { flow: sum-up, with: { text: the news } }
  write: { agent: writer, prompt: "Write about ${{ steps.first.output }}" }
"""
DIGEST = """
steps:
  one: { needs: [], flow: sum-up, with: { text: part one } }
  two: { needs: [], flow: sum-up, with: { text: part two } }
output: ["${{ steps.one.output }}", "${{ steps.two.output }}"]
"""


def shared_desk(folder: Path, url: str) -> Desk:
    lay_out("minimal", folder)
    (folder / "playnex.toml").write_text(f'[models.main]\nbase_url = "{url}"\nname = "scripted"\ncontext = 32768\n')
    (folder / "agents" / "writer.md").write_text(WRITER.format("of few words"))
    for name, steps in {"sum-up": SUM_UP, "letter": LETTER, "news": NEWS, "digest": DIGEST}.items():
        (folder / "flows" / f"{name}.yaml").write_text(f"playnex: 1\nname: {name}{steps}")
    return Desk(folder)


def echo(asked: Asked) -> Reply:
    return answer(f"<{asked.prompt.splitlines()[-1]}>")


@pytest.mark.slow
def test_one_agent_and_one_flow_serve_several_flows_and_a_change_of_theirs_reaches_all(tmp_path: Path) -> None:
    with serving(echo) as server:
        desk = shared_desk(tmp_path, server.url)
        assert desk.playnex("check").returncode == 0
        assert desk.json("flow", "run", "letter")["output"] == "<Write a letter.>"
        assert desk.json("flow", "run", "news")["output"] == "<Write about <Sum up: the news>>"
        assert desk.json("flow", "run", "digest")["output"] == ["<Sum up: part one>", "<Sum up: part two>"]
        assert len(server.asked) == 5 and all("of few words" in asked.prompt for asked in server.asked)

        (tmp_path / "agents" / "writer.md").write_text(WRITER.format("of many words"))
        sub_flow = tmp_path / "flows" / "sum-up.yaml"
        sub_flow.write_text(sub_flow.read_text().replace("Sum up:", "In one line:"))
        assert desk.json("flow", "run", "news")["output"] == "<Write about <In one line: the news>>"
        assert desk.json("flow", "run", "digest")["output"][1] == "<In one line: part two>"
        assert all("of many words" in asked.prompt for asked in server.asked[5:])
