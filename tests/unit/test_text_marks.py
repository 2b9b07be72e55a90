"""Dropping marks by a table gives what decomposing gives, for every text there is."""

import sys
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from services.core.text import strip_marks

BARS = str.maketrans("ÐƉĐðɖđ", "DDDddd")


def decomposed(text: str) -> str:
    """The definition: decompose, drop what is combined, write Đ without its bar."""
    parts = unicodedata.normalize("NFD", text.translate(BARS))
    return unicodedata.normalize("NFC", "".join(c for c in parts if not unicodedata.combining(c)))


def test_every_character_alone_loses_the_same() -> None:
    for code in range(sys.maxunicode + 1):
        if not 0xD800 <= code < 0xE000:
            assert strip_marks(chr(code)) == decomposed(chr(code)), hex(code)


@given(st.text(st.sampled_from("aàằữỹêđĐÐ \u0301\u0323\u031b漢é1"), max_size=40))
def test_every_mixture_loses_the_same(text: str) -> None:
    assert strip_marks(text) == decomposed(text)
