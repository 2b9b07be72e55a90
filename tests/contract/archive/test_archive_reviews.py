"""What people have to look at, and what they entered: the queue, answers that empty it, the history, taking back."""

from __future__ import annotations

from typing import Any

import pytest

from services.archive import Archive
from services.core.errors import ConflictError, NotFoundError
from services.core.model import Document, DocumentDraft, Evidence, ItemState, PageStatus, Reason
from tests.contract.archive.archive_play import (
    ME,
    PIPELINE,
    assemble,
    draft_of,
    index,
    page_of,
    pdf,
    read_page,
    triage,
    upload,
    work,
)


async def doubtful(archive: Archive, name: str, *fields: str, review: Reason | None = None, **record: Any) -> Document:
    """Read a file of which these values are guesses; return its document."""
    item = await upload(archive, f"{name}.pdf", pdf(name))
    await work(archive, only="read")
    draft = draft_of([page_of(name, 1)], **record)
    guesses = {key: Evidence(how="read", page=1, confidence=0.4, confirmed=False) for key in fields}
    extraction = draft.extraction.model_copy(update={"evidence": {**draft.extraction.evidence, **guesses}})
    asked = review or Reason(code="unconfirmed", params={"fields": ", ".join(sorted(fields))})
    made = DocumentDraft(1, 1, extraction, draft.clean, needs_review=(asked,))
    (document_id,) = await archive.work.assembled(str(item.source_id), [made], version=1, pipeline=PIPELINE)
    await index(archive)
    return await archive.documents.get(ME, document_id)


async def queue(archive: Archive) -> list[str]:
    return [task.document.id for task in (await archive.documents.to_review(ME)).items]


async def item_states(archive: Archive) -> set[ItemState]:
    return {item.state for item in (await archive.account.items(ME)).items}


async def test_a_document_is_asked_about_until_every_open_value_was_entered_or_confirmed(archive: Archive) -> None:
    document = await doubtful(archive, "một", "symbol", "place", symbol="12/UBND-VX")
    (task,) = (await archive.documents.to_review(ME)).items
    assert (task.document.id, [q.params["fields"] for q in task.questions]) == (document.id, ["place, symbol"])
    await archive.documents.correct(ME, document.id, {"symbol": "12/UBND-VX"})  # confirmed as it stands
    (task,) = (await archive.documents.to_review(ME)).items
    assert [q.params["fields"] for q in task.questions] == ["place"]
    assert await item_states(archive) == {ItemState.NEEDS_REVIEW}
    done = await archive.documents.correct(ME, document.id, {"place": "Kon Tum"})
    assert await queue(archive) == []
    assert await archive.documents.count_to_review(ME) == 0
    assert await item_states(archive) == {ItemState.DONE}
    assert done.item_state == ItemState.DONE


async def test_what_matters_most_comes_first_and_pages_of_the_queue_fit_together(archive: Archive) -> None:
    place = await doubtful(archive, "một", "place")
    number = await doubtful(archive, "hai", "symbol", "issued_on")
    blank = await doubtful(archive, "ba", review=Reason(code="no_text"))
    signer = await doubtful(archive, "bốn", "signer")
    order = [blank.id, number.id, signer.id, place.id]
    assert await queue(archive) == order
    found, cursor = [], None
    for _ in order:
        page = await archive.documents.to_review(ME, limit=1, cursor=cursor)
        found += [task.document.id for task in page.items]
        cursor = page.next
    assert (found, cursor) == (order, None)
    behind = (await archive.documents.review_task(ME, number.id)).place
    assert [t.document.id for t in (await archive.documents.to_review(ME, cursor=behind)).items] == order[2:]


async def test_reading_again_does_not_ask_what_a_person_has_answered(archive: Archive) -> None:
    document = await doubtful(archive, "một", "place")
    await archive.documents.correct(ME, document.id, {"place": "Kon Tum"})
    draft = draft_of([page_of("một", 1)])
    asked = Reason(code="unconfirmed", params={"fields": "place"})
    again = DocumentDraft(1, 1, draft.extraction, draft.clean, needs_review=(asked,))
    await archive.work.assembled(document.source_id, [again], version=1, pipeline="p2", again=True)
    assert await queue(archive) == []
    assert await item_states(archive) == {ItemState.DONE}


async def test_the_history_says_what_stood_there_before_and_after(archive: Archive) -> None:
    document = await doubtful(archive, "một", "place", place="Lai Chau")
    await archive.documents.correct(ME, document.id, {"place": "Lai Châu"})
    await archive.documents.correct(ME, document.id, {"place": "Kon Tum", "subject": "hai"})
    newest, first = await archive.documents.corrections(ME, document.id)
    assert [(c.key, c.before, c.after) for c in first.changes] == [("place", "Lai Chau", "Lai Châu")]
    assert [(c.key, c.before, c.after) for c in newest.changes] == [
        ("place", "Lai Châu", "Kon Tum"),
        ("subject", "một", "hai"),
    ]
    assert (newest.who, newest.given, newest.withdrawn_at) == ("test", False, None)


async def test_a_correction_taken_back_leaves_what_else_was_entered_and_asks_again(archive: Archive) -> None:
    document = await doubtful(archive, "một", "place", place="Lai Chau")
    await archive.documents.correct(ME, document.id, {"place": "Lai Châu"})
    await archive.documents.correct(ME, document.id, {"subject": "hai"})
    _, first = await archive.documents.corrections(ME, document.id)
    back = await archive.documents.withdraw(ME, document.id, first.id, if_revision=3)
    assert (back.revision, back.record.place, back.record.subject) == (4, "Lai Chau", "hai")
    assert (back.evidence["place"].how, back.evidence["subject"].how) == ("read", "entered")
    assert await queue(archive) == [document.id]
    assert await item_states(archive) == {ItemState.NEEDS_REVIEW}
    listed = (await archive.documents.corrections(ME, document.id))[1]
    assert (listed.id, listed.withdrawn_by, listed.withdrawn_at is not None) == (first.id, "test", True)
    with pytest.raises(ConflictError):
        await archive.documents.withdraw(ME, document.id, first.id)
    with pytest.raises(NotFoundError):
        await archive.documents.withdraw(ME, document.id, 10**6)
    with pytest.raises(ConflictError):
        await archive.documents.withdraw(ME, document.id, first.id, if_revision=3)


async def test_taking_back_a_correction_takes_back_what_it_taught(archive: Archive) -> None:
    wrong, right, other = "Trần Phước Hiện", "Trần Phước Hiền", "Trần Phước Hiến"
    document = await doubtful(archive, "một", "signer", signer={"name": wrong, "title": "Phó Chủ tịch"})
    await archive.documents.correct(ME, document.id, {"signer": right})
    await archive.documents.correct(ME, document.id, {"signer": other})
    assert [alias.name for alias in await archive.learning.list(ME)] == [other]
    newest, first = await archive.documents.corrections(ME, document.id)
    await archive.documents.withdraw(ME, document.id, newest.id)
    assert [alias.name for alias in await archive.learning.list(ME)] == [right]
    await archive.documents.withdraw(ME, document.id, first.id)
    assert await archive.learning.list(ME) == []


async def test_pages_that_could_not_be_read_are_asked_about(archive: Archive) -> None:
    item = await upload(archive, "hai.pdf", pdf("hai", 2))
    await triage(archive, str(item.source_id))
    first, second = await archive.work.source_pages(str(item.source_id))
    assert isinstance(first, PageStatus)
    assert isinstance(second, PageStatus)
    await read_page(archive, first.id)
    await archive.work.page_failed(second.id, Reason(code="page_damaged", params={"page": 2}), attempt=False)
    await assemble(archive, str(item.source_id))
    await index(archive)
    (task,) = (await archive.documents.to_review(ME)).items
    assert [question.code for question in task.questions] == ["pages_not_read"]
