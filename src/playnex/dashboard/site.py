"""The site: the routes put together, behind the guard."""

from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Path
from starlette.types import ASGIApp

from playnex.canonical import Json
from playnex.dashboard.declared import Nothing, Route, json_answer
from playnex.dashboard.desk import Desk
from playnex.dashboard.guard import READS, Guard, TooLarge
from playnex.dashboard.openapi import document_of
from playnex.dashboard.page_files import PageFiles
from playnex.dashboard.routes import ROUTES

OPENAPI = "/api/openapi.json"


async def _openapi(_desk: Desk, _given: Nothing) -> Json:
    return document_of(EVERY)


EVERY: tuple[Route[Any], ...] = (
    *ROUTES,
    Route(method="GET", path=OPENAPI, takes=Nothing, does=_openapi, says="This document."),
)


def site(desk: Desk, port: Callable[[], int], files: PageFiles | None = None) -> ASGIApp:
    """The whole of it, for a server at that port."""
    pages = files or PageFiles()
    pages.look()

    async def page(request: Request) -> Response:
        if request.url.path.startswith("/api"):
            return _missing(404, "there is no such address in the API")
        return pages.answer(request)

    paths = [Path(route.path, route.answer, methods=[route.method]) for route in EVERY]
    app = Starlette(
        routes=[Path("/page/{rest:path}", page, methods=READS), *paths, Path("/{rest:path}", page, methods=READS)],
        exception_handlers={HTTPException: _of_http, TooLarge: _too_large, Exception: _unforeseen},
    )
    app.router.redirect_slashes = False
    app.state.desk = desk
    return Guard(site=app, tickets=desk.tickets, port=port)


def _missing(status: int, message: str) -> Response:
    kind = "not-found" if status == 404 else "refused" if status < 500 else "error"
    return json_answer(
        {"error": {"kind": kind, "message": message, "hint": "GET /api/openapi.json tells what there is", "faults": []}}, status
    )


async def _of_http(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _missing(status, "that cannot be asked here" if status == 405 else "there is no such address")


async def _too_large(_request: Request, _error: Exception) -> Response:
    return _missing(413, "the body is too large")


async def _unforeseen(_request: Request, error: Exception) -> Response:
    return _missing(500, f"something went wrong inside Playnex: {type(error).__name__}")
