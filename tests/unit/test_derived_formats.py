"""ALTO and hOCR: every word in its line and block, where it stands on the upright page, and valid by their rules."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from services.core.model import Box, PageText, Word, Zone
from services.ocr import ALTO, HOCR, text_pages
from tests.corpus.make import make_scan
from tests.corpus.specs import SPECS

A = "{http://www.loc.gov/standards/alto/ns-v4#}"
X = "{http://www.w3.org/1999/xhtml}"
PAGE = PageText(
    number=3,
    width=600,
    height=800,
    dpi=144,
    words=(
        Word("Số:", Box(100, 50, 120, 60), 0.9, 0, 0, Zone.SYMBOL),
        Word("<&>", Box(125, 50, 160, 62), 0.5, 0, 0, Zone.SYMBOL, raw='"l<'),
        Word("", Box(0, 0, 9, 9), 0.1, 1, 0, raw="~~"),
        Word("thêm", Box(100, 80, 140, 90), 1.0, 2, 1, Zone.BODY),
    ),
)


def alto(*pages: PageText) -> ET.Element:
    return ET.fromstring(ALTO.whole(pages))


def hocr(*pages: PageText) -> ET.Element:
    return ET.fromstring(HOCR.whole(pages))


def place(element: ET.Element) -> tuple[int, ...]:
    return tuple(int(element.attrib[key]) for key in ("HPOS", "VPOS", "WIDTH", "HEIGHT"))


def bbox(element: ET.Element) -> tuple[int, ...]:
    found = re.search(r"\bbbox (\d+) (\d+) (\d+) (\d+)", element.attrib["title"])
    assert found is not None
    return tuple(map(int, found.groups()))


def test_alto_has_a_block_for_each_paragraph_and_a_string_for_each_word() -> None:
    (page,) = alto(PAGE).iter(f"{A}Page")
    assert (page.attrib["PHYSICAL_IMG_NR"], page.attrib["WIDTH"], page.attrib["HEIGHT"]) == ("3", "1200", "1600")
    blocks = list(page.iter(f"{A}TextBlock"))
    assert [block.attrib["TAGREFS"] for block in blocks] == ["zone_symbol", "zone_body"]
    strings = list(page.iter(f"{A}String"))
    assert [string.attrib["CONTENT"] for string in strings] == ["Số:", "<&>", "thêm"]
    assert place(strings[0]) == (200, 100, 40, 20)
    assert place(blocks[0]) == (200, 100, 120, 24)
    assert [a.text for a in page.iter(f"{A}ALTERNATIVE")] == ['"l<']


def test_hocr_has_the_same_words_in_the_same_places() -> None:
    root = hocr(PAGE)
    words = [e for e in root.iter(f"{X}span") if e.attrib["class"] == "ocrx_word"]
    assert [word.text for word in words] == ["Số:", "<&>", "thêm"]
    assert bbox(words[0]) == (200, 100, 240, 120)
    assert words[1].attrib["title"].endswith("x_wconf 50")
    (page,) = (e for e in root.iter(f"{X}div") if e.attrib["class"] == "ocr_page")
    assert page.attrib["title"] == "bbox 0 0 1200 1600; ppageno 2; scan_res 144 144"


@pytest.mark.parametrize(
    ("rotation", "upright"), [(90, (1480, 200, 20, 40)), (180, (960, 1480, 40, 20)), (270, (100, 960, 20, 40))]
)
def test_places_are_those_on_the_page_as_it_is_shown(rotation: int, upright: tuple[int, ...]) -> None:
    turned = replace(PAGE, rotation=rotation)
    assert place(next(alto(turned).iter(f"{A}String"))) == upright
    (word, *_) = (e for e in hocr(turned).iter(f"{X}span") if e.attrib["class"] == "ocrx_word")
    x, y, width, height = upright
    assert bbox(word) == (x, y, x + width, y + height)


def test_print_that_stands_turned_says_by_how_much_counter_clockwise() -> None:
    turned = replace(PAGE, turned=90)
    assert {block.attrib["ROTATION"] for block in alto(turned).iter(f"{A}TextBlock")} == {"270"}
    assert all("textangle 270" in e.attrib["title"] for e in hocr(turned).iter(f"{X}span") if "line" in e.attrib["id"])


def test_words_read_elsewhere_come_without_a_place() -> None:
    pages = text_pages("Số: 3/UBND\nhai\fba".encode())
    strings = list(alto(*pages).iter(f"{A}String"))
    assert [set(string.attrib) for string in strings] == [{"CONTENT", "WC"}] * 4
    assert all("bbox" not in e.attrib["title"] for e in hocr(*pages).iter(f"{X}span") if e.attrib.get("title"))


@pytest.mark.parametrize("name", ["two_pages", "turned", "landscape_annex", "blank_back"])
def test_alto_keeps_the_rules_of_its_schema(name: str) -> None:
    """Those of alto-4-4.xsd that could be broken here: names, references, order, numbers, nothing empty."""
    pages = make_scan(SPECS[name], seed=7).truth.pages
    root = alto(*pages)
    assert [child.tag for child in root] == [f"{A}Description", f"{A}Tags", f"{A}Layout"]
    names = [e.attrib["ID"] for e in root.iter() if "ID" in e.attrib]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[A-Za-z_][\w.-]*", found) for found in names)
    assert {ref for e in root.iter() if (ref := e.attrib.get("TAGREFS"))} <= set(names)
    for parent, child in (("TextBlock", "TextLine"), ("TextLine", "String")):
        assert all(element.find(f"{A}{child}") is not None for element in root.iter(f"{A}{parent}"))
    for line in root.iter(f"{A}TextLine"):
        tags = [child.tag for child in line]
        assert all({a, b} == {f"{A}String", f"{A}SP"} for a, b in pairwise(tags))
        assert tags[0] == tags[-1] == f"{A}String"
    for string in root.iter(f"{A}String"):
        assert string.attrib["CONTENT"]
        assert 0 <= float(string.attrib["WC"]) <= 1
        assert min(place(string)) >= 0
    for page, read in zip(root.iter(f"{A}Page"), pages, strict=True):
        assert len(list(page.iter(f"{A}String"))) == len(read.words)
