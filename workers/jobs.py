"""The jobs: take ids, reload the state, return early when it is done, record the result once.

Each may be run twice, late, or by two workers at once; a thing that is gone is not an error. What goes wrong with a
file is recorded here; what goes wrong around it (a server away, a reader killed from outside) is raised, and the queue
tries again (workers.queue).
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from services.archive import (
    EDXML_MEDIA_TYPE,
    ELSEWHERE_TYPES,
    REGISTER_MEDIA_TYPE,
    Archive,
    SourceWork,
    import_text,
    read_message,
)
from services.core.errors import (
    ConflictError,
    CorruptError,
    GoneError,
    NotFoundError,
    ReaderLimitError,
    ReadError,
    VanbanError,
)
from services.core.learnt import NOTHING, Learnt
from services.core.model import (
    DocumentDraft,
    IndexTask,
    PageInfo,
    PageState,
    PageStatus,
    PageText,
    Reason,
    Triage,
    local_principal,
)
from services.fields import FIELDS_VERSION, FoundDocument, Hints, Taxonomy, entered_record, read_documents
from services.ocr import PIPELINE_VERSION, Reader, compose, text_pages
from services.search import SearchEngine, build_index_document

log = logging.getLogger(__name__)

INDEX_BATCH = 500
_MINOR = frozenset({"copy_line"})
"""A guess that is shown as one, but is worth nobody's visit: where the office files its own copy."""
_TEXT_TYPES = ELSEWHERE_TYPES | {"text/plain"}


async def triage(archive: Archive, reader: Reader, source_id: str) -> None:
    """Learn what a source holds and make the work on its pages; a text is read on the spot."""
    source = await archive.work.source(source_id)
    if source is None:
        return
    try:
        async with archive.account.local_file(source.id) as path:
            if source.media_type in _TEXT_TYPES:
                await _read_text(archive, source, path)
            elif source.media_type == EDXML_MEDIA_TYPE:
                await _unpack(archive, source, path)
            else:
                await archive.work.triaged(source.id, await reader.triage(path, source.media_type))
    except (NotFoundError, GoneError):
        return
    except ConflictError:  # the batch of a message was cancelled, and the message with it
        return
    except ReadError as error:
        await archive.work.source_failed(source.id, error.reason, attempt=False)
    except ReaderLimitError as error:
        await archive.work.source_failed(source.id, error.reason, attempt=True)


async def read_page(archive: Archive, reader: Reader, page_id: str, **_: str) -> None:
    """Read one page, or take over what was read on the same picture before."""
    page = await archive.work.page(page_id)
    if page is None or page.state is not PageState.WAITING:
        return
    source = await archive.work.source(page.source_id)
    if source is None:
        return
    try:
        async with archive.account.local_file(source.id) as path:
            text = await _page_text(archive, reader, source, path, page.number)
    except (NotFoundError, GoneError):
        return
    except ReadError as error:
        await archive.work.page_failed(page.id, error.reason, attempt=False)
    except ReaderLimitError as error:
        await archive.work.page_failed(page.id, error.reason, attempt=True)
    else:
        await archive.work.page_read(page.id, text, pipeline=PIPELINE_VERSION)


def made_by(taxonomy: Taxonomy, learnt: Learnt = NOTHING) -> str:
    """Name all that makes a record of words: the joining of text, the grammars, the taxonomy, what was learnt."""
    rules = f"{PIPELINE_VERSION}/{FIELDS_VERSION}/{taxonomy.version}"
    return f"{rules}/{learnt.version}" if learnt.version else rules


async def assemble(archive: Archive, taxonomy: Taxonomy, source_id: str, *, again: bool = False) -> None:
    """Find the documents of a source whose pages are all in, compose the text and read the record of each.

    With `again` the records are made anew from the same words, because other rules are in force.
    """
    source = await archive.work.source(source_id)
    if source is None:
        return
    pages = await archive.work.source_pages(source_id)
    if not pages or any(isinstance(page, PageStatus) and page.state is PageState.WAITING for page in pages):
        return
    drafts = await asyncio.to_thread(make_drafts, source, pages, taxonomy)
    rules = made_by(taxonomy, source.learnt)
    await archive.work.assembled(source.id, drafts, version=source.version, pipeline=rules, again=again)


def make_drafts(
    source: SourceWork, pages: Sequence[PageText | PageStatus], taxonomy: Taxonomy
) -> tuple[DocumentDraft, ...]:
    """Make the documents of a source from its pages, those that failed included; a split by hand is kept to."""
    if source.media_type == REGISTER_MEDIA_TYPE:
        return (_entered(source, pages, taxonomy),)
    hints = Hints(
        file_name=source.file_name,
        received_on=source.received_on,
        signatures=source.signatures,
        given=source.given,
        learnt=source.learnt,
    )
    runs = source.runs
    if runs is None and source.media_type in _TEXT_TYPES:  # what was read elsewhere comes as one document
        runs = ((pages[0].number, pages[-1].number),)
    return tuple(_draft(found) for found in read_documents(pages, compose, hints, taxonomy, runs=runs))


def _entered(source: SourceWork, pages: Sequence[PageText | PageStatus], taxonomy: Taxonomy) -> DocumentDraft:
    """Make the document of a register's row, which nobody scanned: what was entered is all there is."""
    clean = compose([page for page in pages if isinstance(page, PageText)])
    extraction = entered_record(source.given, clean, taxonomy)
    return DocumentDraft(pages[0].number, pages[-1].number, extraction, clean, scanned=False)


def _draft(found: FoundDocument) -> DocumentDraft:
    return DocumentDraft(
        first_page=found.first_page,
        last_page=found.last_page,
        extraction=found.extraction,
        clean=found.clean,
        needs_review=_needs_review(found),
    )


async def index(archive: Archive, engine: SearchEngine, *, isolate: bool = False) -> None:
    """Bring the index up to every revision that was committed before this job began.

    With `isolate` a document that the engine refuses is found and set aside with its reason, so that it does not
    hold up the others; without, CorruptError is raised, because the index itself may be what is wrong.
    """
    while tasks := await archive.work.index_tasks(INDEX_BATCH):
        if not await _apply(archive, engine, tasks, isolate=isolate):
            return


async def _apply(archive: Archive, engine: SearchEngine, tasks: Sequence[IndexTask], *, isolate: bool) -> bool:
    """Index these documents together, or, where that fails, by halves; return whether any could be."""
    try:
        await engine.apply(
            [build_index_document(task.document, task.clean) for task in tasks if task.document and task.clean],
            [(task.document_id, task.revision) for task in tasks if not (task.document and task.clean)],
        )
    except CorruptError as error:
        if not isolate:
            raise
        return await _by_halves(archive, engine, tasks, error)
    except VanbanError:
        raise
    except Exception as error:  # noqa: BLE001 - one document that nobody foresaw must not stop all others
        return await _by_halves(archive, engine, tasks, error)
    await archive.work.indexed([(task.document_id, task.revision) for task in tasks])
    return True


async def _by_halves(archive: Archive, engine: SearchEngine, tasks: Sequence[IndexTask], error: Exception) -> bool:
    if len(tasks) > 1:
        middle = len(tasks) // 2
        halves = (tasks[:middle], tasks[middle:])
        return any([await _apply(archive, engine, half, isolate=True) for half in halves])
    await engine.ping()  # the engine is well, so the document is what is wrong
    (task,) = tasks
    log.error("document %s cannot be indexed: %s", task.document_id, error)
    reason = Reason(code="not_indexed", params={"error": f"{type(error).__name__}: {error}"[:500]})
    await archive.work.index_failed(task.document_id, task.revision, reason)
    return False


async def bulk(archive: Archive, action_id: str) -> None:
    """Do the next documents of a change to many, or take them back; a new job goes on with the rest."""
    await archive.bulk.carry_on(action_id)


async def bulk_crashed(archive: Archive, arguments: Mapping[str, str], reason: Reason) -> None:
    """Have another job take up what one left that was stopped."""
    log.error("a job of the bulk action %s was stopped: %s", arguments["action_id"], reason.code)
    await archive.bulk.failed(arguments["action_id"])


async def triage_crashed(archive: Archive, arguments: Mapping[str, str], reason: Reason) -> None:
    """Keep why the first look at a source ended in an error nobody expected."""
    await archive.work.source_failed(arguments["source_id"], reason, attempt=False)


async def assemble_crashed(archive: Archive, arguments: Mapping[str, str], reason: Reason) -> None:
    """Keep why no record could be made of a source."""
    await archive.work.assemble_failed(arguments["source_id"], reason)


async def page_crashed(archive: Archive, arguments: Mapping[str, str], reason: Reason) -> None:
    """Keep why a job on a page ended in an error nobody expected; the document goes on without the page."""
    await archive.work.page_failed(arguments["page_id"], reason, attempt=False)


async def _read_text(archive: Archive, source: SourceWork, path: Path) -> None:
    pages = {page.number: page for page in await _text_of(source, path)}
    infos = tuple(PageInfo(number=page.number, width=page.width, height=page.height) for page in pages.values())
    await archive.work.triaged(source.id, Triage(pages=infos))
    for status in await archive.work.source_pages(source.id):
        if isinstance(status, PageStatus) and status.state is PageState.WAITING:
            await archive.work.page_read(status.id, pages[status.number], pipeline=PIPELINE_VERSION)


async def _unpack(archive: Archive, source: SourceWork, path: Path) -> None:
    """Make the attachments of a message files of its batch, with what its header says of them."""
    sender = replace(local_principal("worker"), name=source.received_by)
    with TemporaryDirectory(prefix="vanban-edxml-") as folder:
        message = await asyncio.to_thread(read_message, path, Path(folder))
        outcome = message.outcome
        for number, attachment in enumerate(message.attachments):
            own_id = message.document_id
            await archive.intake.receive_enclosed(
                sender,
                source.batch_id,
                source.id,
                number,
                attachment.path,
                name=attachment.name,
                external_id=f"{own_id}#{number + 1}" if own_id and number else own_id,
                given=message.given,
            )
    await archive.work.unpacked(source.id, outcome)


async def _page_text(archive: Archive, reader: Reader, source: SourceWork, path: Path, number: int) -> PageText:
    if source.media_type in _TEXT_TYPES:
        return (await _text_of(source, path))[number - 1]
    known = partial(archive.work.page_result, pipeline=PIPELINE_VERSION)
    return await reader.read_page(path, source.media_type, number, known)


async def _text_of(source: SourceWork, path: Path) -> list[PageText]:
    def read() -> list[PageText]:
        data = path.read_bytes()
        return text_pages(import_text(data) if source.media_type in ELSEWHERE_TYPES else data)

    return await asyncio.to_thread(read)


def _needs_review(found: FoundDocument) -> tuple[Reason, ...]:
    reasons: list[Reason] = []
    if len(found.texts) == len(found.pages) and not any(page.words for page in found.texts):
        reasons.append(Reason(code="no_text"))
    evidence = found.extraction.evidence
    doubtful = sorted(key for key, value in evidence.items() if not value.confirmed and key not in _MINOR)
    if doubtful:
        reasons.append(Reason(code="unconfirmed", params={"fields": ", ".join(doubtful)}))
    return tuple(reasons)
