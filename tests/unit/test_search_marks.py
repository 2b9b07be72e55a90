"""Marks, snippets and boxes: pure, on texts laid out by the test."""

import time
import unicodedata

import pytest

from services.core.model import CleanText, PageText
from services.core.page_boxes import PageBoxes
from services.search.folded import FoldedText
from services.search.marks import Mark, find_marks, tier_of, wanted_of
from services.search.page import Piece
from services.search.places import PagePlaces, best_pages, page_hit, pages_of, snippet
from services.search.query import Plan
from services.search.shelf import ReadText
from services.search.synonyms import Synonyms
from services.search.typed import take_apart
from tests.search_support import join_pages, pages_of_lines


def plan_of(q: str, *, strict: bool = False, near: dict[str, tuple[str, ...]] | None = None) -> Plan:
    typed = take_apart(q)
    return Plan(typed, tuple(Synonyms.load().alternatives(typed.syllables)), near or {}, strict)


def marks_of(q: str, text: str, **given: object) -> list[Mark]:
    return find_marks(FoldedText(text), wanted_of(plan_of(q, **given)))  # type: ignore[arg-type]


def marked(q: str, text: str, **given: object) -> list[str]:
    return [text[m.start : m.end] for m in marks_of(q, text, **given)]


def tier(q: str, text: str, **given: object) -> str | None:
    return tier_of(marks_of(q, text, **given), wanted_of(plan_of(q, **given)))  # type: ignore[arg-type]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_what_was_typed_is_marked_in_any_case_and_unicode_form(form: str) -> None:
    text = unicodedata.normalize(form, "Tổ chức TIÊM vắc-xin; ưu tiên người già")  # type: ignore[arg-type]
    found = [unicodedata.normalize("NFC", m) for m in marked("tiem vac xin uu tien", text)]
    assert found == ["TIÊM", "vắc", "xin", "ưu", "tiên"]


def test_syllables_that_stand_together_are_marked_and_stray_ones_are_not() -> None:
    text = "Tiền đề: tiến độ tiêm vắc xin, ưu tiên tuyến đầu, tiên phong"
    assert marked("ưu tiên", text) == ["ưu", "tiên"]
    assert marked("uu tien", text) == ["ưu", "tiên"]


def test_a_syllable_that_never_stands_with_the_others_is_marked_alone() -> None:
    assert marked("lai chau vaccine", "Vaccine cho tỉnh Lai Châu") == ["Vaccine", "Lai", "Châu"]


def test_with_marks_typed_the_best_form_in_the_document_is_marked_only() -> None:
    assert marked("bản", "bản đồ của ban và giá bán") == ["bản"]
    assert marked("bản", "giá bán, bận bịu, bân khuân") == ["bán"]
    assert marked("ban", "bản đồ của ban và giá bán") == ["bản", "ban", "bán"]
    assert marked("bản", "giá bán của ban", strict=True) == []


def test_synonyms_are_marked_and_long_ones_only_as_a_whole() -> None:
    assert marked("tiêm vaccine", "tiêm vắc xin và tiêm vaccine") == ["tiêm", "vắc", "xin", "tiêm", "vaccine"]
    assert marked("UBND tỉnh", "Uỷ ban nhân dân tỉnh; nhân dân; Ủy ban Mặt trận") == [
        "Uỷ",
        "ban",
        "nhân",
        "dân",
        "tỉnh",
    ]


def test_a_guess_is_marked_and_said_to_be_near() -> None:
    assert marked("truyenn thông", "truyền thông", near={"truyenn": ("truyen",)}) == ["truyền", "thông"]
    assert tier("truyenn thông", "truyền thông", near={"truyenn": ("truyen",)}) == "near"


def test_the_tier_is_that_of_the_worst_matched_syllable() -> None:
    assert tier("tiêm vắc xin", "tiêm vắc xin") == "exact"
    assert tier("Tổng Thanh Hải", "Tống Thanh Hải") == "tone"
    assert tier("chiến sĩ", "chien sĩ") == "folded"
    assert tier("tiem vac xin", "tiêm vắc xin") == "folded"
    assert tier("vắc xin", "vaccine") == "exact"
    assert tier("tiêm", "không có gì") is None


def test_boxes_stand_over_the_marked_words_across_line_joins_and_page_ends() -> None:
    pages = pages_of_lines(["Tăng cường công tác thông tin truyền-", "thông đảm bảo công khai"])
    pages = [pages[0], pages[1]]
    clean = ReadText(join_pages(pages))
    marks = find_marks(clean.folded, wanted_of(plan_of('"thông tin truyền thông"')))
    first, second = pages_of(clean, marks)
    assert _words(first, pages[0]) == ["thông", "tin", "truyền-"]
    assert _words(second, pages[1]) == ["thông"]
    hit = page_hit(clean.text, second, marks, PageBoxes.of(pages[1]))
    assert hit.boxes == (tuple(pages[1].words[0].box or ()),)
    assert page_hit(clean.text, second, marks, None).boxes == ()
    assert "".join(p.text for p in hit.snippet if p.hit).replace("-", "") == "thông tin truyền thông"


def test_a_word_cut_by_a_line_end_has_the_boxes_of_both_parts() -> None:
    (page,) = pages_of_lines(["tiêm cho lực lượng tuy-\nến đầu"])
    clean = ReadText(join_pages([page]))
    marks = find_marks(clean.folded, wanted_of(plan_of("tuyến đầu")))
    (place,) = pages_of(clean, marks)
    assert _words(place, page) == ["tuy-", "ến", "đầu"]


def _words(place: PagePlaces, page: PageText) -> list[str]:
    return [page.words[n].text for n in place.words]


def test_the_page_that_says_it_together_comes_before_those_that_say_it_apart() -> None:
    pages = pages_of_lines(["tiêm. Xin ý kiến", "tổ chức tiêm vắc xin ngay", "vắc xin"])
    clean = ReadText(join_pages(pages))
    marks = find_marks(clean.folded, wanted_of(plan_of("tiêm vắc xin")))
    assert [p.number for p in best_pages(pages_of(clean, marks), 3)] == [2, 3]


def test_a_snippet_shows_the_best_place_with_its_runs_in_one_piece() -> None:
    text = f"{'mở đầu ' * 60}tổ chức tiêm vắc-xin cho người già {'kết thúc ' * 60}"
    marks = marks_of("tiêm vắc xin", text)
    pieces = snippet(text, marks[0].start, marks)
    assert [p.text for p in pieces if p.hit] == ["tiêm vắc-xin"]
    joined = "".join(p.text for p in pieces)
    assert joined.startswith("…")
    assert joined.endswith("…")
    assert len(joined) < 320
    assert joined.strip("…") in text


def test_a_snippet_without_marks_is_how_the_text_begins() -> None:
    assert snippet("Công văn\nvề việc", 0, ()) == (Piece(text="Công văn về việc"),)
    assert snippet("", 0, ()) == ()


def test_text_without_words_is_marked_by_page() -> None:
    clean = ReadText(CleanText("trang một tiêm\ntrang hai vắc xin", (), ((1, 0), (2, 15))))
    marks = find_marks(clean.folded, wanted_of(plan_of("vắc xin")))
    assert [(p.number, p.words) for p in pages_of(clean, marks)] == [(2, ())]


def test_marks_of_two_thousand_pages_are_all_found() -> None:
    page = "Ủy ban nhân dân tỉnh chỉ đạo các sở, ban, ngành thực hiện nghiêm công tác phòng, chống dịch bệnh " * 25
    text = page * 2000 + "tiêm vắc xin ưu tiên"
    started = time.process_time()
    assert [text[m.start : m.end] for m in marks_of("tiêm vắc xin ưu tiên", text)][-5:] == [
        "tiêm",
        "vắc",
        "xin",
        "ưu",
        "tiên",
    ]
    print(f"{len(text)} characters in {time.process_time() - started:.2f} s")
