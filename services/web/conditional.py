"""Conditional requests (RFC 9110, 13): strong ETags, If-None-Match, If-Match."""

from __future__ import annotations

import datetime as dt
import re
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import sha256

from fastapi import Request
from fastapi.responses import Response

from services.core.errors import InvalidInputError
from services.core.model import Document, Dossier, SourceSplit
from services.web.problems import PreconditionFailedError, PreconditionRequiredError

_MEANT = re.compile(r"\.[0-9a-f]{12}\"$")


def document_etag(document: Document) -> str:
    """Return the strong ETag of a document: its revision grows with every change."""
    return f'"{document.revision}-{document.item_state}"'


def record_etag(document: Document) -> str:
    """Return the strong ETag of a document with what its citations mean and what answers it (decision 7).

    Others may change that.
    """
    meant = [c.document_id for c in document.record.citations]
    replies = [task.progress.replies for task in document.record.tasks if task.progress]
    if not any(meant) and not any(replies):
        return document_etag(document)
    digest = sha256(repr((meant, *replies)).encode()).hexdigest()[:12]
    return f'{document_etag(document)[:-1]}.{digest}"'


def not_modified(request: Request, etag: str, **headers: str) -> Response | None:
    """Return the 304 answer when the caller has this version already, else None."""
    wanted = request.headers.get("if-none-match")
    if wanted is None:
        return None
    tags = {tag.strip().removeprefix("W/") for tag in wanted.split(",")}
    if etag not in tags and "*" not in tags:
        return None
    return Response(status_code=304, headers={"ETag": etag, **_header_names(headers)})


def not_modified_since(request: Request, etag: str, changed: dt.datetime) -> Response | None:
    """Return the 304 answer to a caller who goes by time alone and has what changed last at `changed`, else None."""
    since = request.headers.get("if-modified-since")
    if since is None or "if-none-match" in request.headers:
        return None
    try:
        known = parsedate_to_datetime(since)
    except ValueError:  # a date that is none is ignored (RFC 9110, 13.1.3)
        return None
    if known.tzinfo is None or changed.replace(microsecond=0) > known:
        return None
    return Response(status_code=304, headers={"ETag": etag, "Last-Modified": http_date(changed)})


def http_date(moment: dt.datetime) -> str:
    """Write an instant as HTTP does (RFC 9110, 5.6.7)."""
    return format_datetime(moment.astimezone(dt.UTC), usegmt=True)


def split_etag(split: SourceSplit) -> str:
    """Return the strong ETag of how a source is cut: its version, and whether the documents follow it yet."""
    return f'"{split.version}-{"pending" if split.pending else "settled"}"'


def dossier_etag(dossier: Dossier) -> str:
    """Return the strong ETag of a dossier: `documents` moves by itself when one of them goes to the trash."""
    return f'"{dossier.revision}-{dossier.documents}"'


def required_revision(if_match: str | None, document: Document) -> int | None:
    """Return the revision that a change is made on, None for `If-Match: *`; what citations mean does not matter.

    Raises PreconditionRequiredError without If-Match and PreconditionFailedError when the document has moved on.
    """
    return document.revision if _named(if_match, document_etag(document), document.revision) else None


def required_version(if_match: str | None, split: SourceSplit) -> int | None:
    """Return the version of a source that its new split is made on; as `required_revision`."""
    return split.version if _named(if_match, split_etag(split), split.version) else None


def _named(if_match: str | None, etag: str, revision: int) -> bool:
    """Tell whether If-Match names this very version (True) or takes any (False)."""
    if if_match is None:
        raise PreconditionRequiredError
    return matched_revision(if_match, etag, revision) is not None


def matched_revision(if_match: str | None, etag: str, revision: int) -> int | None:
    """Return the revision that If-Match names, None without one and for `*`; PreconditionFailedError when it is old."""
    if if_match is None or if_match.strip() == "*":
        return None
    tags = [tag.strip() for tag in if_match.split(",")]
    if not all(tag.removeprefix("W/").startswith('"') for tag in tags):
        raise InvalidInputError("If-Match must hold ETags as the server sent them, in quotes.")
    if etag not in {_MEANT.sub('"', tag) for tag in tags}:
        raise PreconditionFailedError(revision=revision)
    return revision


def _header_names(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
