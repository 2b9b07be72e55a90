"""The upload page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from fastapi.responses import RedirectResponse

from services.core.model import Level, OnDuplicate, Principal
from services.web.admission import DeclaredRoute
from services.web.site import OurSite, Site, Uploads
from services.web.uploads import UploadForm, chosen, take_in

router = APIRouter(route_class=DeclaredRoute)


@router.get("/upload")
async def upload_form(site: OurSite, p: Uploads, request: Request) -> Response:
    """Show the form."""
    return _form(site, p, request)


@router.post("/upload")
async def upload(
    site: OurSite,
    p: Uploads,
    request: Request,
    files: Annotated[list[UploadFile] | None, File()] = None,
    label: Annotated[str, Form(max_length=500)] = "",
    on_duplicate: Annotated[OnDuplicate, Form()] = "link",
    access: Annotated[Level | None, Form()] = None,
) -> Response:
    """Take in the files and show what becomes of them."""
    sent = chosen(files or [])
    if not sent:
        return _form(site, p, request, status=422)
    batch = await take_in(site.archive, p, UploadForm(sent, label.strip(), on_duplicate, access=access))
    return RedirectResponse(f"/batches/{batch.id}", 303)


def _form(site: Site, p: Principal, request: Request, *, status: int = 200) -> Response:
    """Show the form, with what is wrong where it comes back."""
    levels, usual = levels_of(p), site.settings.default_access
    return site.views.render(
        request, "upload.html", status=status, nothing_chosen=status != 200, levels=levels, usual=usual
    )


def levels_of(p: Principal) -> list[Level]:
    """Return the levels that somebody may put something on, the least strict first."""
    return [level for level in Level if level in p.access]
