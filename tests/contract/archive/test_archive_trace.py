"""The log is a chain that shows what was done to it, and holds who only looked."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from services.archive import Archive, log_heads
from services.archive.chain import START, link
from services.archive.schema import events, log_head
from services.core.errors import ForbiddenError, NotFoundError, UnauthenticatedError, UnavailableError
from services.core.model import Event, Level, Principal, Role
from services.core.permits import ROLE_SCOPES
from services.core.trace import Access, LogFilter, LogHead, LogKind
from tests.contract.archive.archive_play import ME
from tests.contract.archive.checks_play import change, codes, findings, read

LAN = Principal("Lan", Level.INTERNAL.and_below(), "web", None, Role.READER, ROLE_SCOPES[Role.READER], None, "10.0.0.7")


async def log(archive: Archive) -> list[Event]:
    return [line async for line in archive.events.each(ME, LogFilter())]


async def document_of(archive: Archive, source_id: str) -> str:
    return (await archive.account.source(ME, source_id)).document_ids[0]


async def test_each_way_of_changing_the_log_is_found_and_named(archive: Archive, tmp_path: Path) -> None:
    await read(archive)
    lines = await log(archive)
    assert [line.seq for line in lines] == list(range(1, len(lines) + 1))
    assert await archive.events.head(ME) == LogHead(seq=lines[-1].seq, hash=lines[-1].hash)
    assert await codes(archive) == []
    row, last = events.c.seq == 3, len(lines)

    async def after(*statements: Any, quick: bool = False) -> list[tuple[str, Any]]:
        """Return what a check says of the log after it was changed so, and undo that."""
        async with archive._database.read() as conn:
            kept = [dict(r) for r in (await conn.execute(select(events))).mappings()]
            head = dict((await conn.execute(select(log_head))).mappings().one())
        await change(archive, *statements)
        found = [(f.code, f.params) for f in await findings(archive, quick=quick)]
        await change(archive, delete(events), insert(events).values(kept), update(log_head).values(head))
        return found

    for values in ({"who": "ai đó"}, {"address": "10.1.1.1"}, {"details": {"x": 1}}, {"at": dt.datetime.now(dt.UTC)}):
        assert await after(update(events).where(row).values(values)) == [("event_changed", {"line": 3})]
    assert await after(delete(events).where(events.c.seq.in_((2, 3)))) == [("event_missing", {"first": 2, "last": 3})]
    cut = delete(events).where(events.c.seq > 5)
    for quick in (False, True):
        assert await after(cut, quick=quick) == [("event_missing", {"first": 6, "last": last})]
    more = {**lines[-1].model_dump(exclude={"seq", "hash"}), "seq": last + 1, "hash": "f" * 64}
    assert await after(insert(events).values(more)) == [
        ("event_changed", {"line": last + 1}),
        ("event_added", {"first": last + 1, "last": last + 1}),
    ]
    swapped = [update(events).where(events.c.seq == a).values(seq=b) for a, b in ((2, -1), (3, 2), (-1, 3))]
    assert [code for code, _ in await after(*swapped)] == ["event_changed"] * 3
    hidden = [cut, update(log_head).values(seq=5, hash=lines[4].hash)]  # whoever knows of the head puts it right too
    assert await after(*hidden) == []
    taken = await archive.backups.take(ME, tmp_path / "b")
    heads = await log_heads(tmp_path / "b")
    assert heads == {taken.snapshot: await archive.events.head(ME)}
    await change(archive, *hidden)
    assert not await archive.events.holds(ME, heads[taken.snapshot])
    again = await archive.backups.take(ME, tmp_path / "b")
    assert (taken.log_differs, again.log_differs) == (None, taken.snapshot)


async def test_lines_of_many_writers_form_one_chain(archive: Archive, other: Archive) -> None:
    for n in range(3):
        await archive.intake.create_batch(ME, label=f"{n}")
        other.trace.note(LAN, Access.EXPORTED, "list", "", format="csv")
        await other.trace.flush()
    lines = await log(archive)
    assert [line.action for line in lines] == ["batch.created", "list.exported"] * 3
    before = START
    for line in lines:
        before = link(before, {**line.model_dump(), "change": None})
        assert before == line.hash


async def test_a_change_that_fails_leaves_no_line_and_a_line_that_cannot_be_written_no_change(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotFoundError):
        await archive.documents.trash_document(ME, "0198f3a2-6c1e-7d35-9b1f-2f0a5e6c7d80")
    assert await log(archive) == []

    async def broken(*_: object) -> None:
        raise UnavailableError("no line today", what="x")

    monkeypatch.setattr("services.archive.database.append", broken)
    with pytest.raises(UnavailableError):
        await archive.intake.create_batch(ME)
    assert (await archive.account.batches(ME, limit=10)).items == ()
    archive.trace.note(LAN, Access.VIEWED, "document", "x")
    await archive.trace.flush()
    monkeypatch.undo()
    await archive.trace.flush()
    assert [(line.who, line.address, line.subject_id) for line in await log(archive)] == [("Lan", "10.0.0.7", "x")]


async def test_a_look_counts_once_and_its_history_is_for_those_who_may_read_it(archive: Archive) -> None:
    source_id = await read(archive)
    document_id = await document_of(archive, source_id)
    other = replace(LAN, name="Minh", origin="key vbk_abc123", address="10.0.0.8")
    for p in (LAN, LAN, other):
        archive.trace.note(p, Access.VIEWED, "document", document_id, path="/")
    for _ in range(2):
        archive.trace.note(LAN, Access.DOWNLOADED, "source", source_id)
    assert not [line for line in await log(archive) if line.action == Access.VIEWED], "nobody waited for it"
    await archive.trace.flush()
    history = await archive.events.accesses(ME, document_id)
    assert (history.views, history.downloads, history.people) == (2, 1, 2)
    assert [(line.who, line.action) for line in history.lines] == [
        ("Lan", "source.downloaded"),
        ("Minh", "document.viewed"),
        ("Lan", "document.viewed"),
    ]
    for asked in (archive.events.accesses(LAN, document_id), archive.events.search(LAN, LogFilter())):
        with pytest.raises(ForbiddenError):
            await asked
    seen = (await archive.events.list(LAN, limit=1000)).items
    assert seen
    assert not [line for line in seen if line.action in list(Access)]
    auditor = Principal("Hoa", Level.INTERNAL.and_below(), "web", scopes=ROLE_SCOPES[Role.ADMINISTRATOR])
    assert (await archive.events.accesses(auditor, document_id)).views == 2
    await archive.documents.set_access(ME, document_id, Level.SECRET)
    with pytest.raises(NotFoundError):
        await archive.events.accesses(auditor, document_id)
    await archive.documents.trash_document(ME, document_id)
    await archive.documents.purge_document(ME, document_id)
    assert (await archive.events.accesses(ME, document_id)).views == 2
    assert await codes(archive) == []


async def test_the_log_is_narrowed_down_by_account_key_thing_kind_and_time(archive: Archive) -> None:
    source_id = await read(archive)
    document_id = await document_of(archive, source_id)
    by_key = replace(LAN, origin="key vbk_abc123")
    archive.trace.note(LAN, Access.VIEWED, "document", document_id)
    archive.trace.note(by_key, Access.DOWNLOADED, "source", source_id)
    await archive.trace.flush()
    await archive.users.add(ME, "Lan", Role.ADMINISTRATOR, Level.SECRET, password="tám chữ này đủ dài")
    for name in ("Lan", "không ai"):
        with pytest.raises(UnauthenticatedError):
            await archive.sessions.log_in(name, "một mật khẩu khác hẳn", address="10.6.6.6")

    async def actions(**wanted: Any) -> list[str]:
        return [line.action for line in (await archive.events.search(ME, LogFilter(**wanted), limit=1000)).items]

    assert await actions(who="Lan") == ["source.downloaded", "document.viewed"]
    assert await actions(who="vbk_abc123") == ["source.downloaded"]
    assert (await actions(subject_id=document_id))[:2] == ["source.downloaded", "document.viewed"]
    assert await actions(subject_id=document_id, kind=LogKind.ACCESS) == ["source.downloaded", "document.viewed"]
    assert await actions(kind=LogKind.SIGN_IN) == ["login.failed", "login.failed"]
    changes = await actions(kind=LogKind.CHANGE)
    assert changes[0] == "user.added"
    assert len(changes) + 4 == len(await log(archive))
    now = dt.datetime.now(dt.UTC)
    assert await actions(since=now) == []
    assert len(await actions(until=now, since=now - dt.timedelta(hours=1))) == len(await log(archive))
    page = await archive.events.search(ME, LogFilter(), limit=2)
    following = await archive.events.search(ME, LogFilter(), limit=1000, cursor=page.next)
    assert [line.seq for line in (*page.items, *following.items)] == [x.seq for x in reversed(await log(archive))]
    assert following.next is None


async def test_lines_from_before_the_chain_are_chained_by_the_upgrade(archive: Archive) -> None:
    await read(archive)
    lines = await log(archive)
    await change(archive, update(events).values(hash=""))
    migration = import_module("services.archive.migrations.versions.0024_the_log_is_a_chain")
    async with archive._database.writer.begin() as conn:
        assert await conn.run_sync(migration.chain_lines) == (lines[-1].seq, lines[-1].hash)
    assert await log(archive) == lines
