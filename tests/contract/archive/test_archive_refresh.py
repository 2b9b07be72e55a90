"""Records made again by other rules from pages that were read and assembled before."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from services.archive import Archive
from services.archive.schema import documents
from services.core.model import ItemState, PageText
from tests.contract.archive.archive_play import ME, PIPELINE, draft_of, page_of, pdf, upload, work


async def read(archive: Archive, name: str = "a.pdf", text: str = "một", pages: int = 1) -> tuple[str, str]:
    """Upload and read a file; return its source's id and its document's."""
    item = await upload(archive, name, pdf(text, pages))
    await work(archive)
    assert item.source_id is not None
    return item.source_id, (await archive.account.item(ME, item.id)).document_ids[0]


async def make_again(archive: Archive, source_id: str, rules: str, *, split: bool = False, **record: Any) -> list[str]:
    """Record drafts that other rules made of the same pages."""
    source = await archive.work.source(source_id)
    assert source is not None
    pages = [p for p in await archive.work.source_pages(source_id) if isinstance(p, PageText)]
    runs = [[page] for page in pages] if split else [pages]
    drafts = [draft_of(run, **record) for run in runs]
    return await archive.work.assembled(source_id, drafts, version=source.version, pipeline=rules, again=True)


async def rules_of(archive: Archive, document_id: str) -> str | None:
    async with archive._database.read() as conn:
        return await conn.scalar(select(documents.c.pipeline).where(documents.c.id == document_id))


async def test_the_same_record_counts_as_made_by_the_new_rules_and_nothing_else_changes(archive: Archive) -> None:
    source_id, document_id = await read(archive, pages=2)
    before = await archive.documents.get(ME, document_id)
    events = await archive.events.list(ME, limit=1000)
    assert await archive.work.outdated("new") == [source_id]
    assert await make_again(archive, source_id, "new") == [document_id]
    assert await archive.documents.get(ME, document_id) == before
    assert await archive.events.list(ME, limit=1000) == events
    assert await rules_of(archive, document_id) == "new"
    assert await archive.work.outdated("new") == []
    assert await work(archive) == []


async def test_another_record_is_a_new_revision_below_the_corrections_and_no_file_waits_for_it(
    archive: Archive,
) -> None:
    source_id, document_id = await read(archive)
    await archive.documents.correct(ME, document_id, {"place": "Lào Cai"})
    before = await archive.documents.get(ME, document_id)
    await work(archive)
    assert await make_again(archive, source_id, "new", place="Lai Châu", subject="khác") == [document_id]
    after = await archive.documents.get(ME, document_id)
    assert (after.revision, after.record.place, after.record.subject) == (before.revision + 1, "Lào Cai", "khác")
    assert after.item_state == ItemState.DONE
    assert [row.job for row in await work(archive)] == ["index"]
    lines, _ = await archive.documents.changes(ME)
    assert [(line.action, line.revision) for line in lines][-1] == ("changed", after.revision)
    assert (await archive.events.list(ME, subject_id=document_id)).items[-1].action == "document.refreshed"


async def test_without_asking_again_a_second_draft_of_the_same_pages_is_ignored(archive: Archive) -> None:
    source_id, document_id = await read(archive)
    source = await archive.work.source(source_id)
    assert source is not None
    draft = draft_of([page_of("khác", 1)])
    assert await archive.work.assembled(source_id, [draft], version=source.version, pipeline="new") == [document_id]
    assert (await archive.documents.get(ME, document_id)).record.subject != "khác"


async def test_drafts_of_older_pages_are_ignored_also_when_made_again(archive: Archive) -> None:
    source_id, document_id = await read(archive)
    source = await archive.work.source(source_id)
    assert source is not None
    await archive.documents.reread(ME, source_id=source_id)
    drafts = [draft_of([page_of("cũ", 1)])]
    again = archive.work.assembled(source_id, drafts, version=source.version, pipeline="new", again=True)
    assert await again == [], "its pages wait to be read"
    await work(archive)
    late = await archive.work.assembled(source_id, drafts, version=source.version, pipeline="new", again=True)
    assert late == []
    assert (await archive.documents.get(ME, document_id)).record.subject != "cũ"


async def test_other_rules_may_split_a_file_and_join_it_again(archive: Archive) -> None:
    source_id, whole = await read(archive, pages=2)
    first, second = await make_again(archive, source_id, "splits", split=True)
    assert first == whole
    assert await make_again(archive, source_id, "splits again", split=True) == [first, second]
    assert await make_again(archive, source_id, "joins") == [whole]
    assert (await archive.documents.get(ME, second)).id == whole


async def test_only_what_lives_is_outdated_and_all_of_it_can_be(archive: Archive) -> None:
    (one, _), (two, trashed), (three, purged) = [await read(archive, f"{n}.pdf", f"tờ {n}") for n in range(3)]
    await archive.documents.trash_document(ME, trashed)
    await archive.documents.trash_document(ME, purged)
    await archive.documents.purge_document(ME, purged)
    assert await archive.work.outdated(PIPELINE) == []
    assert sorted(await archive.work.outdated("new")) == sorted([one, two])
    await archive.work.outdate()
    found = await archive.work.outdated(PIPELINE, limit=1)
    assert [*found, *await archive.work.outdated(PIPELINE, after=found[0])] == sorted([one, two])
    assert await archive.work.count_outdated(PIPELINE) == 2
    await make_again(archive, two, PIPELINE, place="Lai Châu")
    assert await archive.work.outdated(PIPELINE) == [one]
    restored = await archive.documents.restore_document(ME, trashed)
    assert restored.record.place == "Lai Châu"
    assert three not in found


async def test_a_file_that_is_being_read_is_left_to_its_reading(archive: Archive) -> None:
    source_id, document_id = await read(archive)
    await archive.documents.reread(ME, source_id=source_id)
    assert await archive.work.outdated("new") == [], "its triage is not done"
    await work(archive)
    assert await archive.work.outdated("new") == [source_id]
    assert (await archive.documents.get(ME, document_id)).id == document_id
