"""Two texts laid side by side, fingerprints of them, and what makes two documents readings of one paper."""

from __future__ import annotations

import datetime as dt
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.archive.resolving import Identity
from services.archive.same_paper import Known, are_one, may_be_one
from services.core.alignment import Passage, compare, words_of
from services.core.fingerprint import LEAST_SHINGLES, SKETCH, fingerprint

NAMES = "văn thư thanh tra kế toán tổ chức đào tạo y tế giáo dục nội vụ tư pháp"
TEXT = " ".join(
    f"điều {n} đơn vị {name} phối hợp với phòng {name} rà soát hồ sơ tài liệu của năm {2000 + n}"
    for n, name in enumerate(NAMES.split(), 1)
)
DAY = dt.date(2021, 9, 6)
BLANK = Known(Identity("x", None), None)


def known(number: str | None, day: dt.date | None = DAY, issuer: str | None = "dien-bien/ubnd") -> Known:
    key = f"{number}||UBND-VX" if number else None
    return Known(Identity(str(random.random()), key, issuer_id=issuer, earliest=day, latest=day), number)


@given(st.lists(st.sampled_from("an ba ca da 12 13 và của".split()), max_size=60))
def test_a_text_is_the_same_as_itself(words: list[str]) -> None:
    compared = compare(words, words)
    assert (compared.same, compared.slips, compared.unlike, compared.passages) == (len(words), 0, 0, ())


@given(*[st.lists(st.sampled_from("an ba ca da 12 13 và của".split()), max_size=40)] * 2)
def test_every_syllable_of_both_texts_is_accounted_for(here: list[str], there: list[str]) -> None:
    compared = compare(here, there)
    both = compared.same + compared.slips + compared.unlike
    assert (both + compared.only_here, both + compared.only_there) == (len(here), len(there))
    assert 0.0 <= compared.shared <= 1.0


def test_slips_are_told_from_other_words_and_numerals() -> None:
    compared = compare(
        words_of("theo quyết định số 15 của ông Nguyễn Văn Nam gửi sở y tế"),
        words_of("theo quyét đjnh số 16 của ông Trần Thị Hoa gửi sở y tế"),
    )
    assert (compared.slips, compared.unlike, compared.other_numerals) == (2, 3, 1)
    assert Passage("nguyen van nam", "tran thi hoa") in compared.passages


def test_a_stamp_over_words_counts_what_it_hides() -> None:
    compared = compare(words_of("một hai ba bốn năm sáu"), words_of("một hai CỔNG THÔNG TIN ĐIỆN TỬ bốn năm sáu"))
    assert (compared.unlike, compared.only_here, compared.only_there) == (1, 0, 4)


def test_a_fingerprint_is_the_text_s_own_and_of_a_fixed_size() -> None:
    numbers = fingerprint(TEXT)
    assert len(numbers) == SKETCH
    assert numbers == tuple(sorted(set(numbers)))
    assert all(0 <= number < 2**63 for number in numbers)
    assert fingerprint(TEXT.upper().replace("\n", " ")) == numbers
    assert fingerprint(" ".join("một hai ba bốn".split()[n % 4] for n in range(LEAST_SHINGLES))) == ()
    assert fingerprint("") == ()


def test_readings_share_most_of_a_fingerprint_and_other_texts_little() -> None:
    words = TEXT.split()
    slipped = [word[:-1] + "x" if n % 12 == 0 else word for n, word in enumerate(words)]
    other = (
        "hội nghị tổng kết công tác phòng cháy chữa cháy rừng mùa khô tại các xã biên giới " * 2
        + "năm tới cần làm tốt hơn nữa việc tuần tra"
    )
    assert len(set(fingerprint(TEXT)) & set(fingerprint(" ".join(slipped)))) >= 12
    assert len(set(fingerprint(TEXT)) & set(fingerprint(" ".join(words[: len(words) * 7 // 10])))) >= 16
    assert len(set(fingerprint(TEXT)) & set(fingerprint(other))) <= 2


@pytest.mark.parametrize(
    ("one", "other", "may"),
    [
        (known("12"), known("12"), True),
        (known("12"), known("12", issuer="lai-chau/ubnd"), False),
        (known("12"), known("12", dt.date(2021, 9, 16)), True),  # number, symbol, issuer and year: the day was misread
        (known("12"), known("12", dt.date(2022, 9, 6)), False),
        (known("12"), known("12", None), True),
        (known("12"), known("13"), True),  # a slip apart on the same day: the words decide
        (known("12"), known("13", dt.date(2021, 9, 7)), False),
        (known("12"), known("45"), False),
        (known("12"), known("123"), True),
        (known("12"), BLANK, True),
    ],
)
def test_what_both_are_sure_of_may_speak_against_one_paper(one: Known, other: Known, may: bool) -> None:
    assert may_be_one(one, other) == may_be_one(other, one) == may


def test_with_number_and_date_agreed_half_of_the_text_is_enough() -> None:
    words = words_of(TEXT)
    assert are_one(known("12"), known("12"), compare(words, words[: len(words) // 3]))
    assert not are_one(known("12"), known("12"), compare(words, words_of("hội nghị tổng kết công tác " * 40)))


@pytest.mark.parametrize(
    ("text", "one"),
    [
        (TEXT, True),
        (TEXT.replace("phối", "phổi").replace("hồ sơ", "hổ sơ"), True),
        (TEXT.replace("điều 7 ", "điều 1 "), True),  # one numeral: a slip
        (TEXT.replace("rà soát", "thu thập"), False),
        (TEXT.replace("năm 20", "năm 19"), False),
        (" ".join(TEXT.split()[:60]), False),  # too short to decide alone
    ],
)
def test_without_a_number_the_words_decide(text: str, one: bool) -> None:
    assert are_one(BLANK, BLANK, compare(words_of(TEXT), words_of(text))) == one
