"""What `playnex model test` saw of models, and the file of the workspace in which it is kept."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

import msgspec

from playnex.canonical import Json
from playnex.config import ModelSettings
from playnex.models.model import ModelCard
from playnex.models.pace import address

FILE = "models.json"
SCHEMA = "playnex.probed-models/1"

Ending = Literal["", "cut", "lost", "refused", "failed", "slow", "enough"]
"""Why no longer prompt was read: cut in silence, and the count shows it; no longer known in the answer, though all of it was counted, or
nothing; refused; the server failed. Not a limit of the server: the time or the tokens of the probe were used up, or it was enough."""

LIMITS: tuple[Ending, ...] = ("cut", "lost", "refused", "failed")

Counting = Literal["", "right", "wrong", "nothing"]
"""Whether the server's count of prompt tokens can be right; empty where nobody looked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """A model as it was seen `at` some time (seconds since 1970). `window` is the longest prompt, in tokens, that was read whole (0: nobody
    looked), `ending` why no longer one was. Speeds are in tokens a second, 0 where they could not be told; `seconds` is the time of the
    first answer. `notes` say what was wrong, in sentences."""

    base_url: str
    name: str
    at: float
    window: int = 0
    ending: Ending = ""
    counting: Counting = ""
    tool_calling: bool = False
    json_schema: bool = False
    seconds: float = 0.0
    tokens_per_second: float = 0.0
    prompt_tokens_per_second: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def is_limit(self) -> bool:
        """Whether `window` is all that the server reads, and not only all that was tried."""
        return self.ending in LIMITS

    @property
    def key(self) -> tuple[str, str]:
        """What it is kept under: the server's address and the model's name there."""
        return address(self.base_url), self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbedModels:
    """The file of what was seen. It can be thrown away: a file that cannot be read is none."""

    path: Path

    def all(self) -> tuple[Probed, ...]:
        """Every model that was ever probed."""
        try:
            document = json.loads(self.path.read_bytes())
            return tuple(msgspec.convert(document["models"], type=list[Probed]))
        except (OSError, ValueError, LookupError, TypeError, msgspec.ValidationError):
            return ()

    def find(self, card: ModelCard) -> Probed | None:
        """What was seen of that model, if anything."""
        return next((seen for seen in self.all() if seen.key == (address(card.base_url), card.name)), None)

    def keep(self, seen: Probed) -> Probed:
        """Keep it in place of what was seen before, whose window stays where nobody looked for one now; what is kept."""
        known = self.all()
        before = next((each for each in known if each.key == seen.key), None)
        if before is not None and not seen.window:
            seen = replace(seen, window=before.window, ending=before.ending, counting=before.counting)
        models = [*(asdict(each) for each in known if each.key != seen.key), asdict(seen)]
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps({"schema": SCHEMA, "models": models}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        part.replace(self.path)
        return seen


def with_seen(card: ModelCard, seen: Probed, settings: ModelSettings | None) -> ModelCard:
    """The card, corrected by what was seen. What playnex.toml says of the abilities stands; of its window and the one that was seen the
    smaller one is taken. A window that nobody wrote down is a guess, which gives way to what was seen."""
    return replace(
        card,
        probed=seen.at,
        context=_window(card, seen, settings),
        tool_calling=_said(settings.tool_calling if settings else None, seen.tool_calling),
        json_schema=_said(settings.json_schema if settings else None, seen.json_schema),
    )


def _window(card: ModelCard, seen: Probed, settings: ModelSettings | None) -> int:
    if not seen.window:
        return card.context
    if settings is not None and settings.context:
        return min(settings.context, seen.window) if seen.is_limit else settings.context
    return seen.window if seen.is_limit else max(card.context, seen.window)


def _said(written: bool | None, seen: bool) -> bool:
    return seen if written is None else written


def probed_json(seen: Probed) -> Mapping[str, Json]:
    """It as part of a document for programs: the window as `{tokens, ending, is_limit}`."""
    window = {"tokens": seen.window, "ending": seen.ending, "is_limit": seen.is_limit, "counting": seen.counting} if seen.window else None
    return {"at": seen.at, "window": window, "tool_calling": seen.tool_calling, "json_schema": seen.json_schema}
