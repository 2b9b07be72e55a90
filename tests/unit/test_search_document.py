"""What the index holds of a document: pure."""

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.deadlines import whole_days
from services.core.model import CleanText, Due, Issuer, Kind, PartialDate, Record, Signer, Task
from services.search.analysis import SENTINEL, document_streams, pairs
from services.search.document import build_index_document, interval, split_boilerplate, years
from services.search.generations import GenerationName, build_name, parse_name
from services.search.ranking import newest_key, oldest_key
from tests.search_support import day, entry, make_document


def test_streams_are_exact_folded_and_their_pairs_and_never_empty() -> None:
    streams = document_streams(entry("a", "Tiêm VẮC-XIN, hoà"))
    assert streams["body_e"] == "tiêm vắc xin hòa"
    assert streams["body_f"] == "tiem vac xin hoa"
    assert streams["body_pe"] == "tiêm_vắc vắc_xin xin_hòa"
    assert streams["body_pf"] == "tiem_vac vac_xin xin_hoa"
    assert streams["subject_e"] == streams["subject_pf"] == streams["symbol_f"] == SENTINEL
    assert "all_pe" not in streams
    assert all(document_streams(entry("b")).values())


@given(st.lists(st.sampled_from(["a", "bc", "ờ"]), max_size=6))
def test_the_pairs_of_tokens_are_each_with_the_one_that_follows(tokens: list[str]) -> None:
    assert pairs(tokens).split() == [f"{first}_{second}" for first, second in pairwise(tokens)]


def test_what_stands_on_every_document_finds_it_but_does_not_count() -> None:
    text = """ỦY BAN NHÂN DÂN
CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
Độc lập - Tự do - Hạnh phúc
Giao Sở Y tế tổ chức tiêm.
Nơi nhận:
- Như trên;
- Văn phòng Chính phủ (b/c);
- Lưu: VT, KGVX.
TM. ỦY BAN NHÂN DÂN
Vừ A Bằng"""
    body, rest = split_boilerplate(text)
    assert body == "ỦY BAN NHÂN DÂN\fGiao Sở Y tế tổ chức tiêm.\fVừ A Bằng"
    assert "Văn phòng Chính phủ" in rest
    assert "VT" not in rest
    streams = document_streams(entry("a", text))
    assert "chính" in streams["rest_e"].split()
    assert "tế" not in streams["rest_e"].split()
    assert "hoa" not in streams["all_f"].split()


def test_the_head_holds_issuer_place_kind_signer_and_addressees() -> None:
    record = Record(
        kind=Kind(code="CV", name="Công văn"),
        issuer=Issuer(name="UBND tỉnh Lai Châu"),
        place="Lai Châu",
        signer=Signer(name="Tống Thanh Hải", title="Phó Chủ tịch"),
        addressees=("Các sở, ban, ngành",),
    )
    head = build_index_document(make_document("a", record), CleanText("", ())).texts["head"]
    for expected in ("UBND tỉnh Lai Châu", "Công văn", "Tống Thanh Hải", "Phó Chủ tịch", "Các sở, ban, ngành"):
        assert expected in head


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        (None, ("unknown",)),
        (PartialDate(), ("unknown",)),
        (day(2021, 9), ("2021",)),
        (PartialDate(year=2021), ("2021",)),
        (PartialDate(earliest=dt.date(2020, 12, 20), latest=dt.date(2021, 1, 10)), ("2020", "2021")),
        (PartialDate(earliest=dt.date(1950, 1, 1), latest=dt.date(2021, 1, 1)), ("unknown",)),
        (PartialDate(year=20211), ("unknown",)),
    ],
)
def test_a_document_is_in_every_year_it_may_be_of(date: PartialDate | None, expected: tuple[str, ...]) -> None:
    assert years(date) == expected


def test_blank_parts_of_a_date_are_the_interval_they_leave_open() -> None:
    assert interval(PartialDate(year=2021, month=2)) == (dt.date(2021, 2, 1), dt.date(2021, 2, 28))
    assert interval(PartialDate(year=2021, month=2, day=30)) == (dt.date(2021, 2, 1), dt.date(2021, 2, 28))
    assert interval(PartialDate(year=2021)) == (dt.date(2021, 1, 1), dt.date(2021, 12, 31))
    assert interval(PartialDate(year=2021, month=12, day=5)) == (dt.date(2021, 12, 5),) * 2


def test_a_deadline_of_a_month_is_all_its_days() -> None:
    september = Due(as_written="trong tháng 9/2021", **whole_days(dt.date(2021, 9, 1), dt.date(2021, 9, 30)))
    record = Record(tasks=(Task(text="báo cáo", due=september), Task(text="nộp", due=Due(as_written="hằng ngày"))))
    due = entry("a", "", record).due
    assert (due[0], due[-1], len(due)) == (dt.date(2021, 9, 1), dt.date(2021, 9, 30), 30)


def test_unknown_dates_sort_behind_all_others_both_ways() -> None:
    known, unknown = entry("a", "", Record(issued_on=day(2021, 9, 1))), entry("b")
    later = entry("c", "", Record(issued_on=day(2022, 1, 1)))
    assert newest_key(later) < newest_key(known) < newest_key(unknown)
    assert oldest_key(known) < oldest_key(later) < oldest_key(unknown)


@given(
    st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(9999, 1, 1), timezones=st.just(dt.UTC)),
    st.integers(0, 999),
    st.sampled_from(["vanban", "test-7", "a_b"]),
)
def test_reading_a_generation_name_is_the_inverse_of_building_it(made_at: dt.datetime, schema: int, alias: str) -> None:
    name = build_name(alias, schema=schema, made_at=made_at)
    assert parse_name(name) == GenerationName(schema=schema, made_at=made_at, alias=alias)


@pytest.mark.parametrize(
    "name", ["", "vanban", "vanban-1-x", "vanban-1-99999999999999999999", "../vanban-1-20211111111111111111"]
)
def test_other_names_are_no_generations(name: str) -> None:
    assert parse_name(name) is None
