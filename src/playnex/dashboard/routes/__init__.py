"""The API, one file a subject: what each route takes is declared once, and parses requests and makes the OpenAPI document."""

from typing import Any

from playnex.dashboard.declared import Route
from playnex.dashboard.routes import runs, session, stream

ROUTES: tuple[Route[Any], ...] = (*session.ROUTES, *stream.ROUTES, *runs.ROUTES)
"""All of them; a new file adds its own here."""
