from dataclasses import dataclass
from typing import Annotated

import playnex
from playnex.patterns import Supervisor

TEAM = Supervisor(supervisor="editor", workers=("reader", "checker"), delegations=8)


@dataclass
class Question:
    question: Annotated[str, "What you want to know of the reports"]


@playnex.flow
async def ask_reports(ctx: playnex.Context, inputs: Question):
    """An editor answers a question; a reader and a checker work for it."""
    return (await TEAM.run(ctx, inputs.question)).output
