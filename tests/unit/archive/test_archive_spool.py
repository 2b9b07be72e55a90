"""Names and kinds of files on their way in."""

from __future__ import annotations

import fcntl
import os
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.archive.spool import Received, Spool, shown_name, storable
from services.core.errors import TooLargeError


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\scan\\12.pdf", "12.pdf"),
        ("-rf.pdf", "-rf.pdf"),
        ("hai\ndòng\x00\x1b[31m.pdf", "haidòng[31m.pdf"),
        (unicodedata.normalize("NFD", "Công văn số 12.pdf"), "Công văn số 12.pdf"),
        ("a\u202efdp.pdf", "afdp.pdf"),
        ("..", "(không tên)"),
        ("", "(không tên)"),
        ("a/", "a"),
        ("bad\udcff.pdf", "bad\ufffd.pdf"),
        ("x" * 300 + ".pdf", "x" * 195 + "…" + ".pdf"),
    ],
)
def test_a_name_is_shown_without_folders_and_control_characters(raw: str, shown: str) -> None:
    assert shown_name(raw) == shown


@given(st.text(alphabet=st.characters(codec=None)))
def test_whatever_a_name_holds_it_can_be_stored_and_shown_on_one_line(raw: str) -> None:
    for text in (shown_name(raw), storable(raw)):
        text.encode()
        assert "\0" not in text
    assert "/" not in shown_name(raw)
    assert len(shown_name(raw).splitlines()) == 1
    assert len(shown_name(raw)) <= 200


@pytest.mark.parametrize(
    ("name", "data", "media_type", "reason"),
    [
        ("a.pdf", b"", None, "empty_file"),
        ("a.pdf", "chỉ là chữ".encode(), None, "wrong_type"),
        ("a.jpeg", b"%PD", None, "wrong_type"),
        ("a.docx", b"PK\3\4", None, "not_recognised"),
        ("a", "chữ".encode(), None, "not_recognised"),
        ("a.txt", b"\xff\xfeU\0T\0F\0", None, "not_text"),
        ("a.txt", b"a\0b", None, "not_text"),
        ("a.txt", "chữ".encode()[:-1], None, "not_text"),
        ("A.TXT", "Công văn".encode(), "text/plain", None),
        ("a.txt", b"%PDF-1.7", "application/pdf", None),
        ("late header.pdf", b"\n" * 1000 + b"%PDF-1.4", "application/pdf", None),
        ("too late.pdf", b"\n" * 1100 + b"%PDF-1.4", None, "wrong_type"),
        ("scan", b"II*\0rest", "image/tiff", None),
        ("scan", b"MM\0*rest", "image/tiff", None),
        ("scan.pdf", b"\xff\xd8\xff\xe0", "image/jpeg", None),
        ("scan.png", b"\x89PNG\r\n\x1a\n", "image/png", None),
    ],
)
def test_a_file_is_taken_for_what_its_bytes_prove(
    tmp_path: Path, name: str, data: bytes, media_type: str | None, reason: str | None
) -> None:
    for size in (1, 3, 4096):
        received = _receive(Spool(tmp_path), name, data, size)
        assert (received.media_type, received.reason and received.reason.code) == (media_type, reason)
        assert received.bytes == len(data)


def test_more_bytes_than_allowed_are_refused_before_they_are_written(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    with pytest.raises(TooLargeError), spool.file("item", "a.pdf", 10) as file:
        file.write(b"x" * 11)
    assert list(tmp_path.iterdir()) == []


def test_only_old_files_that_nobody_holds_are_cleaned_up(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    long_ago = time.time() - 3600
    for name in ("young", "old", "held"):
        (tmp_path / f"{name}.part").write_bytes(b"x")
    for name in ("old", "held"):
        os.utime(tmp_path / f"{name}.part", (long_ago, long_ago))
    with (tmp_path / "held.part").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert [spool.alive(n) for n in ("young", "old", "held", "none")] == [True, False, True, None]
        assert spool.clean() == 1
        assert sorted(p.name for p in tmp_path.iterdir()) == ["held.part", "young.part"]


def _receive(spool: Spool, name: str, data: bytes, size: int) -> Received:
    with spool.file("item", name, 10_000) as file:
        for start in range(0, len(data), size):
            file.write(data[start : start + size])
        return file.finish()
