"""The log: who did or looked at what, when and from where."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from services.archive import Page
from services.core.model import Event
from services.core.trace import AccessHistory, LogFilter, LogHead, LogKind
from services.web.admission import DeclaredRoute
from services.web.api.common import Cursor, DocumentId, Limit
from services.web.originals import attachment
from services.web.site import Audits, OurSite

router = APIRouter(route_class=DeclaredRoute, tags=["audit"])


def _written(value: Any) -> Any:
    """Refuse numbers: pydantic takes them for seconds since 1970."""
    if isinstance(value, str) and not re.match(r"[0-9]{4}-", value):
        raise ValueError("a moment is written as 2021-08-12T09:30:00+07:00")
    return value


Moment = Annotated[AwareDatetime | None, BeforeValidator(_written)]


class LogParams(BaseModel):
    """Which lines of the log are asked for, as an address carries it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    who: str = Field("", max_length=200, description="Name of an account, or the beginning of a key.")
    of: str = Field("", max_length=100, description="Id of a thing; of a document, its file too.")
    since: Moment = Field(None, description="From this moment on.")
    until: Moment = Field(None, description="Before this moment.")
    kind: LogKind | None = Field(None, description="Only changes, sign-ins, or who looked at what.")

    def wanted(self) -> LogFilter:
        """Return it as the archive takes it."""
        return LogFilter(self.who.strip(), self.of.strip(), self.since, self.until, self.kind)


@router.get("/audit")
async def list_log(
    site: OurSite, p: Audits, params: Annotated[LogParams, Query()], limit: Limit = 100, cursor: Cursor = None
) -> Page[Event]:
    """List the lines of the log, the newest first."""
    return await site.archive.events.search(p, params.wanted(), limit=limit, cursor=cursor)


@router.get(
    "/audit/export",
    response_class=StreamingResponse,
    responses={200: {"description": "The lines.", "content": {"application/x-ndjson": {"schema": {"type": "string"}}}}},
)
async def export_log(site: OurSite, p: Audits, params: Annotated[LogParams, Query()]) -> StreamingResponse:
    """Return all lines that are wanted, the oldest first, a JSON line for each."""

    async def lines() -> AsyncIterator[str]:
        async for line in site.archive.events.each(p, params.wanted()):
            yield line.model_dump_json() + "\n"

    name = f"audit-{dt.datetime.now(dt.UTC):%Y-%m-%dT%H%M%SZ}.ndjson"
    headers = {"Content-Disposition": attachment(name), "Cache-Control": "no-store"}
    return StreamingResponse(lines(), headers=headers, media_type="application/x-ndjson")


@router.get("/audit/head")
async def get_head(site: OurSite, p: Audits) -> LogHead:
    """Return the number and the hash of the last line; kept elsewhere, they prove later that nothing was changed."""
    return await site.archive.events.head(p)


@router.get("/documents/{document_id}/accesses")
async def get_accesses(site: OurSite, p: Audits, document_id: DocumentId) -> AccessHistory:
    """Say how often and by whom a document was looked at and its file taken away; purged ones keep their lines."""
    return await site.archive.events.accesses(p, document_id)
