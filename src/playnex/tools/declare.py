"""What the author of a Python tool declares about it; sets an attribute and nothing else."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Never, TypeVar, get_args

from playnex.errors import UsageError
from playnex.spec.context import Effect

ATTRIBUTE = "__playnex_tool__"

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """`effect` is what a second run would do, None where nothing is said; `timeout` in seconds bounds each call; `untrusted` marks what
    the tool returns as coming from outside."""

    effect: Effect | None = None
    timeout: float = 60.0
    untrusted: bool = False


EFFECTS: tuple[Effect, ...] = get_args(Effect)
UNDECLARED = Declaration()


def tool(*bare: Never, effect: Effect | None = None, timeout: float = 60.0, untrusted: bool = False) -> Callable[[Function], Function]:
    """Declare a function of `tools/*.py`: `@playnex.tool(effect="idempotent", timeout=5)`.

    Raises UsageError for an effect or a timeout that there cannot be, and where nothing is declared."""
    if bare:
        raise UsageError('a tool that declares nothing needs no decorator; to declare, write @playnex.tool(effect="idempotent")')
    if effect not in (None, *EFFECTS):
        raise UsageError(f"a tool's effect cannot be {effect!r}; choose one of {', '.join(EFFECTS)}")
    if not 0 < timeout < float("inf"):
        raise UsageError(f"a tool's timeout cannot be {timeout!r}; give a number of seconds above zero")
    declaration = Declaration(effect=effect, timeout=timeout, untrusted=untrusted)

    def declare(function: Function) -> Function:
        setattr(function, ATTRIBUTE, declaration)
        return function

    return declare


def declared(function: Callable[..., Any]) -> Declaration:
    """What its author declared, else the careful default."""
    found = getattr(function, ATTRIBUTE, UNDECLARED)
    return found if isinstance(found, Declaration) else UNDECLARED
