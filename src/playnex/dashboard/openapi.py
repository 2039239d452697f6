"""The OpenAPI document, made from what the routes declare: it cannot say anything else than what requests are parsed by."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from playnex import __version__
from playnex.canonical import Json
from playnex.dashboard.declared import Route

REFUSALS = {
    "401": "no token, or a wrong one",
    "403": "not for this caller",
    "404": "there is no such thing",
    "409": "somebody was faster, or the run stands in the way",
    "422": "what is given does not fit",
}
ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["kind", "message", "hint", "faults"],
            "properties": {
                "kind": {"type": "string"},
                "message": {"type": "string"},
                "hint": {"type": "string"},
                "faults": {"type": "array", "items": {"type": "object"}},
            },
        }
    },
}


def document_of(routes: Sequence[Route[Any]]) -> Json:
    """OpenAPI 3.1 for these routes."""
    paths: dict[str, dict[str, Json]] = {}
    for route in routes:
        paths.setdefault(route.path.replace(":path}", "}"), {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Playnex", "version": __version__, "description": "One workspace, on this machine, for its owner."},
        "paths": paths,
        "components": {
            "schemas": {"Error": ERROR},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _operation(route: Route[Any]) -> Json:
    fields = _properties(route)
    names = {name: form for name, form in fields["properties"].items() if name not in route.in_path}
    required = [name for name in fields.get("required", ()) if name not in route.in_path]
    asked = [_parameter(name, "path", fields["properties"][name], needed=True) for name in route.in_path]
    operation: dict[str, Any] = {"summary": route.says, "operationId": _name(route), "responses": _responses(route)}
    if route.method == "GET":
        asked += [_parameter(name, "query", form, needed=name in required) for name, form in names.items()]
    else:
        form = {"type": "object", "properties": names, "required": required, "additionalProperties": False}
        operation["requestBody"] = {"required": bool(required), "content": {"application/json": {"schema": form}}}
    if asked:
        operation["parameters"] = asked
    if route.path == "/api/session":
        operation["security"] = []
    return operation


def _name(route: Route[Any]) -> str:
    return route.method.lower() + route.path.removeprefix("/api").replace("/", "_").replace("{", "").replace("}", "").replace(":path", "")


def _properties(route: Route[Any]) -> dict[str, Any]:
    """What it takes, as JSON Schema, in one piece."""
    (form,), parts = msgspec.json.schema_components([route.takes], ref_template="{name}")
    whole: dict[str, Any] = _whole(parts[form["$ref"]] if "$ref" in form else form, parts)
    return whole


def _whole(form: Any, parts: dict[str, Any]) -> Any:
    match form:
        case {"$ref": str(name), **more}:
            return _whole(parts[name], parts) | more
        case dict():
            return {key: _whole(part, parts) for key, part in form.items()}
        case list():
            return [_whole(part, parts) for part in form]
        case _:
            return form


def _parameter(name: str, place: str, form: Json, *, needed: bool) -> Json:
    if place == "path":
        form = form | {"minLength": 1}
    return {"name": name, "in": place, "required": needed, "schema": form}


def _responses(route: Route[Any]) -> Json:
    refused: Iterable[tuple[str, str]] = REFUSALS.items()
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    kind = "application/x-ndjson" if route.path == "/api/stream" else "application/json"
    fine = {str(route.status): {"description": route.says, "content": {kind: {"schema": {}}}}}
    return fine | {status: {"description": text, "content": error} for status, text in refused}
