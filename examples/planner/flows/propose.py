from dataclasses import dataclass
from typing import Annotated

import playnex
from playnex.patterns import PlanBounds, Planner


@dataclass
class Wish:
    goal: Annotated[str, "What you want a proposal for"]
    ask: Annotated[bool, "Show me the plan before it is carried out"] = False


@playnex.flow
async def propose(ctx: playnex.Context, inputs: Wish):
    """A plan is made, carried out, and written up as a proposal."""
    team = Planner(
        planner="planner",
        executors=("scout", "reckoner"),
        writer="writer",
        approve=inputs.ask,
        bounds=PlanBounds(steps=6, replans=1),
    )
    return (await team.run(ctx, f"Write a proposal for this: {inputs.goal}")).output
