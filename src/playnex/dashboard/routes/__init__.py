"""The API, one file a subject: what each route takes is declared once, and parses requests and makes the OpenAPI document."""

from typing import Any

from playnex.dashboard.declared import Route
from playnex.dashboard.routes import (
    agents,
    batches,
    capsules,
    doctor,
    flows,
    inbox,
    run_acts,
    run_insides,
    runs,
    session,
    stream,
    tools,
)

ROUTES: tuple[Route[Any], ...] = (
    *session.ROUTES,
    *stream.ROUTES,
    *runs.ROUTES,
    *run_acts.ROUTES,
    *run_insides.ROUTES,
    *inbox.ROUTES,
    *capsules.ROUTES,
    *flows.ROUTES,
    *agents.ROUTES,
    *tools.ROUTES,
    *batches.ROUTES,
    *doctor.ROUTES,
)
"""All of them; a new file adds its own here."""
