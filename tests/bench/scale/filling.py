"""An archive filled straight in its own forms, for what comes after taking in: `vanban import` would need hours.

Every row and blob is what taking in would have written for a scanned PDF that was read: one source, item, document, its
pages, its words with boxes, its clean text with spans. Left out are originals, events, the history of records and the
syncs to disk.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from services.archive import open_archive
from services.archive.blobs import page_key, text_key
from services.archive.codec import encode_page, encode_text
from services.archive.database import Database
from services.archive.schema import batches, documents, items, pages, sources
from services.core.model import CleanText, PageText, local_principal
from services.core.settings import Settings
from tests.bench.scale.texts import Text
from tests.search_support import join_pages, pages_of_lines

Rows = dict[str, list[dict[str, Any]]]

_LINE_WORDS = 10
_PIPELINE = "bench"
_CHUNK = 500
_AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
_TABLES = {t.name: t for t in (batches, sources, items, documents, pages)}


async def fill(settings: Settings, made: Iterable[Text]) -> int:
    """Fill the empty archive that the settings name; return the bytes of its clean texts as UTF-8."""
    async with await open_archive(settings):
        pass  # makes the catalogue
    folder = Path(settings.blobs_url.removeprefix("file://"))
    database = Database(settings.database_url)
    size = 0
    try:
        await _insert(database, {"batches": [_batch_row()]})
        with get_context("spawn").Pool(2) as pool:
            for rows, written in pool.imap(_packed, ((folder, chunk) for chunk in _chunks(made))):
                await _insert(database, rows)
                size += written
    finally:
        await database.close()
    return size


def _chunks(made: Iterable[Text]) -> Iterator[list[Text]]:
    rest = iter(made)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk


def _packed(work: tuple[Path, Sequence[Text]]) -> tuple[Rows, int]:
    """Write the blobs of a chunk and make its rows, in a process of its own."""
    folder, chunk = work
    rows: Rows = {name: [] for name in ("sources", "items", "documents", "pages")}
    size = 0
    for text in chunk:
        read = pages_of_lines([_lines(page) for page in text.pages])
        clean = join_pages(read)
        size += len(clean.text.encode())
        rows["sources"].append(_source_row(text))
        rows["items"].append(_item_row(text))
        rows["pages"] += [_page_row(folder, text, page) for page in read]
        rows["documents"].append(_document_row(folder, text, clean))
    return rows, size


def _lines(page: str) -> str:
    words = page.split()
    return "\n".join(" ".join(words[at : at + _LINE_WORDS]) for at in range(0, len(words), _LINE_WORDS))


def _id(kind: int, number: int) -> str:
    return f"{kind:08x}-0000-7000-8000-{number:012x}"


def _batch_row() -> dict[str, Any]:
    return {
        "id": _id(0, 0), "state": "active", "priority": 0, "on_duplicate": "link", "created_at": _AT,
        "created_by": "bench",
    }  # fmt: skip


def _source_row(text: Text) -> dict[str, Any]:
    count = len(text.pages)
    return {
        "id": _id(1, text.number), "sha256": f"{text.number:064x}", "bytes": 1, "media_type": "application/pdf",
        "state": "ready", "triage": "done", "pages": count, "pages_done": count, "version": 1, "assembled": 1,
        "created_at": _AT,
    }  # fmt: skip


def _item_row(text: Text) -> dict[str, Any]:
    return {
        "id": _id(2, text.number), "batch_id": _id(0, 0), "ordinal": text.number, "name": f"{text.number}.pdf",
        "state": "done", "source_id": _id(1, text.number), "follows": True, "created_by": "bench", "created_at": _AT,
        "updated_at": _AT,
    }  # fmt: skip


def _page_row(folder: Path, text: Text, page: PageText) -> dict[str, Any]:
    packed = encode_page(page)
    key = page_key("", _PIPELINE, (page.width, page.height, 0), packed)
    _write(folder / key, packed)
    return {
        "id": f"{3 + page.number:08x}-0000-7000-8000-{text.number:012x}", "source_id": _id(1, text.number),
        "number": page.number, "width": page.width, "height": page.height, "state": "done", "attempts": 1,
        "pipeline": _PIPELINE, "blob_key": key,
    }  # fmt: skip


def _document_row(folder: Path, text: Text, clean: CleanText) -> dict[str, Any]:
    packed = encode_text(clean)
    key = text_key(packed)
    _write(folder / key, packed)
    return {
        "id": _id(3, text.number), "source_id": _id(1, text.number), "first_page": 1, "last_page": len(text.pages),
        "state": "ready", "revision": 1, "indexed_revision": 1, "awaited_revision": 1, "announced": True,
        "record": text.record.model_dump(mode="json"), "evidence": {}, "review": [], "outcome": "done",
        "clean_key": key, "pipeline": _PIPELINE, "created_at": _AT, "updated_at": _AT,
    }  # fmt: skip


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


async def _insert(database: Database, rows: Rows) -> None:
    async with database.write(local_principal("bench")) as tx:
        for name, found in rows.items():
            if found:
                await tx.conn.execute(insert(_TABLES[name]), found)
