"""Text read elsewhere, and the clean text composed of pages."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.errors import ReadError
from services.core.model import Box, CleanText, PageText, Word, Zone
from services.ocr import compose, text_pages


def clean(text: str) -> str:
    return compose(text_pages(text.encode())).text


def page(number: int, *lines: str, zones: dict[int, Zone] | None = None, start: int = 0) -> PageText:
    """A page whose lines are each a paragraph where they begin with "¶", else go on in the one before."""
    words, paragraph = [], start
    for index, line in enumerate(lines):
        paragraph += line.startswith("¶")
        zone = (zones or {}).get(index, Zone.BODY)
        words += [Word(w, Box(0, 0, 1, 1), 0.9, index, paragraph, zone) for w in line.lstrip("¶").split()]
    return PageText(number, 595, 842, tuple(words))


def test_a_sentence_cut_by_a_blank_line_is_joined_when_it_goes_on_in_small_letters() -> None:
    assert "thông tin truyền thông đảm bảo" in clean("tăng cường công tác thông tin truyền\n\nthông đảm bảo công khai.")


@pytest.mark.parametrize("end", [".", ";", ":", "!", "?", "./."])
def test_a_sentence_with_an_end_mark_is_not_joined_with_the_next(end: str) -> None:
    assert clean(f"được thực hiện{end}\n\ntiếp theo") == f"được thực hiện{end}\ntiếp theo"


def test_a_paragraph_that_begins_with_a_capital_or_as_an_item_stays_its_own() -> None:
    assert clean("Thực hiện chỉ đạo\n\nUBND tỉnh") == "Thực hiện chỉ đạo\nUBND tỉnh"
    assert clean("gồm các việc\n\na) tiêm vắc xin") == "gồm các việc\na) tiêm vắc xin"
    assert clean("Nơi nhận\n- như trên\n- lưu") == "Nơi nhận\n- như trên\n- lưu"


def test_a_symbol_cut_by_a_line_end_is_joined_without_a_blank_and_keeps_two_spans() -> None:
    composed = compose(text_pages("Thông báo số 237/TB-\nVPCP ngày 09/9/2021".encode()))
    assert "237/TB-VPCP ngày" in composed.text
    pieces = [composed.text[s.start : s.end] for s in composed.spans]
    assert pieces[3:5] == ["237/TB-", "VPCP"]


def test_a_dash_between_two_lines_keeps_its_blanks() -> None:
    assert clean("Độc lập -\nTự do") == "Độc lập - Tự do"


def test_a_paragraph_goes_on_over_a_page_end_around_running_head_page_number_and_stamp() -> None:
    first = page(1, "¶tăng cường thông tin truyền", "¶1", zones={1: Zone.PAGE_NUMBER})
    second = page(
        2,
        "¶CÔNG BÁO/Số 577",
        "¶Số 6906 Ngày 18/08/2021",
        "¶thông đảm bảo.",
        "¶Điều 2. Tổ chức",
        zones={0: Zone.RUNNING_HEAD, 1: Zone.STAMP},
    )
    composed = compose([first, second])
    assert composed.text.split("\n") == [
        "tăng cường thông tin truyền thông đảm bảo.",
        "Số 6906 Ngày 18/08/2021",
        "Điều 2. Tổ chức",
    ]
    assert composed.page_starts == ((1, 0), (2, composed.text.index("thông đảm")))


def test_head_and_foot_never_run_into_the_body() -> None:
    head = page(1, "¶Số: /UBND-VX", "¶của Văn phòng", zones={0: Zone.SYMBOL, 1: Zone.KIND_SUBJECT})
    assert compose([head]).text == "Số: /UBND-VX\ncủa Văn phòng"


def test_emphasis_and_byte_order_mark_go_and_letters_become_nfc() -> None:
    text = "\ufeff**Điều 1.** *Phạm vi* ***điều chỉnh***"
    assert clean(unicodedata.normalize("NFD", text)) == "Điều 1. Phạm vi điều chỉnh"


def test_form_feeds_part_pages_and_an_empty_page_keeps_its_number() -> None:
    pages = text_pages(b"mot\f\fba\f")
    assert [p.number for p in pages] == [1, 2, 3]
    assert [len(p.words) for p in pages] == [1, 0, 1]


@pytest.mark.parametrize(
    "data", [b"\xff\xfe\x00", "Kính gửi".encode("utf-16"), b"a\x00b", "Số".encode("cp1258", "replace") + b"\xd5"]
)
def test_what_is_not_utf8_text_is_refused(data: bytes) -> None:
    with pytest.raises(ReadError) as raised:
        text_pages(data)
    assert raised.value.code == "not_text"


words = st.text(st.characters(blacklist_categories=["Z", "C"]), min_size=1, max_size=8)
zones = st.sampled_from([None, *Zone])


@st.composite
def pages(draw: st.DrawFn) -> list[PageText]:
    made = []
    for number in range(1, draw(st.integers(1, 4)) + 1):
        line = paragraph = 0
        page_words = []
        for text in draw(st.lists(words, max_size=12)):
            line += draw(st.integers(0, 1))
            paragraph += draw(st.integers(0, 1))
            page_words.append(Word(text, None, 1.0, line, paragraph, draw(zones)))
        made.append(PageText(number, 595, 842, tuple(page_words)))
    return made


@given(pages())
def test_every_span_is_exactly_its_word_in_order_without_overlap_and_no_word_is_lost(made: list[PageText]) -> None:
    composed = compose(made)
    by_number = {p.number: p for p in made}
    end = 0
    for span in composed.spans:
        assert span.start >= end
        assert composed.text[span.start : span.end] == by_number[span.page].words[span.word].text
        assert composed.text[end : span.start] in ("", " ", "\n")
        end = span.end
    assert end == len(composed.text)
    kept = {(s.page, s.word) for s in composed.spans}
    assert len(kept) == len(composed.spans)
    assert kept == {
        (p.number, i)
        for p in made
        for i, w in enumerate(p.words)
        if w.zone not in (Zone.RUNNING_HEAD, Zone.PAGE_NUMBER)
    }


@given(pages())
def test_page_starts_name_the_first_character_of_every_page_with_text(made: list[PageText]) -> None:
    composed: CleanText = compose(made)
    first: dict[int, int] = {}
    for span in composed.spans:
        first.setdefault(span.page, span.start)
    assert dict(composed.page_starts) == first


def test_a_text_of_more_pages_than_a_scan_may_have_is_refused() -> None:
    assert len(text_pages(b"x\f" * 5000)) == 5000
    with pytest.raises(ReadError) as caught:
        text_pages(b"x\f" * 5001)
    assert caught.value.code == "too_many_pages"
