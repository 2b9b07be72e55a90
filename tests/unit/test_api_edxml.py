"""edXML messages sent to the archive: their files become documents with the header's values, once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.archive.intake import Intake
from services.core.model import ItemState
from tests.edxml_support import RECALLED, STATUS, message
from tests.unit.web_support import PDF, House, open_house

LINES = ["Số: 12/SYT-NVY", "V/v kinh phí", "Nội dung."]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as house:
        house.reader.lines = LINES
        yield house


async def sent(house: House, data: bytes, name: str = "m.edxml") -> list[tuple[str, ItemState, str | None]]:
    """Send a message, do the work, and return (name, state, reason) of every file of the batch."""
    batch = await house.send({name: data})
    await house.work()
    return [(i.name, i.state, i.reason.code if i.reason else None) for i in await house.items(batch)]


async def test_the_files_of_a_message_are_documents_with_the_values_of_its_header(house: House) -> None:
    batch = await house.send({"m.edxml": message([("cv.pdf", PDF), ("phụ lục.pdf", PDF + b"2")])})
    await house.work()
    letter, first, second = await house.items(batch)
    assert (letter.state, letter.reason and letter.reason.params) == (ItemState.DONE, {"files": 2})
    assert [i.name for i in (first, second)] == ["cv.pdf", "phụ lục.pdf"]
    assert second.external_id == f"{first.external_id}#2"
    document = (await house.client.get(f"/api/v1/documents/{first.document_ids[0]}")).json()
    assert document["record"]["symbol"] == "128/SYT-NVY"
    assert document["record"]["signer"]["name"] == "Trần Thị Bình"
    evidence = document["evidence"]["symbol"]
    assert (evidence["how"], evidence["witness"], evidence["confirmed"]) == ("entered", "edxml", True)
    hits = (await house.client.get("/api/v1/search", params={"q": "128/SYT-NVY"})).json()["hits"]
    assert {h["id"] for h in hits} == {first.document_ids[0], second.document_ids[0]}
    original = await house.client.get(f"/api/v1/sources/{letter.source_id}/original")
    assert original.content.startswith(b"<?xml"), "the message itself is kept as received"


@pytest.mark.parametrize(
    ("data", "state", "reason"),
    [
        (message(header=STATUS), ItemState.DONE, "edxml_status"),
        (message(after=RECALLED), ItemState.NEEDS_REVIEW, "edxml_recalled"),
        (message(), ItemState.FAILED, "edxml_empty"),
        (message([("a.pdf", PDF)])[:-30], ItemState.FAILED, "edxml_broken"),
        (message([("a.pdf", PDF)], encoded="!!!!"), ItemState.FAILED, "edxml_attachment_broken"),
    ],
)
async def test_a_message_without_a_usable_file_has_its_state_and_reason(
    house: House, data: bytes, state: ItemState, reason: str
) -> None:
    assert await sent(house, data) == [("m.edxml", state, reason)]


async def test_a_file_inside_that_cannot_be_read_is_accounted_for(house: House) -> None:
    found = await sent(house, message([("a.pdf", PDF), ("b.exe", b"MZ")]))
    assert [(name, state) for name, state, _ in found] == [
        ("m.edxml", ItemState.DONE),
        ("a.pdf", ItemState.DONE),
        ("b.exe", ItemState.FAILED),
    ]
    assert found[2][2] == "not_recognised"


async def test_what_only_calls_itself_a_message_is_refused(house: House) -> None:
    assert await sent(house, b"not xml") == [("m.edxml", ItemState.FAILED, "wrong_type")]


async def test_a_message_sent_twice_is_a_duplicate(house: House) -> None:
    data = message([("a.pdf", PDF)])
    await sent(house, data)
    assert await sent(house, data, "again.edxml") == [("again.edxml", ItemState.DUPLICATE, "duplicate")]


async def test_a_worker_that_dies_between_two_files_doubles_nothing_and_loses_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    class KilledError(BaseException):
        """The process is gone."""

    whole = Intake._take

    async def dies_at_the_second(self: Intake, p, item_id, name, chunks, sha256):  # type: ignore[no-untyped-def]
        if name == "b.pdf":
            raise KilledError
        return await whole(self, p, item_id, name, chunks, sha256)

    batch = await house.send({"m.edxml": message([("a.pdf", PDF), ("b.pdf", PDF + b"b"), ("c.exe", b"MZ")])})
    with monkeypatch.context() as patched:
        patched.setattr(Intake, "_take", dies_at_the_second)
        with pytest.raises(KilledError):
            await house.work()
    await house.archive.work.sweep(claimed_seconds=0, sent_seconds=0)
    await house.work()
    items = await house.items(batch)
    assert [i.name for i in items] == ["m.edxml", "a.pdf", "b.pdf", "c.exe"]
    assert [len(i.document_ids) for i in items] == [0, 1, 1, 0]
    assert items[0].state is ItemState.DONE
