"""edXML messages: what the header says, the files inside, and messages that are broken, hostile or carry nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.archive.edxml import Message, is_edxml, read_message
from services.archive.records import apply
from services.core.errors import ReadError
from services.core.model import Record
from services.core.symbols import join_symbol, parse_symbol
from tests.edxml_support import HEADER, RECALLED, STATUS, message


def read(folder: Path, data: bytes) -> Message:
    (folder / "m.edxml").write_bytes(data)
    out = folder / "out"
    out.mkdir(exist_ok=True)
    return read_message(folder / "m.edxml", out)


def test_the_header_becomes_values_of_the_record(tmp_path: Path) -> None:
    found = read(tmp_path, message([("cv.pdf", b"x")]))
    record = Record.model_validate(apply({}, found.given)[0])
    assert (record.symbol, record.number, record.notation) == ("128/SYT-NVY", "128", "SYT-NVY")
    assert record.issuer is not None
    assert (record.issuer.name, record.issuer.parent) == ("Sở Y tế tỉnh Kon Tum", "UBND tỉnh Kon Tum")
    assert record.issued_on is not None
    assert (str(record.issued_on.earliest), record.place) == ("2021-08-17", "Kon Tum")
    assert record.kind is not None
    assert (record.kind.code, record.subject) == ("CV", "Về việc bố trí kinh phí")
    assert record.signer is not None
    assert (record.signer.authority, record.signer.title) == (("KT. GIÁM ĐỐC",), "PHÓ GIÁM ĐỐC")
    assert record.signer.name == "Trần Thị Bình"
    assert record.addressees == ("Sở Tài chính", "Sở Nội vụ")
    assert [r.name for r in record.recipients] == ["Các phòng chuyên môn"]
    assert found.document_id == "000.00.99.X01,2021/08/17,128/SYT-NVY"


def test_what_the_header_answers_is_not_taken_for_its_own(tmp_path: Path) -> None:
    nested = "<edXML:ResponseFor><edXML:Code><edXML:CodeNumber>9</edXML:CodeNumber></edXML:Code></edXML:ResponseFor>"
    assert read(tmp_path, message([("a.pdf", b"x")], nested + HEADER)).given["symbol"] == "128/SYT-NVY"


def test_a_value_that_makes_no_sense_is_left_out_and_the_others_stand(tmp_path: Path) -> None:
    header = HEADER.replace("2021/08/17<", "hôm qua<").replace("Công văn<", "Thư mời họp<")
    found = read(tmp_path, message([("a.pdf", b"x")], header)).given
    assert "issued_on" not in found
    assert "kind" not in found
    assert found["symbol"] == "128/SYT-NVY"


@given(st.binary(max_size=3000))
def test_a_file_comes_out_as_it_went_in(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("m")
    found = read(folder, message([("một.pdf", data), ("hai.pdf", data[::-1])]))
    assert [(a.name, a.path.read_bytes()) for a in found.attachments] == [("một.pdf", data), ("hai.pdf", data[::-1])]


def test_a_large_file_is_decoded_in_pieces(tmp_path: Path) -> None:
    data = bytes(range(256)) * 60_000
    (attachment,) = read(tmp_path, message([("lớn.pdf", data)])).attachments
    assert attachment.path.read_bytes() == data


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (message([("a.pdf", b"x")]), "edxml_unpacked"),
        (message(header=STATUS), "edxml_status"),
        (message(after=RECALLED), "edxml_recalled"),
        (message([("a.pdf", b"x")], after=RECALLED), "edxml_recalled"),
    ],
)
def test_every_message_has_an_outcome(tmp_path: Path, data: bytes, code: str) -> None:
    assert read(tmp_path, data).outcome.code == code


ENTITIES = b'<!DOCTYPE edXML [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
OUTSIDE = b'<!DOCTYPE edXML [<!ENTITY f SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (message([("a.pdf", b"x")])[:-40], "edxml_broken"),
        (b"<edXML>" * 200, "edxml_broken"),
        (b"<other/>", "edxml_broken"),
        (b"", "edxml_broken"),
        (message(header=f"<Subject x='{'x' * 1_500_000}'/>"), "edxml_broken"),
        (message(header=f"<Subject>{'x' * 1_100_000}</Subject>"), "edxml_broken"),
        (message().replace(b"?>\n<edXML", b"?>" + ENTITIES + b"<edXML", 1), "edxml_broken"),
        (message().replace(b"?>\n<edXML", b"?>" + OUTSIDE + b"<edXML", 1).replace(b">128<", b">&f;<"), "edxml_broken"),
        (message([("a.pdf", b"x")], encoded="${__StringFromFile(x)}"), "edxml_attachment_broken"),
        (message([("a.pdf", b"x")], encoded="QUJ"), "edxml_attachment_broken"),
    ],
)
def test_a_message_that_is_broken_or_hostile_says_so(tmp_path: Path, data: bytes, code: str) -> None:
    with pytest.raises(ReadError) as caught:
        read(tmp_path, data)
    assert caught.value.code == code


def test_a_message_that_should_carry_a_file_and_does_not_fails(tmp_path: Path) -> None:
    with pytest.raises(ReadError) as caught:
        _ = read(tmp_path, message()).outcome
    assert (caught.value.code, caught.value.params) == ("edxml_empty", {"symbol": "128/SYT-NVY"})


@pytest.mark.parametrize(
    ("head", "known"),
    [
        (message()[:1024], True),
        (b"\xef\xbb\xbf" + message()[:1024], True),
        (b"<edXML xmlns='x'>", True),
        (b"<?xml version='1.0'?><html>", False),
        (b"text with <edXML> inside", False),
        (b"", False),
    ],
)
def test_a_message_is_known_by_its_first_bytes(head: bytes, *, known: bool) -> None:
    assert is_edxml(head) is known


@pytest.mark.parametrize(
    ("number", "notation", "joined"),
    [
        ("128", "SYT-NVY", "128/SYT-NVY"),
        ("892", "CV/TU", "892-CV/TU"),
        ("", "UBND-VX", "/UBND-VX"),
        ("5", "", "5"),
        ("", "", None),
    ],
)
def test_number_and_notation_are_joined_as_symbols_are_written(number: str, notation: str, joined: str | None) -> None:
    assert join_symbol(number, notation) == joined
    assert joined in (None, "5") or parse_symbol(joined) is not None
