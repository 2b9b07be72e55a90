"""What a synthetic scan is made from (`ScanSpec`) and what is true of it (`Truth`)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

from services.core.model import PageText, Record

Corner = Literal["top_left", "top_right", "below_date", "bottom_left"]
Medium = Literal["pdf", "pdf_text", "pdf_garbage", "pdf_stamp", "pdf_born", "tiff", "jpeg", "png"]
Colour = Literal["color", "gray", "bw"]


StampPlace = Literal[
    "top_left", "top_right", "bottom_left", "bottom_right", "under_head", "issuer", "motto", "symbol", "subject", "body"
]
StampColour = Literal["red", "blue", "black"]


@dataclass(frozen=True, slots=True)
class StampSpec:
    """A stamp of arrival on the first page, put over whatever stands there.

    `rows` are its lines, `{number}` and `{date}` in them; a row that begins with "|" stands right of `beside`, a word
    in large letters (ĐẾN in NĐ 30, PL IV). `date` is what is written, `on` the day that it means. Number and date are
    set in the font family `typed`, all else in `family`; sizes in points, `tilt` in degrees counter-clockwise. `shift`
    moves the stamp from the middle of its place, in shares of its own size.
    """

    rows: tuple[str, ...]
    number: str
    date: str
    on: dt.date
    place: StampPlace
    colour: StampColour = "red"
    wording: str = ""
    beside: str = ""
    framed: bool = True
    tilt: float = 0.0
    family: str = "sans"
    style: str = ""
    typed: str = "sans"
    size: float = 10.0
    worn: float = 0.0
    shift: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class ScanSpec:
    """One synthetic scan; what is left None is chosen by the seed.

    `skew` in degrees, counter-clockwise; `noise` is the standard deviation in grey levels (of 255); `blur` a radius in
    pixels; `phrases` are sentences put into the body word for word. `medium`: pdf = image only; pdf_text = image with
    an invisible text layer that is right; pdf_garbage = one that is worthless; pdf_stamp = text only in the appearance
    of a signature; pdf_born = born digital, no image. `rotate` stores the pages turned, with a /Rotate that undoes it.
    """

    name: str
    kind: Literal["CV", "QĐ", "CĐ", "TB", "KH", "CT", "TTr", "BC"] = "CV"
    topic: str | None = None
    issuer: str | None = None
    matter: str | None = None
    number: int | None = None
    date: dt.date | None = None
    blank_number: bool = False
    blank_day: bool = False
    clauses: int = 4
    phrases: tuple[str, ...] = ()
    signer: str | None = None
    digital_stamp: Corner | None = None
    framed: bool = True
    arrival_stamp: bool = False
    stamp: StampSpec | None = None
    urgency: Literal["KHẨN", "THƯỢNG KHẨN", "HỎA TỐC"] | None = None
    seal: bool = True
    cut_sentence: bool = False
    landscape_annex: bool = False
    blank_back: bool = False
    font: Literal["liberation", "dejavu"] = "liberation"
    medium: Medium = "pdf"
    colour: Colour = "gray"
    dpi: int = 200
    skew: float = 0.0
    noise: float = 2.0
    blur: float = 0.4
    jpeg_quality: int = 55
    rotate: Literal[0, 90, 180, 270] = 0


@dataclass(frozen=True, slots=True)
class Cut:
    """A sentence cut by a page end: the words before and after it, as they follow each other in the clean text."""

    before: str
    after: str
    page: int


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of a scan.

    `pages` hold every printed word with the box of its ink in points of the page as stored (after skew and turning),
    in reading order, blank pages included. `clean_text` has a paragraph per line, without page numbers and stamps.
    Of `record`, `topics` and the ids of gazetteers stay empty: they depend on files that an archive may edit. `topic`
    names the topic of tests/corpus/data/topics.yaml.
    """

    record: Record
    pages: tuple[PageText, ...]
    clean_text: str
    topic: str
    cuts: tuple[Cut, ...] = ()
    text_layer: str = "none"


@dataclass(frozen=True, slots=True)
class Scan:
    """A synthetic scan: the file's bytes and the truth about it."""

    name: str
    data: bytes = field(repr=False)
    media_type: str
    truth: Truth = field(repr=False)

    @property
    def pdf_bytes(self) -> bytes:
        """The file's bytes; raises ValueError where it is not a PDF."""
        if self.media_type != "application/pdf":
            raise ValueError(f"{self.name} is {self.media_type}, not a PDF")
        return self.data
