"""Tasks for people: who must do what by when, and the button that says it is done."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from services.web.admission import DeclaredRoute
from services.web.api.common import Cursor, DocumentId
from services.web.api.tasks import TaskParams
from services.web.site import Corrects, OurSite, Reads

router = APIRouter(route_class=DeclaredRoute)
SHOWN = 50


@router.get("/tasks")
async def show_tasks(
    site: OurSite, p: Reads, request: Request, params: Annotated[TaskParams, Query()], cursor: Cursor = None
) -> Response:
    """List the tasks, the earliest deadline first, with a form that narrows them down."""
    found = await site.archive.documents.tasks(p, params.wanted(), limit=SHOWN, cursor=cursor)
    return site.views.render(
        request,
        "tasks.html",
        found=found,
        params=params,
        cursor=cursor,
        reads_backwards=bool(params.due_from and params.due_to and params.due_from > params.due_to),
        export_most=site.settings.limits.export_documents,
    )


@router.post("/tasks/{document_id}/{number}")
async def report_task(
    site: OurSite,
    p: Corrects,
    document_id: DocumentId,
    number: Annotated[int, Path(ge=1, le=10_000)],
    params: Annotated[TaskParams, Query()],
    revision: Annotated[int, Form(ge=0)],
    done: Annotated[bool, Form()],
) -> Response:
    """Say that a task is done or not; refused when the document has changed since its list was shown."""
    said: dict[str, bool | str | None] = {"done": done}
    await site.archive.documents.report_task(p, document_id, number, said, if_revision=revision)
    return RedirectResponse(params.address(), 303)
