"""Aliases: what corrections taught of the names of issuers and signers."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from services.web.admission import DeclaredRoute
from services.web.schemas import Aliases
from services.web.site import Corrects, OurSite

router = APIRouter(route_class=DeclaredRoute, prefix="/aliases", tags=["aliases"])


@router.get("")
async def list_aliases(site: OurSite, p: Corrects) -> Aliases:
    """List the names that people put in the place of what was read, the newest first."""
    return Aliases(items=tuple(await site.archive.learning.list(p)))


@router.delete("/{alias_id}", status_code=204)
async def forget_alias(
    site: OurSite, p: Corrects, alias_id: Annotated[int, Path(description="Id of an alias.", ge=1)]
) -> None:
    """Forget an alias; the corrections that taught it stay, and records made by it change with `vanban refresh`."""
    await site.archive.learning.forget(p, alias_id)
