"""The description of the API: words and an example for every field of every shape, kept in `openapi_fields.yaml`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts

from services.core.yaml_text import load_yaml
from services.web.admission import DeclaredRoute, declared
from services.web.cookies import HOST_ONLY
from services.web.problems import Problem
from services.web.site import Reads

router = APIRouter(route_class=DeclaredRoute)

_FIELDS = Path(__file__).with_name("openapi_fields.yaml")
_LIBRARY_SHAPES = frozenset({"HTTPValidationError", "ValidationError"})
"""What FastAPI declares for its own 422, which ours replaces."""
_SCHEMES = {
    "key": {"type": "http", "scheme": "bearer", "description": "A key of the archive (docs/operations.md, Accounts)."},
    "session": {"type": "apiKey", "in": "cookie", "name": HOST_ONLY, "description": "The session of a browser."},
}
"""How a caller says who they are, once the archive has accounts."""


@cache
def field_words() -> dict[str, dict[str, list[Any]]]:
    """Return for each field of each shape its description and an example; shape `*` holds for all."""
    loaded: dict[str, dict[str, list[Any]]] = load_yaml(_FIELDS.read_text(encoding="utf-8"))
    return loaded


def install_openapi(app: FastAPI) -> None:
    """Give the app an OpenAPI document in which every field is described."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = describe(
                get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            )
            _say_scopes(app, app.openapi_schema)
        return app.openapi_schema

    app.include_router(router)
    app.openapi = document  # type: ignore[method-assign] # the way FastAPI documents for changing it


@router.get("/api/v1/openapi.json", include_in_schema=False)
async def show_document(_: Reads, request: Request) -> JSONResponse:
    """Describe the API."""
    return JSONResponse(request.app.openapi())


def describe(document: dict[str, Any]) -> dict[str, Any]:
    """Fill in what the code does not say, and declare every error as problem details."""
    shapes = document["components"]["schemas"]
    for name in _LIBRARY_SHAPES:
        shapes.pop(name, None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    shapes.update(problem.pop("$defs", {}))
    shapes[Problem.__name__] = problem
    document["components"]["securitySchemes"] = _SCHEMES
    document["security"] = [{name: []} for name in _SCHEMES]
    for operation in _operations(document):
        for parameter in operation.get("parameters", ()):
            if parameter["name"].lower() == "if-match" and "428" in operation["responses"]:
                parameter["required"] = True
    for shape, field, schema in properties(document):
        words = field_words().get(_bare(shape), {}).get(field) or field_words()["*"].get(field)
        if words is not None:
            description, *examples = words
            schema.setdefault("description", description)
            if examples and "$ref" not in schema:
                schema.setdefault("examples", examples)
    return document


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for calls in document["paths"].values():
        yield from calls.values()


def _say_scopes(app: FastAPI, document: dict[str, Any]) -> None:
    """Give every operation the scope that its caller needs, as `x-scope`; one that is open to everyone has none."""
    for context in iter_route_contexts(app.routes):
        route, operations = context.original_route, document["paths"].get(context.path, {})
        if isinstance(route, DeclaredRoute) and (scope := declared(route).scope) is not None:
            for method in route.methods or ():
                operations.get(method.lower(), {})["x-scope"] = scope.value


def properties(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield shape, field and schema of every field of every shape."""
    for shape, schema in document["components"]["schemas"].items():
        for field, field_schema in schema.get("properties", {}).items():
            yield shape, field, field_schema


def _bare(shape: str) -> str:
    """Return the name of a shape without what FastAPI adds: one for input and one for output, bodies of forms."""
    return shape.removesuffix("-Input").removesuffix("-Output")
