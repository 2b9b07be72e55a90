"""The pages for people: server-rendered, usable without JavaScript."""

from fastapi import APIRouter

from services.web.pages import (
    access,
    account,
    aliases,
    audit,
    batch,
    bulk,
    citations,
    docs,
    document,
    dossiers,
    home,
    logins,
    near_duplicates,
    registers,
    rescan,
    review,
    search,
    searches,
    split,
    tasks,
    trash,
    upload,
    users,
    webhooks,
    works,
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
    near_duplicates,
    citations,
    access,
    aliases,
    tasks,
    searches,
    webhooks,
    registers,
    works,
    bulk,
    docs,
):
    router.include_router(part.router)

__all__ = ["router"]
router.include_router(logins.router)
router.include_router(account.router)
router.include_router(users.router)
router.include_router(audit.router)
