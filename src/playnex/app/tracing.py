"""Sends the spans of runs to an OTLP/HTTP receiver, through OpenTelemetry's own exporter; a receiver that is away holds up no run."""

import asyncio
import importlib.util
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from playnex import __version__
from playnex.app.spans import Span, spans_of
from playnex.config import Telemetry, is_loopback
from playnex.engine.history import fold
from playnex.errors import UsageError
from playnex.journal.events import Event
from playnex.journal.journal import Journal

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

FOLDER = "telemetry"
"""Below `.playnex`: how far the spans of each run that has not ended were sent."""

PATIENCE = 5.0
"""Seconds that the receiver has."""

NEEDED = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")
NANOSECONDS = 1_000_000_000


def check(telemetry: Telemetry) -> None:
    """Raises UsageError where spans are wanted and the libraries that send them are not here."""
    if telemetry.otlp and not all(_is_here(name) for name in NEEDED):
        raise UsageError("playnex.toml wants telemetry, and its libraries are not installed", hint="pip install 'playnex[otel]'")


def _is_here(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracing:
    """What is told of each run that nobody advances any more, for now or for good."""

    telemetry: Telemetry
    journal: Journal
    own: Path

    async def left(self, run: str) -> None:
        """Send the spans that ended since the last time. What the receiver does not take is sent next time, if there is one."""
        if not self.telemetry.otlp:
            return
        events = await self.journal.events(run)
        spans = spans_of(run, events, after=self._sent(run), content=self.telemetry.content)
        if not spans:
            return
        was_taken = await asyncio.to_thread(self._send, spans)
        if was_taken:
            self._note(run, events)

    def _sent(self, run: str) -> int:
        try:
            return int((self.own / FOLDER / run).read_text())
        except (OSError, ValueError):
            return 0

    def _note(self, run: str, events: Sequence[Event]) -> None:
        path = self.own / FOLDER / run
        with suppress(OSError):
            if fold(events).finished is not None:
                path.unlink(missing_ok=True)
                return
            path.parent.mkdir(mode=0o700, exist_ok=True)
            path.write_text(str(events[-1].position))

    def _send(self, spans: Sequence[Span]) -> bool:
        import requests  # late, here and below: only who wants telemetry loads its libraries
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import SpanExportResult

        session = requests.Session()
        session.trust_env = not is_loopback(self.telemetry.otlp)  # no proxy of the environment takes them off the machine
        session.max_redirects = 0
        exporter = OTLPSpanExporter(endpoint=f"{self.telemetry.otlp.rstrip('/')}/v1/traces", timeout=PATIENCE, session=session, headers={})
        try:
            return exporter.export([_readable(span) for span in spans]) is SpanExportResult.SUCCESS
        except Exception:  # the border: whatever the receiver does, the run is recorded
            return False
        finally:
            session.close()


def _readable(span: Span) -> "ReadableSpan":
    """The span as OpenTelemetry's exporter takes it."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import SpanContext, SpanKind, TraceFlags
    from opentelemetry.trace.status import Status, StatusCode

    def at(span_id: str) -> SpanContext:
        return SpanContext(int(span.trace, 16), int(span_id, 16), is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))

    return ReadableSpan(
        name=span.name,
        context=at(span.id),
        parent=at(span.parent) if span.parent else None,
        resource=Resource({"service.name": "playnex", "service.version": __version__}),
        attributes=span.attributes,
        kind=SpanKind.CLIENT if span.outside else SpanKind.INTERNAL,
        status=Status(StatusCode.ERROR, span.error) if span.error else Status(StatusCode.UNSET),
        start_time=int(span.began * NANOSECONDS),
        end_time=int(span.ended * NANOSECONDS),
    )
