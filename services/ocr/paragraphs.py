"""Segments in reading order become words with numbers of line and paragraph."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from statistics import median

from services.core.model import Box, Word, Zone
from services.ocr.layout import Region, Segment, ends_sentence, starts_item

_WIDE_STEP = 1.45
_SHORT_LINE = 3.0
_INDENT = 1.0
_OWN_PARAGRAPH = {Zone.SYMBOL, Zone.PLACE_DATE, Zone.PAGE_NUMBER, Zone.RUNNING_HEAD}


def number_words(segments: Sequence[Segment], to_page: Callable[[Box], Box]) -> tuple[Word, ...]:
    """Number lines and paragraphs, stamps first, and carry every box from the upright page to the page as it is."""
    in_order = [s for s in segments if s.zone is Zone.STAMP] + [s for s in segments if s.zone is not Zone.STAMP]
    words: list[Word] = []
    for line, (segment, paragraph) in enumerate(_with_paragraphs(in_order)):
        words += [
            Word(t.text, to_page(t.box), t.confidence, line, paragraph, segment.zone, t.raw, t.cost)
            for t in segment.line.tokens
        ]
    return tuple(words)


def _with_paragraphs(segments: Sequence[Segment]) -> Iterator[tuple[Segment, int]]:
    flow = [s.line for s in segments if s.region is Region.FLOW and s.zone is Zone.BODY]
    right = median(sorted(line.box.x1 for line in flow)[-max(1, len(flow) // 2) :]) if flow else 0.0
    left = median(line.box.x0 for line in flow) if flow else 0.0
    step = _usual_step(segments)
    paragraph, before = 0, None
    for segment in segments:
        if before and _begins(segment, before, left, right, step):
            paragraph += 1
        yield segment, paragraph
        before = segment


def _usual_step(segments: Sequence[Segment]) -> float:
    steps = [
        below.line.middle - above.line.middle
        for above, below in pairwise(segments)
        if above.region is below.region and below.line.middle > above.line.middle
    ]
    return median(steps) if steps else 20.0


def _begins(segment: Segment, before: Segment, left: float, right: float, step: float) -> bool:
    """Whether a new paragraph begins with this segment."""
    if segment.zone is not before.zone or segment.region is not before.region or segment.zone in _OWN_PARAGRAPH:
        return True
    line, last = segment.line, before.line
    if starts_item(line.text) or not 0 <= line.middle - last.middle <= step * _WIDE_STEP:
        return True
    if segment.region is not Region.FLOW:
        return False
    is_short = last.box.x1 < right - _SHORT_LINE * line.height
    is_indented = line.box.x0 > left + _INDENT * line.height
    return ends_sentence(last.text) and (is_short or is_indented)
