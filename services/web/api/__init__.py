"""The JSON API: routes under /api/v1 (design.md section 8)."""

from fastapi import APIRouter

from services.web.api import (
    aliases,
    audit,
    batches,
    bulk,
    changes,
    citations,
    documents,
    dossiers,
    exports,
    registers,
    reviews,
    search,
    searches,
    sources,
    tasks,
    users,
    webhooks,
    works,
)
from services.web.api.common import PROBLEMS

router = APIRouter(prefix="/api/v1", responses=PROBLEMS)
router.include_router(batches.router)
router.include_router(sources.router)
router.include_router(documents.router)
router.include_router(reviews.router)
router.include_router(citations.router)
router.include_router(tasks.router)
router.include_router(dossiers.router)
router.include_router(registers.router)
router.include_router(search.router)
router.include_router(searches.router)
router.include_router(webhooks.router)
router.include_router(exports.router)
router.include_router(changes.router)
router.include_router(aliases.router)
router.include_router(works.router)
router.include_router(bulk.router)
router.include_router(audit.router)
router.include_router(users.router)

__all__ = ["router"]
