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
    searches,
    split,
    tasks,
    trash,
    upload,
    webhooks,
)

router = APIRouter()
for part in (
    home,
    search,
    document,
    upload,
    batch,
    dossiers,
    review,
    split,
    rescan,
    trash,
    citations,
    aliases,
    tasks,
    searches,
    webhooks,
):
    router.include_router(part.router)

__all__ = ["router"]
