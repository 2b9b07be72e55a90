"""hOCR 1.2: pages as XHTML whose titles say where everything stands, in pixels of the page as it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from services.core.model import PageText, Word, bounds
from services.ocr.derived.formats import Format, attributes
from services.ocr.derived.lines import DRAWN_DPI, paragraphs, pixel_box, pixel_size

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="vi" lang="vi">
<head>
<title></title>
<meta http-equiv="Content-Type" content="text/html; charset=utf-8"/>
<meta name="ocr-system" content="vanban"/>
<meta name="ocr-capabilities" content="ocr_page ocr_par ocr_line ocrx_word ocrp_lang"/>
</head>
<body>
"""
_END = "</body>\n</html>\n"


def _page(page: PageText) -> str:
    width, height = pixel_size(page)
    dpi = page.dpi or DRAWN_DPI
    title = f"bbox 0 0 {width} {height}; ppageno {page.number - 1}; scan_res {dpi} {dpi}"
    inside = "".join(_paragraph(page, index, lines) for index, lines in enumerate(paragraphs(page)))
    return f"<div{_named('ocr_page', f'page_{page.number}', title)}>\n{inside}</div>\n"


def _paragraph(page: PageText, index: int, lines: Sequence[Sequence[Word]]) -> str:
    name = f"{page.number}_{index}"
    title = _place(page, [word for line in lines for word in line])
    inside = "".join(_line(page, f"{name}_{number}", line) for number, line in enumerate(lines))
    return f"<p{_named('ocr_par', f'par_{name}', title)}>\n{inside}</p>\n"


def _line(page: PageText, name: str, words: Sequence[Word]) -> str:
    angle = f"textangle {360 - page.turned}" if page.turned else ""
    title = "; ".join(part for part in (_place(page, words), angle) if part)
    inside = " ".join(_word(page, f"word_{name}_{index}", word) for index, word in enumerate(words))
    return f"<span{_named('ocr_line', f'line_{name}', title)}>{inside}</span>\n"


def _word(page: PageText, name: str, word: Word) -> str:
    title = "; ".join(part for part in (_place(page, [word]), f"x_wconf {round(word.confidence * 100)}") if part)
    return f"<span{_named('ocrx_word', name, title)}>{escape(word.text)}</span>"


def _place(page: PageText, words: Sequence[Word]) -> str:
    box = bounds(words)
    return "bbox {} {} {} {}".format(*pixel_box(page, box)) if box else ""


def _named(kind: str, name: str, title: str) -> str:
    return f' class="{kind}"{attributes(id=name, title=title or None)}'


HOCR = Format("application/xhtml+xml", ".hocr", _HEAD, _page, _END)
"""Paragraphs, lines and words; words read elsewhere, which have no place, come without one."""
