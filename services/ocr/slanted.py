"""Marks of urgency and secrecy stamped aslant (HỎA TỐC in an arrow): found as ink under no word, set level, and read.

Only what reads as one of the marks that the rules know is taken (NĐ 30/2020, PL I, ô 10a and 10b): nothing else comes
of a look at a scribble.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from PIL import Image, ImageDraw

from services.ocr.layout import Line, Region, Segment, Token, fold
from services.ocr.prepare import Prepared, skew_degrees

MARKS = ("HỎA TỐC", "THƯỢNG KHẨN", "KHẨN", "TUYỆT MẬT", "TỐI MẬT", "MẬT", "HỎA TỐC HẸN GIỜ")
_BY_LETTERS = {fold(mark).replace(" ", ""): mark for mark in MARKS}
_PART = (0.55, 0.5)
"""Of the page's width and height: marks stand at the left, below number and symbol."""
_CELL_MM = 2.0
_WIDTH_MM, _HEIGHT_MM = (14.0, 80.0), (6.0, 60.0)
_INK = 235
_DARK = 160
_BELIEVED = 0.8
_MOST_TILT = 45.0
_MOST = 4
_FRAME_SHARE = 0.35
_PAD = 0.15
_LONG_ENOUGH = 6
"""Letters of a mark that is told with others beside them: MẬT and KHẨN must stand alone."""
_RESTS = 2
_CONFIDENCE = 0.5
"""Of a mark that was read aslant: a guess to confirm."""

Read = Callable[[Prepared], Sequence[Line]]


def read_slanted(prepared: Prepared, segments: Sequence[Segment], read: Read) -> list[Line]:
    """Return the marks that stand aslant on a page with a head; `read` reads a piece as one line."""
    if not any(segment.region is Region.HEAD_LEFT for segment in segments):
        return []
    marks: list[Line] = []
    for left, top, piece in _blobs(_uncovered(prepared, segments), prepared.dpi):
        tilt = skew_degrees(piece, _MOST_TILT)
        level = _without_frame(piece.rotate(tilt, Image.Resampling.BICUBIC, expand=True, fillcolor=255))
        if mark := _mark(read(replace(prepared, image=level))):
            box = prepared.to_points(left, top, piece.width, piece.height)
            marks.append(Line(tuple(Token(word, box, _CONFIDENCE) for word in mark.split())))
    return marks


def _mark(lines: Sequence[Line]) -> str | None:
    """Return the mark that a piece reads as, a letter or two that a rest of the frame was read as aside."""
    seen = "".join(c for line in lines for c in line.folded if c.isalpha())
    letters = [
        one
        for one in _BY_LETTERS
        if one == seen or (one in seen and len(one) >= _LONG_ENOUGH and len(seen) - len(one) <= _RESTS)
    ]
    return _BY_LETTERS[max(letters, key=len)] if letters else None


def _uncovered(prepared: Prepared, segments: Sequence[Segment]) -> Image.Image:
    """Return the part of the page where marks stand, what was read there whitened."""
    width, height = prepared.image.size
    part = prepared.image.crop((0, 0, round(width * _PART[0]), round(height * _PART[1])))
    draw = ImageDraw.Draw(part)
    for token in (token for segment in segments for token in segment.line.tokens):
        if token.confidence >= _BELIEVED:
            draw.rectangle(prepared.to_pixels(token.box), fill=255)
    return part


def _blobs(part: Image.Image, dpi: float) -> Iterator[tuple[int, int, Image.Image]]:
    """Yield the pieces of ink of the size of a mark with where they begin (pixels), all other ink whitened."""
    cell = max(1, round(_CELL_MM * dpi / 25.4))
    labels = _labelled(np.asarray(part.reduce(cell)) < _INK)
    found = 0
    for label in range(1, labels.max() + 1):
        rows, columns = np.nonzero(labels == label)
        high, wide = (np.ptp(rows) + 1) * _CELL_MM, (np.ptp(columns) + 1) * _CELL_MM
        fits = _WIDTH_MM[0] <= wide <= _WIDTH_MM[1] and _HEIGHT_MM[0] <= high <= _HEIGHT_MM[1]
        if not fits or found == _MOST:
            continue
        found += 1
        left, top = int(columns.min()) * cell, int(rows.min()) * cell
        frame = (left, top, (int(columns.max()) + 1) * cell, (int(rows.max()) + 1) * cell)
        mask = Image.fromarray(np.kron(labels == label, np.ones((cell, cell), bool)))
        piece = Image.composite(part, Image.new("L", part.size, 255), _as_large(mask, part)).crop(frame)
        yield left, top, piece


def _as_large(mask: Image.Image, part: Image.Image) -> Image.Image:
    fitted = Image.new("1", part.size, 0)
    fitted.paste(mask, (0, 0))
    return fitted


def _without_frame(piece: Image.Image) -> Image.Image:
    """Whiten what goes over much of the piece in one stroke, the frame; cut out what is left, with a margin."""
    ink = np.asarray(piece) < _DARK
    labels = _labelled(ink)
    grey = np.array(piece)
    kept = ink & (_widths(labels) <= _FRAME_SHARE * piece.width)[labels]
    grey[ink & ~kept] = 255
    if not kept.any():
        return Image.fromarray(grey)
    rows, columns = np.nonzero(kept)
    margin = round(_PAD * piece.width)
    frame = (columns.min() - margin, rows.min() - margin, columns.max() + margin, rows.max() + margin)
    white = Image.new("L", (frame[2] - frame[0], frame[3] - frame[1]), 255)
    white.paste(Image.fromarray(grey), (-int(frame[0]), -int(frame[1])))
    return white


def _widths(labels: np.ndarray) -> np.ndarray:
    """Return for each label how far its first and last column are apart."""
    columns = np.broadcast_to(np.arange(labels.shape[1]), labels.shape)
    first, last = np.full(labels.max() + 1, labels.shape[1]), np.zeros(labels.max() + 1, int)
    np.minimum.at(first, labels, columns)
    np.maximum.at(last, labels, columns)
    return last - first


def _labelled(ink: np.ndarray) -> np.ndarray:
    """Number the pieces of ink that hang together, by sides or corners, from 1, in the order of their first points.

    The runs of each row are joined to those of the row above that they touch.
    """
    edges = np.diff(np.pad(ink, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, starts = np.nonzero(edges == 1)
    ends = np.nonzero(edges == -1)[1]
    firsts = np.searchsorted(rows, np.arange(len(ink) + 1)).tolist()
    left, right = starts.tolist(), ends.tolist()
    joined = list(range(len(left)))
    for row in range(1, len(ink)):
        above = firsts[row - 1]
        for run in range(firsts[row], firsts[row + 1]):
            while above < firsts[row] and right[above] < left[run]:
                above += 1
            touching = above
            while touching < firsts[row] and left[touching] <= right[run]:
                one, other = sorted((_root(joined, touching), _root(joined, run)))
                joined[other] = one
                touching += 1
    roots = np.array([_root(joined, run) for run in range(len(joined))], int)
    labels = np.zeros(ink.shape, int)
    labels[ink] = np.repeat(np.unique(roots, return_inverse=True)[1] + 1, ends - starts)
    return labels


def _root(joined: list[int], run: int) -> int:
    """Follow a run to the first one of its piece, and shorten the way there."""
    while joined[run] != run:
        joined[run] = joined[joined[run]]
        run = joined[run]
    return run
