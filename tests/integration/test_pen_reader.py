"""A drawn page with number and day in blue ink, through the sandboxed reader and into the record."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import ImageDraw, ImageFont

from services.core.dates import iso
from services.core.model import PageText
from services.core.settings import Settings
from services.fields import Hints, Taxonomy, extract
from services.ocr import Reader, compose
from services.ocr.pen import can_read_pens
from tests.corpus.fonts import Face, font_file
from tests.unit.test_ocr_pen import DPI, POINT, drawn_head

pytestmark = pytest.mark.skipif(not can_read_pens(), reason="the extra handwriting is not installed")

PRINT = [
    ("ỦY BAN NHÂN DÂN", 100, 70, "b"),
    ("TỈNH QUẢNG NGÃI", 103, 88, "b"),
    ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 275, 70, "b"),
    ("Độc lập - Tự do - Hạnh phúc", 320, 88, "b"),
    ("QUYẾT ĐỊNH", 260, 150, "b"),
    ("Về việc phê duyệt kế hoạch ứng phó sự cố tràn dầu", 150, 170, "b"),
    ("Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015;", 110, 200, ""),
    ("Theo đề nghị của Giám đốc Sở Tài nguyên và Môi trường,", 110, 220, ""),
]


async def read(folder: Path, number: str, day: str) -> PageText:
    picture, _ = drawn_head(number, day)
    draw = ImageDraw.Draw(picture.image)
    for text, left, middle, style in PRINT:
        font = ImageFont.truetype(font_file(Face("serif", style)), round(12 * POINT))
        draw.text((left * POINT, middle * POINT), text, (0, 0, 0), font, anchor="lm")
    path = folder / "scan.png"
    picture.image.save(path, dpi=(DPI, DPI))
    async with Reader(Settings()) as reader:
        return await reader.read_page(path, "image/png", 1)


async def test_number_and_day_of_a_pen_reach_the_record(tmp_path: Path) -> None:
    page = await read(tmp_path, "3082", "27")
    assert {r.part: (r.text, r.accepted) for r in page.readings} == {
        "number": ("3082", True),
        "day": ("27", True),
        "month": ("9", True),
    }
    extraction = extract([page], compose([page]), Hints(), Taxonomy.load())
    assert (extraction.record.symbol, iso(extraction.record.issued_on)) == ("3082/QĐ-UBND", "2021-09-27")
    assert "pen" in (extraction.evidence["symbol"].witness or "")
    assert extraction.evidence["symbol"].confirmed


async def test_places_left_blank_stay_unknown(tmp_path: Path) -> None:
    page = await read(tmp_path, "", "")
    extraction = extract([page], compose([page]), Hints(), Taxonomy.load())
    assert extraction.record.number is None
    assert iso(extraction.record.issued_on) == "2021-09"
    assert not [r for r in page.readings if r.part != "month" and (r.text or r.accepted)]
