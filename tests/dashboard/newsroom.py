"""A made-up workspace that shows all that the dashboard can show, and what the model server answers its agents."""

import json
import re
from dataclasses import replace
from pathlib import Path

from playnex.testing.model_replies import Asked, Reply, answer, text_of, value

FLOW = """\
playnex: 1
name: research-to-article
description: From a topic to an article that a person has read.

inputs:
  topic:  { type: string, required: true, description: What the article is about }
  length: { type: integer, default: 200, description: Words }

budget: { tokens: 40k, usd: 0.10, time: 10m }

steps:
  plan:
    name: Plan questions
    agent: planner
    prompt: Which questions should an article about "${{ inputs.topic }}" answer?
    output: { questions: "string[]" }
  web:
    name: Search the web
    needs: plan
    tool: desk.search_web
    with: { query: "${{ inputs.topic }}" }
  knowledge:
    name: Search the knowledge base
    needs: plan
    tool: capsule.search
    with: { query: "${{ inputs.topic }}", limit: 4 }
  papers:
    name: Search papers
    needs: plan
    tool: desk.search_papers
    with: { query: "${{ inputs.topic }}" }
    retry: 2
  rank:
    name: Rank sources
    needs: [web, knowledge, papers]
    agent: ranker
    prompt: |
      Rank what was found about "${{ inputs.topic }}".
      From the web: ${{ steps.web.output | tojson }}
      From papers: ${{ steps.papers.output | tojson }}
    output: { best: "string[]", why: string }
  outline:
    name: Outline
    needs: rank
    agent: writer
    prompt: |
      Outline an article about "${{ inputs.topic }}" that rests on:
      {% for one in steps.rank.output.best %}- ${{ one }}
      {% endfor %}
  images:
    name: Find images
    needs: rank
    for-each: ${{ steps.plan.output.questions }}
    max-parallel: 3
    tool: desk.find_image
    with: { subject: "${{ item }}" }
  body:
    name: Draft body
    needs: outline
    agent: writer
    prompt: |
      Write the body, about ${{ inputs.length }} words, by this outline:
      ${{ steps.outline.output }}
  introduction:
    name: Draft introduction
    needs: outline
    agent: writer
    prompt: |
      Write the introduction by this outline:
      ${{ steps.outline.output }}
  facts:
    name: Fact check
    needs: [body, introduction]
    agent: checker
    prompt: |
      Check every statement of this text against the sources.
      Text: ${{ steps.introduction.output }} ${{ steps.body.output }}
      Sources: ${{ steps.rank.output.best | join("; ") }}
    output: { pass: boolean, remarks: string }
  edit:
    name: Edit article
    needs: [facts, images]
    agent: editor
    prompt: |
      Make one article of these parts. Remarks: ${{ steps.facts.output.remarks }}
      ${{ steps.introduction.output }}
      ${{ steps.body.output }}
  release:
    name: Ask the desk
    needs: edit
    approve:
      message: Publish this article?
      show: ${{ steps.edit.output }}
      editable: true
      timeout: 24h
  publish:
    name: Save capsule
    needs: release
    save: articles/${{ inputs.topic | slug }}
    content: ${{ steps.release.output | default(steps.edit.output) }}

output:
  article: ${{ steps.publish.capsule }}
"""

BRIEF = """\
playnex: 1
name: brief
description: One question, one short answer.
inputs:
  question: { type: string, required: true, description: What you want to know }
steps:
  answer: { name: Answer, agent: writer, prompt: "Answer in one paragraph: ${{ inputs.question }}" }
"""

BROKEN = """\
playnex: 1
name: weekly-numbers
description: Reads the numbers of the week and writes what they say.
inputs:
  week: { type: string, required: true }
steps:
  read: { name: Read the numbers, tool: desk.read_numbers, with: { week: "${{ inputs.week }}" } }
  write: { name: Write it up, needs: read, agent: writer, prompt: "What do these numbers say? ${{ steps.read.output | tojson }}" }
"""

TOOLS = '''\
"""What the newsroom looks things up with; all of it is made up."""

import hashlib
import time
from pathlib import Path

import playnex

FOUND = {
    "web": ["Journals make agents durable (blog, 2026)", "What a crash costs (post, 2025)", "Local-first in practice (essay, 2024)"],
    "papers": ["Durable functions, revisited (2025)", "Exactly once is a promise (2023)"],
}


@playnex.tool(effect="idempotent")
def search_web(query: str) -> list[str]:
    """Pages about it."""
    time.sleep(PACE * 3)
    return FOUND["web"]


@playnex.tool(effect="idempotent")
def search_papers(query: str) -> list[str]:
    """Papers about it; the archive is away at the first try."""
    mark = Path(".desk-" + hashlib.sha256(query.encode()).hexdigest()[:12])
    time.sleep(PACE * 2)
    if not mark.exists():
        mark.touch()
        raise ConnectionError("the archive does not answer (503)")
    return FOUND["papers"]


@playnex.tool(effect="idempotent")
def find_image(subject: str) -> dict[str, str]:
    """An image that fits."""
    time.sleep(PACE * 2)
    return {"subject": subject, "file": subject.lower().replace(" ", "-").strip("?") + ".jpg", "licence": "CC BY 4.0"}


@playnex.tool(effect="pure")
def read_numbers(week: str) -> list[int]:
    """The numbers of a week."""
    raise LookupError(f"numbers/{week}.csv: row 14 has 6 columns where the head has 5; mend the file or leave the row out")
'''

AGENTS = {
    "planner": "Asks the questions that an article has to answer.",
    "ranker": "Tells good sources from bad ones.",
    "writer": "Writes plainly.",
    "checker": "Checks every statement against its source.",
    "editor": "Makes one text of many.",
}

AGENT = """\
---
name: {name}
description: {says}
model: main
memory: none
limits: {{ turns: 4, tokens: 20k, time: 3m }}
---
You are the {name} of a small newsroom. {says} You use only what you are given.
"""

SETTINGS = """\
[models.main]
kind = "openai"
base_url = "{url}"
name = "scripted"
context = 32768
usd_per_million = {{ input = 2.5, output = 10 }}
"""

QUESTIONS = ["What is durable execution?", "What does a crash cost?", "Who needs it?", "What does a journal keep?"]
BEST = ["Durable functions, revisited (2025)", "Journals make agents durable (blog, 2026)", "Exactly once is a promise (2023)"]
OUTLINE = (
    "1. **Why it matters**: work that dies in the middle\n2. **How it works**: a journal of facts\n3. **What it costs**: one write a step"
)
BODY = """\
## A journal of facts

Every step writes *one record* when it is done. After a crash the run reads its records and goes on at the **first unfinished step**;
nothing that was paid for is paid for twice.

| what is kept | what it saves |
|---|---|
| answers of models | tokens and money |
| results of tools | calls with consequences |

## What it costs

- one small write a step
- a folder on your own machine

> Exactly once is a promise, not a hope.

See the [paper](https://example.org/durable) for how it was measured, or run `playnex run show last`."""
INTRODUCTION = "Long work breaks in the middle. **Durable execution** lets it go on where it was, without doing anything twice."


def newsroom(asked: Asked) -> Reply:
    """What each agent says; the same request gets the same answer."""
    system = " ".join(text_of(message) for message in asked.body.get("messages", ()) if message.get("role") in {"system", "developer"})
    who = next((name for name in AGENTS if f"You are the {name} of" in system), "writer")
    reply = _said(who, asked)
    used = len(asked.prompt) // 4
    document = json.loads(reply.body)
    document["usage"] |= {"prompt_tokens": used, "total_tokens": used + document["usage"]["completion_tokens"]}
    return replace(reply, body=json.dumps(document).encode())


def _said(who: str, asked: Asked) -> Reply:
    topic = (re.findall(r'about "([^"]+)"', asked.prompt) or ["it"])[-1]
    why = f"These three measure what they claim about {topic}; the others repeat it."
    remarks = "Every statement has a source; say in the second paragraph who measured it."
    short = "Durable execution goes on where it was."
    article = f"# Durable execution this week\n\n{INTRODUCTION}\n\n{BODY}"
    said = {
        "planner": value({"questions": QUESTIONS}),
        "ranker": value({"best": BEST, "why": why}),
        "checker": value({"pass": True, "remarks": remarks}),
        "editor": answer(short if "one line" in asked.prompt else article),
    }
    return said.get(who) or answer(_written(asked.prompt))


def _written(prompt: str) -> str:
    if "Outline" in prompt:
        return OUTLINE
    if "introduction" in prompt:
        return INTRODUCTION
    return BODY if "body" in prompt else "A journal keeps what was done, so that nothing is done twice."


def write(folder: Path, url: str, pace: float = 0.0) -> None:
    """The workspace's files; `pace` is what the tools take their time from, in seconds."""
    for name in ("flows", "agents", "tools"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "playnex.toml").write_text(SETTINGS.format(url=url))
    (folder / "flows/research-to-article.yaml").write_text(FLOW)
    (folder / "flows/brief.yaml").write_text(BRIEF)
    (folder / "flows/weekly-numbers.yaml").write_text(BROKEN)
    (folder / "tools/desk.py").write_text(TOOLS.replace("\n\nFOUND", f"\n\nPACE = {pace}\nFOUND", 1))
    for name, says in AGENTS.items():
        (folder / f"agents/{name}.md").write_text(AGENT.format(name=name, says=says))
