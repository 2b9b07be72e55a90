"""One change to many documents, by two workers at once and by one that dies: each document is changed once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from services.archive import Archive
from services.archive.bulk import BulkActions
from services.core.bulk import BulkAction, BulkKind, BulkPlan, EntryState
from services.core.model import DocumentState
from tests.contract.archive.archive_play import ME
from tests.contract.archive.test_archive_dossiers import contents, filed, opened


async def started(archive: Archive, ids: list[str], **plan: Any) -> BulkAction:
    chosen = await archive.bulk.choose(ME, ids)
    await archive.bulk.plan(ME, chosen.id, BulkPlan(**plan))
    return await archive.bulk.start(ME, chosen.id)


async def carried_out(archive: Archive, action: BulkAction) -> dict[EntryState, int]:
    while (await archive.bulk.get(ME, action.id)).left and (rows := await archive.work.claim(10, "record")):
        for row in rows:
            await archive.bulk.carry_on(row.args["action_id"])
    return (await archive.bulk.get(ME, action.id)).counts


async def test_a_worker_that_is_lost_or_comes_twice_does_nothing_twice(
    archive: Archive, other: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.archive.bulk.DONE_AT_ONCE", 2)
    ids = [await filed(archive, text) for text in "abcde"]
    dossier = await opened(archive)
    for plan in (
        {"kind": BulkKind.CORRECT, "patch": {"shelf": "K1"}},
        {"kind": BulkKind.FILE, "dossier_id": dossier.id},
    ):
        action = await started(archive, ids, **plan)
        await archive.work.claim(10)
        with monkeypatch.context() as patched:  # it dies after two documents, before it makes the job that goes on
            patched.setattr(BulkActions, "_tell", _die)
            with pytest.raises(asyncio.CancelledError):
                await archive.bulk.carry_on(action.id)
        await archive.work.sweep(claimed_seconds=0, sent_seconds=0)
        await asyncio.gather(*(each.bulk.carry_on(action.id) for each in (archive, other)))
        assert await carried_out(archive, action) == {EntryState.DONE: 5}
    assert [len(await archive.documents.corrections(ME, each)) for each in ids] == [1] * 5
    assert await contents(archive, dossier) == ids

    trash = await started(archive, ids, kind=BulkKind.TRASH, why="thử")
    assert await carried_out(archive, trash) == {EntryState.DONE: 5}
    await archive.bulk.undo(ME, trash.id)
    await asyncio.gather(*(each.bulk.carry_on(trash.id) for each in (archive, other)))
    assert await carried_out(archive, trash) == {EntryState.UNDONE: 5}
    assert {(await archive.documents.get(ME, each)).state for each in ids} == {DocumentState.READY}


async def _die(*_: object) -> None:
    raise asyncio.CancelledError
