"""Who looked at what, by the web: which requests leave a line, who may read it, and on which pages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from services.archive import open_archive
from services.core.model import Scope
from services.core.trace import LogFilter, LogKind
from tests.unit.test_web_accounts import PAGE, house, key_of, logged_in, open_one
from tests.unit.web_support import House, P, open_house, settings_of

__all__ = ["house", "open_one"]


async def looks(house: House) -> list[tuple[str, str, str]]:
    """Return who did what to which kind of thing, of those who only looked, the oldest first."""
    await house.archive.trace.flush()
    lines = (await house.archive.events.search(P, LogFilter(kind=LogKind.ACCESS), limit=1000)).items
    return [(line.who, line.action, line.subject_type) for line in reversed(lines)]


@pytest.fixture
async def document(house: House) -> str:
    house.client.headers.update(await key_of(house, "archivist", Scope.UPLOAD))
    document_id = await house.seed(["Số: 12/SYT-NV", "V/v tiêm vắc xin"])
    assert await looks(house) == []
    return document_id


async def test_looking_and_taking_away_leave_a_line_each_with_who_and_by_which_way(house: House, document: str) -> None:
    source = (await house.archive.documents.get(P, document)).source_id
    at = f"/api/v1/documents/{document}"
    async with logged_in(house, "reader") as reader:
        for path in (f"/documents/{document}", f"{at}/pages/1/image?width=60", at, f"{at}/text", f"{at}/alto"):
            assert (await reader.get(path, headers=PAGE)).status_code == 200
        assert await looks(house) == [("reader", "document.viewed", "document")], "one look with all that belongs to it"
        assert (await reader.get(f"/api/v1/sources/{source}/original")).status_code == 200
        assert (await reader.get("/api/v1/export?format=csv&q=vac")).status_code == 200
        for nothing in ("/", "/search?q=vac", "/tasks", f"/api/v1/documents/{source}", "/api/v1/audit", "/audit"):
            await reader.get(nothing)
    key = await key_of(house, "integrator")
    assert (await house.client.get(f"{at}/text", headers=key)).status_code == 200
    assert await looks(house) == [
        ("reader", "document.viewed", "document"),
        ("reader", "source.downloaded", "source"),
        ("reader", "list.exported", "list"),
        ("integrator", "document.viewed", "document"),
    ]
    (exported, *_) = (await house.archive.events.search(P, LogFilter(who="reader", kind=LogKind.ACCESS))).items
    assert exported.details == {"path": "/api/v1/export", "format": "csv"}, "what was searched for is not kept"
    (by_key,) = (await house.archive.events.search(P, LogFilter(who="integrator", kind=LogKind.ACCESS))).items
    assert by_key.origin.startswith("key vbk_")


async def test_the_history_is_shown_to_administrators_alone(house: House, document: str) -> None:
    async with logged_in(house, "reader") as reader:
        page = (await reader.get(f"/documents/{document}", headers=PAGE)).text
        assert "Lượt truy cập" not in page
        for path in ("/audit", "/api/v1/audit", "/api/v1/audit/export", f"/api/v1/documents/{document}/accesses"):
            assert (await reader.get(path)).status_code == 403, path
    await looks(house)
    async with logged_in(house, "administrator") as admin:
        page = (await admin.get(f"/documents/{document}", headers=PAGE)).text
        assert "Lượt truy cập" in page
        assert "Đã xem 1 lần · tải tệp 0 lần · 1 tài khoản" in page
        history = (await admin.get(f"/api/v1/documents/{document}/accesses")).json()
        assert (history["views"], history["people"], history["lines"][0]["who"]) == (1, 1, "reader")
        shown = (await admin.get(f"/audit?of={document}&kind=access", headers=PAGE)).text
        assert "xem văn bản" in shown
        assert "reader" in shown
        assert "/audit?of=" in shown
        assert "Không có dòng nào như vậy" in (await admin.get("/audit?who=ai", headers=PAGE)).text
        await house.send({"rong.pdf": b""})
        changes = (await admin.get("/audit?kind=change", headers=PAGE)).text
        assert "Tệp rỗng" in changes
        assert "empty_file" not in changes, "reasons are sentences"
        await looks(house)
        today = (await admin.get("/api/v1/audit", params={"kind": "access", "limit": 3})).json()
        told = [(line["action"], line["subject_id"]) for line in today["items"]]
        assert told == [("log.read", ""), ("log.read", document), ("document.viewed", document)]
        assert today["next"]
        exported = (await admin.get("/api/v1/audit/export?kind=sign-in")).text.splitlines()
        assert [json.loads(line)["action"] for line in exported] == ["session.begun"] * 2
        head = (await admin.get("/api/v1/audit/head")).json()
        assert head["seq"] == len((await admin.get("/api/v1/audit/export")).text.splitlines())
        assert (await admin.get("/audit?first=khong-phai-ngay", headers=PAGE)).status_code == 422


async def test_a_key_for_the_log_reads_that_and_nothing_else(house: House, document: str) -> None:
    key = await key_of(house, "administrator", Scope.AUDIT)
    assert (await house.client.get("/api/v1/audit", headers=key)).status_code == 200
    assert (await house.client.get(f"/api/v1/documents/{document}", headers=key)).status_code == 403


async def test_what_was_noted_is_written_when_the_server_ends(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        document_id = await house.seed(["Số: 12/SYT-NV"])
        assert (await house.client.get(f"/documents/{document_id}")).status_code == 200
    async with await open_archive(settings_of(tmp_path)) as archive:
        (line,) = (await archive.events.search(P, LogFilter(kind=LogKind.ACCESS))).items
    assert (line.who, line.origin, line.address, line.subject_id) == ("local", "web", "127.0.0.1", document_id)
