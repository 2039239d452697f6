"""Arguments and flags that several commands share."""

from typing import Annotated

from cyclopts import Parameter

AsJson = Annotated[bool, Parameter(name="--json", negative=(), help="print one JSON document on stdout, and nothing else there")]
Limit = Annotated[int, Parameter(metavar="N", help="how many at most")]
RunId = Annotated[str, Parameter(help="a run: the start or end of its id, or `last`")]
BatchId = Annotated[str, Parameter(help="a batch: the start or end of its id, or `last`")]
CapsuleId = Annotated[str, Parameter(help="a capsule: its name, the start or end of its id, or runs/ID/STEP for a step's result")]
FlowName = Annotated[str, Parameter(help="a flow, as `playnex flow list` names it")]
AgentName = Annotated[str, Parameter(help="an agent, as `playnex agent list` names it")]
