"""Repair of what was read: slips undone, names and numbers left alone, specks dropped, words parted and joined."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cli import execute
from services.core.errors import CorruptError
from services.core.lexicon import Lexicon, build, load_lexicon, write_tables
from services.core.lexicon.file import read_tables
from services.core.model import Box, Zone
from services.ocr.layout import Line, Region, Segment, Token
from services.ocr.quality import measure_quality
from services.ocr.repair import repair

OWN = load_lexicon()


def segment(text: str, zone: Zone = Zone.BODY, confidence: float = 0.9, **weighed: dict[str, float]) -> Segment:
    """A line; `weighed` gives for a word the letters weighed instead of its own: {"ô>ổ": cost}."""
    tokens = []
    for place, word in enumerate(text.split()):
        choices: list[tuple[tuple[str, float], ...]] = [() for _ in word]
        for slip, cost in weighed.get(word, {}).items():
            choices[word.index(slip[0])] = ((slip[-1], cost),)
        box = Box(40.0 * place, 0, 40.0 * place + 36, 10)
        tokens.append(Token(word, box, confidence, choices=tuple(choices)))
    return Segment(Line(tuple(tokens)), Region.FLOW, zone)


def repaired(text: str, **more: object) -> str:
    (done,) = repair([segment(text, **more)], OWN)  # type: ignore[arg-type]
    return " ".join(token.text for token in done.line.tokens if token.text)


@pytest.mark.parametrize(
    ("read", "meant", "weighed"),
    [
        ("Ban hành kèm theo Quyêt định này", "Ban hành kèm theo Quyết định này", {}),
        ("sửa đôi, bổ sung một số điều", "sửa đổi, bổ sung một số điều", {"đôi,": {"ô>ổ": 4.0}}),
        ("sửa đổi, bỗổ sung một số điều", "sửa đổi, bổ sung một số điều", {}),
        ("Tô trưởng các tô công tác", "Tổ trưởng các tổ công tác", {"tô": {"ô>ổ": 3.0}, "Tô": {"ô>ổ": 3.0}}),
        ("sử đụng đất trên địa bàn", "sử dụng đất trên địa bàn", {"đụng": {"đ>d": 6.0}}),
        ("ỦY BAN NHÂN DÂN TĨNH QUẢNG NGÃI", "ỦY BAN NHÂN DÂN TỈNH QUẢNG NGÃI", {"TĨNH": {"Ĩ>Ỉ": 3.0}}),
    ],
)
def test_slips_of_marks_are_undone(read: str, meant: str, weighed: dict[str, dict[str, float]]) -> None:
    assert repaired(read, **weighed) == meant


@pytest.mark.parametrize(
    "text",
    [
        "Thủ tướng Chính phủ Phạm Minh Chính yêu cầu các bộ, ngành thực hiện nghiêm",
        "Ủy ban nhân dân huyện Sìn Hồ, tỉnh Lai Châu báo cáo Sở Y tế trước ngày 20/9/2021",
        "Căn cứ Nghị định số 30/2020/NĐ-CP và Công văn số 3030/UBND-KGVX ngày 14/9/2021",
        "liên hệ email vanthu@laichau.gov.vn hoặc https://vanban.chinhphu.vn để biết thêm",
        "Số: 2641/UBND-KGVX",
        "CVP, PVP, VX, TH, KSTT, HĐND, BCĐ389",
        "tỷ lệ tăng 5 % so với cùng kỳ & đạt > 90 điểm",
    ],
)
def test_clean_text_names_symbols_numbers_and_addresses_stay_as_they_are(text: str) -> None:
    assert repaired(text) == text


def test_a_changed_word_keeps_what_was_read_and_what_the_slip_cost() -> None:
    (done,) = repair([segment("thực hiện Quyêt định này")], OWN)
    word = done.line.tokens[2]
    assert (word.text, word.raw) == ("Quyết", "Quyêt")
    assert word.cost
    assert all(token.raw is None and token.cost is None for token in done.line.tokens if token is not word)


def test_number_lines_and_stamps_are_never_repaired() -> None:
    for zone in (Zone.SYMBOL, Zone.STAMP):
        (done,) = repair([segment("Sổ 12/TTr-SYT Quyêt", zone=zone)], OWN)
        assert done.line.tokens[2].text == "Quyêt"


def test_specks_and_lines_of_nothing_are_dropped_and_keep_their_place() -> None:
    page = [segment("| Nơi nhận: ~ ¬"), segment("ssạ-=% ¬í ị¡ txx", confidence=0.3)]
    first, second = repair(page, OWN)
    assert [t.text for t in first.line.tokens] == ["", "Nơi", "nhận:", "", ""]
    assert [t.raw for t in first.line.tokens] == ["|", None, None, "~", "¬"]
    assert not any(token.text for token in second.line.tokens)


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("Số:04 /CT-UBND", "Số: 04 /CT-UBND"),
        ("Vềviệc tăng cường", "Về việc tăng cường"),
        ("trẻ sinh:được cấp giấy", "trẻ sinh được cấp giấy"),
        ("Bộ GD&ĐÐT", "Bộ GD&ĐT"),
        ("ngày l I tháng 4", "ngày 11 tháng 4"),
        ("_ỦY BAN NHÂN DÂN", "ỦY BAN NHÂN DÂN"),
    ],
)
def test_words_that_grew_together_are_parted_and_specks_taken_off(read: str, meant: str) -> None:
    assert repaired(read) == meant


def test_a_symbol_and_a_date_that_fell_apart_are_joined_where_they_touch() -> None:
    line = segment("số 24/2013/NQ- HĐND ngày 24/1 1/2017")
    close = [Token(t.text, Box(i * 37.0, 0, i * 37.0 + 36, 10), 0.9) for i, t in enumerate(line.line.tokens)]
    (done,) = repair([Segment(Line(tuple(close)), Region.FLOW, Zone.BODY)], OWN)
    assert [t.text for t in done.line.tokens] == ["số", "24/2013/NQ-HĐND", "ngày", "24/11/2017"]
    assert done.line.tokens[1].raw == "24/2013/NQ- HĐND"
    assert done.line.tokens[1].box == Box(37, 0, 110, 10)


def test_a_number_cut_off_its_symbol_is_joined_to_it() -> None:
    line = [Token(t, Box(x, 0, x + 20, 10), 0.9) for t, x in (("số", 0), ("1", 30), ("32/2020/QH14", 52))]
    (done,) = repair([Segment(Line(tuple(line)), Region.FLOW, Zone.BODY)], OWN)
    assert [t.text for t in done.line.tokens] == ["số", "132/2020/QH14"]


def test_a_capital_inside_a_sentence_is_small_where_the_recogniser_doubted_it() -> None:
    assert repaired("các đơn Vị có liên quan", Vị={"V>v": 2.6}) == "các đơn vị có liên quan"
    assert repaired("thành phố Vinh có chợ") == "thành phố Vinh có chợ"


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Z", "Cc"]), min_size=1), min_size=1))
def test_nothing_that_is_read_breaks_repair(words: list[str]) -> None:
    line = [Token(word, Box(0, 0, 9, 9), 0.5) for word in words]
    (done,) = repair([Segment(Line(tuple(line)), Region.FLOW)], OWN)
    assert done.line.tokens


# --------------------------------------------------------------------------- lexicon and quality


def test_a_lexicon_is_counted_written_and_read_again(tmp_path: Path) -> None:
    tables = build(["Thực hiện Công văn số 12. Thực hiện ngay."] * 5, ["Sìn Hồ"])
    write_tables(tmp_path / "own.lexicon", tables)
    own = Lexicon(read_tables(tmp_path / "own.lexicon"))
    assert own.count("thực") == 10
    assert own.count("sìn") == 3
    assert "Thực" not in own
    assert own.is_name(["sìn", "hồ"])
    thực, hiện, ngay = map(own.number, ("thực", "hiện", "ngay"))
    assert own.cost(own.end, thực, hiện) < own.cost(own.end, thực, ngay)


def test_a_file_that_is_no_lexicon_says_so(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"not a lexicon")
    with pytest.raises(CorruptError, match="vanban lexicon"):
        load_lexicon(str(tmp_path / "x"))


def test_the_command_builds_a_lexicon_that_loads(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Căn cứ Luật Đất đai. " * 9, encoding="utf-8")
    (tmp_path / "names.txt").write_text("Sìn Hồ\n", encoding="utf-8")
    made = tmp_path / "a.lexicon"
    assert execute(["lexicon", str(tmp_path / "a.txt"), "--names", str(tmp_path / "names.txt"), "-o", str(made)]) == 0
    assert load_lexicon(str(made)).count("luật") == 9


def test_quality_is_lower_where_words_are_unknown_doubted_or_repaired() -> None:
    clean = measure_quality([segment("thực hiện công văn của bộ", confidence=0.96)], OWN)
    assert clean
    assert (clean.lexicon, clean.confidence, clean.repaired, clean.score) == (1.0, 0.96, 0.0, 0.96)
    poor = measure_quality([segment("thựcc hxện công văn cua bộ", confidence=0.6)], OWN)
    assert poor
    assert poor.score < 0.5
    mended = measure_quality(repair([segment("thực hiện Quyêt định", confidence=0.96)], OWN), OWN)
    assert mended
    assert mended.repaired == 0.25
    assert measure_quality([], OWN) is None
