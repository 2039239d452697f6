"""A user's own model with its requests journaled; loads Pydantic AI, so import it only where an agent works."""

import asyncio
import contextvars
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from typing import Any

from pydantic_ai.exceptions import (
    ModelAPIError,
    ModelConnectionError,
    ModelHTTPError,
    ModelTimeoutError,
    UnexpectedModelBehavior,
    UserError,
)
from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import Model, ModelRequestContext, ModelRequestParameters, StreamedResponse
from pydantic_ai.models.fallback import FallbackModel
from pydantic_ai.models.function import FunctionModel
from pydantic_ai.models.test import TestModel
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings

from playnex.agents.asking import MODEL_RETRY
from playnex.agents.pydantic_records import asked_json, reservation, response_from_json, response_json, text_of, usage_of
from playnex.agents.pydantic_task import Course
from playnex.config import is_loopback
from playnex.errors import ModelRefused, ModelUnavailable, PlaynexError, UsageError
from playnex.models.openai_faults import EXCERPT, MALFORMED, PASSING
from playnex.spec.context import Attempt, StepPlan
from playnex.spec.envelope import Envelope

IN_PROCESS = (FunctionModel, TestModel)
"""Models of Pydantic AI that are plain Python: they ask no server, and say no finish reason."""

REFUSED_UNREAD = frozenset({429, 503})
"""Statuses with which a server surely did no work."""

OWN_RETRIES = ModelSettings(max_retries=0)
"""The SDKs try again by themselves, unseen: within a run, tries are the journal's."""


class JournaledModel(WrapperModel):
    """Every request is the step `model` of its turn: answered from the journal where that knows it, else asked and recorded."""

    def __init__(self, wrapped: Model, course: Course) -> None:
        super().__init__(wrapped)
        self.course = course

    async def request(
        self, messages: list[ModelMessage], model_settings: ModelSettings | None, model_request_parameters: ModelRequestParameters
    ) -> ModelResponse:
        """The answer. Raises ModelAPIError where its step failed, Halted where the agent has no turn left."""
        course = self.course
        scope, surroundings = course.next_turn(), contextvars.copy_context()

        async def ask(_attempt: Attempt) -> Envelope:
            sending = self.wrapped.request(messages, {**(model_settings or {}), **OWN_RETRIES}, model_request_parameters)
            return await self._asked(asyncio.create_task(sending, context=surroundings))

        plan = StepPlan(
            kind="model",
            actor=self.wrapped.model_name,
            retry=MODEL_RETRY,
            announce=True,
            input=asked_json(messages, model_request_parameters, course.turn),
            tokens=reservation(messages, model_settings, model_request_parameters),
        )
        record = await course.errands.ask(lambda: scope.perform("model", ask, plan))
        course.spent(record)
        if record.status == "failed":
            message = str(record.output.get("error", ""))
            course.stopped = course.failure(record.reason, message)
            raise ModelAPIError(self.wrapped.model_name, message)
        return self._heard(response_from_json(record.output))

    def _heard(self, response: ModelResponse) -> ModelResponse:
        course = self.course
        course.stopped = None  # a fallback of the user's own may have answered after a failure
        course.calls = tuple(call.tool_call_id for call in response.tool_calls)
        course.last_text = text_of(response) or course.last_text
        return response

    async def _asked(self, sending: "asyncio.Task[ModelResponse]") -> Envelope:
        """One live request. Raises ModelUnavailable, ModelRefused: the step context records and retries it."""
        clock, local = self.course.task.clock, is_local(self.wrapped)
        if self.course.task.local and not local:
            sending.cancel()
            raise refusal(self.course.task.agent.name, self.wrapped)
        began = clock.monotonic()
        try:
            response = await sending
        except (PlaynexError, UserError):
            raise
        except Exception as raised:
            if is_in_process(self.wrapped):
                raise
            raise fault_of(raised, self.wrapped) from None
        if not is_whole(response, self.wrapped):
            raise ModelUnavailable(f"{described(self.wrapped)}: the answer broke off: it has no finish reason")
        known = {"local": local, "dialect": "pydantic-ai", "seconds": round(clock.monotonic() - began, 3)}
        return Envelope(output=response_json(response) | known, usage=usage_of(response))

    @asynccontextmanager
    async def request_stream(self, *_: Any, **__: Any) -> AsyncGenerator[StreamedResponse]:
        """Refused."""
        raise not_durable("a stream of the model's answer", "leave out what reads its events; `playnex run watch` shows the run")
        yield

    async def compact_messages(self, request_context: ModelRequestContext, *, instructions: str | None = None) -> ModelResponse:
        """Refused."""
        raise not_durable("compacting messages by the model's server", "use a history processor")


def not_durable(what: str, hint: str) -> UsageError:
    """The refusal of what cannot be journaled."""
    return UsageError(f"an agent in a run cannot have {what}", hint=hint)


def refusal(agent: str, model: Model) -> ModelRefused:
    """Why a model is not asked in local mode."""
    away = next((url for url in _addresses(model) if not url or not is_loopback(url)), "")
    where = f"is asked at {away}" if away else "does not say where it is asked (it has no base_url)"
    return ModelRefused(
        f"the model {model.model_name} of agent {agent!r} {where}, and the workspace is in local mode",
        hint="use a server on 127.0.0.1, or set `local = false` under [policy] of playnex.toml",
    )


def is_local(model: Model) -> bool:
    """Whether no request of this model leaves the machine; one that does not say where it goes counts as leaving."""
    return all(url and is_loopback(url) for url in _addresses(model))


def is_in_process(model: Model) -> bool:
    """Whether the model is plain Python code."""
    return all(isinstance(one, IN_PROCESS) for one in _models(model))


def is_whole(response: ModelResponse, model: Model) -> bool:
    """False for an answer of an OpenAI-compatible server that broke off: Pydantic AI takes it for complete, and only the server's own
    details tell. Other models are believed."""
    if (response.provider_details or {}).keys() & {"finish_reason", "refusal"}:
        return True
    return not any(kind.__name__ == "OpenAIChatModel" for one in _models(model) for kind in type(one).__mro__)


def fault_of(raised: Exception, model: Model) -> PlaynexError:
    """The error that a failed request is reported as; the client's key never appears in it."""
    said = _clean(str(raised), str(getattr(getattr(model, "client", None), "api_key", "") or ""))
    match raised:
        case ModelHTTPError():
            return _status_fault(raised, f"{described(model)} answered {raised.status_code}: {said}")
        case ModelTimeoutError():
            return ModelUnavailable(f"{described(model)} did not answer in time")
        case ModelConnectionError(phase="connect"):
            return ModelUnavailable(f"{described(model)} cannot be reached: nothing answers there", unspent=True)
        case _ if isinstance(raised, (UnexpectedModelBehavior, *MALFORMED)):
            return ModelUnavailable(f"{described(model)} gave an answer that cannot be read: {said}")
        case _:
            return ModelUnavailable(f"{described(model)} failed: {said}")


def _status_fault(raised: ModelHTTPError, message: str) -> PlaynexError:
    status = raised.status_code
    if status < 500 and status not in PASSING:
        return ModelRefused(message)
    return ModelUnavailable(message, retry_after=raised.retry_after, unspent=status in REFUSED_UNREAD)


def described(model: Model) -> str:
    """`model qwen3:4b at http://127.0.0.1:11434/v1/`."""
    url = next(iter(_addresses(model)), "")
    return f"model {model.model_name} at {url}" if url else f"model {model.model_name}"


def _models(model: Model) -> Iterator[Model]:
    """The models that really ask: within wrappers, and each of several."""
    if isinstance(model, FallbackModel):
        for one in model.models:
            yield from _models(one)
    elif isinstance(model, WrapperModel):
        yield from _models(model.wrapped)
    else:
        yield model


def _addresses(model: Model) -> Iterator[str]:
    """Where requests go, empty where a model does not say; nothing for plain Python."""
    return (one.base_url or "" for one in _models(model) if not isinstance(one, IN_PROCESS))


def _clean(text: str, secret: str) -> str:
    """One short line, without the key."""
    line = " ".join((text.replace(secret, "***") if secret else text).split())
    return line if len(line) <= EXCERPT else f"{line[:EXCERPT]}…"
