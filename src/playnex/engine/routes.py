"""The route that a switch took, as the step below its own records it."""

from playnex.canonical import Json

ROUTE = "route"
"""The step below a switch's own in which its route is recorded."""


def is_route(output: Json) -> bool:
    """Whether a record's output is a route, and not that of somebody's own step of that name."""
    return isinstance(output, dict) and output.keys() == {"value", "to", "by"}
