"""A flow that another one calls: its own budget holds for what it spends, and all of that is its caller's spending too.

One that has exhausted its own budget has failed, and its caller decides what follows; one that has exhausted its caller's ends with it.
"""

import asyncio
from collections.abc import Mapping
from functools import partial

from playnex.canonical import Json
from playnex.engine.code import Code
from playnex.engine.execution import Execution
from playnex.errors import BudgetExhausted, StepFailed
from playnex.spec.context import Attempt, StepContext
from playnex.spec.flow import NO_LIMITS
from playnex.spec.python_flow import FlowFunction, declaration_of


def own_code(function: FlowFunction, given: Mapping[str, Json]) -> Code:
    """A function that is a flow, with its inputs, as what is carried out."""
    declared = declaration_of(function)
    return Code(body=partial(_called, function, given), budget=declared.budget if declared else NO_LIMITS)


async def _called(function: FlowFunction, given: Mapping[str, Json], context: StepContext) -> Json:
    return await function(context, given)


async def call(execution: Execution, attempt: Attempt, *, flow: str, code: Code) -> Json:
    """What the flow returns that is called by this step. Raises StepFailed with the reason `exhausted` where its own budget is."""
    if code.budget == NO_LIMITS:
        return await code.body(attempt.context)
    purse = execution.purses.open(attempt.key, flow, code.budget)
    left, began = None if code.budget.time is None else code.budget.time - purse.seconds, execution.clock.monotonic()
    if left is not None and left <= 0:
        raise _failed(purse.out_of_time(attempt.key))
    try:
        async with asyncio.timeout(left) as clock:
            return await code.body(attempt.context)
    except TimeoutError:
        if not clock.expired():
            raise
        raise _failed(purse.out_of_time(attempt.key)) from None
    except BudgetExhausted:
        if purse.exhausted is None or execution.exhaustion() is not None:
            raise
        raise _failed(purse.exhausted) from None
    finally:
        purse.seconds += execution.clock.monotonic() - began


def _failed(exhausted: BudgetExhausted) -> StepFailed:
    """The same as an ordinary failure, which the caller may mend."""
    return StepFailed(exhausted.message, step=exhausted.step, reason=exhausted.reason)
