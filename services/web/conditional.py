"""Conditional requests (RFC 9110, 13): strong ETags, If-None-Match, If-Match."""

from __future__ import annotations

import re
from hashlib import sha256

from fastapi import Request
from fastapi.responses import Response

from services.core.errors import InvalidInputError
from services.core.model import Document
from services.web.problems import PreconditionFailedError, PreconditionRequiredError

_MEANT = re.compile(r"\.[0-9a-f]{12}\"$")


def document_etag(document: Document) -> str:
    """Return the strong ETag of a document: its revision grows with every change."""
    return f'"{document.revision}-{document.item_state}"'


def record_etag(document: Document) -> str:
    """Return the strong ETag of a document with what its citations mean, which others may change (decision 7)."""
    meant = [c.document_id for c in document.record.citations]
    if not any(meant):
        return document_etag(document)
    digest = sha256(repr(meant).encode()).hexdigest()[:12]
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


def required_revision(if_match: str | None, document: Document) -> int | None:
    """Return the revision that a change is made on, None for `If-Match: *`; what citations mean does not matter.

    Raises PreconditionRequiredError without If-Match and PreconditionFailedError when the document has moved on.
    """
    if if_match is None:
        raise PreconditionRequiredError
    if if_match.strip() == "*":
        return None
    tags = [tag.strip() for tag in if_match.split(",")]
    if not all(tag.removeprefix("W/").startswith('"') for tag in tags):
        raise InvalidInputError("If-Match must hold ETags as the server sent them, in quotes.")
    if document_etag(document) not in {_MEANT.sub('"', tag) for tag in tags}:
        raise PreconditionFailedError(revision=document.revision)
    return document.revision


def _header_names(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
