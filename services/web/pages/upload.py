"""The upload page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from fastapi.responses import RedirectResponse

from services.core.model import OnDuplicate
from services.web.admission import DeclaredRoute
from services.web.site import OurSite, Uploads
from services.web.uploads import UploadForm, chosen, take_in

router = APIRouter(route_class=DeclaredRoute)


@router.get("/upload")
async def upload_form(site: OurSite, _: Uploads, request: Request) -> Response:
    """Show the form."""
    return site.views.render(request, "upload.html", nothing_chosen=False)


@router.post("/upload")
async def upload(
    site: OurSite,
    p: Uploads,
    request: Request,
    files: Annotated[list[UploadFile] | None, File()] = None,
    label: Annotated[str, Form(max_length=500)] = "",
    on_duplicate: Annotated[OnDuplicate, Form()] = "link",
) -> Response:
    """Take in the files and show what becomes of them."""
    sent = chosen(files or [])
    if not sent:
        return site.views.render(request, "upload.html", status=422, nothing_chosen=True)
    batch = await take_in(site.archive, p, UploadForm(sent, label.strip(), on_duplicate))
    return RedirectResponse(f"/batches/{batch.id}", 303)
