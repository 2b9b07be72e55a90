import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core import text

SPELLINGS = [
    ("hoà", "hòa"),
    ("thuỷ", "thủy"),
    ("uỷ", "ủy"),
    ("khoẻ", "khỏe"),
    ("vịêt", "việt"),
    ("thuýên", "thuyến"),
    ("tụynh", "tuỵnh"),
    ("quý", "quý"),
    ("qúy", "quý"),
    ("quỹ", "quỹ"),
    ("giá", "giá"),
    ("gía", "giá"),
    ("giữa", "giữa"),
    ("gì", "gì"),
    ("ngòai", "ngoài"),
    ("khủyu", "khuỷu"),
    ("thùyên", "thuyền"),
    ("tòan", "toàn"),
    ("mùa", "mùa"),
    ("xoong", "xoong"),
]


@pytest.mark.parametrize(("typed", "canonical"), SPELLINGS)
def test_a_tone_is_put_on_the_letter_that_carries_it_by_rule(typed: str, canonical: str) -> None:
    assert text.exact_form(typed) == canonical
    assert text.exact_form(unicodedata.normalize("NFD", typed.upper())) == canonical


def test_every_d_of_old_fonts_folds_to_a_plain_d() -> None:
    assert [text.fold(d) for d in "ĐÐƉđðɖ"] == ["d"] * 6
    assert text.nfc("Ðiện Ɖiện") == "Điện Điện"


def test_folding_loses_every_mark_and_keeps_no_case() -> None:
    assert text.fold("Đường ƯU TIÊN số 5 ỷ") == "duong uu tien so 5 y"
    assert text.strip_marks("Đường ƯU TIÊN") == "Duong UU TIEN"


def test_syllables_are_the_same_for_every_unicode_form_and_case() -> None:
    written = "Ủy ban nhân dân TỈNH Điện Biên, 3030/UBND-KGVX (COVID-19)"
    expected = "ủy ban nhân dân tỉnh điện biên 3030 ubnd kgvx covid 19".split()
    for form in (written, unicodedata.normalize("NFD", written), written.upper(), written.lower()):
        assert text.syllables(form) == expected


def test_a_key_is_the_same_for_spellings_of_a_name_that_differ_in_marks_case_and_blanks() -> None:
    assert text.key("Vừ A  Bằng") == text.key("VÙ A BẰNG") == "vu-a-bang"


def test_a_junk_run_without_blanks_is_cut_to_a_bounded_term() -> None:
    assert len(text.syllables("x" * 100_000)[0]) == text.TOKEN_CHARS


def test_the_memory_of_forms_is_bounded() -> None:
    forms = text.BoundedForms(str.upper, kept=3)
    for word in ("a", "b", "c", "d", "a"):
        assert forms[word] == word.upper()
        assert len(forms) <= 3


@given(st.text(alphabet="aàảăâbcdđeêghiíịkoòôơuúưyỹ ,.-/_\u0300\u0301\u0323XĐỦ5\n", max_size=60))
def test_tokens_stand_where_they_say_in_any_text(given_text: str) -> None:
    for token in text.tokens(given_text):
        piece = given_text[token.start : token.end]
        assert text.exact_form(piece) == token.form
    assert [t.form for t in text.tokens(given_text)] == text.syllables(given_text)


@given(st.text(max_size=60))
def test_forms_are_stable_under_being_taken_again(given_text: str) -> None:
    for form in text.syllables(given_text):
        assert text.fold(text.folded_form(form)) == text.folded_form(form)
        assert not any(c.isspace() for c in form)


def test_marks_without_end_upon_a_letter_take_no_time_and_those_of_a_language_stay() -> None:
    crowded = "a" + "\u0301\u0323" * 200_000  # minutes, were they put in order
    assert len(text.nfc(crowded)) <= 31
    assert text.nfc("e\u0323\u0302" + "\u2026" * 100) == "\u1ec7" + "\u2026" * 100
