"""Reading on in what was cut: the tool that every agent has whose results or material were too long for its window."""

from collections.abc import Mapping

from playnex.canonical import Json
from playnex.models.model import ToolOffer
from playnex.spec.context import CodeTool, StepContext
from playnex.spec.envelope import Envelope

READ = "result.read"
LEAST = 200
"""Characters of a page, however small the window is."""

PARAMETERS: Mapping[str, Json] = {
    "type": "object",
    "properties": {
        "result": {"type": "string", "description": "Which one, as the mark at its end says"},
        "start": {"type": "integer", "minimum": 0, "description": "The character to go on from"},
    },
    "required": ["result"],
    "additionalProperties": False,
}
DESCRIPTION = "Read on in a result or in material that was cut; each page says where the next one begins."
OFFER = ToolOffer(name=READ, description=DESCRIPTION, parameters=PARAMETERS)


def read_on(at: str, start: int) -> str:
    """How to read on, in words for the model."""
    return f'read on with {READ} {{"result": "{at}", "start": {start}}}'


def pager(wholes: Mapping[str, str], page: int) -> CodeTool:
    """The tool over these texts, in pages of so many characters."""

    async def read(arguments: Mapping[str, Json], _context: StepContext) -> Envelope:
        text, start = wholes.get(arguments["result"]), arguments.get("start", 0)
        if text is None:
            known = ", ".join(wholes) or "none"
            return Envelope(
                status="failed", reason="not-found", output={"error": f"there is no {arguments['result']!r}; there are: {known}"}
            )
        return Envelope(output=page_of(text, start, max(LEAST, page)))

    return CodeTool(name=READ, description=DESCRIPTION, parameters=PARAMETERS, call=read)


def page_of(text: str, start: int, length: int) -> str:
    """The page of the text that begins there, under a line that says where it stands and where the next one begins."""
    end = min(len(text), start + length)
    following = f"the next page: start {end}" if end < len(text) else "this is the end"
    return f"[characters {start:,} to {end:,} of {len(text):,}; {following}]\n{text[start:end]}"
