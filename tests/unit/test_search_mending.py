"""Words that are no syllables are found as what they were probably meant as; others stay what they are."""

import pytest

from services.core.model import CleanText
from services.core.text import folded_form, syllables
from services.search import build_index_document
from services.search.analysis import document_streams
from services.search.mending import MOST_MENDED, mended
from tests.search_support import make_document


def meant(text: str) -> list[str]:
    exact = syllables(text)
    return [m.folded for m in mended(exact, [folded_form(form) for form in exact])]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("tăng cường phòzg chống dịch bệnh", ["phong"]),
        ("Ủy ban nhxn dân tỉnh", ["nhan"]),
        ("công tác tiêm chủnq vắc xin", ["chung"]),
        ("phát triển kinh tế - xã hộiq", []),
        ("tăng cường phòng chống dịch bệnh", []),
        ("UBND tỉnh, HĐND huyện, BHXH", []),
        ("tiêm vaccine AstraZeneca, Covid-19", []),
        ("3030/UBND-KGVX", []),
        ("zzq xqq qqz", []),
        ("", []),
    ],
)
def test_a_word_is_mended_where_one_letter_makes_it_known_beside_its_neighbour(text: str, found: list[str]) -> None:
    assert meant(text) == found


def test_what_was_meant_is_found_and_paired_and_what_stands_there_stays() -> None:
    streams = document_streams(build_index_document(make_document("a"), CleanText("phòzg chống dịch bệnh", ())))
    assert streams["body_f"].split() == ["phozg", "chong", "dich", "benh", "\u2205", "phong"]
    assert streams["body_pf"].split()[-1] == "phong_chong"
    assert "phong" in streams["all_f"].split()
    assert "phong" not in streams["body_e"].split()
    assert "phòng" not in streams["body_e"].split()


def test_the_work_is_bounded_for_what_is_no_text() -> None:
    exact = ["phòzg", "chống"] * (2 * MOST_MENDED)
    assert len(mended(exact, [folded_form(form) for form in exact])) == MOST_MENDED
