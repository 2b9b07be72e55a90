"""Words that repair leaves alone: names, abbreviations, symbols, numbers, addresses."""

from __future__ import annotations

import re

from services.core.lexicon.model import Lexicon
from services.core.lexicon.pieces import END, NUMBER, cut
from services.core.text import exact_form
from services.ocr.layout import Line

_ADDRESS = re.compile(r"@|://|www\.|\.(?:vn|com|org|net)\b", re.IGNORECASE)
_NUMBER_LINE = re.compile(r"\W{0,3}S[ốôóòồổỗộoọỏõ]\W{0,2}\s*:", re.IGNORECASE)
SURNAMES = frozenset(
    (
        "nguyễn trần lê phạm hoàng huỳnh phan vũ võ đặng bùi đỗ hồ ngô dương lý đào đoàn vương trịnh trương đinh "
        "lâm phùng mai tô hà tạ thái lương vừ lò giàng sùng cà quàng lường tòng thào mùa vàng cầm triệu bế nông "
        "hứa chu cao châu tăng thạch kiều tống lưu la từ quách nghiêm hầu khúc kim thân mạc ma hoa doãn lại tôn "
        "ông văn khổng vi viên ninh lục phí cù thiều"
    ).split()
)


def protected(line: Line, lexicon: Lexicon) -> set[tuple[int, int]]:
    """Return the pieces that stay as they are: (index of the token, first character)."""
    spots = [(i, s, line.tokens[i].text[s:e], form) for i, t in enumerate(line.tokens) for s, e, form in cut(t.text)]
    if _NUMBER_LINE.match(line.text):
        return {(i, s) for i, s, _, _ in spots}
    kept = {(i, s) for i, s, text, form in spots if _alone(line.tokens[i].text, text, form)}
    if not _is_capital_line(line, lexicon):
        kept |= {(i, s) for i, s, text, _ in spots if len(text) > 1 and text.isupper()}
    return kept | _names(spots, lexicon)


def _alone(token: str, text: str, form: str) -> bool:
    """Whether a piece is part of a symbol, a number or an address, or is a single capital."""
    if form in (END, NUMBER):
        return True
    if _ADDRESS.search(token) or any(c.isdigit() for c in token):
        return True
    if len(text) == 1 and text.isupper():
        return True
    return "/" in token and any(part.isupper() and len(part) > 1 for part in re.split(r"\W+", token))


def _is_capital_line(line: Line, lexicon: Lexicon) -> bool:
    """Whether a line is a heading in capitals: at least three words, nearly all in capitals and known as syllables."""
    words: list[str] = re.findall(r"[^\W\d_]{2,}", line.text)
    capitals = [w for w in words if w.isupper()]
    known = [w for w in capitals if exact_form(w) in lexicon]
    return len(capitals) >= 2 and len(capitals) >= 0.8 * len(words) and len(known) >= 0.5 * len(capitals)


def _names(spots: list[tuple[int, int, str, str]], lexicon: Lexicon) -> set[tuple[int, int]]:
    """Find names in runs of words with a capital: units that the lexicon names, persons by their surname."""
    kept: set[tuple[int, int]] = set()
    forms = [form for _, _, _, form in spots]
    capital = [text[:1].isupper() for _, _, text, _ in spots]
    for start in range(len(spots)):
        if not capital[start]:
            continue
        for end in range(min(start + lexicon.longest_name, len(spots)), start + 1, -1):
            if all(capital[start:end]) and lexicon.is_name(forms[start:end]):
                kept |= {(i, s) for i, s, _, _ in spots[start:end]}
                break
        if forms[start] in SURNAMES:
            end = start + 1
            while end < min(start + 4, len(spots)) and capital[end] and not spots[end][2].isupper():
                end += 1
            if end - start >= 2:
                kept |= {(i, s) for i, s, _, form in spots[start:end] if form in lexicon}
    return kept
