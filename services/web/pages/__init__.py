"""The pages for people: server-rendered, usable without JavaScript."""

from fastapi import APIRouter

from services.web.pages import (
    aliases,
    batch,
    citations,
    document,
    dossiers,
    home,
    rescan,
    review,
    search,
    split,
    tasks,
    trash,
    upload,
)

router = APIRouter()
for part in (home, search, document, upload, batch, dossiers, review, split, rescan, trash, citations, aliases, tasks):
    router.include_router(part.router)

__all__ = ["router"]
