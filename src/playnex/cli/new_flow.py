"""The flags of `playnex flow create`: a new flow, as far as the command line says it."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFlow:
    """What the flags say; empty is what they do not say."""

    description: Annotated[str, Parameter(help="what the flow is for, in one line")] = ""
    inputs: Annotated[
        tuple[str, ...],
        Parameter(
            name=["--input", "-i"],
            metavar="NAME:TYPE",
            negative=(),
            help="an input: topic:string!, length:integer=400 # Words; repeat for more",
        ),
    ] = ()
    steps: Annotated[
        tuple[str, ...],
        Parameter(name="--step", metavar="ID=WHAT", negative=(), help="a step: 'draft=agent:writer prompt:…'; repeat for more, in order"),
    ] = ()
    agents: Annotated[
        tuple[str, ...],
        Parameter(name="--agent", metavar="NAME=PURPOSE", negative=(), help="an agent to be made, and what it is told to be"),
    ] = ()
    output: Annotated[str, Parameter(metavar="STEP", help="the step whose output the flow returns; the last one where nothing is said")] = (
        ""
    )
    save: Annotated[str, Parameter(metavar="NAME", help="the capsule to keep that output in")] = ""
    template: Annotated[str, Parameter(metavar="NAME", help="a ready flow to begin with, such as research; its agents come with it")] = ""
    from_json: Annotated[
        str,
        Parameter(
            metavar="FILE", allow_leading_hyphen=True, help="a JSON file with the flow, in the words of the flow file; - reads stdin"
        ),
    ] = ""
