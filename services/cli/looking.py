"""`vanban status`, `show`, `retry`, `batch`, `reindex`: look at the archive and steer its work."""

import asyncio
from typing import Annotated

import typer

from services.archive import Archive
from services.cli.account import another_scan, give_account
from services.cli.console import out, print_json, printable, say, ticker
from services.cli.options import AsJson, DataDir, me, settings_of
from services.cli.pace import Pace, duration
from services.cli.searching import show_date
from services.cli.session import opened, somebody_works
from services.core.errors import InvalidInputError
from services.core.messages import say as sentence
from services.core.model import ArchiveStatus, Document, ItemState, NearDuplicate
from services.core.settings import Settings
from services.core.trace import Access
from services.fields import Taxonomy
from workers.jobs import made_by
from workers.reindexing import rebuild_index
from workers.state import running


def status(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Count the files by state, the documents, and what is still to do."""
    settings = settings_of(data_dir)
    counts, outdated, unmarked = asyncio.run(_status(settings))
    if as_json:
        print_json(counts)
        return
    up = running(settings)
    out.print(f"Archive   {settings.data_dir} ({settings.engine})")
    out.print(f"Running   {up.url if up else 'no: start it with `vanban up`'}")
    for state in ItemState:
        out.print(f"  {state.value.replace('_', ' '):13} {counts.sources.get(state, 0):>8}")
    out.print(f"Batches   {counts.batches}")
    out.print(f"Pages     {counts.pages_done} of {counts.pages} read")
    out.print(f"Documents {counts.documents}, {counts.indexed} of them searchable, {counts.trashed} in the trash")
    out.print(f"To do     {counts.outbox} jobs waiting")
    if outdated:
        out.print(f"Outdated  {outdated} files have records made by older rules: `vanban refresh` makes them again")
    if unmarked:
        out.print(f"Outdated  {unmarked} documents have no fingerprint: `vanban refresh` makes it, to find rescans by")


async def _status(settings: Settings) -> tuple[ArchiveStatus, int, int]:
    taxonomy = Taxonomy.load(settings.taxonomy_file)
    async with opened(settings) as archive:
        rules = made_by(taxonomy, await archive.learning.learnt())
        status, outdated = await archive.account.status(me()), await archive.work.count_outdated(rules)
        return status, outdated, await archive.duplicates.count_without()


def show(
    document_id: Annotated[str, typer.Argument(metavar="ID", help="Id of a document.")],
    text: Annotated[bool, typer.Option("--text", help="Print the clean text.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Show one document: its record, or its text."""
    if text and as_json:
        raise InvalidInputError("--text and --json do not go together.")
    document, near, clean = asyncio.run(_show(settings_of(data_dir), document_id, text=text))
    if clean is not None:
        out.print(printable_text(clean))
    elif as_json:
        from services.web.schemas import DocumentView  # the web's libraries are slow to load

        print_json(DocumentView.of(document))
    else:
        show_document(document, settings_of(data_dir))
        for other in near:
            out.print(f"  {printable(another_scan(other))}")


async def _show(
    settings: Settings, document_id: str, *, text: bool
) -> tuple[Document, tuple[NearDuplicate, ...], str | None]:
    async with opened(settings) as archive:
        document = await archive.documents.get(me(), document_id)
        near = (await archive.duplicates.of_those(me(), [document.id])).get(document.id, ())
        clean = await archive.documents.clean_text(me(), document_id) if text else None
        archive.trace.note(me(), Access.VIEWED, "document", document.id)
        return document, near, clean.text if clean else None


def printable_text(text: str) -> str:
    """Return a text of many lines as `printable` does, its lines kept."""
    return "\n".join(printable(line) for line in text.split("\n"))


def show_document(document: Document, settings: Settings) -> None:
    """Print the record: each value with how sure it is."""
    record = document.record
    rows = {
        "symbol": record.symbol,
        "kind": record.kind and f"{record.kind.name} ({record.kind.code})",
        "issuer": record.issuer and record.issuer.name,
        "issued_on": show_date(record.issued_on),
        "place": record.place,
        "subject": record.subject,
        "addressees": "; ".join(record.addressees),
        "signer": record.signer and " / ".join(p for p in (record.signer.title, record.signer.name) if p),
        "arrival": record.arrival and " ".join(p for p in (record.arrival.number, record.arrival.date) if p),
        "citations": "; ".join(citation.raw for citation in record.citations),
        "topics": "; ".join(topic.label for topic in record.topics),
    }
    out.print(f"{printable(document.file_name)}, pages {document.first_page}-{document.last_page}")
    for key, value in rows.items():
        evidence = document.evidence.get(key)
        unsure = "  (unconfirmed)" if evidence and not evidence.confirmed else ""
        if value:
            out.print(f"  {key:11} {printable(value)}{unsure}")
    for warning in record.warnings:
        out.print(f"  warning     {printable(sentence(warning, settings.locale))}")
    for page in document.pages:
        if page.reason:
            out.print(f"  page {page.number:<6} {printable(sentence(page.reason, settings.locale))}")
    out.print(f"  id          {document.id} (revision {document.revision}, {document.item_state.value})")
    out.print(f"  source      {document.source_id}")


def retry(
    batch: Annotated[str | None, typer.Option(help="Only the failed files of this batch.")] = None,
    item: Annotated[str | None, typer.Option(help="Only this file.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Try again what failed: all of it, one batch, or one file."""
    if batch and item:
        raise InvalidInputError("Give --batch or --item, not both.")
    settings = settings_of(data_dir)
    count = asyncio.run(_retry(settings, batch, item))
    if as_json:
        print_json({"retried": count})
    say(
        f"{count} files are worked on again." if count else "Nothing to try again. What was refused must be sent again."
    )


async def _retry(settings: Settings, batch: str | None, item: str | None) -> int:
    async with opened(settings) as archive:
        if batch:
            await archive.account.batch(me(), batch)
        if item:
            await archive.account.item(me(), item)
        count = await archive.intake.retry(me(), batch_id=batch, item_id=item)
        if count and not await somebody_works(settings):
            say("Nobody works now: they are read once `vanban up` runs.")
        return count


def batch(
    batch_id: Annotated[
        str | None, typer.Argument(metavar="ID", help="A batch; without it the newest are listed.")
    ] = None,
    pause: Annotated[bool, typer.Option("--pause", help="Hold back what is not yet being read.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Let it go on.")] = False,
    cancel: Annotated[bool, typer.Option("--cancel", help="Give up what is not yet read.")] = False,
    priority: Annotated[int | None, typer.Option(min=-1000, max=1000, help="Higher is read earlier.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Give the account of a batch; pause it, let it go on, cancel it, or move it forward."""
    chosen = sum((pause, resume, cancel))
    if chosen > 1 or (batch_id is None and (chosen or priority is not None)):
        raise InvalidInputError("Give one batch, and at most one of --pause, --resume and --cancel.")
    settings = settings_of(data_dir)
    if batch_id is None:
        asyncio.run(_list_batches(settings, as_json=as_json))
        return
    verb = "pause" if pause else "resume" if resume else "cancel" if cancel else None
    asyncio.run(_steer(settings, batch_id, verb, priority, as_json=as_json))


async def _list_batches(settings: Settings, *, as_json: bool) -> None:
    async with opened(settings) as archive:
        page = await archive.account.batches(me())
        if as_json:
            print_json(page)
            return
        for each in page.items:
            far = "finished" if each.finished else f"{each.pages_done} of {each.pages} pages"
            when = f"{each.created_at:%Y-%m-%d %H:%M}"
            out.print(f"{each.id}  {when}  {each.state.value}, {far}  {printable(each.label or '')}")


async def _steer(settings: Settings, batch_id: str, verb: str | None, priority: int | None, *, as_json: bool) -> None:
    async with opened(settings) as archive:
        await _apply(archive, batch_id, verb, priority)
        if as_json:
            print_json(await archive.account.report(me(), batch_id))
        else:
            await give_account(archive, batch_id, settings.locale)


async def _apply(archive: Archive, batch_id: str, verb: str | None, priority: int | None) -> None:
    verbs = {"pause": archive.intake.pause, "resume": archive.intake.resume, "cancel": archive.intake.cancel}
    if verb is not None:
        await verbs[verb](me(), batch_id)
    if priority is not None:
        await archive.intake.set_priority(me(), batch_id, priority)


def reindex(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Build the search index again beside the one in use, and change over when it is whole."""
    asyncio.run(_reindex(settings_of(data_dir), as_json=as_json))


async def _reindex(settings: Settings, *, as_json: bool) -> None:
    async with opened(settings) as archive:
        with ticker("Indexing") as shown:
            report = await rebuild_index(settings, archive, Pace(shown, "documents").update)
        if as_json:
            print_json(report)
        else:
            rate = f"{duration(report.seconds)}, {report.documents / max(report.seconds, 1e-3):.0f} documents/s"
            say(f"{report.documents} documents are in the new index {report.generation} ({rate}).")
