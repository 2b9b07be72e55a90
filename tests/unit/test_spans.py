"""Spans by their columns are the spans, and the boxes of a page are the boxes of its words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.archive.codec import decode_boxes, decode_page, decode_text, encode_page, encode_text
from services.core.errors import CorruptError
from services.core.model import CleanText, Span
from services.core.page_boxes import PageBoxes
from services.core.spans import Spans
from tests.search_support import pages_of_lines

_NUMBER = st.integers(0, 2**32 - 1)
_SPANS = st.lists(st.builds(Span, _NUMBER, _NUMBER, _NUMBER, _NUMBER), max_size=8)


@given(_SPANS)
def test_spans_by_columns_are_the_same_sequence(spans: list[Span]) -> None:
    columns = Spans.of(spans)
    assert list(columns) == spans
    assert columns == tuple(spans)
    assert [columns[at] for at in range(len(columns))] == spans
    assert list(columns[1:]) == spans[1:]
    assert Spans.of(columns) is columns
    assert hash(columns) == hash(tuple(spans))
    assert columns != (*spans, Span(0, 1, 1, 0))


@given(_SPANS)
def test_a_kept_text_comes_back_equal(spans: list[Span]) -> None:
    clean = CleanText("văn bản", tuple(spans), ((1, 0),))
    assert decode_text(encode_text(clean)) == clean


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="lengths"):
        Spans([1], [], [], [])


@given(st.lists(st.text("ab \n", max_size=30), min_size=1, max_size=2), st.booleans())
def test_boxes_alone_are_those_of_the_whole_page(lines: list[str], boxes: bool) -> None:
    for page in pages_of_lines(lines, boxes=boxes):
        packed = encode_page(page)
        assert decode_boxes(packed) == PageBoxes.of(decode_page(packed))


def test_bytes_that_are_no_page_have_no_boxes() -> None:
    with pytest.raises(CorruptError):
        decode_boxes(b"no page")
