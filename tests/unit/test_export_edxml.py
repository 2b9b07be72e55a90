"""edXML: message headers of documents that are known for sure, and the account of the others."""

from __future__ import annotations

import zipfile
from io import BytesIO
from xml.etree import ElementTree as ET

import pytest

from services.core.dates import partial_date
from services.core.model import Document, Issuer, Reason, Record
from services.export.edxml import NAMESPACE, message, refusal
from services.export.edxml_zip import REFUSED, Messages
from tests.search_support import make_document
from tests.unit.export_support import BLANK, csv_rows, guessed, letter

IN = {"": NAMESPACE}


def header_of(document: Document) -> ET.Element:
    header = ET.fromstring(message(document)).find("edXMLEnvelope/edXMLHeader/MessageHeader", IN)
    assert header is not None
    return header


def texts(header: ET.Element, path: str) -> list[str | None]:
    return [element.text for element in header.findall(path, IN)]


def test_a_known_document_becomes_a_message_header() -> None:
    header = header_of(letter())
    assert [element.tag.partition("}")[2] for element in header] == [
        "From",
        "To",
        "To",
        "Code",
        "PromulgationInfo",
        "DocumentType",
        "Subject",
        "SignerInfo",
        "ToPlaces",
        "OtherInfo",
        "DocumentId",
    ]
    assert texts(header, "From/OrganName") == ["ỦY BAN NHÂN DÂN TỈNH MẪU"]
    assert texts(header, "To/OrganName") == ["Sở Y tế", "Ủy ban nhân dân các huyện"]
    assert (texts(header, "Code/CodeNumber"), texts(header, "Code/CodeNotation")) == (["2641"], ["UBND-KGVX"])
    assert texts(header, "PromulgationInfo/PromulgationDate") == ["2021/08/18"]
    assert texts(header, "DocumentType/TypeName") == ["Công văn"]
    assert texts(header, "SignerInfo/Competence") == ["TM. ỦY BAN NHÂN DÂN, KT. CHỦ TỊCH"]
    assert texts(header, "ToPlaces/Place") == ["Sở Y tế", "Thường trực Tỉnh ủy"]
    assert texts(header, "OtherInfo/PageAmount") == ["2"]
    assert texts(header, "DocumentId") == ["letter"]


def test_the_prefix_is_the_one_that_receivers_know() -> None:
    assert message(letter()).startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n<edXML:edXML xmlns:edXML=")


@pytest.mark.parametrize(
    ("symbol", "number", "notation"),
    [
        ("012/QĐ-UBND", "012", "QĐ-UBND"),
        ("15/2021/QĐ-UBND", "15", "2021/QĐ-UBND"),
        ("892-CV/TU", "892", "CV/TU"),
        ("12a/UBND-VX", "12a", "UBND-VX"),
    ],
)
def test_number_and_notation_are_those_of_the_symbol(symbol: str, number: str, notation: str) -> None:
    header = header_of(letter(symbol=symbol))
    assert (texts(header, "Code/CodeNumber"), texts(header, "Code/CodeNotation")) == ([number], [notation])


@pytest.mark.parametrize(
    ("document", "code", "fields"),
    [
        (make_document("blank", BLANK), "edxml_unknown", "symbol, issued_on"),
        (make_document("bare"), "edxml_unknown", "issuer, symbol, issued_on"),
        (letter(symbol="không phải số"), "edxml_unknown", "symbol"),
        (letter(issued_on=partial_date(2021, 8)), "edxml_unknown", "issued_on"),
        (letter(issuer=Issuer(name="")), "edxml_unknown", "issuer"),
        (guessed(letter(), "symbol", "subject"), "edxml_unconfirmed", "symbol"),
        (guessed(letter(), "issuer", "issued_on"), "edxml_unconfirmed", "issuer, issued_on"),
    ],
)
def test_what_is_not_known_for_sure_is_refused_with_the_reason(document: Document, code: str, fields: str) -> None:
    assert refusal(document) == Reason(code=code, params={"fields": fields})


def test_a_guess_never_goes_into_a_message() -> None:
    assert refusal(guessed(letter(), "subject", "signer")) is None
    header = header_of(guessed(letter(), "subject", "signer", "addressees", "kind", "place"))
    for path in ("Subject", "SignerInfo", "To", "DocumentType", "PromulgationInfo/Place"):
        assert texts(header, path) == []


def test_texts_that_mean_something_in_xml_are_only_texts() -> None:
    header = header_of(letter(subject='<a>&"]]>\x00 về'))
    assert texts(header, "Subject") == ['<a>&"]]> về']


def test_many_messages_come_with_the_list_of_those_that_there_are_none_of() -> None:
    messages = Messages()
    blank = make_document("blank", Record(symbol="=1/UBND-VX"))
    for document in (letter("one"), blank, letter("two", symbol="1/QĐ-UBND")):
        messages.add(document)
    file = BytesIO()
    messages.write(file)
    with zipfile.ZipFile(file) as archive:
        assert archive.namelist() == [
            "2641-ubnd-kgvx_2021-08-18_one.edxml",
            "1-qd-ubnd_2021-08-18_two.edxml",
            REFUSED,
        ]
        ET.fromstring(archive.read(archive.namelist()[0]))
        headings, row = csv_rows(archive.read(REFUSED))
    assert headings == ["Mã văn bản", "Số, ký hiệu", "Tệp", "Lý do"]
    assert row[:3] == ["blank", "'=1/UBND-VX", "blank.pdf"]
    assert row[3].startswith("Chưa biết cơ quan ban hành, số, ký hiệu, ngày ban hành.")
