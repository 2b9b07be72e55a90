"""The web front door: the JSON API, the pages for people, health and metrics."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from services.web import api, iiif, ops, pages
from services.web.openapi import install_openapi

__all__ = ["install"]

_STATIC = Path(__file__).parent / "static"


def install(app: FastAPI) -> None:
    """Put all routes into the app; `app.state.site` must hold a Site before the first request."""
    app.include_router(api.router)
    app.include_router(iiif.router)
    app.include_router(ops.router)
    app.include_router(pages.router, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    install_openapi(app)
