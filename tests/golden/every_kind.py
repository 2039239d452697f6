"""A flow with a step of every kind. Golden journals were written by it: it must not change any more."""

from typing import Any

from playnex.canonical import Json
from playnex.spec.context import Approval, Attempt, StepContext, StepPlan
from playnex.spec.envelope import Envelope
from playnex.spec.flow import RetrySpec

RUNS = ("finished", "waiting", "unknown", "decided", "cut", "mended")
PLAIN: Json = {"$blob": "no blob", "text": "ü 潮"}
ANSWERS: dict[str, Json] = {"go": {"who": "ana", "when": [1, 2.5, None]}, "send": {"approved": True, "value": "as edited"}}
LONG = "What was said before is said again. " * 120


async def every_kind(context: StepContext, inputs: Any) -> Json:
    """Steps one after another, side by side, waiting, failing; long texts that grow."""

    async def plain() -> Json:
        return PLAIN

    async def fails(attempt: Attempt) -> Envelope:
        if attempt.number < 3:
            raise OSError("not yet")
        return Envelope(output=attempt.number)

    async def breaks(attempt: Attempt) -> Envelope:
        raise OSError("never")

    async def stand_in(failed: Envelope, attempt: Attempt) -> Envelope:
        return Envelope(output="stand-in")

    async def part(inner: StepContext, item: int) -> Json:
        return await inner.step("part", plain) and item

    async def long() -> Json:
        return LONG

    async def longer() -> Json:
        return LONG + "And more. " * 30

    told: list[Json] = [await context.step("plain", plain), await context.scope("sub").step("plain", plain)]
    told.append(await context.map(range(3), part, at_most=2))
    told.append((await context.perform("fails", fails, StepPlan(retry=RetrySpec(times=2)))).output)
    told.append((await context.perform("breaks", breaks, StepPlan(fallback=stand_in, announce=True, input="given"))).output)
    told += [len(await context.step("long", long)), len(await context.step("longer", longer))]
    await context.sleep(60)
    told.append(await context.step("pay", plain, effect="once"))
    told.append(await context.wait_for("go"))
    told.append(await context.approve("send", Approval(message="Send it?", show="the text", editable=True)))
    told += [await context.now() > 0, context.random(), context.uuid()]
    return told
