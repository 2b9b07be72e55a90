"""The bytes as received, safely: Range, strong ETag, a Content-Disposition that no file name can break."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import Response, StreamingResponse

from services.archive import Original
from services.export import ExportFile
from services.web.conditional import not_modified

INLINE_TYPES = frozenset({"application/pdf", "image/jpeg", "image/png"})
"""What a browser shows by itself without running anything of ours beside it."""
_PLAIN_TEXT = "text/plain"
_CONTENT_SECURITY_POLICY = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
"""PDF viewers of browsers style their own page; nothing else may be loaded."""
_RANGE = re.compile(r"bytes=(\d*)-(\d*)\Z")


def original_response(request: Request, original: Original, *, inline: bool) -> Response:
    """Answer with the whole file, one range of it (206), or 304; a range outside the file is 416.

    Several ranges at once are answered with the whole file, as RFC 9110 (14.2) allows.
    """
    etag = f'"{original.sha256}"'
    if (unchanged := not_modified(request, etag)) is not None:
        return unchanged
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": disposition(original, inline=inline),
        "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
    }
    asked = request.headers.get("range")
    if asked is None or request.headers.get("if-range", etag) != etag or not (found := _RANGE.match(asked)):
        headers["Content-Length"] = str(original.size)
        return StreamingResponse(original.chunks, headers=headers, media_type=_media_type(original))
    window = byte_range(found[1], found[2], original.size)
    if window is None:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{original.size}"})
    first, end = window
    headers["Content-Range"] = f"bytes {first}-{end - 1}/{original.size}"
    headers["Content-Length"] = str(end - first)
    return StreamingResponse(cut(original.chunks, first, end), 206, headers, _media_type(original))


def copy_response(copy: Original, etag: str, *, inline: bool) -> Response:
    """Answer with a file that was made for this answer, whole: for a range it would have to be made again."""
    headers = {
        "ETag": etag,
        "Accept-Ranges": "none",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": disposition(copy, inline=inline),
        "Content-Length": str(copy.size),
        "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
    }
    return StreamingResponse(copy.chunks, headers=headers, media_type=_media_type(copy))


def file_response(file: ExportFile) -> Response:
    """Answer with a file to be saved that was written for this answer."""
    headers = {"Content-Disposition": attachment(file.name), "Cache-Control": "private, no-cache"}
    if file.size is not None:
        headers["Content-Length"] = str(file.size)
    return StreamingResponse(file.chunks, headers=headers, media_type=file.media_type)


def byte_range(first: str, last: str, size: int) -> tuple[int, int] | None:
    """Return the half-open range of bytes that `first-last` of a Range header means; None outside the file."""
    if first:
        start = int(first)
        end = min(int(last) + 1, size) if last else size
    else:
        start = max(size - int(last or "0"), 0)
        end = size
    return (start, end) if start < end else None


async def cut(chunks: AsyncIterator[bytes], first: int, end: int) -> AsyncIterator[bytes]:
    """Yield the bytes [first, end) of a stream."""
    position = 0
    async for chunk in chunks:
        piece = chunk[max(first - position, 0) : end - position]
        position += len(chunk)
        if piece:
            yield piece
        if position >= end:
            return


def disposition(original: Original, *, inline: bool) -> str:
    """Return a Content-Disposition (RFC 6266): shown in the browser only when asked for and harmless."""
    harmless = original.media_type in INLINE_TYPES | {_PLAIN_TEXT}
    return _named("inline" if inline and harmless else "attachment", original.name)


def attachment(name: str) -> str:
    """Return the Content-Disposition of a file to be saved."""
    return _named("attachment", name)


def _named(kind: str, name: str) -> str:
    """Add the name: percent-encoded, and for old clients in a form with no character that could end it."""
    name = name.replace("\\", "/").rsplit("/", 1)[-1].strip() or "original"
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _media_type(original: Original) -> str:
    if original.media_type == _PLAIN_TEXT:
        return "text/plain; charset=utf-8"
    return original.media_type
