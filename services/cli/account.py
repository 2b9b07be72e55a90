"""Following a batch, and the account of every file at the end."""

import asyncio
from collections.abc import AsyncIterator

from services.archive import Archive
from services.cli.console import printable, say, ticker
from services.cli.options import me
from services.cli.session import pause, somebody_works
from services.core.errors import UnavailableError
from services.core.messages import Locale
from services.core.messages import say as sentence
from services.core.model import Batch, BatchState, Item, ItemState, NearDuplicate
from services.core.settings import Settings

_LOOK_SECONDS = 1.0
_LISTED = 20  # of the states that are no failure: those are listed whole
_LOOKED_AT = 500  # files of a batch whose documents are held against the archive; its page does it for all
_ALONE_LOOKS = 16  # looks without any worker before waiting is given up: a supervisor may be starting again


def some_failed(batch: Batch) -> bool:
    """Say whether any file of the batch failed."""
    return bool(batch.counts.get(ItemState.FAILED, 0))


def no_worker(settings: Settings) -> UnavailableError:
    """Return the error of one who waits while nobody works."""
    return UnavailableError(
        f"The files are received and kept, but nobody reads them: no `vanban up` runs on {settings.data_dir}. "
        "Start it in another terminal with `vanban up` (or deploy/up.sh); reading begins by itself.",
        server="workers",
    )


async def follow(archive: Archive, settings: Settings, batch_id: str, stop: asyncio.Event) -> bool:
    """Show how far a batch is until every file is finished; False when a stop or the end of all workers came first."""
    alone = 0
    with ticker("Reading") as shown:
        while True:
            batch = await archive.account.batch(me(), batch_id)
            shown.update(batch.pages_done, _note(batch), total=batch.pages)
            if batch.finished:
                return True
            if await pause(stop, _LOOK_SECONDS):
                return False
            alone = 0 if await somebody_works(settings) else alone + 1
            if alone > _ALONE_LOOKS:
                return False


async def give_account(archive: Archive, batch_id: str, locale: Locale) -> None:
    """Say how many files are in which state, and of each failed one why and what to do."""
    batch = await archive.account.batch(me(), batch_id)
    say(f"Batch {batch.id}: {_counts(batch)}")
    for state in (ItemState.DUPLICATE, ItemState.NEEDS_REVIEW):
        for item in (await archive.account.items(me(), batch_id, state=state, limit=_LISTED)).items:
            say(f"  {state.value.replace('_', ' '):12}  {printable(item.name)}{_why(item, locale)}")
        if (more := batch.counts.get(state, 0) - _LISTED) > 0:
            say(f"  ... and {more} more; the archive's page /batches/{batch.id} lists all.")
    for name, near in await _other_scans(archive, batch):
        say(f"  {printable(name)}: {printable(another_scan(near))}")
    if batch.finished and sum(batch.counts.values()) > _LOOKED_AT:
        say(f"  Other scans were looked for among the first {_LOOKED_AT} files only; `vanban show` looks for one.")
    retry = lost = 0
    async for item in _items(archive, batch_id, ItemState.FAILED):
        say(f"  failed        {printable(item.name)}{_why(item, locale)}")
        kept = item.source_id is not None
        retry, lost = retry + kept, lost + (not kept)
    if retry:
        say(f"  {retry} failed after they were received: `vanban retry --batch {batch.id}` tries them again.")
    if lost:
        say(f"  {lost} were not taken in: put right what the lines above say, then send them again.")


async def _other_scans(archive: Archive, batch: Batch) -> list[tuple[str, NearDuplicate]]:
    """Return the files of a batch that look like a paper that is here, _LISTED at most, of the first files."""
    items = (await archive.account.items(me(), batch.id, limit=_LOOKED_AT)).items
    near = await archive.duplicates.of_batch(me(), batch, items)
    return [(item.name, near[i][0]) for item in items for i in item.document_ids if i in near][:_LISTED]


def another_scan(near: NearDuplicate) -> str:
    """Say which document may be another scan of the same paper, and how much of the text it shares."""
    differs = f"; differs in {', '.join(near.differs)}" if near.differs else ""
    name = near.document.symbol or near.file_name
    return f"may be another scan of {name}, {near.document.id}: {near.shared:.0%} of the text is the same{differs}"


def _why(item: Item, locale: Locale) -> str:
    return f": {printable(sentence(item.reason, locale))}" if item.reason else ""


def _counts(batch: Batch) -> str:
    shown = [f"{state.value.replace('_', ' ')} {batch.counts[state]}" for state in ItemState if batch.counts.get(state)]
    return ", ".join(shown) or "no files"


def _note(batch: Batch) -> str:
    held = {
        BatchState.PAUSED: "paused: `vanban batch ID --resume` lets it go on; ",
        BatchState.CANCELLED: "cancelled; ",
    }
    return "pages; " + held.get(batch.state, "") + _counts(batch)


async def _items(archive: Archive, batch_id: str, state: ItemState) -> AsyncIterator[Item]:
    cursor = None
    while True:
        page = await archive.account.items(me(), batch_id, state=state, limit=100, cursor=cursor)
        for item in page.items:
            yield item
        cursor = page.next
        if cursor is None:
            return
