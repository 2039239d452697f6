"""What the author of a Python flow declares about it; sets an attribute and nothing else."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar, overload

from playnex.canonical import Json
from playnex.spec.context import StepContext
from playnex.spec.flow import NO_LIMITS, Budget

ATTRIBUTE = "__playnex_flow__"

FlowFunction: TypeAlias = Callable[[StepContext, Any], Awaitable[Json]]
Function = TypeVar("Function", bound=FlowFunction)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowDeclaration:
    """`name` is empty for the function's own, with hyphens; `budget` limits each run."""

    name: str = ""
    budget: Budget = NO_LIMITS


@overload
def flow(function: Function, /) -> Function: ...


@overload
def flow(*, name: str = "", budget: Budget = NO_LIMITS) -> Callable[[Function], Function]: ...


def flow(function: Function | None = None, /, *, name: str = "", budget: Budget = NO_LIMITS) -> Function | Callable[[Function], Function]:
    """Make an async function of a context and inputs a flow: `@playnex.flow async def ticket(ctx, inputs)` in `flows/ticket.py`
    is run by `playnex flow run ticket`. Where `inputs` is annotated with a dataclass, its fields are the flow's inputs."""

    def declare(declared: Function) -> Function:
        setattr(declared, ATTRIBUTE, FlowDeclaration(name=name, budget=budget))
        return declared

    return declare if function is None else declare(function)


def declaration_of(function: Any) -> FlowDeclaration | None:
    """What was declared of the function, if it is a flow."""
    found = getattr(function, ATTRIBUTE, None)
    return found if isinstance(found, FlowDeclaration) else None


def flow_name(function: Any) -> str:
    """What the flow is called."""
    declared = declaration_of(function)
    return (declared.name if declared else "") or str(function.__name__).replace("_", "-")
