"""`playnex model test` carried out: a model is asked what shows its window, tools, JSON and speed, and what was seen is kept."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from playnex.app.listing import workspace_of
from playnex.canonical import Json
from playnex.clock import Clock, SystemClock
from playnex.config import ModelSettings, is_loopback
from playnex.errors import ModelUnavailable
from playnex.models.ability_probe import AbilityProbe, SchemaSeen, ToolsSeen
from playnex.models.directory import Sources, WorkspaceModels
from playnex.models.discovery import chat_models_at
from playnex.models.model import ModelCard
from playnex.models.probed import FILE, Probed, ProbedModels, with_seen
from playnex.models.window_probe import Bare, Bounds, WindowProbe, WindowSeen
from playnex.secrets.references import References
from playnex.workspace import data_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """A model's card as it is used from now on, and what was seen of the model."""

    card: ModelCard
    seen: Probed
    tools: ToolsSeen
    schema: SchemaSeen

    def document(self) -> dict[str, Json]:
        """`playnex.model/1`. `context` is the window in use, `window` what was measured (null with `--quick`, where it never was); speeds
        are in tokens a second."""
        card, seen = self.card, self.seen
        window = {"tokens": seen.window, "ending": seen.ending, "is_limit": seen.is_limit, "counting": seen.counting}
        return {
            "schema": "playnex.model/1",
            "alias": card.alias,
            "name": card.name,
            "kind": card.kind,
            "base_url": seen.base_url,
            "context": card.context,
            "local": card.local,
            "seconds": round(seen.seconds, 3),
            "tokens_per_second": round(seen.tokens_per_second, 1),
            "prompt_tokens_per_second": round(seen.prompt_tokens_per_second, 1),
            "json_schema": seen.json_schema,
            "tool_calling": seen.tool_calling,
            "tools": asdict(self.tools),
            "window": window if seen.window else None,
            "price": {"source": card.price.source, "usd_per_1k": card.price.usd(1000, 0), "usd_per_1k_output": card.price.usd(0, 1000)},
            "probed": seen.at,
            "notes": list(seen.notes),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeOrder:
    """What is to be probed: an alias, or the address of a server; `seconds` bound the search for the window; None leaves it out."""

    model: str
    seconds: float | None = Bounds().seconds


async def examine(typed: str, order: ProbeOrder, tell: Callable[[str], None]) -> Examination:
    """Probe the model and keep what was seen in the workspace; `tell` is told each trial before it begins.

    Raises what the first answer raises: NotFoundError, CredentialError, ModelUnavailable, ModelRefused."""
    workspace = workspace_of(typed)
    config, clock = workspace.config(), SystemClock()
    settings = dict(config.models) | await _at_address(order.model)
    models = WorkspaceModels(
        Sources(settings=settings, data=data_folder(os.environ), local=config.local, secrets=References(os.environ)), clock
    )
    try:
        card = await models.card(order.model)
        seen, tools, schema = await _Probing(model=await models.get(order.model), clock=clock, tell=tell).all_of(order, card)
    finally:
        await models.close()
    kept = ProbedModels(path=workspace.own / FILE).keep(seen)
    return Examination(card=with_seen(card, kept, settings.get(order.model)), seen=kept, tools=tools, schema=schema)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Probing:
    model: Bare
    clock: Clock
    tell: Callable[[str], None]

    async def all_of(self, order: ProbeOrder, card: ModelCard) -> tuple[Probed, ToolsSeen, SchemaSeen]:
        """Every trial. The model is kept under the address of its card, for that of the embedded one is another each time."""
        abilities = AbilityProbe(model=self.model, clock=self.clock, tell=self.tell)
        speed = await abilities.speed()
        tools, schema = await abilities.tools(), await abilities.schema()
        window = await self._window(order.seconds)
        notes = (("tools", tools.note), ("JSON by schema", schema.note), ("window", window.note))
        seen = Probed(
            base_url=card.base_url,
            name=card.name,
            at=self.clock.now(),
            window=window.tokens,
            ending=window.ending,
            counting=window.counting,
            tool_calling=tools.works,
            json_schema=schema.kept,
            seconds=speed.seconds,
            tokens_per_second=speed.written,
            prompt_tokens_per_second=window.speed,
            notes=tuple(f"{what}: {note}" for what, note in notes if note),
        )
        return seen, tools, schema

    async def _window(self, seconds: float | None) -> WindowSeen:
        """The window; where it is left out, no more than how the server counts and how fast the model reads."""
        if seconds is not None:
            return await WindowProbe(model=self.model, clock=self.clock, tell=self.tell, bounds=Bounds(seconds=seconds)).walk()
        probe = WindowProbe(model=self.model, clock=self.clock, tell=self.tell)
        await probe.learn()
        return replace(probe.seen(""), tokens=0)


async def _at_address(model: str) -> dict[str, ModelSettings]:
    """The first chat model of a server whose address was typed, as if playnex.toml named it."""
    if not model.startswith(("http://", "https://")):
        return {}
    names = await asyncio.to_thread(chat_models_at, model) if is_loopback(model) else ()
    if is_loopback(model) and not names:
        raise ModelUnavailable(f"no model server answers at {model}", hint="start it, or check the address: it usually ends in /v1")
    return {model: ModelSettings(alias=model, base_url=model, name=names[0] if names else "")}
