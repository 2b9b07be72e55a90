"""ALTO 4: pages as the libraries' XML of blocks, lines and words, in pixels of the page as it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from services.core.model import PageText, Word, Zone, bounds
from services.ocr.derived.formats import Format, attributes
from services.ocr.derived.lines import paragraphs, pixel_box, pixel_size
from services.ocr.version import PIPELINE_VERSION

_ZONES = "".join(f"<LayoutTag{attributes(ID=f'zone_{zone.value}', TYPE='zone', LABEL=zone.value)}/>\n" for zone in Zone)
_HEAD = f"""<?xml version="1.0" encoding="UTF-8"?>
<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#">
<Description>
<MeasurementUnit>pixel</MeasurementUnit>
<Processing ID="reading"><processingSoftware><softwareName>vanban</softwareName>\
<softwareVersion>pipeline {PIPELINE_VERSION}</softwareVersion></processingSoftware></Processing>
</Description>
<Tags>
{_ZONES}</Tags>
<Layout>
"""
_END = "</Layout>\n</alto>\n"


def _page(page: PageText) -> str:
    width, height = pixel_size(page)
    confidence = page.mean_confidence
    named = attributes(
        ID=f"p{page.number}",
        PHYSICAL_IMG_NR=page.number,
        WIDTH=width,
        HEIGHT=height,
        PC=None if confidence is None else f"{confidence:.3f}",
    )
    space = attributes(HPOS=0, VPOS=0, WIDTH=width, HEIGHT=height)
    inside = "".join(_block(page, index, lines) for index, lines in enumerate(paragraphs(page)))
    return f"<Page{named}>\n<PrintSpace{space}>\n{inside}</PrintSpace>\n</Page>\n"


def _block(page: PageText, index: int, lines: Sequence[Sequence[Word]]) -> str:
    words = [word for line in lines for word in line]
    zone = words[0].zone
    name = f"p{page.number}_b{index}"
    named = attributes(
        ID=name,
        **_place(page, words),
        TAGREFS=f"zone_{zone.value}" if zone else None,
        ROTATION=360 - page.turned if page.turned else None,
    )
    inside = "".join(_line(page, f"{name}_l{number}", line) for number, line in enumerate(lines))
    return f"<TextBlock{named}>\n{inside}</TextBlock>\n"


def _line(page: PageText, name: str, words: Sequence[Word]) -> str:
    named = attributes(ID=name, **_place(page, words))
    return f"<TextLine{named}>{'<SP/>'.join(_string(page, word) for word in words)}</TextLine>\n"


def _string(page: PageText, word: Word) -> str:
    named = attributes(CONTENT=word.text, **_place(page, [word]), WC=f"{word.confidence:.2f}")
    if word.raw is None:
        return f"<String{named}/>"
    return f"<String{named}><ALTERNATIVE{attributes(PURPOSE='as recognised')}>{escape(word.raw)}</ALTERNATIVE></String>"


def _place(page: PageText, words: Sequence[Word]) -> dict[str, int]:
    box = bounds(words)
    if box is None:
        return {}
    x0, y0, x1, y1 = pixel_box(page, box)
    return {"HPOS": x0, "VPOS": y0, "WIDTH": x1 - x0, "HEIGHT": y1 - y0}


ALTO = Format("application/alto+xml", ".alto.xml", _HEAD, _page, _END)
"""A block for each paragraph, tagged with its zone; the form before repair stands as an alternative."""
