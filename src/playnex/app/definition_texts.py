"""The files of flows and agents as texts that a person edits: checked as they are typed, written unless somebody was faster."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playnex.app import python_outline
from playnex.app.creating import write_files
from playnex.app.opening import App
from playnex.app.run_graph import graph_of
from playnex.canonical import Json
from playnex.errors import DefinitionError, UsageError
from playnex.spec.check_flow import warnings_of
from playnex.spec.faults import Fault
from playnex.spec.flow import FlowSpec
from playnex.spec.read_flow import read_flow
from playnex.workspace import PYTHON_ENDING, shown

Noun = Literal["flow", "agent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A file's text; `stamp` is the SHA-256 of it, in hexadecimal."""

    path: Path
    text: str

    @property
    def stamp(self) -> str:
        """What an edit says that it was made from."""
        return hashlib.sha256(self.text.encode("utf-8", "replace")).hexdigest()

    @property
    def is_python(self) -> bool:
        """Whether it is a program."""
        return self.path.suffix == PYTHON_ENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFaults:
    """What is wrong with a text, what may be, and the flow that it is where nothing is wrong."""

    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...] = ()
    flow: FlowSpec | None = None

    def document(self) -> dict[str, Json]:
        """As JSON; with the graph of the steps where it can be drawn."""
        return {
            "faults": [fault_json(fault) for fault in self.faults],
            "warnings": [fault_json(fault) for fault in self.warnings],
            "graph": graph_of(self.flow) if self.flow and self.flow.steps else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinitionTexts:
    """Those of an open workspace."""

    app: App

    def read(self, noun: Noun, name: str) -> Text:
        """The file as it is. Raises NotFoundError."""
        workspace = self.app.workspace
        path = workspace.flow_path(name) if noun == "flow" else workspace.agent_path(name)
        return Text(path=path, text=path.read_text(encoding="utf-8", errors="replace"))

    def check(self, noun: Noun, name: str, text: str) -> TextFaults:
        """What is wrong with the text, were it the file's; no code of it is run. Raises NotFoundError."""
        now = self.read(noun, name)
        if now.is_python:
            return TextFaults(faults=python_outline.faults_of(text, shown(now.path)))
        definitions = self.app.definitions
        if noun == "agent":
            return TextFaults(faults=definitions.faults_of_agent(name, text))
        read = read_flow(text, shown(now.path))
        faults = definitions.faults_of_draft(name, text, {})
        return TextFaults(faults=faults, warnings=() if faults else warnings_of(read), flow=None if faults else read.flow)

    def write(self, noun: Noun, name: str, change: "Change") -> Text:
        """Put the text in the file's place. Raises UsageError where the file is another one by now, DefinitionError with every fault of the
        text, unless it is to be written all the same."""
        now = self.read(noun, name)
        if now.stamp != change.expected:
            raise UsageError(f"{shown(now.path)} was changed meanwhile", hint="look at what it says now, then save again")
        faults = () if change.anyway else self.check(noun, name, change.text).faults
        if faults:
            raise DefinitionError(faults, hint="nothing was written", drafts={shown(now.path): change.text})
        root = self.app.workspace.root
        write_files(root, {now.path.relative_to(root).as_posix(): change.text.encode()})
        return self.read(noun, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A text in a file's place: `expected` is the stamp of the text that it was made from; `anyway` writes it with its faults."""

    text: str
    expected: str
    anyway: bool = False


def fault_json(fault: Fault) -> Json:
    """A fault as JSON; line and column count from 1."""
    place = fault.place
    return {
        "path": place.path,
        "line": place.line,
        "column": place.column,
        "width": place.width,
        "message": fault.message,
        "hint": fault.hint,
    }
