"""What went wrong with a model server, in plain words: worth another try, or the request's own fault."""

import json
from collections.abc import Mapping

from pydantic_ai.exceptions import ModelAPIError, ModelConnectionError, ModelHTTPError, ModelTimeoutError, UnexpectedModelBehavior

from playnex.errors import ModelError, ModelRefused, ModelUnavailable
from playnex.models.model import ModelCard
from playnex.secrets.known import KNOWN

MALFORMED = (UnexpectedModelBehavior, ValueError, TypeError, AttributeError, LookupError)
"""What the SDK and Pydantic AI raise on an answer of another shape: they walk it without checking it first."""

EXCERPT = 300

FORM = "check that base_url names an OpenAI-compatible API (it usually ends in /v1)"

REFUSED_UNREAD = frozenset({429, 503})
"""Statuses with which a server turns a request away before it works on it: nothing was spent."""

PASSING = frozenset({408, 409, 425, 429})
"""Statuses below 500 that another try may mend (RFC 9110, RFC 8470)."""

OVERLOADED = frozenset({429, 503})
"""Statuses whose `Retry-After` speaks for the whole server, and not for the one request (RFC 6585, RFC 9110)."""


def fault_of(raised: Exception, card: ModelCard) -> ModelError:
    """The error that a failed request is reported as, without secrets."""
    match raised:
        case ModelHTTPError():
            return _status_fault(raised, card)
        case ModelTimeoutError():
            return ModelUnavailable(f"{describe(card)} did not answer in time")
        case ModelConnectionError():
            return _connection_fault(raised, card)
        case ModelAPIError(__cause__=ValueError()):  # the body could not be decoded
            return ModelUnavailable(f"{describe(card)} answered with an empty body, or with something that is not JSON", hint=FORM)
        case ModelAPIError():
            return ModelUnavailable(f"{describe(card)} failed: {_clean(raised.message)}", retry_after=raised.retry_after)
        case _:
            return ModelUnavailable(
                f"{describe(card)} gave an answer that is not of the OpenAI form",
                hint=FORM,
            )


def rest_of(raised: Exception) -> float:
    """The seconds for which the server wants to be asked nothing at all, else 0."""
    if isinstance(raised, ModelHTTPError) and raised.status_code in OVERLOADED:
        return raised.retry_after or 0.0
    return 0.0


def describe(card: ModelCard) -> str:
    """`model 'main' (qwen3:4b at http://127.0.0.1:11434/v1)`."""
    return f"model {card.alias!r} ({card.name} at {card.base_url})"


def _connection_fault(raised: ModelConnectionError, card: ModelCard) -> ModelUnavailable:
    if raised.phase == "connect":
        return ModelUnavailable(
            f"{describe(card)} cannot be reached: nothing answers there", hint="start the model server, then resume", unspent=True
        )
    return ModelUnavailable(f"{describe(card)} broke the connection before its answer was complete")


def _status_fault(raised: ModelHTTPError, card: ModelCard) -> ModelError:
    status = raised.status_code
    said = _clean(_message(raised.body))
    message = f"{describe(card)} answered {status}" + (f": {said}" if said else "")
    if status >= 500 or status in PASSING:
        return ModelUnavailable(message, retry_after=raised.retry_after, unspent=status in REFUSED_UNREAD)
    return ModelRefused(message, hint=_hint(status, card, said))


def _hint(status: int, card: ModelCard, said: str) -> str:
    if status in {401, 403}:
        return f"name its key: api_key_env or api_key under [models.{card.alias}]"
    if status == 404 and ":11434" in card.base_url:
        return f"fetch the model: ollama pull {card.name}"
    if status == 404:
        return f"check name and base_url under [models.{card.alias}]; base_url usually ends in /v1"
    if status == 413 or "context" in said.lower():
        return "shorten the prompt, or give the model a larger window"
    return ""


def _message(body: object) -> str:
    """What the server said, from `{"error": {"message": …}}` or whatever there is."""
    match body:
        case {"error": inner} if isinstance(body, Mapping):
            return _message(inner)
        case {"message": str(text)} | {"detail": str(text)}:
            return text
        case str():
            return body
        case None:
            return ""
        case _:
            return json.dumps(body, default=str)


def _clean(text: str) -> str:
    """One short line, without the key: taken out before the line is cut."""
    line = " ".join(KNOWN.text(text).split())
    return line if len(line) <= EXCERPT else f"{line[:EXCERPT]}…"
