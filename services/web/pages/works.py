"""How far long work is: files being read, documents being indexed, records and index made again."""

from __future__ import annotations

import datetime as dt

from fastapi import APIRouter, Request, Response

from services.core.model import WORK_QUIET, ItemState
from services.web.admission import DeclaredRoute
from services.web.site import OurSite, Reads

router = APIRouter(route_class=DeclaredRoute)


@router.get("/progress")
async def show_progress(site: OurSite, p: Reads, request: Request) -> Response:
    """Show how far everything is; while something goes on the page renews itself."""
    works = await site.archive.long_works.list(p)
    now = dt.datetime.now(dt.UTC)
    running = [work for work in works if work.state == "running" and now - work.updated_at < WORK_QUIET]
    totals = await site.archive.account.status(p)
    reading = totals.sources[ItemState.RECEIVED] + totals.sources[ItemState.READING]
    return site.views.render(
        request,
        "progress.html",
        totals=totals,
        reading=reading,
        running=running,
        ended=[work for work in works if work not in running],
        renews=bool(running or reading or totals.indexed < totals.documents),
    )
