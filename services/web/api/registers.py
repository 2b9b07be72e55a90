"""Registers: send the book an office kept, and see how it and the archive stand to each other."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, Path, Query, Response, UploadFile

from services.archive import Reconciliation, Register, RegisterKind
from services.web.admission import DeclaredRoute
from services.web.api.common import TOO_LARGE
from services.web.schemas import KnownRegisters
from services.web.site import OurSite, Reads, Uploads

router = APIRouter(route_class=DeclaredRoute, prefix="/registers", tags=["registers"])

RegisterId = Annotated[str, Path(description="Id of a register.", pattern="^[0-9a-fA-F-]{36}$")]


@router.post("", status_code=201, responses=TOO_LARGE)
async def send_register(
    site: OurSite,
    p: Uploads,
    response: Response,
    file: Annotated[UploadFile, File(description="The register as CSV or XLSX, headings as in NĐ 30/2020, PL IV.")],
    kind: Annotated[RegisterKind | None, Form(description="Read off the columns where it is not given.")] = None,
    office: Annotated[str | None, Form(max_length=500, description="Whose register it is.")] = None,
) -> Register:
    """Take in a register: its rows become records without scans, or are matched with scans that are there."""
    data = await file.read(site.settings.limits.register_bytes + 1)
    register = await site.archive.registers.take_in(p, file.filename or "", data, kind=kind, office=office)
    response.headers["Location"] = f"/api/v1/registers/{register.id}"
    return register


@router.get("")
async def list_registers(site: OurSite, p: Reads) -> KnownRegisters:
    """List the registers that were taken in, the newest first."""
    return KnownRegisters(items=tuple(await site.archive.registers.known(p)))


@router.get("/{register_id}")
async def reconcile_register(
    site: OurSite,
    p: Reads,
    register_id: RegisterId,
    limit: Annotated[int, Query(ge=1, le=50_000, description="At most so many entries in each list.")] = 1000,
) -> Reconciliation:
    """Say which rows have no scan, which scans of its period have no row, and which values differ."""
    return await site.archive.registers.reconcile(p, register_id, limit=limit)
