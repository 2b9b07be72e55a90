"""Page and text blobs: what was kept comes back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.archive.codec import decode_page, decode_text, encode_page, encode_text
from services.core.errors import CorruptError
from services.core.model import Box, CleanText, PageText, Quality, Reading, Reason, Span, TextLayer, Word, Zone

TENTHS = st.integers(-200_000, 200_000).map(lambda n: n / 10)
TEXT = st.text(alphabet=st.characters(codec=None), max_size=20)
WORDS = st.builds(
    Word,
    text=TEXT,
    box=st.none() | st.builds(Box, TENTHS, TENTHS, TENTHS, TENTHS),
    confidence=st.integers(0, 1000).map(lambda n: n / 1000),
    line=st.integers(0, 5000),
    paragraph=st.integers(0, 5000),
    zone=st.none() | st.sampled_from(Zone),
    raw=st.none() | TEXT,
    cost=st.none() | st.floats(0, 50),
)
SHARE = st.floats(0, 1)
READINGS = st.builds(
    Reading,
    part=st.sampled_from(["number", "day", "month", "symbol", "place_date"]),
    text=TEXT,
    confidence=SHARE,
    witness=st.sampled_from(["pen", "best"]),
    accepted=st.booleans(),
    candidates=st.lists(TEXT, max_size=3).map(tuple),
    box=st.none() | st.builds(Box, TENTHS, TENTHS, TENTHS, TENTHS),
)
PAGES = st.builds(
    PageText,
    number=st.integers(1, 5000),
    width=st.floats(1, 14_400),
    height=st.floats(1, 14_400),
    words=st.lists(WORDS, max_size=30).map(tuple),
    text_layer=st.sampled_from(TextLayer),
    dpi=st.none() | st.integers(1, 1200),
    rotation=st.sampled_from([0, 90, 180, 270]),
    image_hash=st.text("0123456789abcdef", max_size=64),
    turned=st.sampled_from([0, 90, 180, 270]),
    blank=st.booleans(),
    layer_reason=st.none() | st.just(Reason(code="layer_few_words", params={"words": 3})),
    quality=st.none() | st.builds(Quality, SHARE, SHARE, SHARE, SHARE),
    readings=st.lists(READINGS, max_size=3).map(tuple),
)


@given(PAGES)
def test_a_page_comes_back_as_it_was(page: PageText) -> None:
    assert decode_page(encode_page(page)) == page


@given(PAGES, st.floats(-1e4, 1e4), st.floats(0, 1))
def test_finer_values_come_back_within_half_a_step_and_then_stay(page: PageText, at: float, confidence: float) -> None:
    fine = replace(page, words=(Word("chữ", Box(at, at, at, at), confidence, 0, 0),))
    kept = decode_page(encode_page(fine))
    box = kept.words[0].box
    assert box is not None
    assert abs(box.x0 - at) <= 0.05 + 1e-9
    assert abs(kept.words[0].confidence - confidence) <= 0.0005 + 1e-9
    assert decode_page(encode_page(kept)) == kept
    assert encode_page(kept) == encode_page(fine)


@given(st.text(), st.lists(st.tuples(*[st.integers(0, 10**6)] * 4)), st.lists(st.tuples(st.integers(), st.integers(0))))
def test_a_clean_text_comes_back_as_it_was(
    text: str, spans: list[tuple[int, int, int, int]], starts: list[tuple[int, int]]
) -> None:
    starts = [(a % 2**31, b % 2**31) for a, b in starts]
    clean = CleanText(text, tuple(Span(*s) for s in spans), tuple(starts))
    assert decode_text(encode_text(clean)) == clean


@pytest.mark.parametrize(
    "data", [b"", b"rubbish", encode_text(CleanText("x", ())), encode_page(PageText(1, 1, 1, ()))[:-3]]
)
def test_other_bytes_are_called_corrupt(data: bytes) -> None:
    with pytest.raises(CorruptError):
        decode_page(data)


def test_a_full_page_takes_a_few_kilobytes() -> None:
    words = tuple(
        Word(
            f"từ{i % 97}",
            Box(10 + i % 60, i // 60 * 12, 40 + i % 60, 12 + i // 60 * 12),
            0.9,
            i // 12,
            i // 40,
            Zone.BODY,
        )
        for i in range(600)
    )
    assert len(encode_page(PageText(1, 595, 842, words))) < 8_000
