"""Files and a make-believe reader for the archive's tests: what the workers do, without OCR."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

from services.archive import ELSEWHERE_TYPES, Archive, import_text
from services.core.model import (
    Batch,
    Box,
    CleanText,
    DocumentDraft,
    Evidence,
    Extraction,
    Item,
    OutboxRow,
    PageInfo,
    PageState,
    PageStatus,
    PageText,
    Record,
    Span,
    Triage,
    Word,
    Zone,
    local_principal,
)

ME = replace(local_principal("cli"), name="test")
PIPELINE = "p1"


def pdf(text: str, pages: int = 1) -> bytes:
    """Bytes that pass for a PDF of so many pages with this text on each."""
    return f"%PDF-1.4 pages={pages} {text}".encode()


def page_of(text: str, number: int, *, image_hash: str = "") -> PageText:
    """A page with one line of words."""
    words = tuple(
        Word(word, Box(10.0 + 50 * i, 20.0, 50.0 + 50 * i, 32.5), 0.9, 0, 0, Zone.BODY)
        for i, word in enumerate(text.split())
    )
    return PageText(number, 595.3, 841.9, words, dpi=300, image_hash=image_hash)


def compose(pages: Sequence[PageText]) -> CleanText:
    """A clean text of pages: their words with single blanks."""
    text, spans, starts = "", [], []
    for page in pages:
        starts.append((page.number, len(text)))
        for i, word in enumerate(page.words):
            spans.append(Span(len(text), len(text) + len(word.text), page.number, i))
            text += word.text + " "
    return CleanText(text.rstrip(), tuple(spans), tuple(starts))


def draft_of(pages: Sequence[PageText], **record: Any) -> DocumentDraft:
    """A draft over pages; its subject is their text unless given."""
    clean = compose(pages)
    filled = Record(**{"subject": clean.text, **record})
    evidence = {"subject": Evidence(how="read", page=pages[0].number, confidence=0.8)}
    return DocumentDraft(pages[0].number, pages[-1].number, Extraction(record=filled, evidence=evidence), clean)


async def chunks(data: bytes, size: int = 7) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def upload(archive: Archive, name: str, data: bytes, batch: Batch | None = None, **options: Any) -> Item:
    """Send one file, in a batch of its own unless one is given."""
    batch = batch or await archive.intake.create_batch(ME)
    return await archive.intake.receive(ME, batch.id, name, chunks(data), **options)


async def work(archive: Archive, *, only: str | None = None, limit: int = 1000) -> list[OutboxRow]:
    """Do what is claimable until nothing is (of one queue, if `only`); return the rows in the order they were done."""
    done: list[OutboxRow] = []
    while rows := await archive.work.claim(limit, only):
        await archive.work.sent([r.id for r in rows])
        for row in rows:
            await do(archive, row)
            done.append(row)
    return done


async def do(archive: Archive, row: OutboxRow) -> None:
    """Do one row's work as a worker would."""
    match row.job:
        case "triage":
            await triage(archive, row.args["source_id"])
        case "read_page":
            await read_page(archive, row.args["page_id"])
        case "assemble":
            await assemble(archive, row.args["source_id"])
        case "index":
            await index(archive)


async def content(archive: Archive, source_id: str) -> list[str]:
    """The texts of a source's pages."""
    source = await archive.work.source(source_id)
    assert source is not None
    async with archive.account.local_file(source_id) as path:
        data = path.read_bytes()
    if source.media_type in ELSEWHERE_TYPES:
        return import_text(data).decode().split("\f")
    head, _, text = data.decode().partition(" pages=")
    count, _, text = text.partition(" ")
    assert head == "%PDF-1.4"
    return [f"{text} trang {n}" for n in range(1, int(count) + 1)]


async def triage(archive: Archive, source_id: str) -> None:
    if await archive.work.source(source_id) is None:
        return
    texts = await content(archive, source_id)
    pages = tuple(PageInfo(number=n, width=595.3, height=841.9) for n in range(1, len(texts) + 1))
    await archive.work.triaged(source_id, Triage(pages=pages))


async def read_page(archive: Archive, page_id: str, pipeline: str = PIPELINE) -> None:
    page = await archive.work.page(page_id)
    if page is None or await archive.work.source(page.source_id) is None:
        return
    texts = await content(archive, page.source_id)
    text = page_of(texts[page.number - 1], page.number, image_hash=f"hash of {texts[page.number - 1]}")
    await archive.work.page_read(page_id, text, pipeline=pipeline)


async def assemble(archive: Archive, source_id: str, **record: Any) -> list[str]:
    source = await archive.work.source(source_id)
    if source is None:
        return []
    found = await archive.work.source_pages(source_id)
    if any(isinstance(page, PageStatus) and page.state is PageState.WAITING for page in found):
        return []
    pages = [page for page in found if isinstance(page, PageText)]
    runs = source.runs or ((pages[0].number, pages[-1].number),)
    cut = [[page for page in pages if first <= page.number <= last] for first, last in runs]
    drafts = [draft_of(part, **record) for part in cut if part]
    return await archive.work.assembled(source_id, drafts, version=source.version, pipeline=PIPELINE)


async def index(archive: Archive) -> list[tuple[str, int]]:
    done: list[tuple[str, int]] = []
    while tasks := await archive.work.index_tasks(100):
        done += [(t.document_id, t.revision) for t in tasks]
        await archive.work.indexed([(t.document_id, t.revision) for t in tasks])
    return done
