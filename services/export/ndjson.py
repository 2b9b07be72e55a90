"""Documents as JSON lines, each in the shape that the API gives a document."""

from collections.abc import AsyncIterator, Callable

from pydantic import BaseModel

from services.core.model import Document

View = Callable[[Document], BaseModel]
"""Gives a document the shape of the API."""

_PIECE_BYTES = 64 * 1024


async def json_lines(documents: AsyncIterator[Document], view: View) -> AsyncIterator[bytes]:
    """Yield pieces of some 64 KB; the account of single pages is left out, as in every list of documents."""
    piece = bytearray()
    async for document in documents:
        piece += view(document).model_dump_json(exclude={"pages"}).encode() + b"\n"
        if len(piece) >= _PIECE_BYTES:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)
