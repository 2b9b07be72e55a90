"""Document symbols: the grammar, its traps, keys, and what people type."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.kinds import KINDS, kind_named, kind_of_code, kind_of_title
from services.core.symbols import (
    LOWER,
    UPPER,
    Symbol,
    build_symbol,
    find_symbols,
    parse_symbol,
    symbol_from_query,
    symbol_key,
)

numbers = st.from_regex(r"[1-9][0-9]{0,5}[a-z]?", fullmatch=True)
slips = {"OĐ", "NO"}  # taken for QĐ and NQ
tokens = st.text(alphabet="ABCDĐGHIKLMNOPQRSTUVX", min_size=2, max_size=8).filter(lambda token: token not in slips)
kinds = st.sampled_from(sorted(set(KINDS) - {"TCg", "HP", "BL", "CV"}))
state_symbols = st.builds(
    Symbol,
    number=st.none() | numbers,
    year=st.none() | st.integers(1945, 2049),
    notation=st.builds("-".join, st.lists(tokens, min_size=2, max_size=5)),
)
named_symbols = st.builds(lambda number, kind, issuer: Symbol(number, None, f"{kind}-{issuer}"), numbers, kinds, tokens)
party_symbols = st.builds(
    lambda number, kind, issuer: Symbol(number, None, f"{kind}/{issuer}", party=True), numbers, kinds, tokens
)


@given(st.one_of(state_symbols, named_symbols, party_symbols))
def test_parsing_what_was_built_gives_the_same_symbol(symbol: Symbol) -> None:
    assert parse_symbol(build_symbol(symbol)) == symbol


@given(st.one_of(state_symbols, named_symbols, party_symbols), st.sampled_from(["Công văn số ", "theo số: ", "Số:\n"]))
def test_a_built_symbol_is_found_in_running_text_where_it_stands(symbol: Symbol, lead: str) -> None:
    built = str(symbol)
    text = f"{lead}{built} ngày 05/9/2021 của cơ quan"
    assert [(s, text[a:b]) for s, a, b in find_symbols(text)] == [(symbol, built)]


@given(st.text(alphabet=string.printable + UPPER + LOWER + "–⁄\u00ad*", max_size=80))
def test_no_text_makes_the_finder_fail_and_every_span_parses(text: str) -> None:
    for symbol, start, end in find_symbols(text):
        assert 0 <= start < end <= len(text)
        assert parse_symbol(text[start:end]) == symbol


@given(numbers, tokens, tokens)
def test_the_key_forgets_zeros_case_and_the_bar_of_d_and_nothing_else(number: str, first: str, second: str) -> None:
    plain = symbol_key(number, None, f"{first}-{second}")
    assert plain == symbol_key(f"0{number}", None, f"{first}-{second}".replace("Đ", "D").lower())
    assert plain != symbol_key(number, 2021, f"{first}-{second}")
    assert plain != symbol_key(f"{number}9"[:6], None, f"{first}-{second}X")


def test_a_blank_number_is_unknown_and_has_no_key() -> None:
    symbol = parse_symbol("Số: /UBND-VX")
    assert symbol is not None
    assert (symbol.number, str(symbol), symbol.key) == (None, "/UBND-VX", None)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("từ 24/7 đến nay và/hoặc ngày 08/9", []),
        ("mục 2.1/UBND, tại km 3/TP và 15/SYT", []),
        ("công văn số 15/SYT", ["15/SYT"]),
        ("giai đoạn 2021-2022, ngày 01/02/2021", []),
        ("Thông báo số 41/TB-\nVPCP", ["41/TB-VPCP"]),
        ("Thông báo số 41/TB-\n\nVPCP", ["41/TB"]),
        ("Số:\n12/UBND-KT", ["12/UBND-KT"]),
        ("công điện số **77/CĐ-BYT**", ["77/CĐ-BYT"]),
        ("Số: 88 /UBND-VP", ["88/UBND-VP"]),
        ("Công văn số 15-CV/TU", ["15-CV/TU"]),
        ("Quyết định số /QĐ-UBND", ["/QĐ-UBND"]),
        ("hồ sơ /QĐ-UBND", []),
        ("33‐CTr⁄TU, 7/QÐ-TTg", ["33-CTr/TU", "7/QĐ-TTg"]),
        ("Nghị quyết số 41/2020/QH14", ["41/2020/QH14"]),
        ("số 9/KH- HĐND", ["9/KH-HĐND"]),
        ("số 17/KH - Ủy ban", ["17/KH"]),
        ("Thông tư 12/2020/TT-BGD&ĐT", ["12/2020/TT-BGD&ĐT"]),
        (
            "1842b/CTPH-BVHTTDL-TLĐLĐVN và 5/CTPH-LĐLĐ-SVH,TT,DL",
            ["1842b/CTPH-BVHTTDL-TLĐLĐVN", "5/CTPH-LĐLĐ-SVH,TT,DL"],
        ),
    ],
)
def test_the_finder_takes_symbols_and_leaves_what_looks_like_them(text: str, found: list[str]) -> None:
    assert [str(symbol) for symbol, _, _ in find_symbols(text)] == found


@pytest.mark.parametrize(
    ("symbol", "code"),
    [
        ("1/CD-TTg", "CĐ"),
        ("1/2020/ND-CP", "NĐ"),
        ("1/QD-UBND", "QĐ"),
        ("1/HD-BYT", "HD"),
        ("1/HĐ-BYT", "HĐ"),
        ("1/DA-UBND", "DA"),
        ("1/ĐA-UBND", "ĐA"),
        ("1/TTr-UBND", "TTr"),
        ("1/2020/TT-BYT", "TT"),
        ("1/QyĐ-UBND", "QyĐ"),
        ("1/Ctr-UBND", "CTr"),
        ("1/UBND-VX", "CV"),
        ("1-CV/TU", "CV"),
        ("1-KL/TW", "KL"),
        ("1/2020/NĐCP", "NĐ"),
        ("1/2020/QH14", None),
    ],
)
def test_the_kind_is_told_by_position_and_only_sure_bars_are_put_back(symbol: str, code: str | None) -> None:
    parsed = parse_symbol(symbol)
    assert parsed is not None
    assert (parsed.kind.code if parsed.kind else None) == code


def test_thong_tri_of_the_party_is_not_thong_tu() -> None:
    party = kind_of_code("TT", party=True)
    state = kind_of_code("TT")
    assert party is not None
    assert state is not None
    assert (party.name, state.name) == ("Thông tri", "Thông tư")


def test_there_are_29_administrative_kinds_each_found_by_its_name_without_marks() -> None:
    assert {"NQ", "QĐ", "CTr", "TTr", "QyĐ", "CV", "TCg", "BTT", "GUQ"} <= set(KINDS)
    for code, kind in KINDS.items():
        found = kind_named(kind.name.upper())
        assert found is not None
        assert found.name == kind.name, code


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("QUYẾT ĐỊNH Về việc", "QĐ"),
        ("THÔNG TƯ LIÊN TỊCH", "TTLT"),
        ("CHÍ THỊ", "CT"),
        ("OUYẾT ĐỊNH", "QĐ"),
        ("CHƯƠNG TRÌNH PHÓI HỢP", "CTPH"),
        ("CỘNG HÒA", None),
    ],
)
def test_a_title_is_understood_through_slips_of_the_reader(title: str, code: str | None) -> None:
    found = kind_of_title(title)
    assert (found.code if found else None) == code


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("3030/UBND-KGVX", "3030||UBND-KGVX"),
        ("3030 ubnd kgvx", "3030||UBND-KGVX"),
        ("3030ubndkgvx", "3030||UBND-KGVX"),
        ("3030/ubndkgvx", "3030||UBND-KGVX"),
        ("công văn số 80KHBCĐBVMT", "80||KH-BCDBVMT"),
        ("30/2020/nđcp", "30|2020|ND-CP"),
        ("1102cđttg", "1102||CD-TTG"),
        ("03030/ubnd - kgvx", "3030||UBND-KGVX"),
        ("1356 cd byt", "1356||CD-BYT"),
        ("cđ 1356 byt", "1356||CD-BYT"),
        ("1356/cđ-byt", "1356||CD-BYT"),
        ("công điện 1356 byt", "1356||CD-BYT"),
        ("15/2021/qd-ubnd", "15|2021|QD-UBND"),
        ("số 15 2021 qd ubnd", "15|2021|QD-UBND"),
        ("cv 892 tu", "892||CV-TU"),
        ("892-cv/tu", "892||CV-TU"),
    ],
)
def test_a_typed_symbol_has_the_key_of_the_one_meant(query: str, keys: str) -> None:
    typed = symbol_from_query(query)
    assert typed is not None
    assert typed.complete
    assert keys in typed.keys


@pytest.mark.parametrize(
    ("query", "number", "code"),
    [
        ("3030", "3030", None),
        ("so 3030", "3030", None),
        ("số: 3030", "3030", None),
        ("cv 3030", "3030", "CV"),
        ("cong dien 1356", "1356", "CĐ"),
        ("nghị quyết 128", "128", "NQ"),
    ],
)
def test_a_number_alone_or_with_a_kind_is_a_query_without_keys(query: str, number: str, code: str | None) -> None:
    typed = symbol_from_query(query)
    assert typed is not None
    assert (typed.number, typed.kind_code, typed.keys) == (number, code, ())


@pytest.mark.parametrize("query", ["tiêm vắc xin 2021", "5 tại chỗ", "vu a bang", "", "12 người", "công điện", "f0"])
def test_other_queries_are_no_symbols(query: str) -> None:
    assert symbol_from_query(query) is None


def test_a_query_matches_documents_by_what_was_typed_only() -> None:
    document = parse_symbol("1356/CĐ-BYT")
    typed = symbol_from_query("cong dien 1356")
    other = symbol_from_query("nghị quyết 1356")
    assert document is not None
    assert typed is not None
    assert other is not None
    assert typed.matches(document)
    assert not other.matches(document)
    blank = parse_symbol("/CĐ-BYT")
    assert blank is not None
    assert not typed.matches(blank)


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("Luật số 29/2023/QHI5 ngày", "29/2023/QH15"),
        ("Quyết định số 133/QĐ-T1g ngày", "133/QĐ-TTg"),
        ("Quyết định số 12/2021/0Đ-TTg ngày", "12/2021/QĐ-TTg"),
    ],
)
def test_letters_that_readers_take_for_others_are_read_as_meant(read: str, meant: str) -> None:
    ((symbol, start, end),) = find_symbols(read)
    assert str(symbol) == meant
    assert end - start == len(meant)
