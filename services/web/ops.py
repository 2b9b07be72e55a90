"""For those who run it: alive, ready, and what there is to count."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse

from services.core.errors import VanbanError
from services.core.model import ArchiveStatus
from services.web.admission import DeclaredRoute
from services.web.middleware import RequestCounts
from services.web.schemas import Health
from services.web.site import Anyone, Measures, OurSite

log = logging.getLogger(__name__)

router = APIRouter(route_class=DeclaredRoute, tags=["operation"])
_OPEN: dict[str, Any] = {"security": []}
_METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@router.get("/healthz", openapi_extra=_OPEN)
async def alive(_: Anyone) -> Health:
    """Say that the process answers."""
    return Health(status="ok")


@router.get(
    "/readyz", openapi_extra=_OPEN, responses={503: {"model": Health, "description": "Something does not answer."}}
)
async def ready(site: OurSite, _: Anyone, response: Response) -> Health:
    """Say for each dependency whether it answers; with `stale` synonyms searches are answered all the same."""
    answers = {"archive": await _answers(site.archive.ping), "engine": await _answers(site.engine.ping)}
    every = all(answers.values())
    response.status_code = 200 if every else 503
    return Health(
        status="ok" if every else "unavailable",
        dependencies={
            **{name: "ok" if fine else "unavailable" for name, fine in answers.items()},
            "synonyms": "stale" if site.search.synonyms.problem else "ok",
        },
    )


async def _answers(ping: Callable[[], Awaitable[None]]) -> bool:
    try:
        await ping()
    except VanbanError as error:
        log.warning("not ready: %s", error)
        return False
    return True


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(site: OurSite, p: Measures) -> Response:
    """Count files, documents and requests in the text format of Prometheus."""
    status = await site.archive.account.status(p)
    lines = [*archive_lines(status), *request_lines(site.counts)]
    return Response("\n".join(lines) + "\n", media_type=_METRICS_TYPE)


def archive_lines(status: ArchiveStatus) -> Iterator[str]:
    """Yield the counts over the archive."""
    yield "# HELP vanban_items Files by state."
    yield "# TYPE vanban_items gauge"
    for state, count in status.sources.items():
        yield f'vanban_items{{state="{state.value}"}} {count}'
    gauges = {
        "batches": "Batches.",
        "documents": "Documents in the archive.",
        "indexed": "Documents whose newest revision is searchable.",
        "pages": "Pages known.",
        "pages_done": "Pages read.",
        "outbox": "Work that is recorded and not yet handed to a worker.",
        "trashed": "Documents in the trash.",
    }
    for name, help_text in gauges.items():
        yield f"# HELP vanban_{name} {help_text}"
        yield f"# TYPE vanban_{name} gauge"
        yield f"vanban_{name} {getattr(status, name)}"


def request_lines(counts: RequestCounts) -> Iterator[str]:
    """Yield the counts over the requests that this process answered."""
    yield "# HELP vanban_http_requests_total Requests answered."
    yield "# TYPE vanban_http_requests_total counter"
    for (method, route, status), count in sorted(counts.total.items()):
        yield f'vanban_http_requests_total{{method="{method}",route="{route}",status="{status}"}} {count}'
    yield "# HELP vanban_http_request_seconds_total Time spent answering."
    yield "# TYPE vanban_http_request_seconds_total counter"
    for route, microseconds in sorted(counts.seconds.items()):
        yield f'vanban_http_request_seconds_total{{route="{route}"}} {microseconds / 1_000_000:.6f}'
