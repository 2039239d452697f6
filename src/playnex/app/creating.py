"""New flows and agents: drafts that are checked whole before anything is written, and written whole or not at all."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from playnex.app import templates
from playnex.app.definitions import Definitions
from playnex.app.editors import FOLDER
from playnex.canonical import Json
from playnex.errors import DefinitionError, UsageError
from playnex.spec.flow import InputSpec
from playnex.spec.read_flow import read_flow
from playnex.spec.reading import SLUG
from playnex.spec.vocabulary import slug
from playnex.spec.write_flow import agent_text, flow_text
from playnex.workspace import Workspace, shown

SCHEMA_FILE = f"{FOLDER}/flow.json"
"""What `playnex schema flow --save` keeps; a new flow names it where it is there."""

NOTHING_WRITTEN = "nothing was written"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAgent:
    """An agent to be made: what it is told to be, and what it may use."""

    purpose: str
    model: str = "main"
    tools: tuple[str, ...] = ()

    def text(self, name: str) -> str:
        """Its file."""
        front: dict[str, Json] = {"name": name, "description": _first_sentence(self.purpose)}
        front |= {"model": self.model} if self.model != "main" else {}
        return agent_text(front | ({"tools": list(self.tools)} if self.tools else {}), self.purpose)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A flow that is not saved yet: its text, the agents that it brings with it by name, and other files by their path."""

    name: str
    text: str
    agents: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, bytes] = field(default_factory=dict)

    def files(self) -> dict[str, bytes]:
        """All that is to be written, by path."""
        agents = {f"agents/{agent}.md": text.encode() for agent, text in self.agents.items()}
        return {f"flows/{self.name}.yaml": self.text.encode(), **agents, **self.others}


@dataclass(frozen=True, slots=True, kw_only=True)
class Creating:
    """Makes flows and agents in a workspace. `replacing` says that a file which is there may be written over."""

    workspace: Workspace
    definitions: Definitions
    replacing: bool = False

    def check_flow_name(self, name: str) -> str:
        """The name. Raises UsageError where it is no slug, or taken."""
        taken = next((path for path in self._flow_paths(name) if path.is_file()), None)
        _check_slug(name, "flow")
        if taken is not None and (not self.replacing or taken.suffix != ".yaml"):
            hint = "choose another name" + (", or replace it with --force" if taken.suffix == ".yaml" else "")
            raise UsageError(f"there is a flow {name!r} already: {shown(taken)}", hint=hint)
        return name

    def check_agent_name(self, name: str) -> str:
        """The name. Raises UsageError where it is no slug, or taken."""
        path = self.workspace.root / "agents" / f"{name}.md"
        _check_slug(name, "agent")
        if path.is_file() and not self.replacing:
            raise UsageError(f"there is an agent {name!r} already: {shown(path)}", hint="choose another name, or replace it with --force")
        return name

    def draft(self, flow: Mapping[str, Json], agents: Mapping[str, NewAgent]) -> Draft:
        """The draft of a flow that is given in the file's own words."""
        name = str(flow.get("name", ""))
        texts = {agent: new.text(agent) for agent, new in agents.items()}
        return Draft(name=name, text=flow_text(flow, comments=self._comments(flow)), agents=texts)

    def from_template(self, name: str, template: str) -> Draft:
        """The flow of a template under a new name, with what it needs and the workspace has not. Raises UsageError."""
        files = templates.contents(template)
        name = name or template
        path = next(path for path in files if path.startswith("flows/") and path.endswith(".yaml"))
        text = _renamed(files.pop(path).decode(), name)
        missing = {each: content for each, content in files.items() if not (self.workspace.root / each).exists() and "/" in each}
        agents = {Path(each).stem: missing.pop(each).decode() for each in list(missing) if each.startswith("agents/")}
        return Draft(name=name, text=text, agents=agents, others=missing)

    def faults(self, draft: Draft) -> DefinitionError | None:
        """Every fault of a draft, or None; nothing is written."""
        found = self.definitions.faults_of_draft(draft.name, draft.text, draft.agents)
        texts = {
            shown(self.workspace.root / path): content.decode()
            for path, content in draft.files().items()
            if path.endswith((".yaml", ".md"))
        }
        return DefinitionError(found, hint=NOTHING_WRITTEN, drafts=texts) if found else None

    def write(self, draft: Draft) -> tuple[str, ...]:
        """Write the draft whole; the paths of its files. Raises UsageError for a name that is taken, DefinitionError for faults of
        the draft; then, and where the disk takes no more, nothing of it is there."""
        self.check_flow_name(draft.name)
        if faults := self.faults(draft):
            raise faults
        return write_files(self.workspace.root, draft.files())

    def _flow_paths(self, name: str) -> tuple[Path, ...]:
        folder = self.workspace.root / "flows"
        return tuple(folder / f"{stem}{ending}" for stem in (name, name.replace("-", "_")) for ending in (".yaml", ".py"))

    def _comments(self, flow: Mapping[str, Json]) -> tuple[str, ...]:
        schema = (f"yaml-language-server: $schema=../{SCHEMA_FILE}",) if (self.workspace.root / SCHEMA_FILE).is_file() else ()
        return (*schema, f"Run it with: {first_run(flow)}")


def first_run(flow: Mapping[str, Json]) -> str:
    """The command that runs a flow, with the inputs that it cannot do without."""
    inputs = flow.get("inputs")
    needed = [name for name, entry in inputs.items() if isinstance(entry, Mapping) and entry.get("required")] if inputs else []
    return " ".join(("playnex flow run", str(flow.get("name")), *(f'--input {name}="…"' for name in needed)))


def first_run_of(draft: Draft) -> str:
    """The same, of a draft."""
    read = read_flow(draft.text, "").flow
    inputs: tuple[InputSpec, ...] = read.inputs if read else ()
    return first_run({"name": draft.name, "inputs": {spec.name: {"required": spec.required} for spec in inputs}})


def flow_from_json(text: str) -> dict[str, Json]:
    """A flow as a JSON object in the file's own words. Raises UsageError."""
    try:
        flow = json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise UsageError(f"the flow is not JSON: {fault}", hint='write it in the words of the file: {"steps": {"draft": {…}}}') from None
    if not isinstance(flow, dict):
        raise UsageError("the flow must be a JSON object", hint='write it in the words of the file: {"steps": {"draft": {…}}}')
    return flow


def write_files(root: Path, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Write the files, each from one moment to the next, and take back what is new where one cannot be written; their paths."""
    made: list[Path] = []
    try:
        for path, content in files.items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            made += [] if target.exists() else [target]
            _write_at_once(target, content)
    except BaseException:
        for target in made:
            target.unlink(missing_ok=True)
        raise
    return tuple(files)


def _write_at_once(target: Path, content: bytes) -> None:
    aside = target.with_name(f".{target.name}.new")
    try:
        aside.write_bytes(content)
        os.replace(aside, target)
    except BaseException:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise


def _check_slug(name: str, noun: str) -> None:
    if not SLUG.fullmatch(name):
        near = slug(name)
        hint = f"try {near}" if SLUG.fullmatch(near) and near != "untitled" else "use small letters and digits, joined by single hyphens"
        raise UsageError(f"{name!r} cannot be the name of {'an' if noun == 'agent' else 'a'} {noun}", hint=hint)


def _first_sentence(text: str) -> str:
    line = " ".join(text.split())
    head, stop, _ = line.partition(". ")
    return head + ("." if stop else "")


def _renamed(text: str, name: str) -> str:
    lines = text.splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if line.startswith("name:"))
    return "".join((*lines[:at], f"name: {name}\n", *lines[at + 1 :]))
