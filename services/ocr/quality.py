"""How well a page was read, in one figure that says which pages need eyes."""

from __future__ import annotations

import re
from collections.abc import Iterable

from services.core.lexicon.model import Lexicon
from services.core.model import Quality, Zone
from services.core.text import exact_form
from services.ocr.layout import Segment, Token

_LETTERS = re.compile(r"[^\W\d_]{2,}")
_PUT_OVER = {Zone.STAMP, Zone.ANNOTATION}
_REPAIRED_WEIGHT = 0.5


def measure_quality(segments: Iterable[Segment], lexicon: Lexicon) -> Quality | None:
    """Measure the print of a page (stamps and annotations apart); None where it bears no words.

    `lexicon` is the share of letter words, as they were read, that the lexicon knows (abbreviations in capitals left
    out), `confidence` the recogniser's mean over letters, `repaired` the share of words that were changed or dropped.
    `score` = lexicon * confidence * (1 - repaired / 2): a page repaired to half is worth three quarters of one that
    read so at once.
    """
    tokens = [token for segment in segments if segment.zone not in _PUT_OVER for token in segment.line.tokens]
    letters = sum(len(_read(token)) for token in tokens)
    if not letters:
        return None
    words = [word for token in tokens for word in _LETTERS.findall(token.text) if not word.isupper()]
    known = sum(exact_form(word) in lexicon for word in words) / len(words) if words else 1.0
    confidence = sum(len(_read(token)) * token.confidence for token in tokens) / letters
    repaired = sum(token.raw is not None for token in tokens) / len(tokens)
    score = known * confidence * (1 - _REPAIRED_WEIGHT * repaired)
    return Quality(round(score, 4), round(known, 4), round(confidence, 4), round(repaired, 4))


def _read(token: Token) -> str:
    return token.raw or token.text
