"""A check of a sound archive finds nothing, whatever works beside it; on both kinds of catalogue."""

from __future__ import annotations

import asyncio

from sqlalchemy import insert, text, update

from services.archive import Archive
from services.archive.schema import (
    documents,
    outbox,
    record_revisions,
)
from tests.contract.archive.archive_play import ME, pdf, upload, work
from tests.contract.archive.checks_play import DATA, change, codes, mend, read


async def test_an_archive_at_rest_at_work_and_after_every_kind_of_change_is_sound(archive: Archive) -> None:
    assert await codes(archive) == []
    source_id = await read(archive)
    (document_id,) = await archive.documents.ids(ME)
    await upload(archive, "nữa.pdf", DATA)
    await upload(archive, "rỗng.pdf", b"")
    await archive.documents.correct(ME, document_id, {"place": "Lai Châu"})
    assert await codes(archive) == []
    await archive.documents.reread(ME, source_id=source_id)
    assert await codes(archive) == []
    await work(archive, only="read", limit=1)
    assert await codes(archive) == []
    await work(archive)
    await archive.documents.trash_document(ME, document_id)
    assert await codes(archive) == []
    await work(archive)
    await archive.documents.purge_document(ME, document_id)
    await work(archive)
    assert await codes(archive) == []


BROKEN = text("""UPDATE documents SET record = '{"subject": 12, "nothing": [}'""")
"""Only SQLite lets anybody write this; PostgreSQL looks at what goes into a JSON column."""


async def test_a_record_that_cannot_be_read_is_laid_anew_with_its_corrections(archive: Archive) -> None:
    await read(archive)
    (document_id,) = await archive.documents.ids(ME)
    await archive.documents.correct(ME, document_id, {"place": "Lai Châu"})
    await work(archive)
    before = (await archive.documents.get(ME, document_id)).record
    bad = {"subject": {"not": "a record"}}
    await change(archive, update(documents).values(record=bad), update(record_revisions).values(record=bad))
    if archive._database.sqlite:
        await change(archive, BROKEN)
    assert await codes(archive) == ["record_damaged"]
    assert await mend(archive) == [True]
    await work(archive)
    assert await codes(archive) == []
    assert (await archive.documents.get(ME, document_id)).record == before


async def test_jobs_that_can_never_run_go_and_those_held_by_mistake_run(archive: Archive) -> None:
    source_id = await read(archive)
    common = {"queue": "read", "args": {}, "priority": 0, "turn": 0, "version": 0}
    dead = [
        {**common, "job": "read_page", "subject_id": "no-such-page", "source_id": source_id},
        {**common, "job": "triage", "subject_id": "no-such-source", "source_id": "no-such-source"},
        {**common, "job": "dance", "subject_id": source_id, "source_id": source_id},
    ]
    await change(archive, *(insert(outbox).values(row) for row in dead))
    await upload(archive, "b.pdf", pdf("khác"))
    await change(
        archive, update(outbox).values(held=True).where(outbox.c.source_id != source_id, outbox.c.job == "triage")
    )
    assert sorted(await codes(archive)) == ["job_dead"] * 3 + ["job_held"] * 2
    await mend(archive)
    assert await codes(archive) == []
    assert [row.job for row in await work(archive)] == ["triage", "read_page", "assemble", "index"]


async def test_work_that_goes_on_beside_a_check_gives_no_findings(archive: Archive, other: Archive) -> None:
    async def busy() -> None:
        for n in range(4):
            item = await upload(other, f"{n}.pdf", pdf(f"số {n}", pages=2))
            await work(other)
            if n == 2 and item.source_id:
                await other.documents.trash_source(ME, item.source_id)
                await other.documents.purge_source(ME, item.source_id)

    working = asyncio.create_task(busy())
    looks = 0
    while not working.done() or not looks:
        assert await codes(archive) == []
        looks += 1
    await working
    assert await codes(archive) == []
