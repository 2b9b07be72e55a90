"""The API for people who write programs: the OpenAPI document as pages, with examples that run against this archive."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from fastapi import APIRouter, Request, Response

from services.core.errors import GoneError, NotFoundError
from services.core.model import Principal, Scope
from services.core.symbols import parse_symbol
from services.search import SearchQuery
from services.web.admission import DeclaredRoute
from services.web.api_docs import groups
from services.web.api_examples import Caller
from services.web.site import OurSite, Reads, Site

router = APIRouter(route_class=DeclaredRoute)
_LOOKED_AT = 10
"""Newest documents among which one that was scanned is looked for."""
_PICTURES = ("application/pdf", "image/")


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


@router.get("/docs")
async def show_groups(site: OurSite, _: Reads, request: Request) -> Response:
    """List the operations of the API by group."""
    found = groups(request.app.openapi(), Caller(base_address(site, request), key=False, values={}))
    return site.views.render(request, "docs.html", groups=found, base=base_address(site, request))


@router.get("/docs/{slug}")
async def show_group(site: OurSite, p: Reads, request: Request, slug: str) -> Response:
    """Describe the operations of one group."""
    document = request.app.openapi()
    caller = Caller(base_address(site, request), key=p.role is not None, values=await _values(site, p))
    found = groups(document, caller)
    group = next((one for one in found if one.slug == slug), None)
    if group is None:
        raise NotFoundError
    return site.views.render(
        request, "docs_group.html", groups=found, group=group, shapes=group.shapes(document), key=caller.key
    )


def base_address(site: Site, request: Request) -> str:
    """Return the address of this archive without a slash at its end, as its callers write it."""
    return site.settings.public_url.rstrip("/") or str(request.base_url).rstrip("/")


async def _values(site: Site, p: Principal) -> dict[str, str]:
    """Return values of parameters for which there is an answer that the caller may see."""
    values = {"format": "csv"} | await _of_a_document(site, p)
    archive = site.archive
    kinds: dict[str, Sequence[_HasId]] = {
        "dossier_id": (await archive.dossiers.list(p, limit=1)).items,
        "search_id": await archive.searches.list(p),
        "register_id": await archive.registers.known(p),
        "batch_id": (await archive.account.batches(p, 1)).items if p.may(Scope.UPLOAD) else (),
        "action_id": (await archive.bulk.list(p, limit=1)).items if p.may(Scope.CORRECT) else (),
        "webhook_id": await archive.webhooks.list(p) if p.may(Scope.WEBHOOKS) else (),
    }
    users = await archive.users.list(p) if p.may(Scope.ADMIN) else ()
    values |= {"name": users[0].name} if users else {}
    return values | {name: found[0].id for name, found in kinds.items() if found}


async def _of_a_document(site: Site, p: Principal) -> dict[str, str]:
    """Return values that name one of the newest documents, one with pictures where there is one."""
    newest = await site.search.search(p, SearchQuery(sort="newest", limit=_LOOKED_AT, facets=()))
    values: dict[str, str] = {}
    for hit in newest.hits:
        with suppress(NotFoundError, GoneError):  # gone since, or a part of a file that the caller may not see whole
            document = await site.archive.documents.get(p, hit.id)
            pictures = document.media_type.startswith(_PICTURES)
            if pictures or not values:
                source = await site.archive.account.source(p, document.source_id)
                values = {"document_id": document.id, "source_id": source.id, "sha256": source.sha256}
                values["number"] = str(document.first_page)
                symbol = parse_symbol(document.record.symbol or "")
                values |= {"key": symbol.key} if symbol and symbol.key else {}
            if pictures:
                break
    return values
