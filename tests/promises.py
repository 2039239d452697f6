"""The promises that Playnex makes today: each with its page in the docs and the tests that prove it.

The ids are those of the requirements. tests/house/test_promises.py holds both ways: every promise that is due is here, and
every page and test named here exists.
"""

from dataclasses import dataclass

DUE = ("F1", "F3", "F4", "F5", "F6", "F15", "T2", "T4", "A1", "A2", "A4", "A8", "A9", "X1", "X2", "L1", "L2", "M1", "M2", "M3", "W1", "W3")
"""What this release has to keep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A tested guarantee: `docs` is a page and its heading, `tests` are `file::function` below the repository."""

    id: str
    says: str
    docs: str
    tests: tuple[str, ...] = ()


PROMISES = (
    Promise(
        id="F1",
        says="A flow has a name, typed inputs, steps in order and an output.",
        docs="docs/flow-file.md#at-the-top",
    ),
    Promise(
        id="F3",
        says="A saved flow runs by its name; the exit code tells success, a bad file, a missing input, failure and interruption apart.",
        docs="docs/exit-codes.md#exit-codes",
    ),
    Promise(
        id="F4",
        says="What is missing, ill-typed or unknown is refused before any model request, with file, line, column and the mend.",
        docs="docs/flow-file.md#flow-files",
    ),
    Promise(
        id="F5",
        says="Steps that declare nothing else run in the listed order, and each gets what it needs from the ones before.",
        docs="docs/flow-file.md#agent",
    ),
    Promise(
        id="F6",
        says="Each step's result is a capsule as soon as the step ends, and survives a kill at any moment.",
        docs="docs/durability.md#the-journal",
    ),
    Promise(
        id="F15",
        says="research-to-article turns a folder of notes into an article capsule with four agents.",
        docs="docs/first-flow.md#your-first-flow",
    ),
    Promise(
        id="T2",
        says="After kill -9 a run resumes where it was; an answered request and a finished call or step never happen again.",
        docs="docs/durability.md#the-promise",
    ),
    Promise(
        id="T4",
        says="A run keeps the definition that it started with, and says so when its journal does not fit the code.",
        docs="docs/durability.md#the-definition-is-pinned",
    ),
    Promise(
        id="A1",
        says="An agent is purpose, model, tools, memory and limits; two agents of one flow can differ in all.",
        docs="docs/agents.md#agents",
    ),
    Promise(
        id="A2",
        says="An agent runs alone, and a flow of one step makes no more requests than the agent alone.",
        docs="docs/agents.md#alone",
    ),
    Promise(
        id="A4",
        says="Every agent has a cap of turns, 20 by default and 200 at most; a capped one returns what it has, marked incomplete.",
        docs="docs/agents.md#limits",
    ),
    Promise(
        id="A8",
        says="Typed output is checked; a break is sent back once, then the fallback is taken.",
        docs="docs/flow-file.md#output",
    ),
    Promise(
        id="A9",
        says="The model is chosen per agent by configuration, any OpenAI-compatible local server among them.",
        docs="docs/models.md#a-better-model",
    ),
    Promise(
        id="X1",
        says="All tools go through one interface and one gate, and their arguments are checked first.",
        docs="docs/agents.md#tools",
    ),
    Promise(
        id="X2",
        says="An agent calls only the tools of its own list; anything else is refused and recorded.",
        docs="docs/security.md#tools",
    ),
    Promise(
        id="L1",
        says="In local mode models are on loopback only, and everything lies in one folder.",
        docs="docs/security.md#local-mode",
    ),
    Promise(
        id="L2",
        says="The first flow needs no account and, once the embedded model is there, no network.",
        docs="docs/models.md#the-embedded-model",
    ),
    Promise(
        id="M1",
        says="A capsule is free, readable text with versions, and each version knows who wrote it.",
        docs="docs/concepts.md#capsule",
    ),
    Promise(
        id="M2",
        says="Capsules are listed, created from typed, piped or file text, viewed and deleted from the command line.",
        docs="docs/cli.md#commands",
    ),
    Promise(
        id="M3",
        says="Agents share capsules; of two writers at once, none loses an update silently.",
        docs="docs/concepts.md#version",
    ),
    Promise(
        id="W1",
        says="A run is watched on the command line: step, agent, state, tokens, time.",
        docs="docs/first-flow.md#run-it",
    ),
    Promise(
        id="W3",
        says="Every command that prints data has --json; without a terminal there is no colour; errors say what to do.",
        docs="docs/cli.md#commands",
    ),
)
