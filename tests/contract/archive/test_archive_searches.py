"""Saved searches in the catalogue: which documents may be new, in order, each once, to whoever may see them."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest

from services.archive import Archive, open_archive
from services.core.errors import ConflictError, NotFoundError
from services.core.model import Reason, local_principal
from services.core.settings import Limits, Settings
from services.core.watching import SearchWork
from tests.contract.archive.archive_play import ME, pdf, upload, work

SOMEBODY = dataclasses.replace(ME, name="somebody", access=frozenset({"public"}))


async def filed(archive: Archive, text: str) -> str:
    """Send a file, read and index it, and return its document."""
    item = await upload(archive, f"{text}.pdf", pdf(text))
    await work(archive)
    (document,) = (await archive.account.item(ME, item.id)).document_ids
    return document


async def saved(archive: Archive, *seen: str, p: object = ME) -> str:
    """Save a search that these documents match."""
    search = await archive.searches.create(p, "x", {"q": "x"})  # type: ignore[arg-type]
    one = await task(archive, search.id)
    await archive.searches.seen_from_the_start(one, seen)
    await archive.searches.start(one)
    return search.id


async def task(archive: Archive, search: str) -> SearchWork:
    """Return the work on a search that is behind."""
    (found,) = [w for w in await archive.searches.behind() if w.id == search]
    return found


async def evaluate(archive: Archive, search: str, *matching: str) -> int:
    """Evaluate the next changes for a search, of which these documents match; return how many were new."""
    one = await task(archive, search)
    touched = await archive.searches.touched(one.known, 100)
    return await archive.searches.found(one, [i for i in touched.document_ids if i in matching], touched.known)


async def news(archive: Archive, search: str, p: object = ME) -> list[str]:
    found = await archive.searches.new(p, search, None, 100)  # type: ignore[arg-type]
    return [n.document.id for n in found.items]


async def test_what_matches_is_new_once_in_the_order_it_came(archive: Archive) -> None:
    old = await filed(archive, "old")
    search = await saved(archive, old)
    assert await archive.searches.behind() == []
    a, b = await filed(archive, "a"), await filed(archive, "b")
    assert await evaluate(archive, search, a, b) == 2
    assert await news(archive, search) == [a, b]
    assert [n.document.id for n in await archive.searches.newest(ME, search, 1)] == [b]
    for document in (old, a):
        await archive.documents.correct(ME, document, {"subject": "y"}, if_revision=None)
    await work(archive)
    assert await evaluate(archive, search, old, a) == 0
    assert await news(archive, search) == [a, b]


async def test_a_change_that_is_not_in_the_index_yet_waits_and_holds_what_follows(archive: Archive) -> None:
    a = await filed(archive, "a")
    search = await saved(archive)
    await archive.documents.correct(ME, a, {"subject": "y"}, if_revision=None)
    one = await task(archive, search)
    assert await archive.searches.touched(one.known, 100) == ((), one.known)
    await work(archive)
    touched = await archive.searches.touched(one.known, 100)
    assert (touched.document_ids, touched.known > one.known) == ((a,), True)


async def test_a_change_that_the_engine_refuses_holds_up_nothing(archive: Archive) -> None:
    a = await filed(archive, "a")
    search = await saved(archive)
    changed = await archive.documents.correct(ME, a, {"subject": "y"}, if_revision=None)
    await archive.work.index_failed(a, changed.revision, Reason(code="not_indexed", params={"error": "x"}))
    one = await task(archive, search)
    assert (await archive.searches.touched(one.known, 100)).known > one.known


async def test_batches_of_changes_are_bounded_and_whole(archive: Archive) -> None:
    search = await saved(archive)
    documents = [await filed(archive, f"d{n}") for n in range(5)]
    known, met = (await task(archive, search)).known, list[str]()
    while (touched := await archive.searches.touched(known, 2)).known > known:
        assert len(touched.document_ids) <= 2
        met += touched.document_ids
        known = touched.known
    assert met == documents


async def test_two_notifiers_record_a_match_once(archive: Archive, other: Archive) -> None:
    search = await saved(archive)
    a = await filed(archive, "a")
    one = await task(archive, search)
    known = (await archive.searches.touched(one.known, 100)).known
    counts = await asyncio.gather(*(each.searches.found(one, [a], known) for each in (archive, other)))
    assert sorted(counts) == [0, 1]
    assert await news(archive, search) == [a]


async def test_what_became_ready_since_is_not_seen_from_the_start(archive: Archive) -> None:
    old = await filed(archive, "old")
    search = (await archive.searches.create(ME, "x", {})).id
    late = await filed(archive, "late")
    one = await task(archive, search)
    await archive.searches.seen_from_the_start(one, [old, late, "0198f3a2-6c1e-7d35-9b1f-2f0a5e6c7d80"])
    await archive.searches.seen_from_the_start(one, [old, late])  # a start that was cut off is done again
    await archive.searches.start(one)
    assert await evaluate(archive, search, old, late) == 1
    assert await news(archive, search) == [late]


async def test_work_on_a_query_that_was_changed_or_deleted_is_void(archive: Archive) -> None:
    search = await saved(archive)
    a = await filed(archive, "a")
    one = await task(archive, search)
    known = (await archive.searches.touched(one.known, 100)).known
    await archive.searches.change(ME, search, query={"q": "other"})
    assert await archive.searches.found(one, [a], known) == 0
    await archive.searches.found_nothing([one], known)
    assert (await task(archive, search)).started is False
    await archive.searches.remove(ME, search)
    assert await archive.searches.found(one, [a], known) == 0
    await archive.searches.start(one)
    await archive.searches.failed(one, Reason(code="x"))
    assert await archive.searches.behind() == []


async def test_searches_for_which_nothing_matched_go_on_together(archive: Archive) -> None:
    searches = [await saved(archive) for _ in range(3)]
    await filed(archive, "a")
    works = await archive.searches.behind()
    assert len(works) == len(searches)
    known = (await archive.searches.touched(works[0].known, 100)).known
    await archive.searches.found_nothing(works, known)
    assert await archive.searches.behind() == []


async def test_nobody_is_told_of_what_he_may_not_see(archive: Archive) -> None:
    search = await saved(archive, p=SOMEBODY)
    a, b = await filed(archive, "a"), await filed(archive, "b")
    await archive.documents.set_access(ME, a, "secret")
    await work(archive)
    assert await evaluate(archive, search, a, b) == 1
    assert await news(archive, search, SOMEBODY) == [b]
    await archive.documents.set_access(ME, b, "secret")
    assert await news(archive, search, SOMEBODY) == []
    assert (await archive.searches.get(SOMEBODY, search)).new == 0
    with pytest.raises(NotFoundError):
        await archive.searches.get(ME, search)
    with pytest.raises(NotFoundError):
        await archive.searches.remove(ME, search)
    assert await archive.searches.list(ME) == []


async def test_the_log_says_what_was_found(archive: Archive) -> None:
    search = await saved(archive)
    a = await filed(archive, "a")
    await evaluate(archive, search, a)
    (event,) = (await archive.events.list(ME, actions=["search.matched"])).items
    assert (event.subject_id, event.details["documents"], event.details["count"]) == (search, [a], 1)
    since = str(event.details["since"])
    assert [n.document.id for n in (await archive.searches.new(ME, search, since, 10)).items] == [a]


async def test_there_are_at_most_so_many(settings: Settings) -> None:
    few = settings.model_copy(update={"limits": Limits(saved_searches=1)})
    async with await open_archive(few) as archive:
        await saved(archive)
        with pytest.raises(ConflictError) as refused:
            await saved(archive)
        assert refused.value.code == "too_many_searches"
        await archive.searches.create(local_principal("web"), "of another", {})
