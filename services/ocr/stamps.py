"""Stamps of arrival lifted off the page: what they say is read by itself, what they lie over stays with its line.

"VĂN BẢN ĐIỆN TỬ / Số ... Ngày ..." and ĐẾN (NĐ 30/2020, PL IV): those in colour are found by their ink, which is taken
off the page, framed ones in black by their frame.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise

from PIL import Image, ImageOps

from services.core.model import Box
from services.ocr.frames import lift_frames
from services.ocr.inks import SLACKS, ink_alone, ink_places, without_ink
from services.ocr.layout import Line, Token, fold
from services.ocr.pen import can_read_pens, look_at
from services.ocr.prepare import Picture, Prepared, skew_degrees

_TITLE = re.compile(r"\bD[IL1]EN T[UIỪ]|\bVAN BAN D|\bCONG VAN D")
_LABELS = (r"\bDEN\b", r"\bSO\b\W{0,3}(?:DEN\W*)?\d", r"\bNGAY\b", r"\bGIO\b", r"\bCHUYEN\b")
_ENOUGH_LABELS = 2
_SIGNED = re.compile(r"\bKY BOI\b|\bNGAY KY\b|\bTHOI GIAN KY\b")  # a signature's: no stamp of arrival
_TITLES = (("VAN", "BAN", "DIEN", "TU"), ("CONG", "VAN", "DEN"), ("VAN", "BAN", "DEN"), ("DEN",))
_LABEL = re.compile(r"(?:DEN|SO|NGAY|GIO|CHUYEN|KINH CHUYEN|VAN BAN|CONG VAN)\b")
_LABEL_WORD = re.compile(r"\W*(?:DEN|SO|NGAY|GIO|CHUYEN|VAN|BAN|DIEN|TU|THANG|NAM)\W*")
_VALUE = re.compile(r"\d|^\W+$")
_SYMBOL = re.compile(r"\d\s*/\s*[A-Z]{2,}[A-Z0-9]*-|\d\s*/\s*[A-Z]{4,}")
_DAY_ALONE = re.compile(r"NGAY(?: DEN)?\W{0,4}\d{1,2} ?[/.-] ?\d{1,2} ?[/.-] ?\d{2,4}\W*")
_NUMBER_ALONE = re.compile(r"SO(?: DEN)?\W{0,4}\d{1,6}(?:/[A-Z]{1,3})?(?: NGAY(?: DEN)?\W.*)?\W*")
_PASSED_ON = re.compile(r"(?:KINH )?CHUYEN ?[:.][\s.…_]*")
_FIRST_PAGE = re.compile(r"CONG HOA XA HOI|HANH PHUC|DANG CONG SAN")
_BEFORE, _BEHIND, _ABOVE, _BELOW = 90.0, 230.0, 62.0, 62.0
_WIDE_GAP = 3.0
_TILT = 12.0
_LARGER = 1.5
_LEAST_SIDE = 8
_PADDINGS = (0.5, 1.0)
_EDGE = 0.25
_NEAR = 0.9
_ALIKE = 0.35

Read = Callable[[Prepared], Sequence[Line]]


@dataclass(frozen=True, slots=True)
class Stamp:
    """A stamp that was read: its place and its lines, both in points of the upright page.

    `looks` is what it was read as each time that it was looked at, a line for a line;
    the last are those of the model that reads pens, where it is installed: it knows digits better than letters.
    """

    place: Box
    lines: tuple[Line, ...]
    looks: tuple[str, ...]


def lift_inked(picture: Picture, prepared: Prepared, read: Read) -> tuple[Picture, list[Stamp]]:
    """Read the stamps of a page that are in coloured ink, and take their ink off its picture.

    Each is looked at as its ink alone, and as it stands on the page: where it lies on no print, thin strokes are whole.

    `prepared` is what `prepare` made of the picture; `read` reads a piece as one block.
    """
    stamps = []
    for place in ink_places(picture):
        drawn = chain((ink_alone(picture, place, slack) for slack in SLACKS), [picture.image.convert("L")])
        pieces = (_level(prepared, piece, place, picture.dpi) for piece in drawn)
        if stamp := _look(place, pieces, read):
            stamps.append(stamp)
    return (without_ink(picture, [stamp.place for stamp in stamps]) if stamps else picture), stamps


def read_framed(prepared: Prepared, frames: Sequence[Box], read: Read) -> list[Stamp]:
    """Read what stands in frames (pixels of the prepared page) where it is a stamp."""
    stamps = []
    for frame in frames:
        piece = prepared.crop(*(round(value) for value in frame))
        if stamp := _look(prepared.to_points(*_sized(frame)), (piece, piece.enlarged(_LARGER)), read):
            stamps.append(stamp)
    return stamps


def read_worded(prepared: Prepared, lines: Sequence[Line], read: Read) -> list[Stamp]:
    """Read the first stamp that only its words tell (in black, without a frame or with one that is not seen).

    That is its title, or on a first page, where print may run through the title, what stands under it alone: "Ngày: "
    and a date, "Số: " and a number, "Chuyển: ....". `lines` are those of the page; the place is that of the stamp's own
    words among the print around them.
    """
    told = [box for line in lines if (box := _title_box(line))]
    if any(_FIRST_PAGE.search(line.folded) for line in lines):
        told += [own.box for line in lines if (own := _own_part(line)) and _stands_alone(own)]
    for at, box in enumerate(told):
        if any(box.meets(_around(other)) for other in told[:at]):
            continue
        piece = prepared.crop(*prepared.to_pixels(_around(box)))
        seen = _own_parts(read(piece))
        if not says_stamp(seen):  # print beside it spoils the look at it alone, as it may that at the page
            seen = [own for line in lines if (own := _own_part(line)) and _is_inside(own.box, _around(box))]
        if seen and says_stamp(seen) and any(map(str.isdigit, _text(seen))):
            larger = _own_parts(read(piece.enlarged(_LARGER)))
            place = Line(tuple(token for line in seen for token in line.tokens)).box
            return [Stamp(place, tuple(seen), (_text(seen), _text(larger), *_by_lines(piece, seen)))]
    return []


def _own_parts(lines: Iterable[Line]) -> list[Line]:
    return [own for line in lines if (own := _own_part(line))]


def _text(lines: Iterable[Line]) -> str:
    return "\n".join(line.text for line in lines)


def _around(told: Box) -> Box:
    """Return where the rest of a stamp may stand, from a place that tells it."""
    return Box(max(0.0, told.x0 - _BEFORE), max(0.0, told.y0 - _ABOVE), told.x1 + _BEHIND, told.y1 + _BELOW)


def _stands_alone(own: Line) -> bool:
    return any(pattern.fullmatch(own.folded) for pattern in (_DAY_ALONE, _NUMBER_ALONE, _PASSED_ON))


def _title_box(line: Line) -> Box | None:
    """Return where in a line the title of a stamp stands, in capitals."""
    words = [fold(token.text) for token in line.tokens]
    for title in _TITLES:
        for at in range(len(words) - len(title) + 1):
            tokens = line.tokens[at : at + len(title)]
            if tuple(words[at : at + len(title)]) == title and all(token.text.isupper() for token in tokens):
                return Line(tokens).box
    return None


def _own_part(line: Line) -> Line | None:
    """Return the words of a line from a label of a stamp on; a document's own number is no such."""
    for at in range(len(line.tokens)):
        following = fold(" ".join(token.text for token in line.tokens[at : at + 2]))
        if line.tokens[at].text[:1].isupper() and _LABEL.match(following):
            own = Line(line.tokens[at : _own_end(line, at)])
            return None if _SYMBOL.search(own.folded) else own
    return None


def _own_end(line: Line, start: int) -> int:
    """Return where a stamp's words end: before a wide gap, or before print that is neither label nor value of one.

    A word that was not read as a label is one where a value follows it.
    """
    texts = [fold(token.text) for token in line.tokens]
    for at in range(start + 1, len(texts)):
        if _gap(line, at) > _WIDE_GAP * line.height:
            return at
        is_own = _VALUE.search(texts[at]) or _LABEL_WORD.fullmatch(texts[at])
        if not is_own and not _VALUE.search(" ".join(texts[at + 1 : at + 2])):
            return at
    return len(texts)


def _gap(line: Line, at: int) -> float:
    return line.tokens[at].box.x0 - line.tokens[at - 1].box.x1


def says_stamp(lines: Sequence[Line]) -> bool:
    """Whether lines are those of a stamp of arrival."""
    text = "\n".join(line.folded for line in lines)
    return not _SIGNED.search(text) and (_TITLE.search(text) is not None or _labels(lines) >= _ENOUGH_LABELS)


def _labels(lines: Sequence[Line]) -> int:
    text = "\n".join(line.folded for line in lines)
    return sum(re.search(label, text) is not None for label in _LABELS)


def _look(place: Box, pieces: Iterable[Prepared], read: Read) -> Stamp | None:
    """Read a place in pictures made of it in different ways; None where they show no stamp, or the first no trace."""
    looks: list[tuple[Prepared, tuple[Line, ...]]] = []
    for piece in pieces:
        looks.append((piece, tuple(read(piece))))
        if not _labels(looks[0][1]) and not says_stamp(looks[0][1]):
            return None
    best = next(((piece, lines) for piece, lines in looks if says_stamp(lines)), None)
    if best is None:
        return None
    texts = [_text(lines) for _, lines in looks]
    return Stamp(place, best[1], (*texts, *_by_lines(*best)))


def _by_lines(piece: Prepared, lines: Sequence[Line]) -> list[str]:
    """Let the model that reads pens look at the lines of a piece, once for each padding."""
    if not can_read_pens():
        return []
    strips = [strip for line in lines if min((strip := _strip(piece, line)).size) >= _LEAST_SIDE]
    return ["\n".join(look_at(_padded(strip, share)).text for strip in strips) for share in _PADDINGS]


def _level(prepared: Prepared, drawn: Image.Image, place: Box, dpi: float) -> Prepared:
    """Cut a place out of a page drawn at `dpi` so that its lines are level, its frame off."""
    left, top, right, bottom = (round(value * dpi / 72) for value in place)
    level = replace(prepared, skew_degrees=skew_degrees(drawn.crop((left, top, right, bottom)), _TILT))
    piece, _ = lift_frames(level.cut_from(drawn, level.to_pixels(place)), piece=True)
    return piece


def _strip(piece: Prepared, line: Line) -> Image.Image:
    """Cut a line out of the piece that it was read in."""
    whole = replace(piece, corner=(0, 0))
    left, top, right, bottom = (round(value) for value in piece.to_pixels(line.box))
    edge = round(_EDGE * line.height * piece.dpi / 72)
    x, y = piece.corner
    return whole.crop(left - x - edge, top - y - edge, right - x + edge, bottom - y + edge).image


def _padded(strip: Image.Image, share: float) -> Image.Image:
    """Put white before and behind a line, where its model loses letters; over and under it would make them small."""
    return ImageOps.expand(strip, (round(share * strip.height), 0), 255)


def lift_words(lines: Sequence[Line], stamps: Sequence[Stamp]) -> list[Line]:
    """Take the words of stamps out of the lines of a page; a word that continues a line of the page stays in it."""
    for stamp in stamps:
        words = {fold(token.text) for line in stamp.lines for token in line.tokens}
        lines = [rest for line in lines if (rest := _without(line, stamp.place, words))]
    return list(lines)


def _without(line: Line, place: Box, words: set[str]) -> Line | None:
    inside = [_is_inside(token.box, place) for token in line.tokens]
    if not any(inside):
        return line
    outside = [token for token, lies_in in zip(line.tokens, inside, strict=True) if not lies_in]
    if not outside:
        return None
    stays = [not lies_in for lies_in in inside]
    for step in (1, -1):  # from the words outside, word by word into the frame
        order = range(len(line.tokens))[::step]
        for before, at in pairwise(order):
            token, neighbour = line.tokens[at], line.tokens[before]
            if not stays[at] and stays[before] and fold(token.text) not in words and _belongs(token, neighbour, line):
                stays[at] = True
    kept = tuple(token for token, stay in zip(line.tokens, stays, strict=True) if stay)
    return Line(kept)


def _belongs(token: Token, neighbour: Token, line: Line) -> bool:
    """Whether a word stands close to its neighbour, on the same line of print and as large."""
    gap = max(token.box.x0, neighbour.box.x0) - min(token.box.x1, neighbour.box.x1)
    own, other = token.box.y1 - token.box.y0, neighbour.box.y1 - neighbour.box.y0
    level = abs((token.box.y0 + token.box.y1) - (neighbour.box.y0 + neighbour.box.y1)) / 2
    return gap < _NEAR * line.height and level < _ALIKE * line.height and abs(own - other) < 2 * _ALIKE * line.height


def _is_inside(box: Box, place: Box) -> bool:
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    return place.x0 <= x <= place.x1 and place.y0 <= y <= place.y1


def _sized(box: Box) -> tuple[float, float, float, float]:
    return box.x0, box.y0, box.x1 - box.x0, box.y1 - box.y0
