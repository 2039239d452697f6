"""The models of a workspace by alias: those that playnex.toml names, a server found on this machine, or the embedded one."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from playnex.clock import Clock
from playnex.config import ModelSettings, is_loopback
from playnex.errors import CredentialError, ModelUnavailable, NotFoundError
from playnex.models.model import DEFAULT_CONTEXT, ModelCard
from playnex.models.pace import Pace, Paces
from playnex.models.price import price_of
from playnex.models.probed import FILE, ProbedModels, with_seen
from playnex.secrets.references import References
from playnex.spec.faults import did_you_mean

if TYPE_CHECKING:
    from playnex.models.discovery import Place
    from playnex.models.embedded import EmbeddedServer
    from playnex.models.openai_model import OpenAIModel

MAIN = "main"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where models can come from: the settings, the data folder with the embedded model, and the places to look at. `own` is the
    workspace's folder of ours, in which lies what was seen of models; None for nowhere. `secrets` has the keys by the names that the
    settings give them."""

    settings: Mapping[str, ModelSettings]
    data: Path
    own: Path | None = None
    local: bool = True
    places: "Sequence[Place] | None" = None
    secrets: References = field(default_factory=lambda: References({}))


class WorkspaceModels:
    """Implements `Models`; each is opened when first asked for, and kept. All that ask the same server share one pace."""

    def __init__(self, sources: Sources, clock: Clock) -> None:
        self._sources = sources
        self._paces = Paces(clock, sources.settings)
        self._alone: Pace | None = None
        self._open: dict[str, OpenAIModel] = {}
        self._cards: dict[str, ModelCard] = {}
        self._server: EmbeddedServer | None = None
        self._turn = asyncio.Lock()

    async def card(self, alias: str) -> ModelCard:
        """What is known of the model, without opening it. Raises NotFoundError, ModelUnavailable."""
        if alias not in self._cards:
            self._cards[alias] = self._corrected(await self._find(alias))
        return self._cards[alias]

    async def get(self, alias: str) -> "OpenAIModel":
        async with self._turn:
            if alias not in self._open:
                self._open[alias] = await self._opened(await self.card(alias))
            return self._open[alias]

    async def close(self) -> None:
        for model in self._open.values():
            await model.close()
        if self._server is not None:
            self._server.close()
            self._server = None
        self._open.clear()

    @property
    def knows_any(self) -> bool:
        """Whether any model was ever probed here."""
        return self._sources.own is not None and bool(ProbedModels(path=self._sources.own / FILE).all())

    def _corrected(self, card: ModelCard) -> ModelCard:
        """The card with what was seen of the model."""
        seen = ProbedModels(path=self._sources.own / FILE).find(card) if self._sources.own else None
        return card if seen is None else with_seen(card, seen, self._sources.settings.get(card.alias))

    async def _find(self, alias: str) -> ModelCard:
        settings = self._sources.settings.get(alias)
        if settings is not None:
            return self._configured(settings)
        if alias != MAIN:
            known = (MAIN, *self._sources.settings)
            raise NotFoundError(
                f"there is no model {alias!r}", hint=did_you_mean(alias, known) or f"name it in playnex.toml under [models.{alias}]"
            )
        from playnex.models.discovery import PLACES, find_servers  # late, here and below: only where a model is really wanted

        found = await find_servers(PLACES if self._sources.places is None else self._sources.places)
        return found[0] if found else self._embedded(alias)

    def _configured(self, settings: ModelSettings) -> ModelCard:
        if settings.kind == "embedded":
            return self._embedded(settings.alias)
        local = is_loopback(settings.base_url)
        if self._sources.local and not local and not settings.remote:
            raise ModelUnavailable(f"model {settings.alias!r} is not on this machine, and the workspace is in local mode")
        return ModelCard(
            alias=settings.alias,
            kind="openai",
            name=settings.name,
            base_url=settings.base_url,
            context=settings.context or DEFAULT_CONTEXT,
            tool_calling=settings.tool_calling is not False,
            json_schema=settings.json_schema is not False,
            local=local,
            found="playnex.toml",
            price=price_of(settings, local=local),
        )

    def _embedded(self, alias: str) -> ModelCard:
        from playnex.models import smollm2

        if not smollm2.is_installed(self._sources.data):
            raise NotFoundError(
                "no model server answers on this machine, and the embedded model is not installed",
                hint="run: playnex model install smollm2; or start Ollama, LM Studio or llama.cpp",
            )
        return ModelCard(
            alias=alias,
            kind="embedded",
            name=smollm2.NAME,
            base_url="",
            context=smollm2.CONTEXT,
            tool_calling=False,
            found="embedded",
        )

    async def _opened(self, card: ModelCard) -> "OpenAIModel":
        from playnex.models import smollm2
        from playnex.models.embedded import start_server
        from playnex.models.openai_model import OpenAIModel  # 1.7 s of CPU

        if card.kind == "embedded":
            if self._server is None:
                self._server = await start_server(smollm2.model_path(self._sources.data), smollm2.CONTEXT)
            self._alone = self._alone or self._paces.alone()
            card = replace(card, base_url=self._server.base_url)
            return OpenAIModel(card, api_key=self._server.api_key, pace=self._alone)
        settings, pace = self._sources.settings.get(card.alias), self._paces.of(card.base_url)
        if settings is None:
            return OpenAIModel(card, pace=pace)
        return OpenAIModel(card, api_key=key_of(settings, self._sources.secrets), timeout=settings.timeout, pace=pace)


def key_of(settings: ModelSettings, secrets: References) -> str:
    """The model's key, where it has one. Raises CredentialError."""
    try:
        return secrets.secret(settings.key_name) if settings.key_name else ""
    except CredentialError as fault:
        raise CredentialError(f"model {settings.alias!r} needs its key: {fault.message}", hint=fault.hint) from None
