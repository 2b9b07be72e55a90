"""What is true of an archive after a storm; every sentence that is returned is a fault."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence

from services.archive import Archive, open_archive
from services.archive.checking import Severity
from services.core.model import Document, Item, ItemState, PageText, Source, local_principal
from services.core.settings import Settings, load_settings
from services.search import SearchEngine, SearchQuery, SearchService, open_engine
from services.search.checking import check_index
from tests.storm.group import StormyArchive
from tests.storm.sending import File

P = local_principal("cli")
_OPEN = {ItemState.RECEIVED, ItemState.READING}
_CUT_OFF = "interrupted"  # an upload whose server was killed: nobody was told that it is there


def faults(stormy: StormyArchive, acknowledged: Sequence[File]) -> list[str]:
    """Look at everything in a running archive that has come to rest, and say what is lost, doubled or wrong."""
    return asyncio.run(look(load_settings(data_dir=stormy.data_dir), acknowledged))


async def look(settings: Settings, acknowledged: Sequence[File], *, uploads_wait: bool = False) -> list[str]:
    """Look at everything in an archive that has come to rest; the same, for who has its settings.

    With `uploads_wait` an upload that was cut off and left no trace may still be waited for, as the archive does for
    an hour: another machine could be receiving it.
    """
    engine = await open_engine(settings)
    try:
        async with await open_archive(settings, migrate=False) as archive:
            items = [item async for item in every_item(archive)]
            found = [*_of_items(items, uploads_wait=uploads_wait)]
            for file in acknowledged:
                found += [fault async for fault in _of_file(archive, file)]
            documents = [document async for document in _documents(archive)]
            found += [fault async for fault in _of_ready_lines(archive, documents)]
            found += [fault async for fault in _of_check(archive, engine)]
            service = SearchService(engine, archive, settings)
            found += [fault async for fault in _of_searches(service, archive, acknowledged, len(documents))]
            return found
    finally:
        await engine.close()


def _of_items(items: Sequence[Item], *, uploads_wait: bool) -> Iterator[str]:
    """Every file is in one final state; only an upload that was cut off may have failed."""
    for item in items:
        if item.state in _OPEN and not (uploads_wait and item.source_id is None):
            yield f"{item.name} is still {item.state}"
        if item.state is ItemState.FAILED and (item.reason is None or item.reason.code != _CUT_OFF):
            yield f"{item.name} failed: {item.reason}"
    taken = Counter(
        i.source_id for i in items if i.source_id and i.state not in (ItemState.FAILED, ItemState.DUPLICATE)
    )
    yield from (f"the source {source} counts {times} times" for source, times in taken.items() if times > 1)


async def _of_file(archive: Archive, file: File) -> AsyncIterator[str]:
    """What was acknowledged is there, byte for byte, read to the last page, in documents that cover it once."""
    source = await archive.account.find_source(P, file.sha256)
    if source is None:
        yield f"{file.name} is lost"
        return
    original = await archive.account.original(P, source.id)
    digest = hashlib.sha256(b"".join([bytes(chunk) async for chunk in original.chunks])).hexdigest()
    if digest != file.sha256:
        yield f"the original of {file.name} has changed"
    pages = await archive.work.source_pages(source.id)
    if len(pages) != source.pages or not all(isinstance(page, PageText) for page in pages):
        yield f"{file.name} has {source.pages} pages and not as many that were read"
    async for fault in _of_cover(archive, file, source):
        yield fault


async def _of_cover(archive: Archive, file: File, source: Source) -> AsyncIterator[str]:
    split = await archive.documents.split_of(P, source.id)
    covered = [n for d in split.documents for n in range(d.first_page, d.last_page + 1)]
    if covered != list(range(1, (source.pages or 0) + 1)):
        yield f"the documents of {file.name} cover the pages {covered} of {source.pages}"


async def _of_ready_lines(archive: Archive, documents: Sequence[Document]) -> AsyncIterator[str]:
    """Each document became ready once."""
    ready = await _ready_lines(archive)
    for document in documents:
        if ready[document.id] != 1:
            yield f"{document.file_name} became ready {ready[document.id]} times"


async def _of_check(archive: Archive, engine: SearchEngine) -> AsyncIterator[str]:
    """`vanban check` finds nothing, index included, but what a kill left over for its cleaning."""
    findings = [found async for found in archive.checks.run()]
    findings += [found async for found in check_index(archive, engine, lambda what, done, total: None)]
    for found in findings:
        if found.severity is not Severity.ORPHAN:
            yield f"check: {found.code} of the {found.subject_type} {found.subject_id} {found.params}"


async def _of_searches(
    service: SearchService, archive: Archive, acknowledged: Sequence[File], count: int
) -> AsyncIterator[str]:
    """A search for everything finds as many as there are, one for a word that stands in one file finds that file."""
    total = (await service.search(P, SearchQuery(q="", limit=1))).total
    if total != count:
        yield f"the index finds {total} documents of {count}"
    for file in acknowledged:
        if file.token is None:
            continue
        hits = (await service.search(P, SearchQuery(q=file.token))).hits
        names = [d.file_name for d in (await archive.documents.many(P, [hit.id for hit in hits])).values()]
        if names != [file.name]:
            yield f"a search for the word of {file.name} finds {names}"


async def every_item(archive: Archive) -> AsyncIterator[Item]:
    """Yield the items of all batches."""
    cursor: str | None = None
    while True:
        page = await archive.account.items(P, limit=500, cursor=cursor)
        for item in page.items:
            yield item
        cursor = page.next
        if cursor is None:
            return


async def _documents(archive: Archive) -> AsyncIterator[Document]:
    after: str | None = None
    while ids := await archive.documents.ids(P, after=after, limit=200):
        for document in (await archive.documents.many(P, ids)).values():
            yield document
        after = ids[-1]


async def _ready_lines(archive: Archive) -> Counter[str]:
    lines: Counter[str] = Counter()
    cursor: str | None = None
    while True:
        changes, cursor = await archive.documents.changes(P, cursor, 500)
        if not changes:
            return lines
        lines.update(change.document_id for change in changes if change.action == "ready")
