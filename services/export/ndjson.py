"""Documents as JSON lines, each in the shape that the API gives a document, and a last line that says how it ended."""

import json
from collections.abc import AsyncIterator, Callable

from pydantic import BaseModel

from services.core.errors import VanbanError
from services.core.model import JSON, Document

View = Callable[[Document], BaseModel]
"""Gives a document the shape of the API."""

_PIECE_BYTES = 64 * 1024


async def json_lines(documents: AsyncIterator[Document], view: View, total: int) -> AsyncIterator[bytes]:
    """Yield pieces of some 64 KB; the account of single pages is left out, as in every list of documents.

    The last line is `{"end": {"total", "documents"}}`, or `{"error": {"code", "detail"}}` before the error is raised: a
    stream without either was cut. `total` is what the search found, `documents` what was still there to be taken.
    """
    piece = bytearray()
    count = 0
    try:
        async for document in documents:
            piece += view(document).model_dump_json(exclude={"pages"}).encode() + b"\n"
            count += 1
            if len(piece) >= _PIECE_BYTES:
                yield bytes(piece)
                piece.clear()
    except Exception as error:
        code = error.code if isinstance(error, VanbanError) else VanbanError.code
        yield bytes(piece) + _line({"error": {"code": code, "detail": "The export broke off; take it again."}})
        raise
    yield bytes(piece) + _line({"end": {"total": total, "documents": count}})


def _line(value: JSON) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"
