"""Parts that a stamp, a seal or a pen spoilt, told by what is left of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.core.dates import find_long_dates, iso
from services.core.model import Word
from services.fields.foot import mend_surname
from services.fields.titles import is_authority, tidy_title
from tests.unit.fields_support import LETTER, Row, read, scan_page


@pytest.mark.parametrize(
    ("left", "surname"),
    [
        ("yến", "Nguyễn"),
        ("guyễn", "Nguyễn"),
        ("Zê", "Lê"),
        ("inh", None),
        ("Văn", None),
        ("Nguyễn", None),
        ("ễn", None),
    ],
)
def test_a_surname_is_told_by_its_end_where_only_one_ends_so(left: str, surname: str | None) -> None:
    assert mend_surname(left) == surname


@pytest.mark.parametrize(
    ("line", "authority"),
    [
        ("TL CHÚ TỊCH", "TL. CHỦ TỊCH"),
        ("KT BỘ TRƯỞNG", "KT. BỘ TRƯỞNG"),
        ("TM. ỦY BAN NHÂN DÂN", "TM. ỦY BAN NHÂN DÂN"),
    ],
)
def test_an_authority_line_may_have_lost_its_dot(line: str, authority: str) -> None:
    assert is_authority(line)
    assert tidy_title(line) == authority


@pytest.mark.parametrize("line", ["TM THƯƠNG MẠI DỊCH VỤ", "KT - XH", "TL SỐ 5"])
def test_abbreviations_before_other_words_are_no_authority(line: str) -> None:
    assert not is_authority(line)


def test_a_year_that_was_cut_off_is_that_of_the_symbol() -> None:
    (found,) = find_long_dates("Hà Nội, ngày 07 tháng 6 năm 202", 2021)
    assert iso(found.date) == "2021-06-07"
    (alone,) = find_long_dates("Hà Nội, ngày 07 tháng 6 năm 202")
    assert alone.date.year is None


@pytest.mark.parametrize("title", ["DUYÉT ĐỊNH", "ĐỊNH"])
def test_a_title_that_lost_letters_is_the_one_its_symbol_announces_and_the_subject_follows_it(title: str) -> None:
    rows: list[Row] = [
        ("THỦ TƯỚNG CHÍNH PHỦ", 90.0, 60.0),
        ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 330.0, 60.0),
        ("Số: 12/2024/QĐ-TTg", 100.0, 100.0),
        ("Hà Nội, ngày 03 tháng 01 năm 2024", 330.0, 102.0),
        (title, 260.0, 140.0),
        ("Về mức hỗ trợ tiền ăn cho trẻ em mẫu giáo", 160.0, 160.0),
        ("Căn cứ Luật Tổ chức Chính phủ;", 90.0, 200.0),
    ]
    record = read(scan_page(rows)).record
    assert record.kind is not None
    assert record.kind.code == "QĐ"
    assert record.subject == "Về mức hỗ trợ tiền ăn cho trẻ em mẫu giáo"


def test_a_speck_behind_the_bracket_that_closes_the_copy_line_is_left_out() -> None:
    text = LETTER.replace("- Lưu: VT, NLN1.", "- Lưu: VT, NLN1 (12b).4")
    assert read(text).record.copy_line == "Lưu: VT, NLN1 (12b)"


def test_a_for_that_a_seal_spoilt_is_put_back_from_what_was_read() -> None:
    rows: list[Row] = [
        ("Nơi nhận:", 90.0, 600.0),
        ("- Như trên;", 90.0, 615.0),
        ("- Lưu: VT.", 90.0, 630.0),
        ("Kf, BỘ TRƯỞNG", 380.0, 600.0),
        ("THỨ TRƯỞNG", 390.0, 615.0),
        ("Lê Văn Tám", 395.0, 690.0),
    ]
    page = scan_page(rows)
    words = tuple(_dropped(word) if word.text == "Kf," else word for word in page.words)
    extraction = read(replace(page, words=words))
    signer = extraction.record.signer
    assert signer is not None
    assert (signer.authority, signer.title) == (("KT. BỘ TRƯỞNG",), "THỨ TRƯỞNG")
    assert not extraction.evidence["signer"].confirmed


def _dropped(word: Word) -> Word:
    return replace(word, text="", raw=word.text)
