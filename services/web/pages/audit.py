"""The log for administrators: who did or looked at what, when and from where."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from services.core.trace import LogFilter, LogKind
from services.web.admission import DeclaredRoute
from services.web.api.common import Cursor
from services.web.query import Day
from services.web.site import Audits, OurSite

router = APIRouter(route_class=DeclaredRoute)
SHOWN = 100


class AuditParams(BaseModel):
    """Which lines the page shows: days are those of the archive's time zone, the last one included."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    who: str = Field("", max_length=200)
    of: str = Field("", max_length=100)
    first: Day = None
    last: Day = None
    kind: Literal["all", "change", "sign-in", "access"] = "all"

    def wanted(self, zone: ZoneInfo) -> LogFilter:
        """Return it as the archive takes it."""
        kind = None if self.kind == "all" else LogKind(self.kind)
        after = self.last + dt.timedelta(days=1) if self.last else None
        return LogFilter(self.who.strip(), self.of.strip(), _begin(self.first, zone), _begin(after, zone), kind)

    def pairs(self) -> dict[str, str]:
        """Return the parameters that differ from their defaults, as an address has them."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return {k: str(v) for k, v in values.items() if v != type(self).model_fields[k].default}

    def address(self, **changed: str) -> str:
        """Return the address of the page with some parameters changed; it starts at the newest line."""
        pairs = self.model_copy(update=changed).pairs()
        return "/audit" + (f"?{urlencode(pairs)}" if pairs else "")


@router.get("/audit")
async def show_log(
    site: OurSite, p: Audits, request: Request, params: Annotated[AuditParams, Query()], cursor: Cursor = None
) -> Response:
    """Show the lines of the log, the newest first, with a form that narrows them down."""
    wanted = params.wanted(ZoneInfo(site.settings.timezone))
    found = await site.archive.events.search(p, wanted, limit=SHOWN, cursor=cursor)
    return site.views.render(
        request, "audit.html", found=found, params=params, cursor=cursor, export=_export_address(wanted)
    )


def _export_address(wanted: LogFilter) -> str:
    """Return where the same lines can be taken along."""
    days = {"since": wanted.since, "until": wanted.until}
    pairs = {"who": wanted.who, "of": wanted.subject_id, "kind": wanted.kind}
    pairs |= {key: day.isoformat() for key, day in days.items() if day}
    return "/api/v1/audit/export?" + urlencode({key: value for key, value in pairs.items() if value})


def _begin(day: dt.date | None, zone: ZoneInfo) -> dt.datetime | None:
    return None if day is None else dt.datetime.combine(day, dt.time(), zone)
