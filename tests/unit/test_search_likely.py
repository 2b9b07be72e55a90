"""A long document is marked where a scan says it is worth it, and shows the same pages as if all were marked."""

import random

import pytest

from services.search.folded import FoldedText
from services.search.likely import likely_part
from services.search.marks import Mark, Wanted, find_marks, wanted_of
from services.search.places import best_pages, pages_of
from services.search.plan import Plan
from services.search.shelf import ReadText
from services.search.typed import take_apart
from tests.search_support import join_pages, pages_of_lines

_FILLER = "ủy ban nhân dân tỉnh báo cáo kết quả thực hiện kế hoạch, kinh phí của các huyện theo quy định".split()


def _long(pages: int, said: dict[int, str]) -> ReadText:
    random_ = random.Random(pages)
    words = [" ".join(random_.choice(_FILLER) for _ in range(60)) for _ in range(pages)]
    return ReadText(join_pages(pages_of_lines([f"{said.get(n, '')} {page}" for n, page in enumerate(words, 1)])))


def _marks(read: ReadText, q: str, most: int) -> tuple[list[Mark], Wanted]:
    wanted = wanted_of(Plan(take_apart(q)))
    return find_marks(likely_part(read.folded, read.page_starts, wanted, most), wanted), wanted


def test_a_short_document_is_looked_at_as_a_whole() -> None:
    read = _long(5, {})
    assert likely_part(read.folded, read.page_starts, wanted_of(Plan(take_apart("báo cáo"))), 5) is read.folded


@pytest.mark.parametrize("q", ["tiêm vắc xin cho học sinh", "tiem vac xin", "vắc xin tiêm cho các học sinh"])
def test_the_pages_shown_are_those_that_marking_everything_would_show(q: str) -> None:
    read = _long(200, {77: "tiêm vắc xin cho học sinh", 140: "tiêm vắc xin", 141: "vắc xin", 199: "học sinh"})
    some, _ = _marks(read, q, 10)
    every, _ = _marks(read, q, 200)
    assert len(some) <= len(every)
    shown = [(p.number, p.score, p.best) for p in best_pages(pages_of(read, some), 1)]
    assert shown == [(p.number, p.score, p.best) for p in best_pages(pages_of(read, every), 1)]
    assert shown[0][0] == 77


def test_nothing_outside_the_chosen_pages_is_marked_and_what_a_page_end_cuts_is_found() -> None:
    read = _long(100, {31: "tiêm vắc"})
    text = read.folded.text
    starts = [start for _, start in read.page_starts]
    marks, _ = _marks(read, "tiêm vắc xin", 1)
    assert marks
    assert all(starts[30] <= m.start and m.end <= starts[31] for m in marks)
    across = FoldedText("một thông tin hai").within([(4, 9), (10, 13)])
    assert list(across.find("thong", 9)) == [(4, 9)]
    assert list(across.find("hai", 9)) == []
    assert list(FoldedText(text).within([(0, len(text))]).find("bao", 10**6)) == list(read.folded.find("bao", 10**6))


def test_decomposed_text_is_scanned_too() -> None:
    decomposed = "một\ntie\u0302m va\u0306\u0301c xin"
    wanted = wanted_of(Plan(take_apart("tiêm vắc xin")))
    part = likely_part(FoldedText(decomposed), ((1, 0), (2, 4)), wanted, 1)
    assert [m.syllable for m in find_marks(part, wanted)] == ["tiem", "vac", "xin"]
