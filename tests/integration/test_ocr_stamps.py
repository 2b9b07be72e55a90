"""Stamps of arrival on synthetic scans, really read: what they say, and what they lie over."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from services.core.model import PageText, Record, Zone
from services.core.settings import Settings
from services.fields import Hints, Taxonomy, extract
from services.ocr import Reader, compose
from tests.corpus import make_scan
from tests.corpus.model import Scan, ScanSpec, StampSpec

ELECTRONIC = StampSpec(
    ("VĂN BẢN ĐIỆN TỬ", "Số {number} Ngày {date}"), "6906", "18/08/2021", dt.date(2021, 8, 18), "symbol",
    colour="red", size=13, tilt=3.0,
)  # fmt: skip
ARRIVED = StampSpec(
    ("VĂN THƯ - LƯU TRỮ", "|Số: {number}", "|Ngày: {date}", "Chuyển: ............"), "0845", "19-08-2021",
    dt.date(2021, 8, 19), "bottom_right", colour="blue", size=13, beside="ĐẾN",
)  # fmt: skip
STAMPS = {
    "red, tilted, over the number line": ELECTRONIC,
    "blue, over the issuer": replace(ELECTRONIC, place="issuer", colour="blue", tilt=0.0),
    "red, without a frame, over the text": replace(ELECTRONIC, place="body", framed=False),
    "blue, at the bottom": ARRIVED,
    "blue and worn, in small letters": replace(
        ELECTRONIC, place="under_head", colour="blue", size=9.0, worn=0.6, framed=False, tilt=0.0
    ),
    "black, its title over print": replace(
        ELECTRONIC,
        rows=("CÔNG VĂN ĐẾN", "Số đến: {number}", "Ngày đến: {date}", "Giờ: 08h30"),
        place="motto",
        colour="black",
        framed=False,
        tilt=0.0,
    ),
    "black, in the corner": replace(ELECTRONIC, place="top_left", colour="black", tilt=0.0),
}
DISPATCH = ScanSpec(
    "stamped", issuer="dien-bien", topic="tiem-chung", number=2641, date=dt.date(2021, 8, 17), clauses=1, colour="color"
)


@pytest.fixture
async def reader() -> AsyncIterator[Reader]:
    async with Reader(Settings()) as started:
        yield started


async def read(reader: Reader, folder: Path, scan: Scan) -> tuple[PageText, Record]:
    path = folder / scan.name
    path.write_bytes(scan.data)
    page = await reader.read_page(path, scan.media_type, 1)
    return page, extract([page], compose([page]), Hints(), Taxonomy.load()).record


@pytest.mark.parametrize("name", STAMPS)
async def test_a_stamp_says_when_the_document_came_and_takes_nothing_from_it(
    reader: Reader, tmp_path: Path, name: str
) -> None:
    scan = make_scan(replace(DISPATCH, stamp=STAMPS[name]))
    page, record = await read(reader, tmp_path, scan)
    assert record.arrival is not None
    assert (record.arrival.number, record.arrival.on) == (STAMPS[name].number, STAMPS[name].on)
    truth = scan.truth.record
    assert (record.symbol_key, record.issued_on) == (truth.symbol_key, truth.issued_on)
    assert any(reading.part == "stamp" for reading in page.readings)


async def test_what_lies_under_a_coloured_stamp_is_read_and_a_seal_is_no_stamp(reader: Reader, tmp_path: Path) -> None:
    bare, _ = await read(reader, tmp_path, make_scan(DISPATCH))
    stamp = replace(ELECTRONIC, place="body", colour="blue")
    page, _ = await read(reader, tmp_path, make_scan(replace(DISPATCH, stamp=stamp)))
    printed = {word.text for word in page.words if word.zone is not Zone.STAMP}
    assert len({word.text for word in bare.words} - printed) <= 2
    assert not any(reading.part == "stamp" for reading in bare.readings)
