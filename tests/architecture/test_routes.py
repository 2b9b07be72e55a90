"""Nobody comes in unseen: every route of the web server says whom it is for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import BaseRoute, Mount

from services.app import create_app
from services.core.model import Scope
from services.core.settings import load_settings
from services.web.admission import DeclaredRoute, declared

OPEN = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/login"),
    ("POST", "/login"),
    ("GET", "/invite/{token}"),
    ("POST", "/invite/{token}"),
}
"""What nobody needs to log in for. A route that is added here opens the archive by as much."""


def every_route(folder: Path) -> Iterator[tuple[str, BaseRoute]]:
    for context in iter_route_contexts(create_app(load_settings(data_dir=folder)).routes):
        yield context.path or "", context.original_route


def test_every_route_declares_the_scope_that_it_needs(tmp_path: Path) -> None:
    declarations = {}
    for path, route in every_route(tmp_path):
        if isinstance(route, Mount):
            assert path == "/static"
            continue
        assert isinstance(route, DeclaredRoute), f"{path} is not admitted by services.web.admission"
        for method in route.methods or ():
            declarations[method, path] = declared(route).scope
    assert len(declarations) > 100
    assert {key for key, scope in declarations.items() if scope is None} == OPEN
    writes = {key: scope for key, scope in declarations.items() if key[0] != "GET" and key not in OPEN}
    readers_own = ("/search", "/api/v1/search")
    assert not [key for key, scope in writes.items() if scope is Scope.READ and not key[1].startswith(readers_own)]
    assert {key[1].rsplit("/", 1)[-1] for key, scope in writes.items() if scope is Scope.PURGE} == {"purge"}


ABOUT = {
    "/api/v1/documents/{document_id}/citations",
    "/api/v1/documents/{document_id}/similar",
    "/api/v1/documents/{document_id}/near-duplicates",
    "/api/v1/documents/{document_id}/corrections",
    "/api/v1/sources/{source_id}",
    "/api/v1/sources/{source_id}/documents",
    "/documents/{document_id}/text",
    "/documents/{document_id}/trash",
    "/sources/{source_id}/trash",
}
"""What tells of a document or file and does not show it: other documents, how it is kept, a redirect, a question."""


def test_whoever_is_shown_a_document_or_takes_something_along_leaves_a_line_in_the_log(tmp_path: Path) -> None:
    leaves = {
        path: declared(route).leaves
        for path, route in every_route(tmp_path)
        if isinstance(route, DeclaredRoute) and "GET" in (route.methods or ())
    }
    silent = {path for path, left in leaves.items() if left is None}
    assert {path for path in silent if "{document_id}" in path or "{source_id}" in path} == ABOUT
    assert not [path for path in silent if "export" in path or path.endswith(("original", "audit"))]


def test_a_route_that_declares_nothing_cannot_be_made() -> None:
    router = APIRouter(route_class=DeclaredRoute)

    async def handler() -> None: ...

    with pytest.raises(TypeError, match="must declare one scope"):
        router.add_api_route("/forgotten", handler)
    assert not [route for route in router.routes if isinstance(route, APIRoute)]
