"""Tasks over the whole archive: who must do what by when."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from services.archive import TaskFilter, TaskPage, TaskState
from services.export import MEDIA_TYPES, ExportFormat, tasks_file
from services.web.admission import DeclaredRoute
from services.web.api.common import Cursor, Limit
from services.web.originals import file_response
from services.web.query import Day
from services.web.site import OurSite, Reads, TakesLists

router = APIRouter(route_class=DeclaredRoute, prefix="/tasks", tags=["tasks"])

_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file.",
        "content": {MEDIA_TYPES[f]: _BINARY for f in (ExportFormat.CSV, ExportFormat.XLSX, ExportFormat.DOCX)},
    }
}


class TaskParams(BaseModel):
    """Which tasks are asked for, as an address carries it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    agency: str = Field("", max_length=500, description="Part of the name of who acts or helps; whole syllables.")
    due_from: Day = Field(None, description="Due on this day or later.")
    due_to: Day = Field(None, description="Due on this day or earlier.")
    state: TaskState = Field("open", description="`open`, `overdue` (open and past its deadline), `done`, or `all`.")

    def wanted(self) -> TaskFilter:
        """Return what is asked for."""
        return TaskFilter(self.agency.strip(), self.due_from, self.due_to, self.state)

    def pairs(self) -> dict[str, str]:
        """Return the parameters that differ from their defaults, as an address has them."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return {k: str(v) for k, v in values.items() if v != type(self).model_fields[k].default}

    def address(self, **changed: str) -> str:
        """Return the address of the page of tasks with some parameters changed; it starts at the first page."""
        pairs = self.model_copy(update=changed).pairs()
        return "/tasks" + (f"?{urlencode(pairs)}" if pairs else "")


@router.get("")
async def list_tasks(
    site: OurSite, p: Reads, params: Annotated[TaskParams, Query()], limit: Limit = 50, cursor: Cursor = None
) -> TaskPage:
    """List the tasks of all documents with how far they have come, the earliest deadline first."""
    return await site.archive.documents.tasks(p, params.wanted(), limit=limit, cursor=cursor)


@router.get("/export", response_class=Response, responses=_FILE)
async def export_tasks(
    site: OurSite,
    p: TakesLists,
    params: Annotated[TaskParams, Query()],
    format_: Annotated[ExportFormat, Query(alias="format", description="csv, xlsx or docx.")],
) -> Response:
    """Return these tasks as one table, as far as the settings allow (`export_documents`)."""
    return file_response(await tasks_file(site.archive, p, site.settings, params.wanted(), format_))
