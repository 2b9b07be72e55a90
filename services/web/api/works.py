"""Long works: how far records made again and the index built again are."""

from __future__ import annotations

from fastapi import APIRouter

from services.web.admission import DeclaredRoute
from services.web.schemas import LongWorks
from services.web.site import OurSite, Reads

router = APIRouter(route_class=DeclaredRoute, prefix="/works", tags=["works"])


@router.get("")
async def list_works(site: OurSite, p: Reads) -> LongWorks:
    """List the long works that began last, the newest first; those `running` say how far they are."""
    return LongWorks(items=tuple(await site.archive.long_works.list(p)))
