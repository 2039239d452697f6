"""What is said of tools beside what they do: when a person is asked, whether a call leaves the machine, and which arguments matter."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from playnex.canonical import Json
from playnex.errors import ExpressionError
from playnex.spec.context import Effect
from playnex.spec.expression import evaluate, expression_faults, expression_references
from playnex.spec.faults import Place, did_you_mean

Egress = Literal["none", "remote"]
"""Whether a call can leave the machine."""

NEVER, ASK = "never", "ask"
EGRESSES: tuple[Egress, ...] = get_args(Egress)
EFFECTS: tuple[Effect, ...] = get_args(Effect)
CONSEQUENTIAL = "consequential"
"""The word in an agent's `approval` for all calls that have consequences."""

ARGUMENTS = "args"
"""The one name that a rule knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolRule:
    """What playnex.toml says of the tools whose names fit `pattern`; None where it leaves something as the tool declares it. `remote` is
    the user's word that they may sign in to a remote account."""

    pattern: str
    place: Place
    approval: str | None = None
    egress: Egress | None = None
    effect: Effect | None = None
    sinks: tuple[str, ...] | None = None
    untrusted: bool | None = None
    private: bool | None = None
    gives: Mapping[str, str] | None = None
    remote: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong with something that is said of a tool, and the mend."""

    message: str
    hint: str = ""


def approval_problem(said: str, parameters: Mapping[str, Json] | None = None) -> Problem | None:
    """Why this is no way to say when a person is asked: `never`, `ask`, or an expression over `args`. Where the tool's `parameters` (a
    JSON Schema) are known, the rule may name no others."""
    if said in (NEVER, ASK):
        return None
    if faults := expression_faults(said):
        return Problem(message=f"{said!r} is no rule: {faults[0].message}", hint=faults[0].hint)
    for reference in expression_references(said):
        name = str(reference.keys[0])
        if name != ARGUMENTS:
            hint = did_you_mean(said, (NEVER, ASK)) or "write never, ask, or a rule such as args.amount > 100"
            return Problem(message=f"a rule knows `args`, not {name!r}", hint=hint)
        if parameters is not None and len(reference.keys) > 1 and (problem := _unknown(str(reference.keys[1]), parameters)):
            return problem
    if not expression_references(said):
        return Problem(message=f"the rule {said!r} looks at no argument", hint="write never, ask, or a rule such as args.amount > 100")
    return None


def sinks_problem(sinks: tuple[str, ...], parameters: Mapping[str, Json]) -> Problem | None:
    """Why these cannot be the arguments that matter."""
    return next((problem for name in sinks if (problem := _unknown(name, parameters))), None)


def _unknown(name: str, parameters: Mapping[str, Json]) -> Problem | None:
    known = tuple(parameters.get("properties", ()))
    if name in known or parameters.get("additionalProperties", True):
        return None
    return Problem(message=f"the tool has no parameter {name!r}", hint=did_you_mean(name, known) or f"it has: {', '.join(known) or 'none'}")


def why_it_asks(said: str, arguments: Mapping[str, Json], parameters: Mapping[str, Json]) -> str:
    """Why a call with these arguments asks a person by this rule; empty where it does not. A rule that cannot be worked out asks, and so
    does one over an argument that is neither given nor has a default."""
    if said == NEVER:
        return ""
    if said == ASK:
        return "every call of it asks"
    defaults = {name: part["default"] for name, part in parameters.get("properties", {}).items() if "default" in part}
    known = defaults | dict(arguments)
    named = (str(reference.keys[1]) for reference in expression_references(said) if len(reference.keys) > 1)
    if missing := [name for name in named if name not in known]:
        return f"its rule cannot be worked out: there is no {missing[0]!r} in {said}"
    try:
        return f"its rule holds: {said}" if evaluate(said, {ARGUMENTS: known}) else ""
    except ExpressionError as error:
        return f"its rule cannot be worked out: {error.message}"
