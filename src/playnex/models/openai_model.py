"""A model behind any OpenAI-compatible server, through Pydantic AI; loads it, so import this only where a request is made."""

import asyncio
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace

from openai import AsyncOpenAI, DefaultAsyncHttpxClient
from pydantic_ai.direct import model_request, model_request_stream
from pydantic_ai.exceptions import ModelAPIError
from pydantic_ai.messages import ModelResponse, PartDeltaEvent, PartStartEvent, TextPart, TextPartDelta
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.profiles.openai import OpenAIModelProfile
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

from playnex.errors import ModelRefused, ModelUnavailable
from playnex.models.model import Hear, ModelAnswer, ModelCard, ModelRequest
from playnex.models.openai_faults import MALFORMED, describe, fault_of, rest_of
from playnex.models.openai_translation import from_response, names_in, to_messages, to_parameters, to_settings, wire_names
from playnex.models.pace import Pace
from playnex.models.tokens import fewest_request_tokens, request_tokens
from playnex.secrets.known import KNOWN

NO_KEY = "none"
"""The SDK insists on a key; servers on one's own machine mostly ask for none."""

OPENAI = "https://api.openai.com"


class OpenAIModel:
    """Implements `Model`. `timeout` in seconds bounds a whole request, not its waiting for a turn; `api_key` is sent and never shown;
    `pace` is shared by all who ask the server."""

    def __init__(self, card: ModelCard, *, api_key: str = "", timeout: float = 300.0, pace: Pace | None = None) -> None:
        self._card = card
        KNOWN.remember(f"the key of model {card.alias}", api_key)
        self._timeout = timeout
        self._pace = pace
        self._counts_aloud = True
        self._client = open_client(card, api_key)
        self._model = open_chat(card, self._client)

    @property
    def card(self) -> ModelCard:
        return self._card

    async def ask(self, request: ModelRequest) -> ModelAnswer:
        """One request, tried once. Raises ModelUnavailable (down, overloaded, too slow, garbled, broken off) or
        ModelRefused (does not fit the window, or the server says that the request is wrong)."""
        return await self._checked(request, None)

    async def ask_aloud(self, request: ModelRequest, hear: Hear) -> ModelAnswer:
        """The same, heard while it is made. A server that does not count the tokens of a stream is asked the other way from then on:
        budgets have to know them."""
        return await self._checked(request, hear if self._counts_aloud else None)

    async def _checked(self, request: ModelRequest, hear: Hear | None) -> ModelAnswer:
        check_fit(request, self._card)
        answer = await self.send(request, hear)
        if hear is not None:
            self._counts_aloud = answer.usage.tokens > 0
        check_whole(request, answer, self._card)
        return answer

    async def send(self, request: ModelRequest, hear: Hear | None = None) -> ModelAnswer:
        """The same without any look at the window, neither before nor after: for whoever wants to see what the server does."""
        wires = wire_names(names_in(request))
        async with self._turn():
            response = await self._respond(request, wires, hear)
        try:
            answer = from_response(response, wires)
        except ModelUnavailable as broken:
            raise ModelUnavailable(f"{describe(self._card)}: {broken.message}") from None
        usage = answer.usage
        return replace(answer, usage=replace(usage, usd=self._card.price.usd(usage.input_tokens, usage.output_tokens)))

    async def close(self) -> None:
        await self._client.close()

    def _turn(self) -> AbstractAsyncContextManager[None]:
        return nullcontext() if self._pace is None else self._pace.turn(self._timeout)

    async def _respond(self, request: ModelRequest, wires: dict[str, str], hear: Hear | None) -> ModelResponse:
        try:
            async with asyncio.timeout(self._timeout):
                return await self._asked(request, wires, hear)
        except TimeoutError:
            raise ModelUnavailable(
                f"{describe(self._card)} did not answer within {self._timeout:g} s",
                hint=f"give it longer: timeout under [models.{self._card.alias}]",
            ) from None
        except (ModelAPIError, *MALFORMED) as raised:
            if self._pace is not None:
                self._pace.rest(rest_of(raised))  # before the turn ends, or the next in line would slip through
            raise fault_of(raised, self._card) from None

    async def _asked(self, request: ModelRequest, wires: dict[str, str], hear: Hear | None) -> ModelResponse:
        messages, parameters, settings = to_messages(request, wires), to_parameters(request, wires), to_settings(request)
        if hear is None:
            return await model_request(
                self._model, messages, model_settings=settings, model_request_parameters=parameters, instrument=False
            )
        async with model_request_stream(
            self._model, messages, model_settings=settings, model_request_parameters=parameters, instrument=False
        ) as stream:
            async for event in stream:
                match event:
                    case PartStartEvent(part=TextPart(content=piece)) | PartDeltaEvent(delta=TextPartDelta(content_delta=piece)):
                        hear(piece)
                    case _:
                        pass
            return stream.get()


def open_client(card: ModelCard, api_key: str) -> AsyncOpenAI:
    """A client without retries of its own (they are the journal's). For a local model neither a proxy of the environment
    nor a redirect can take the request off the machine, and names of accounts in the environment are not sent."""
    http = DefaultAsyncHttpxClient(trust_env=not card.local, follow_redirects=False, timeout=None)
    client = AsyncOpenAI(base_url=card.base_url, api_key=api_key or NO_KEY, max_retries=0, timeout=None, http_client=http)
    if card.local:
        client.organization = client.project = None
    return client


def open_chat(card: ModelCard, client: AsyncOpenAI) -> OpenAIChatModel:
    """Pydantic AI's model: OpenAI itself, or any other server under the rules that those share."""
    if card.base_url.startswith(OPENAI):
        return OpenAIChatModel(card.name, provider=OpenAIProvider(openai_client=client))
    profile = OpenAIModelProfile(openai_chat_supports_max_completion_tokens=False, openai_supports_strict_tool_definition=False)
    return OpenAIChatModel(card.name, provider=OpenAICompatibleProvider(card.alias, openai_client=client), profile=profile)


def check_fit(request: ModelRequest, card: ModelCard) -> None:
    """Refuse what may not fit the window: the bound from above of the request, and the room kept for the answer."""
    asked, kept = request_tokens(request), request.max_output_tokens or 0
    if asked + kept > card.context:
        raise ModelRefused(
            f"the request does not fit {describe(card)}: about {asked:,} tokens and {kept:,} kept for the answer are "
            f"{asked + kept - card.context:,} more than its window of {card.context:,}",
            hint=f"shorten the prompt, or give the model a larger window: context under [models.{card.alias}]",
        )


def check_whole(request: ModelRequest, answer: ModelAnswer, card: ModelCard) -> None:
    """Refuse an answer to a prompt that the server has cut: it counted fewer tokens than the prompt can have.
    A server that counts nothing (0) is not judged."""
    counted, fewest = answer.usage.input_tokens, fewest_request_tokens(request)
    if 0 < counted < fewest:
        raise ModelRefused(
            f"{describe(card)} dropped a part of the prompt without saying so: it read {counted:,} tokens of at least {fewest:,}",
            hint="the server's window is smaller than `context` says; for Ollama set OLLAMA_CONTEXT_LENGTH and restart it",
        )
