from dataclasses import dataclass
from typing import Annotated

import playnex
from playnex.patterns import Handoff

DESK = Handoff(agents=("reception", "workshop", "till"), hops=4)


@dataclass
class Customer:
    says: Annotated[str, "What the customer says"]


@playnex.flow
async def front_desk(ctx: playnex.Context, inputs: Customer):
    """A customer is answered by whoever can, and each hands on what it has found."""
    result = await DESK.run(ctx, f"Answer this customer of a bicycle shop: {inputs.says}")
    return {"answer": result.output, "way": result.reason}
