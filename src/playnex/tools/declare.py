"""What the author of a Python tool declares about it; sets an attribute and nothing else."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Never, TypeVar, get_args

from playnex.errors import UsageError
from playnex.spec.context import Effect
from playnex.spec.tool_rules import EFFECTS, NEVER, Egress

DeclaredEgress = Literal["none", "remote", "account"]
"""Whether a call can leave the machine, and whether it signs in to an account there."""

DECLARED: tuple[DeclaredEgress, ...] = get_args(DeclaredEgress)

ATTRIBUTE = "__playnex_tool__"

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """`effect` is what a second run would do, None where nothing is said; `timeout` in seconds bounds each call; `untrusted` marks what
    the tool returns as coming from outside. `approval` says when a person is asked first, `egress` whether a call leaves the machine, and
    `sinks` which arguments matter where it writes, sends, pays or deletes (None: all of them). One with an `account` signs in somewhere
    else: then each call leaves the machine, and in local mode the workspace has to name it."""

    effect: Effect | None = None
    timeout: float = 60.0
    untrusted: bool = False
    approval: str = NEVER
    egress: Egress = "none"
    sinks: tuple[str, ...] | None = None
    account: bool = False


UNDECLARED = Declaration()


def tool(
    *bare: Never,
    effect: Effect | None = None,
    timeout: float = 60.0,
    untrusted: bool = False,
    approval: str = NEVER,
    egress: DeclaredEgress = "none",
    sinks: Sequence[str] | None = None,
) -> Callable[[Function], Function]:
    """Declare a function of `tools/*.py`: `@playnex.tool(effect="idempotent", timeout=5)`, or of one that sends
    `@playnex.tool(effect="once", egress="remote", sinks=("to",), approval="args.amount > 100")`.

    Raises UsageError for an effect, a timeout or an egress that there cannot be, and where nothing is declared."""
    if bare:
        raise UsageError('a tool that declares nothing needs no decorator; to declare, write @playnex.tool(effect="idempotent")')
    if effect not in (None, *EFFECTS):
        raise UsageError(f"a tool's effect cannot be {effect!r}; choose one of {', '.join(EFFECTS)}")
    if not 0 < timeout < float("inf"):
        raise UsageError(f"a tool's timeout cannot be {timeout!r}; give a number of seconds above zero")
    if egress not in DECLARED:
        raise UsageError(f"a tool's egress cannot be {egress!r}; choose one of {', '.join(DECLARED)}")
    if not isinstance(approval, str):
        raise UsageError(f"a tool's approval cannot be {approval!r}; write 'never', 'ask', or a rule such as 'args.amount > 100'")
    if isinstance(sinks, str):
        raise UsageError(f"a tool's sinks are a list of its parameters; write sinks=({sinks!r},)")
    declaration = Declaration(
        effect=effect,
        timeout=timeout,
        untrusted=untrusted,
        approval=approval,
        egress="none" if egress == "none" else "remote",
        account=egress == "account",
        sinks=None if sinks is None else tuple(sinks),
    )

    def declare(function: Function) -> Function:
        setattr(function, ATTRIBUTE, declaration)
        return function

    return declare


def declared(function: Callable[..., Any]) -> Declaration:
    """What its author declared, else the careful default."""
    found = getattr(function, ATTRIBUTE, UNDECLARED)
    return found if isinstance(found, Declaration) else UNDECLARED
