"""Put a stamp of arrival over a sheet: its lines set, its place found among what stands there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np
from PIL import Image, ImageDraw

from services.core.model import Box, Zone
from tests.corpus.fonts import Face, advance, ink, pixel_font
from tests.corpus.layout import BLUE, INK, RED, Colour, Placed, Sheet, Stamp
from tests.corpus.model import ScanSpec, StampPlace, StampSpec
from tests.corpus.scanning import turned_box

_INKS: dict[str, Colour] = {"red": RED, "blue": BLUE, "black": INK}
_LEADING, _PADDING, _EDGE = 1.45, 5.0, 16.0
_BESIDE_SIZE = 1.7
_HIDDEN = 0.25
_LOOK = 3.0
_ZONES: dict[StampPlace, Zone] = {
    "issuer": Zone.ISSUER, "motto": Zone.MOTTO, "symbol": Zone.SYMBOL, "subject": Zone.KIND_SUBJECT, "body": Zone.BODY,
}  # fmt: skip
_STEPS = sorted((step * 0.12 for step in range(-12, 13)), key=abs)


def put_stamp(sheet: Sheet, spec: ScanSpec) -> None:
    """Lay the stamp of a spec over the sheet, within its edges.

    It is moved until a person could read its number and its date: of no digit may print hide more than a quarter of the
    strokes, and in black, or scanned without colour, they lie on no print at all. Its frame and its other words may lie
    anywhere. Raises ValueError where there is no stamp.
    """
    if spec.stamp is None:
        raise ValueError(f"{spec.name} has no stamp")
    stamp = _set(spec.stamp)
    is_coloured = spec.colour == "color" and spec.stamp.colour != "black"
    is_legible = _shows_through if is_coloured else _lies_beside
    places = list(_places(sheet, spec.stamp, stamp))
    sheet.stamps.append(next((place for place in places if is_legible(place, spec.stamp, sheet)), places[0]))


def outline(stamp: Stamp) -> Box:
    """Return the upright box around a stamp that may be tilted, in points of the sheet."""
    return turned_box(stamp.box, stamp.tilt, _middle(stamp.box))


# --------------------------------------------------------------------------- setting


def _set(spec: StampSpec) -> Stamp:
    """Set the lines of a stamp with its upper left corner at the origin."""
    rows = [_words(spec, row.removeprefix("|")) for row in spec.rows]
    side = _word(spec, spec.beside, "b", spec.size * _BESIDE_SIZE) if spec.beside else None
    indent = _end(side) + spec.size if side else 0.0
    lefts = [indent if row.startswith("|") else 0.0 for row in spec.rows]
    width = max(left + _end(row[-1]) for left, row in zip(lefts, rows, strict=True))
    words: list[Placed] = []
    height = spec.size * _LEADING
    for at, (left, row) in enumerate(zip(lefts, rows, strict=True)):
        x = _PADDING + (left or (width - _end(row[-1])) / 2 * (not spec.beside and not _is_label(spec.rows[at])))
        words += [replace(word, x=word.x + x, y=_PADDING + height * (at + 0.75)) for word in row]
    if side:
        beside = [at for at, row in enumerate(spec.rows) if row.startswith("|")]
        middle = height * (beside[0] + beside[-1] + 1) / 2
        words.insert(0, replace(side, x=_PADDING, y=_PADDING + middle + spec.size * 0.6))
    box = Box(0, 0, width + 2 * _PADDING, height * len(rows) + 2 * _PADDING)
    return Stamp(tuple(words), box, spec.framed, _INKS[spec.colour], spec.tilt, spec.worn)


def _is_label(row: str) -> bool:
    """Whether a line is one to be filled in: those stand below each other, titles in the middle."""
    return ":" in row


def _words(spec: StampSpec, row: str) -> list[Placed]:
    """Set the words of a line from x = 0, number and date in the face they were typed in."""
    words: list[Placed] = []
    x = 0.0
    for part in row.split():
        typed = "{" in part
        style = "b" if row.isupper() and not typed else spec.style
        for text in part.format(number=spec.number, date=spec.date).split():
            word = replace(_word(spec, text, style, spec.size, typed=typed), x=x)
            words.append(word)
            x = _end(word) + advance(word.face, word.size, " ")
    return words


def _word(spec: StampSpec, text: str, style: str, size: float, *, typed: bool = False) -> Placed:
    has_letters = any(letter.isalpha() and not letter.isascii() for letter in text)
    face = Face(spec.typed if typed and not has_letters else spec.family, style)
    return Placed(text, face, size, 0, 0, Zone.STAMP, 0, -1)


def _end(word: Placed) -> float:
    return word.x + advance(word.face, word.size, word.text)


# --------------------------------------------------------------------------- placing


def _places(sheet: Sheet, spec: StampSpec, stamp: Stamp) -> Iterator[Stamp]:
    """Yield the stamp where it is meant to be, then further and further from there; always whole on the sheet."""
    x, y = _target(sheet, spec.place, stamp.box)
    width, height = stamp.box.x1, stamp.box.y1
    for down, across in sorted(product(_STEPS, _STEPS), key=lambda step: step[0] ** 2 + step[1] ** 2):
        yield _moved(
            stamp,
            x + (spec.shift[0] + across) * width - width / 2,
            y + (spec.shift[1] + down) * height - height / 2,
            sheet,
        )


def _target(sheet: Sheet, place: StampPlace, size: Box) -> tuple[float, float]:
    """Return the middle of the place where the stamp is meant to be."""
    near_x, near_y = _EDGE + size.x1 / 2, _EDGE + size.y1 / 2
    far_x, far_y = sheet.width - near_x, sheet.height - near_y
    if place == "under_head":
        symbol = _around(sheet, Zone.KIND_SUBJECT) or _around(sheet, Zone.SYMBOL)
        return far_x, symbol.y1 + size.y1 * 0.3 if symbol else sheet.height / 4
    if (zone := _ZONES.get(place)) and (box := _around(sheet, zone)):
        return _middle(Box(box.x0, box.y0, box.x1, min(box.y1, box.y0 + 150)))
    return (near_x if place.endswith("left") else far_x), (far_y if place.startswith("bottom") else near_y)


def _moved(stamp: Stamp, x: float, y: float, sheet: Sheet) -> Stamp:
    wide = turned_box(stamp.box, stamp.tilt, _middle(stamp.box))
    x = min(max(x, _EDGE / 2 - wide.x0), sheet.width - _EDGE / 2 - wide.x1)
    y = min(max(y, _EDGE / 2 - wide.y0), sheet.height - _EDGE / 2 - wide.y1)
    words = tuple(replace(word, x=word.x + x, y=word.y + y) for word in stamp.words)
    return replace(stamp, words=words, box=Box(x, y, x + stamp.box.x1, y + stamp.box.y1))


def _lies_beside(stamp: Stamp, spec: StampSpec, sheet: Sheet) -> bool:
    """Whether number and date lie beside the print and the rules of the sheet."""
    own = [turned_box(_ink(w), stamp.tilt, _middle(stamp.box)) for w in _written(stamp, spec)]
    rules = [Box(r.x0, r.y0 - 1, r.x1, r.y1 + 1) for r in sheet.rules]
    return not any(box.meets(other) for box in own for other in (*rules, *(_ink(word) for word in sheet.words)))


def _shows_through(stamp: Stamp, spec: StampSpec, sheet: Sheet) -> bool:
    """Whether of every digit of number and date enough lies beside the print of the sheet."""
    around = outline(stamp)
    size = round((around.x1 - around.x0) * _LOOK), round((around.y1 - around.y0) * _LOOK)
    printed = Image.new("L", size, 0)
    for word in sheet.words:
        if _ink(word).meets(around):
            _draw(printed, word, around)
    centre = ((stamp.box.x0 + stamp.box.x1) / 2 - around.x0) * _LOOK, size[1] / 2
    return all(_share(letter, printed, around, centre, stamp.tilt) <= _HIDDEN for letter in _letters(stamp, spec))


def _share(
    letter: Placed, printed: Image.Image, around: Box, centre: tuple[float, float], tilt: float
) -> float:  # fmt: skip
    """Return how much of a letter lies under what is printed."""
    drawn = Image.new("L", printed.size, 0)
    _draw(drawn, letter, around)
    strokes = np.asarray(drawn.rotate(tilt, Image.Resampling.BILINEAR, center=centre), dtype=np.float32)
    hidden = strokes * np.asarray(printed) / 255
    return float(hidden.sum() / max(1.0, strokes.sum()))


def _draw(image: Image.Image, word: Placed, around: Box) -> None:
    at = (word.x - around.x0) * _LOOK, (word.y - around.y0) * _LOOK
    ImageDraw.Draw(image).text(at, word.text, font=pixel_font(word.face, word.size * _LOOK), fill=255, anchor="ls")


def _letters(stamp: Stamp, spec: StampSpec) -> Iterator[Placed]:
    for word in _written(stamp, spec):
        for at, letter in enumerate(word.text):
            yield replace(word, text=letter, x=word.x + advance(word.face, word.size, word.text[:at]))


def _written(stamp: Stamp, spec: StampSpec) -> list[Placed]:
    """Return the words of a stamp that are its number or its date."""
    written = {spec.number, *spec.date.split()}
    return [word for word in stamp.words if word.text.rstrip(",") in written]


def _ink(word: Placed) -> Box:
    x0, y0, x1, y1 = ink(word.face, word.size, word.text)
    return Box(word.x + x0, word.y + y0, word.x + x1, word.y + y1)


def _around(sheet: Sheet, zone: Zone) -> Box | None:
    boxes = [_ink(word) for word in sheet.words if word.zone is zone]
    if not boxes:
        return None
    return Box(min(b.x0 for b in boxes), min(b.y0 for b in boxes), max(b.x1 for b in boxes), max(b.y1 for b in boxes))


def _middle(box: Box) -> tuple[float, float]:
    return (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
