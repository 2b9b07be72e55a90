"""Set a dispatch on paper: NĐ 30/2020 PL I, mục II, in points, origin top left, before any scanning."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from services.core.model import Box, Zone
from tests.corpus.blocks import Block
from tests.corpus.content import MOTTO, Dispatch
from tests.corpus.fonts import Face, advance
from tests.corpus.lines import broken
from tests.corpus.model import Cut, ScanSpec

A4 = (595.276, 841.89)
LEFT, RIGHT, TOP, BOTTOM = 85.0, 545.0, 62.0, 62.0
_LEFT_CELL, _RIGHT_CELL = (58.0, 262.0), (266.0, 556.0)
_SIGN_CELL, _RECIPIENTS_CELL = (300.0, 556.0), (LEFT, 290.0)
INK, RED, BLUE = (25, 25, 28), (196, 38, 42), (38, 52, 140)
Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Placed:
    """A word on a sheet: origin of its base line in points; `block` numbers the paragraphs of the document."""

    text: str
    face: Face
    size: float
    x: float
    y: float
    zone: Zone
    line: int
    block: int
    colour: Colour = INK


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line."""

    x0: float
    y0: float
    x1: float
    y1: float
    width: float = 0.7
    colour: Colour = INK


@dataclass(frozen=True, slots=True)
class Drawing:
    """A seal or a signature around (x, y) with radius or half width `extent`, in points."""

    what: Literal["seal", "signature"]
    x: float
    y: float
    extent: float
    texts: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Stamp:
    """A stamp that lies over the print: its words and frame as if level, turned by `tilt` about its middle."""

    words: tuple[Placed, ...]
    box: Box
    framed: bool
    colour: Colour
    tilt: float = 0.0
    worn: float = 0.0


@dataclass(slots=True)
class Sheet:
    """One side of paper."""

    width: float
    height: float
    words: list[Placed] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    drawings: list[Drawing] = field(default_factory=list)
    stamps: list[Stamp] = field(default_factory=list)
    lines: int = 0


@dataclass(frozen=True, slots=True)
class Setting:
    """A dispatch set on sheets, its paragraphs in reading order, and where a page end cuts one."""

    sheets: tuple[Sheet, ...]
    paragraphs: tuple[str, ...]
    cuts: tuple[Cut, ...]


def set_dispatch(dispatch: Dispatch, spec: ScanSpec) -> Setting:
    """Lay the dispatch out; with `cut_sentence` the line spacing is varied until a page end cuts a sentence."""
    for leading in (1.24, 1.3, 1.18, 1.27, 1.21, 1.33, 1.15):
        setting = _Setter(dispatch, spec, leading).set()
        if setting.cuts or not spec.cut_sentence:
            return setting
    raise ValueError(f"{spec.name}: no sentence reaches over a page end; ask for more clauses")


class _Setter:
    def __init__(self, dispatch: Dispatch, spec: ScanSpec, leading: float) -> None:
        self.dispatch, self.spec, self.leading = dispatch, spec, leading
        self.sheets = [Sheet(*A4)]
        self.paragraphs: list[str] = []
        self.y = TOP

    @property
    def sheet(self) -> Sheet:
        return self.sheets[-1]

    def set(self) -> Setting:
        self._head()
        *body, last = self.dispatch.body
        for block in (*self.dispatch.title, *body):
            self._block(block)
        self._keep_with_signature(last)
        self._block(last)
        self._signing()
        if self.dispatch.annex:
            self._annex()
        if self.spec.blank_back:
            self.sheets.append(Sheet(*A4))
        return Setting(tuple(self.sheets), tuple(self.paragraphs), tuple(self._cuts()))

    def _cuts(self) -> Iterable[Cut]:
        for number, (sheet, following) in enumerate(zip(self.sheets, self.sheets[1:], strict=False), start=1):
            before = [w for w in sheet.words if w.zone is Zone.BODY]
            after = [w for w in following.words if w.zone is Zone.BODY]
            if before and after and before[-1].block == after[0].block:
                yield Cut(before[-1].text, after[0].text, number)

    # ------------------------------------------------------------------ lines

    def _face(self, style: str) -> Face:
        return Face(self.spec.font, style)

    def _paragraph(self, text: str) -> int:
        self.paragraphs.append(" ".join(text.split()))
        return len(self.paragraphs) - 1

    def _line(
        self, words: list[str], face: Face, size: float, cell: tuple[float, float], y: float, zone: Zone, block: int,
        align: str = "center", colour: Colour = INK,
    ) -> None:  # fmt: skip
        """Put one line of words (an empty word is a wide space) between the edges of a cell."""
        space = advance(face, size, " ")
        widths = [advance(face, size, word) for word in words]
        natural = sum(widths) + space * (len(words) - 1)
        x = cell[0]
        if align == "center":
            x += (cell[1] - cell[0] - natural) / 2
        elif align == "justify" and len(words) > 1:
            space += (cell[1] - cell[0] - natural) / (len(words) - 1)
        for word, width in zip(words, widths, strict=True):
            if word:
                self.sheet.words.append(Placed(word, face, size, x, y, zone, self.sheet.lines, block, colour))
            x += width + space
        self.sheet.lines += 1

    def _centred(
        self, text: str, style: str, size: float, cell: tuple[float, float], y: float, zone: Zone, block: int
    ) -> float:
        """Set a text centred in a cell, broken where it must be; return the base line after it."""
        face = self._face(style)
        for words in broken(text.split(" "), face, size, cell[1] - cell[0], 0):
            self._line(words, face, size, cell, y, zone, block)
            y += size * 1.25
        return y

    def _block(self, block: Block) -> None:
        face, height = self._face(block.style), block.size * self.leading
        centred = block.align == "center"
        indent = 0.0 if centred else block.indent
        left = LEFT + (indent if block.hanging else 0)
        rows = broken(block.text.split(), face, block.size, RIGHT - left, 0 if block.hanging else indent)
        number = self._paragraph(block.text)
        self.y += block.before
        for i, words in enumerate(rows):
            if self.y + height > self.sheet.height - BOTTOM:
                self._new_page()
            self.y += height
            last = i == len(rows) - 1
            align = block.align if not (last and block.align == "justify") else "left"
            cell = (LEFT + indent if i == 0 else left, RIGHT)
            self._line(words, face, block.size, cell, self.y, block.zone, number, align)
        if block.zone is Zone.KIND_SUBJECT and self.dispatch.title and block == self.dispatch.title[-1]:
            self.y += 8
            self.sheet.rules.append(Rule(LEFT + 185, self.y, RIGHT - 185, self.y))
            self.y += 6

    def _new_page(self) -> None:
        self.sheets.append(Sheet(*A4))
        face = self._face("")
        self._line([str(len(self.sheets))], face, 13, (LEFT, RIGHT), 42, Zone.PAGE_NUMBER, -1)
        self.y = TOP

    # ------------------------------------------------------------------ the head

    def _head(self) -> None:
        d, y = self.dispatch, TOP + 10
        size = 12.5
        for i, (line, bold) in enumerate(d.head):
            face = self._face("b" if bold else "")
            room = _LEFT_CELL[1] - _LEFT_CELL[0]
            fit = min(1.0, room / advance(face, size, line))
            self._line(line.split(), face, size * fit, _LEFT_CELL, y + i * 17, Zone.ISSUER, self._paragraph(line))
        under = y + len(d.head) * 17 - 11
        self.sheet.rules.append(Rule(128, under, 192, under))
        for i, (line, height) in enumerate(zip(MOTTO, (12.0, 13.5), strict=True)):
            face = self._face("b")
            fit = min(1.0, (_RIGHT_CELL[1] - _RIGHT_CELL[0]) / advance(face, height, line))
            self._line(line.split(), face, height * fit, _RIGHT_CELL, y + i * 17, Zone.MOTTO, self._paragraph(line))
        middle, half = sum(_RIGHT_CELL) / 2, advance(self._face("b"), 13.5, MOTTO[1]) / 2
        self.sheet.rules.append(Rule(middle - half, y + 22, middle + half, y + 22))
        row = y + max(2, len(d.head)) * 17 + 16
        block = self._paragraph(d.symbol_line)
        self._line(d.symbol_line.split(" "), self._face(""), 13, _LEFT_CELL, row, Zone.SYMBOL, block)
        block = self._paragraph(d.date_line)
        self._line(d.date_line.split(" "), self._face("i"), 13.5, _RIGHT_CELL, row, Zone.PLACE_DATE, block)
        left = row + 20
        if d.side_subject:
            cell, block = (_LEFT_CELL[0] + 6, _LEFT_CELL[1] - 6), self._paragraph(d.side_subject)
            left = self._centred(d.side_subject, "", 12, cell, row + 19, Zone.KIND_SUBJECT, block)
        left = self._urgency(left)
        self.y = max(left - 6, row + 14, *self._stamps(row))

    def _urgency(self, y: float) -> float:
        if not self.spec.urgency:
            return y
        block = self._paragraph(self.spec.urgency)
        half = advance(Face("sans", "b"), 13, self.spec.urgency) / 2 + 8
        middle = sum(_LEFT_CELL) / 2
        self._frame(middle - half, y - 2, middle + half, y + 20, RED)
        words = self.spec.urgency.split()
        self._line(words, Face("sans", "b"), 13, _LEFT_CELL, y + 14, Zone.URGENCY_SECRECY, block, "center", RED)
        return y + 36

    def _frame(self, x0: float, y0: float, x1: float, y1: float, colour: Colour, width: float = 1.2) -> None:
        corners = ((x0, y0, x1, y0), (x1, y0, x1, y1), (x1, y1, x0, y1), (x0, y1, x0, y0))
        self.sheet.rules += [Rule(*edge, width, colour) for edge in corners]

    # ------------------------------------------------------------------ stamps

    def _stamps(self, row: float) -> list[float]:
        """Put the stamps; return the heights that the text must stay below."""
        arrival = self.dispatch.record.arrival
        bottoms = [0.0]
        if arrival is None:
            return bottoms
        if self.spec.digital_stamp:
            x, y = {
                "top_left": (28.0, 12.0), "top_right": (A4[0] - 180, 12.0),
                "below_date": (372.0, row + 16), "bottom_left": (40.0, A4[1] - 52),
            }[self.spec.digital_stamp]  # fmt: skip
            cell = (x, x + 152)
            if self.spec.framed:
                self._frame(x, y, x + 152, y + 34, RED)
            self._stamp_line("VĂN BẢN ĐIỆN TỬ", "b", 11, cell, y + 14, RED)
            self._stamp_line(f"Số {arrival.number} Ngày {arrival.date}", "", 10, cell, y + 28, RED)
            bottoms.append(y + 36 if self.spec.digital_stamp == "below_date" else 0.0)
        if self.spec.arrival_stamp:
            x = 400.0 if self.dispatch.side_subject else 92.0
            bottoms.append(self._arrival_stamp((x, x + 136), row + 14, f"{arrival.number}", f"{arrival.date}"))
        return bottoms

    def _arrival_stamp(self, cell: tuple[float, float], y: float, number: str, date: str) -> float:
        self._frame(cell[0], y, cell[1], y + 82, BLUE, 1.4)
        self._stamp_line("VĂN THƯ - LƯU TRỮ", "b", 9, cell, y + 12, BLUE)
        self._stamp_line("ĐẾN", "b", 15, cell, y + 29, BLUE)
        inner = (cell[0] + 8, cell[1])
        for i, text in enumerate((f"Số: {number}", f"Ngày: {date}", "Chuyển: .............")):
            self._stamp_line(text, "", 11, inner, y + 44 + i * 15, BLUE, "left")
        return y + 88

    def _stamp_line(
        self, text: str, style: str, size: float, cell: tuple[float, float], y: float, colour: Colour,
        align: str = "center",
    ) -> None:  # fmt: skip
        self._line(text.split(), Face("sans", style), size, cell, y, Zone.STAMP, -1, align, colour)

    # ------------------------------------------------------------------ the end of the document

    def _signing_height(self) -> float:
        signer = self.dispatch.record.signer
        return 132 + 18 * (1 + len(signer.authority) if signer else 0)

    def _keep_with_signature(self, last: Block) -> None:
        """Begin a new page where the signature would stand alone on its page: no office lets that happen."""
        rows = broken(last.text.split(), self._face(last.style), last.size, RIGHT - LEFT, last.indent)
        height = len(rows) * last.size * self.leading + last.before
        if self.y + height + self._signing_height() > A4[1] - BOTTOM + 20 >= self.y + height + 20:
            self._new_page()

    def _signing(self) -> None:
        signer = self.dispatch.record.signer
        if signer is None or signer.title is None or signer.name is None:
            raise ValueError(f"{self.spec.name}: nobody signs")
        lines = [*signer.authority, signer.title]
        if self.y + self._signing_height() > A4[1] - BOTTOM + 20:
            self._new_page()
        start = self.y + 28
        self._recipients(start)
        y = start
        for line in lines:
            y = self._centred(line, "b", 13.5, _SIGN_CELL, y, Zone.SIGNATURE, self._paragraph(line))
        middle = sum(_SIGN_CELL) / 2
        self.sheet.drawings.append(Drawing("signature", middle + 8, y + 36, 58))
        if self.spec.seal:
            self.sheet.drawings.append(Drawing("seal", middle - 52, y + 33, 45, self.dispatch.seal))
        self._centred(signer.name, "b", 13.5, _SIGN_CELL, y + 86, Zone.SIGNATURE, self._paragraph(signer.name))
        self.y = y + 92

    def _recipients(self, y: float) -> None:
        block = self._paragraph("Nơi nhận:")
        self._line(["Nơi", "nhận:"], self._face("bi"), 12, _RECIPIENTS_CELL, y, Zone.RECIPIENTS, block, "left")
        for text in self.dispatch.recipients:
            block, face = self._paragraph(text), self._face("")
            for words in broken(text.split(), face, 11, _RECIPIENTS_CELL[1] - _RECIPIENTS_CELL[0], 0):
                y += 14
                self._line(words, face, 11, _RECIPIENTS_CELL, y, Zone.RECIPIENTS, block, "left")

    def _annex(self) -> None:
        self.sheets.append(Sheet(A4[1], A4[0]))
        record = self.dispatch.record
        whole = (60.0, A4[1] - 60.0)
        self._centred("PHỤ LỤC", "b", 14, whole, 80, Zone.BODY, self._paragraph("PHỤ LỤC"))
        date = record.issued_on.as_written if record.issued_on else ""
        name = record.kind.name if record.kind else ""
        note = " ".join(f"(Kèm theo {name} số {record.symbol} {date})".split())
        self._centred(note, "i", 13, whole, 100, Zone.BODY, self._paragraph(note))
        columns = (60.0, 110.0, 300.0, 430.0, 560.0, 650.0, A4[1] - 60.0)
        top, height = 128.0, 30.0
        for r, row in enumerate(self.dispatch.annex):
            block = self._paragraph(" ".join(row))
            for c, text in enumerate(row):
                cell = (columns[c] + 4, columns[c + 1] - 4)
                face, y = self._face("" if r else "b"), top + r * height + 19
                self._line(text.split(), face, 12, cell, y, Zone.BODY, block)
                self.sheet.lines -= c < len(row) - 1
        bottom = top + len(self.dispatch.annex) * height
        rows = [top + r * height for r in range(len(self.dispatch.annex) + 1)]
        self.sheet.rules += [Rule(columns[0], y, columns[-1], y) for y in rows]
        self.sheet.rules += [Rule(x, top, x, bottom) for x in columns]
