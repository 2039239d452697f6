"""The brief of a flow, as its agents are told it."""

from collections.abc import Iterable, Mapping

from playnex.canonical import Json
from playnex.spec.expression import render
from playnex.spec.flow import BriefSpec


def brief_text(brief: BriefSpec, inputs: Mapping[str, Json]) -> str:
    """Goal, constraints, context and success, each under its name, with the inputs filled in; empty where the flow has no brief.
    Raises ExpressionError."""
    parts = (
        ("Goal", brief.goal),
        ("Constraints", _points(brief.constraints)),
        ("Context", brief.context),
        ("It is a success when", _points(brief.success)),
    )
    return "\n\n".join(f"{name}:\n{render(text, {'inputs': inputs}).strip()}" for name, text in parts if text)


def brief_templates(brief: BriefSpec) -> tuple[str, ...]:
    """All its texts, as they are written."""
    return (brief.goal, *brief.constraints, brief.context, *brief.success)


def _points(texts: Iterable[str]) -> str:
    return "\n".join(f"- {text.strip()}" for text in texts)
