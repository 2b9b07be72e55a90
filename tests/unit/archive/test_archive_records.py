"""The layers of a record: shapes people write, merge patches, and what follows from what."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.archive.assembling import match_runs
from services.archive.imports import ImportLine, import_text, parse_line
from services.archive.paging import build_cursor, parse_cursor
from services.archive.records import Layer, apply, lay, merge_patch, shape
from services.core.errors import InvalidInputError
from services.core.model import Reason, Record

NOW = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
READ = Record(symbol="12/UBND-VX", number="12", notation="UBND-VX", subject="đọc được").model_dump(mode="json")


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [  # RFC 7396, appendix A
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patches_do_what_the_rfc_says(target: Any, patch: Any, result: Any) -> None:
    assert merge_patch(target, patch) == result


@pytest.mark.parametrize(
    ("given_values", "expected"),
    [
        ({"kind": "QĐ"}, {"kind": {"code": "QĐ", "name": "Quyết định"}}),
        ({"kind": "quyet dinh"}, {"kind": {"code": "QĐ", "name": "Quyết định"}}),
        ({"number": 12}, {"number": "12"}),
        ({"subject": "  "}, {"subject": None}),
        ({"signer": "Nguyễn Văn A"}, {"signer": {"name": "Nguyễn Văn A"}}),
        ({"recipients": ["Như trên"]}, {"recipients": [{"name": "Như trên"}]}),
        ({"addressees": "Sở Y tế"}, {"addressees": ["Sở Y tế"]}),
    ],
)
def test_plain_strings_take_the_records_shapes(given_values: dict[str, Any], expected: dict[str, Any]) -> None:
    assert shape(given_values) == expected


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("subjekt", "x"),
        ("symbol_key", "x"),
        ("warnings", []),
        ("kind", "Thư tình"),
        ("issued_on", "hôm qua"),
        ("subject", ["x"]),
        ("arrival", "12"),
        ("addressees", 5),
    ],
)
def test_a_key_or_value_that_makes_no_sense_is_named(key: str, value: Any) -> None:
    with pytest.raises(InvalidInputError) as caught:
        shape({key: value})
    assert caught.value.params["key"] == key


@pytest.mark.parametrize(
    "patch",
    [
        {"kind": {"code": "QĐ", "nome": "x"}},
        {"issued_on": {"year": 2021, "month": 2, "day": 30}},
        {"issuer": {"parent": "x"}},
    ],
)
def test_a_patch_that_breaks_the_record_is_refused(patch: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        apply({}, shape(patch))


def test_a_symbol_carries_number_notation_and_key_along() -> None:
    record, touched = apply(READ, {"symbol": "01102/CĐ-TTg"})
    assert (record["number"], record["notation"], record["symbol_key"]) == ("01102", "CĐ-TTg", "1102||CD-TTG")
    assert touched == {"symbol", "number", "notation", "symbol_key"}
    cleared, _ = apply(record, {"symbol": None})
    assert (cleared["symbol"], cleared["number"], cleared["symbol_key"]) == (None, None, None)
    numbered, _ = apply(READ, {"number": "13"})
    assert numbered["symbol_key"] == "13||UBND-VX"


def test_the_parts_of_a_date_carry_its_interval() -> None:
    record, _ = apply({}, shape({"issued_on": "2021-09"}))
    assert (record["issued_on"]["earliest"], record["issued_on"]["latest"]) == ("2021-09-01", "2021-09-30")
    record, _ = apply(record, {"issued_on": {"day": 14}})
    assert (record["issued_on"]["earliest"], record["issued_on"]["latest"]) == ("2021-09-14", "2021-09-14")


def test_what_people_entered_lies_over_whatever_is_read() -> None:
    layers = [
        Layer({"subject": "người gửi"}, {"subject": "người gửi"}, "An", NOW),
        Layer({"subject": "lưu trữ viên"}, {"subject": "lưu trữ viên"}, "Bình", NOW),
    ]
    evidence = {"subject": {"how": "read"}, "symbol": {"how": "read"}}
    record, sources = lay(READ, evidence, layers)
    assert (record["subject"], record["symbol"]) == ("lưu trữ viên", "12/UBND-VX")
    assert (sources["subject"]["how"], sources["subject"]["by"], sources["symbol"]["how"]) == (
        "entered",
        "Bình",
        "read",
    )


def test_a_patch_that_no_longer_fits_what_is_read_keeps_its_values() -> None:
    base = Record(kind={"code": "QĐ", "name": "Quyết định"}).model_dump(mode="json")
    result, touched = apply(base, {"kind": {"name": "Quyết định cá biệt"}})
    layer = Layer({"kind": {"name": "Quyết định cá biệt"}}, {k: result[k] for k in touched}, "An", NOW)
    record, _ = lay(Record().model_dump(mode="json"), {}, [layer])
    assert record["kind"] == {"code": "QĐ", "name": "Quyết định cá biệt"}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{", "line_not_json"),
        ("[]", "line_not_json"),
        ("[" * 90_000, "line_not_json"),
        ({"text": "x"}, "line_without_id"),
        ({"id": " ", "text": "x"}, "line_without_id"),
        ({"id": "a"}, "line_without_text"),
        ({"id": "a", "text": "x", "pages": ["y"]}, "line_without_text"),
        ({"id": "a", "pages": []}, "line_without_text"),
        ({"id": "a", "text": "x", "rekord": {}}, "line_unknown_key"),
        ({"id": "a", "text": "x", "record": "y"}, "invalid_record"),
        ({"id": "a", "text": "x", "record": {"issued_on": "?"}}, "invalid_record"),
        ({"id": "a", "text": "\ud800"}, "line_not_json"),
        ({"id": "a", "text": "x" * 200_000}, "line_too_large"),
        (json.dumps({"id": "a", "text": "x" * 200_000}), "line_too_large"),
    ],
)
def test_a_line_that_makes_no_sense_says_why(line: Any, code: str) -> None:
    parsed = parse_line(line, 100_000)
    assert isinstance(parsed, Reason)
    assert parsed.code == code


def test_equal_lines_are_equal_bytes_and_give_their_text_back() -> None:
    one = parse_line('{"text": "chữ\\nhai", "id": 7}', 1000)
    two = parse_line({"id": "7", "text": "chữ\nhai"}, 1000)
    assert isinstance(one, ImportLine)
    assert isinstance(two, ImportLine)
    assert one.data == two.data
    assert import_text(one.data).decode() == "chữ\nhai"
    pages = parse_line({"id": "7", "pages": ["một\ftrang", "hai"]}, 1000)
    assert isinstance(pages, ImportLine)
    assert import_text(pages.data).decode() == "một\ntrang\fhai"


@pytest.mark.parametrize(
    ("new", "known", "expected"),
    [
        ([(1, 3)], [(1, 3)], [0]),
        ([(1, 2), (3, 3)], [(1, 3)], [0, None]),
        ([(1, 1), (2, 3)], [(1, 3)], [None, 0]),
        ([(1, 3)], [(1, 2), (3, 3)], [0]),
        ([(1, 1), (2, 2)], [(2, 2), (1, 1)], [1, 0]),
        ([(4, 5)], [(1, 3)], [None]),
        ([], [(1, 3)], []),
    ],
)
def test_a_page_run_keeps_the_document_it_shares_most_pages_with(
    new: list[tuple[int, int]], known: list[tuple[int, int]], expected: list[int | None]
) -> None:
    assert match_runs(new, known) == expected


def test_an_import_identity_keeps_its_document_whatever_its_pages() -> None:
    assert match_runs([(1, 9)], [(20, 21), (1, 9)], identity=True) == [0]


@given(st.text(), st.integers())
def test_cursors_give_back_what_was_packed(text: str, number: int) -> None:
    assert parse_cursor(build_cursor(text, number), str, int) == (text, number)


@given(st.text())
def test_no_text_passes_for_a_cursor_by_accident(text: str) -> None:
    try:
        values = parse_cursor(text, str, int)
    except InvalidInputError:
        return
    assert build_cursor(*values)
