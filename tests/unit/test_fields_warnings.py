"""Warnings of a registry that a document gives cause for by itself, each shown to fire and to keep silent."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from services.core.messages import reason_sentences, say
from services.core.model import Extraction
from services.fields import Hints, extract
from tests.unit.fields_support import LETTER, TAXONOMY, compose, read, text_page

STAMP = "VĂN BẢN ĐIỆN TỬ\nSố 6906 Ngày {day}\n\n"


def warned(extraction: Extraction) -> dict[str, dict[str, object]]:
    return {w.code: dict(w.params) for w in extraction.record.warnings}


def read_pages(*texts: str, **hints: object) -> Extraction:
    pages = [text_page(text, number) for number, text in enumerate(texts, 1)]
    return extract(pages, compose(pages), replace(Hints(), **hints), TAXONOMY)  # type: ignore[arg-type] # names of Hints


def test_a_letter_with_nothing_amiss_gives_no_warning() -> None:
    assert warned(read(LETTER)) == {}


def test_a_missing_signer_is_warned_of() -> None:
    head = LETTER.split("Nơi nhận")[0]
    assert "signer_missing" in warned(read(head))


def test_a_file_named_by_another_number_is_warned_of() -> None:
    number = read(LETTER).record.number
    assert number is not None
    notation = read(LETTER).record.notation
    assert notation is not None
    stem = notation.replace("-", "_")
    other = warned(read_pages(LETTER, file_name=f"999_{stem}.pdf"))
    assert other["file_name_number"] == {"number": "999", "symbol": read(LETTER).record.symbol}
    assert "file_name_number" not in warned(read_pages(LETTER, file_name=f"0{number}_{stem}.pdf"))
    assert "file_name_number" not in warned(read_pages(LETTER, file_name="scan_0012.pdf"))


def test_a_date_of_issue_after_the_arrival_or_after_the_upload_is_warned_of() -> None:
    issued = read(LETTER).record.issued_on
    assert issued is not None
    assert issued.earliest is not None
    before, same = issued.earliest - dt.timedelta(days=2), issued.earliest
    assert warned(read_pages(LETTER, received_on=before))["date_in_future"]["date"] == same.isoformat()
    assert "date_in_future" not in warned(read_pages(LETTER, received_on=same))
    stamped = read_pages(STAMP.format(day=f"{before:%d/%m/%Y}") + LETTER)
    assert warned(stamped)["date_after_arrival"] == {"date": same.isoformat(), "arrived": before.isoformat()}
    assert "date_after_arrival" not in warned(read_pages(STAMP.format(day=f"{same:%d/%m/%Y}") + LETTER))


def test_a_citation_of_a_later_document_is_warned_of() -> None:
    later = LETTER.replace("Nơi nhận", "Theo Công văn số 5/SYT-NV ngày 05/3/2044.\n\nNơi nhận")
    assert warned(read(later))["cites_future"]["cited"] == "2044-03-05"


@pytest.mark.parametrize(
    ("note", "behind", "followed", "missed"),
    [
        ("(có danh sách kèm theo)", (), False, True),
        ("(có danh sách kèm theo)", ("DANH SÁCH\n1. Xã Mẫu",), False, False),
        ("(có danh sách kèm theo)", (), True, False),
        ("(theo Công văn số 5/SYT-NV kèm theo)", (), False, False),
        ("", (), False, False),
    ],
)
def test_an_enclosure_is_missed_only_where_the_file_ends_at_the_signature(
    note: str, behind: tuple[str, ...], followed: bool, missed: bool
) -> None:
    text = LETTER.replace("Nơi nhận", f"Triển khai thực hiện {note}.\n\nNơi nhận", 1)
    assert ("enclosure_missing" in warned(read_pages(text, *behind, followed=followed))) == missed


@pytest.mark.parametrize(
    "code",
    ["signer_missing", "file_name_number", "date_after_arrival", "date_in_future", "cites_future", "enclosure_missing"],
)
def test_every_warning_has_a_sentence_in_both_languages_that_says_what_to_do(code: str) -> None:
    assert {code in reason_sentences("vi"), code in reason_sentences("en")} == {True}


def test_a_warning_names_what_it_is_about() -> None:
    later = LETTER.replace("Nơi nhận", "Theo Công văn số 5/SYT-NV ngày 05/3/2044.\n\nNơi nhận")
    (reason,) = [w for w in read(later).record.warnings if w.code == "cites_future"]
    assert "5/SYT-NV of 2044-03-05" in say(reason, "en")
