"""What a read sample archive wants besides, so that no page is empty; and the accounts that close it."""

from __future__ import annotations

from typing import Any

from tests.corpus import SPECS, make_scan
from tests.corpus.hostile import locked
from tests.running import RunningArchive

ADMINISTRATOR, READER, PASSWORD = "trần thị hồng", "lê văn nam", "tám chữ này đủ dài"

_ANY = {"If-Match": "*"}
_BOOK = (
    "Ngày đến,Số đến,Tác giả,Số ký hiệu,Ngày tháng,Tên loại và trích yếu\n"
    "18/9/2021,6906,UBND tỉnh Điện Biên,3127/UBND-KGVX,15/9/2021,Công văn về việc tiêm vắc xin ưu tiên\n"
    "18/9/2021,6907,UBND tỉnh Kon Tum,2641/UBND-KGVX,17/9/2021,Công văn về việc phòng dịch\n"
    "hôm qua,6908,Bộ Y tế,1/BYT,17/8/2021,Công văn khác\n"
)


def fill(archive: RunningArchive) -> dict[str, str]:
    """Put something of everything into an archive with the sample in it; return the ids by the names of `State`.

    Files: a locked one that fails, a text read elsewhere, twice nearly the same. One document lies in the trash.
    """
    plain = make_scan(SPECS["plain"], 17)
    text = "\n".join(" ".join(word.text for word in page.words) for page in plain.truth.pages)
    files = (("khóa.pdf", locked("x")), ("đọc nơi khác.txt", text.encode()), ("gần giống.txt", f"{text} Nay.".encode()))
    batch = archive.upload(*files, label="Công văn đến tuần 32")
    form = {"kind": "incoming", "office": "Sở Y tế"}
    register = archive.http.post("/api/v1/registers", files={"file": ("sổ đến.csv", _BOOK.encode())}, data=form)
    read = {item["name"]: item for item in archive.wait(batch)}
    archive.wait(register.raise_for_status().json()["batch_id"])
    trashed = read["gần giống.txt"]["document_ids"][0]
    hits = [hit["id"] for hit in archive.search("tiêm vắc xin ưu tiên")["hits"] if hit["id"] != trashed]
    document = hits[0]
    wrong = {"issuer": {"name": "UBND TỈNH ĐIỆN BIÊN", "parent": None}, "subject": "V/v tiêm vắc xin cho người ưu tiên"}
    archive.http.patch(f"/api/v1/documents/{document}/record", json=wrong, headers=_ANY).raise_for_status()
    archive.http.delete(f"/api/v1/documents/{trashed}").raise_for_status()
    dossier = archive.post("/dossiers", code="01.YT", title="Hồ sơ tiêm vắc xin phòng COVID-19", year=2021)["id"]
    for hit in hits[:2]:
        archive.http.put(f"/api/v1/dossiers/{dossier}/documents/{hit}", headers=_ANY).raise_for_status()
    webhook = {"url": "https://kho.example/vanban", "events": ["document.ready", "document.changed"]}
    return {
        "document": document,
        "source": archive.get(f"/documents/{document}")["source_id"],
        "text": read["đọc nơi khác.txt"]["document_ids"][0],
        "trashed": trashed,
        "batch": batch,
        "dossier": dossier,
        "register": str(register.json()["id"]),
        "search": archive.post("/searches", name="Tiêm vắc xin", query={"q": "tiêm vắc xin"})["id"],
        "webhook": archive.post("/webhooks", **webhook)["id"],
        "symbol": _cited(archive)["key"],
        "reviewed": archive.get("/review")["items"][0]["document"]["id"],
    }


def close(archive: RunningArchive) -> dict[str, str]:
    """Make the first accounts, with which the archive closes; return their names and a one-time link's token."""
    for name, role in ((ADMINISTRATOR, "administrator"), (READER, "reader")):
        made = archive.cli("user", "add", name, "--role", role, "--password-stdin", send=f"{PASSWORD}\n")
        assert made.returncode == 0, made.stderr
    invited = archive.cli("user", "add", "nguyễn thị mới", "--role", "archivist")
    assert invited.returncode == 0, invited.stderr
    return {"user": READER, "invitation": invited.stdout.strip().rsplit("/", 1)[-1]}


def _cited(archive: RunningArchive) -> Any:
    return archive.get("/citations/missing")["items"][0]
