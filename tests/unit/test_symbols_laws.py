"""Laws of the symbol grammar: what is built is understood, however it was typed or scanned, and nothing else is."""

import csv
import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.kinds import kind_of_code
from services.core.symbols import Symbol, build_symbol, find_symbols, known_tokens, parse_symbol

SUFFIXES = "data/admin_units/document_symbol_suffix_frequency.csv"

numbers = st.from_regex(r"0?[1-9][0-9]{0,4}[a-zđ]?", fullmatch=True)
years = st.integers(1945, 2049)
issuers = st.sampled_from(sorted({t for t in known_tokens().values() if kind_of_code(t) is None}))
state_kinds = st.sampled_from(["QĐ", "TTr", "CTr", "QyĐ", "CĐ", "HD", "HĐ", "ĐA", "DA", "BC", "KH", "TB", "CT", "NQ"])
legal_kinds = st.sampled_from(["NĐ", "TT", "NQ", "QĐ", "VBHN"])
joint_kinds = st.sampled_from(["TTLT", "NQLT", "QCPH", "CTPH"])
party_kinds = st.sampled_from(["NQ", "KL", "QĐi", "QĐ", "CV", "CTr", "TTr", "HD", "TB", "TT", "QTr"])


def _joined(*parts: str) -> str:
    return "-".join(parts)


letters = st.builds(lambda n, a, b: Symbol(n, None, _joined(a, b)), numbers, issuers, issuers)
named = st.builds(lambda n, k, i: Symbol(n, None, _joined(k, i)), numbers, state_kinds, issuers)
legal = st.builds(lambda n, y, k, i: Symbol(n, y, _joined(k, i)), numbers, years, legal_kinds, issuers)
joint = st.builds(
    lambda n, y, k, i: Symbol(n, y, _joined(k, *i)),
    numbers,
    years,
    joint_kinds,
    st.lists(issuers, min_size=2, max_size=6),
)
congress = st.builds(
    lambda n, y, c, term: Symbol(n, y, f"{c}{term}"),
    numbers,
    years,
    st.sampled_from(["QH", "UBTVQH"]),
    st.integers(9, 16),
)
party = st.builds(lambda n, k, i: Symbol(n, None, f"{k}/{i}", party=True), numbers, party_kinds, issuers)
symbols = st.one_of(letters, named, legal, joint, congress, party)

gaps = st.sampled_from(["", " ", "  ", "\n", " \n "])


@st.composite
def spaced(draw: st.DrawFn) -> tuple[Symbol, str]:
    """A symbol, and the same with stray blanks and at most one line end at each separator, as scans have them."""
    symbol = draw(symbols)
    text = build_symbol(symbol)
    return symbol, "".join(draw(gaps) + c + draw(gaps) if c == "/" else c + draw(gaps) if c == "-" else c for c in text)


@given(symbols)
def test_every_form_of_symbol_is_understood_as_it_was_built(symbol: Symbol) -> None:
    assert parse_symbol(build_symbol(symbol)) == symbol


@given(symbols)
def test_decomposed_letters_mean_the_same(symbol: Symbol) -> None:
    assert parse_symbol(unicodedata.normalize("NFD", build_symbol(symbol))) == symbol


@given(symbols, st.sampled_from("ÐƉ"))
def test_the_other_letters_that_look_like_d_with_a_bar_mean_the_same(symbol: Symbol, looks_alike: str) -> None:
    assert parse_symbol(build_symbol(symbol).replace("Đ", looks_alike)) == symbol


@given(spaced())
def test_stray_blanks_and_one_line_end_mean_the_same(written: tuple[Symbol, str]) -> None:
    symbol, text = written
    assert parse_symbol(text) == symbol


@given(spaced(), st.sampled_from(["Căn cứ Văn bản số ", "Tiếp theo số: "]))
def test_a_symbol_with_stray_blanks_is_found_where_it_stands(written: tuple[Symbol, str], lead: str) -> None:
    symbol, text = written
    found = find_symbols(f"{lead}{text} ngày 05/9/2021 của cơ quan")
    assert [(s, start, end) for s, start, end in found] == [(symbol, len(lead), len(lead) + len(text))]


@given(symbols)
def test_a_symbol_in_small_letters_has_the_key_of_the_same_document(symbol: Symbol) -> None:
    typed = parse_symbol(build_symbol(symbol).lower())
    assert typed is not None
    assert typed.key == symbol.key


@given(symbols, st.sampled_from(["Số: ", "số ", "Số", "SỐ: "]), st.sampled_from(["", ".", ",", " ;"]))
def test_the_word_before_and_the_stop_after_are_no_part_of_it(symbol: Symbol, lead: str, stop: str) -> None:
    assert parse_symbol(f"{lead}{build_symbol(symbol)}{stop}") == symbol


@given(st.one_of(named, legal, party))
def test_the_kind_built_into_a_symbol_is_the_kind_it_has(symbol: Symbol) -> None:
    kind = symbol.kind
    assert kind is not None
    assert kind.code == symbol.tokens[0]


@pytest.mark.parametrize(
    "text",
    [
        "trực 24/7 và 24/24h",
        "và/hoặc, sông/suối, ĐT/fax",
        "tại km 3/TP, Km12+300/QL6, 60km/h",
        "1/2 số hộ, 30/4 và 01/5, ngày 2/9",
        "ngày 12/9/2021, 05/2021",
        "tỷ lệ 50/50, bản đồ 1/2000",
        "5/8 xã, 12/12 chỉ tiêu",
        "huyết áp 100/60 mmHg, 10 mg/dL, 120 m3/ngày",
        "http://a/b và https://x.vn/12/UBND-VX",
        "năm học 2020/2021, quý III/2021, giai đoạn 2021-2025",
        "nhóm máu Rh(D)/ABO, cúm A/H5N1",
        "điện thoại 0215/3825825",
        "tổ 3/KP, thửa 12/TBĐ",
        "số 5/8 xã, số 24/7",
        "tại số 12/A5 đường Nguyễn Du, số 7/B2 phố Huế",
        "mục 2.1/UBND-VX",
    ],
)
def test_what_only_looks_like_a_symbol_is_left_alone(text: str) -> None:
    assert find_symbols(text) == []


@pytest.mark.skipif("VANBAN_SHARED" not in os.environ, reason="set VANBAN_SHARED to the folder of the suffixes in use")
def test_every_notation_in_use_is_understood_with_and_without_a_year() -> None:
    with (Path(os.environ["VANBAN_SHARED"]) / SUFFIXES).open(encoding="utf-8") as file:
        notations = [row["suffix"] for row in csv.DictReader(file)]
    assert len(notations) == 516
    wrong = [
        built
        for notation in notations
        for built, year in ((f"12/{notation}", None), (f"12/2020/{notation}", 2020))
        if parse_symbol(built) != Symbol("12", year, notation)
    ]
    assert wrong == []
