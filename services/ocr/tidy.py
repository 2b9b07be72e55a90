"""Tokens as the print has them: specks taken off, words that grew together parted, symbols that fell apart joined.

What is dropped keeps its place with an empty text and what was read in `raw`, so that an archivist can see it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from services.core.lexicon.model import Lexicon
from services.core.model import Box, Zone
from services.core.text import exact_form
from services.ocr.layout import Line, Segment, Token

_SPECKS = "|¦_~`´¬ˆ^<>={}\\§†‡¤«»„‚—¡¿•°€$#@"
_EDGE = re.compile(rf"^[{re.escape(_SPECKS)}'‘.,;:]+(?=\w)|(?<=[\w.,;:)])[{re.escape(_SPECKS)}]+$")
_PUNCTUATION = re.compile(r"[-–+*•%&=<>≤≥×]|\(%\)|[.,;:!?…\"“”'()\[\]/]+|\./\.|\.{3,}")
_ADDRESS = re.compile(r"\w@\w|://|www\.")
_ABBREVIATION = re.compile(r"[A-ZĐƯÔƠĂÂÊ][A-ZĐƯÔƠĂÂÊ&.-]{0,7}")
_DOUBLED = re.compile(r"ĐÐ|ÐĐ|đð|ðđ")
_AS_TYPED = str.maketrans({"Ð": "Đ", "ð": "đ", "⁄": "/"})
_NUMBER_LABEL = re.compile(r"S[ôóòồổỗộ]\s?[:.]")
_NUMBER_GLUED = re.compile(r"(S[ốôóòồỐÔ]\s?[:.])(\S+)")
_DATE_GLUED = re.compile(r"ngày(?=\W|\d)|(?<=[\W\d])tháng|tháng(?=\W|\d)|(?<=[\W\d])năm|năm(?=\d)")
_WORDS_GLUED = re.compile(r"([^\W\d_]{2,})[:.;]([^\W\d_]{2,})")
_CUT_DATE = (re.compile(r"\d{1,2}/\d{1,2}|\d{1,2}/"), re.compile(r"\d?/\d{4}\W*|\d{1,2}/\d{4}\W*"))
_CUT_NUMBER = (re.compile(r"\d{1,3}"), re.compile(r"\d{1,4}/(?:(?:19|20)\d\d/)?[A-ZĐ]{2}"))
_CUT_SYMBOL = (re.compile(r"\W?\d[\w/]*/[A-ZĐ&-]+-"), re.compile(r"[A-ZĐ][A-Za-zĐ&-]+\W*"))
_ONES = re.compile(r"[lI1|]{1,2}")
_ONE = re.compile(r"([lI])([,;.]?)")
_NUMBERED = {"số", "ngày", "tháng", "điều", "khoản", "điểm", "quý", "tổ", "lần", "thứ"}
_JOINED_GAP = 0.6
_DOUBTED = 0.55
_LOST_LINE = 0.45
_BELIEVED = 0.75
_WEIGHED_CASE = 8.0
_KEPT_ZONES = {Zone.STAMP, Zone.SYMBOL, Zone.PLACE_DATE}
"""Pens write here: what reads like nothing may be a number."""


def tidy(segments: Sequence[Segment], lexicon: Lexicon) -> list[Segment]:
    """Tidy the tokens of a page before its words are repaired; segments stay as many and in their order."""
    return [replace(segment, line=Line(tuple(_tidy_line(segment, lexicon)))) for segment in segments]


def drop_unread(segments: Sequence[Segment], lexicon: Lexicon) -> list[Segment]:
    """Empty what is no word after repair either: specks, words nobody knows that were read with little confidence."""
    return [
        segment
        if segment.zone in _KEPT_ZONES
        else replace(segment, line=Line(tuple(_drop(segment.line.tokens, lexicon))))
        for segment in segments
    ]


def _tidy_line(segment: Segment, lexicon: Lexicon) -> list[Token]:
    tokens = [part for token in segment.line.tokens for part in _part(_plain(token), lexicon)]
    tokens = _join(tokens, segment.line.height)
    if _NUMBER_LABEL.fullmatch(tokens[0].text):
        tokens[0] = _changed(tokens[0], "Số" + tokens[0].text[2:])
    return _in_small_letters(_ones(tokens), lexicon)


# --------------------------------------------------------------------------- letters


def _plain(token: Token) -> Token:
    """Write Đ for the Icelandic Ð that tesseract also knows, once where it saw both; take specks off the ends."""
    text, choices = token.text, token.choices
    if _DOUBLED.search(text):
        text, choices = _DOUBLED.sub(lambda match: match.group()[0], text), ()
    text = text.translate(_AS_TYPED)
    if not _ADDRESS.search(text):
        bare = _EDGE.sub("", text)
        if bare != text:
            start = text.find(bare)
            text, choices = bare, choices[start : start + len(bare)]
    return token if text == token.text else replace(token, text=text, raw=token.raw or token.text, choices=choices)


def _ones(tokens: Sequence[Token]) -> list[Token]:
    """Read l and I as the figure 1 where a number stands: between ngày and tháng, after "số" and the like."""
    done = list(tokens)
    for at, token in enumerate(done):
        before = done[at - 1].text.lower().strip(" ,;:(") if at else ""
        following = done[at + 1].text if at + 1 < len(done) else ""
        if before == "ngày" and _ONES.fullmatch(token.text) and _ONES.fullmatch(following):
            done[at] = _changed(token, "1" * len(token.text + following))
            done[at + 1] = _changed(done[at + 1], "")
        elif match := _ONE.fullmatch(token.text):
            number = before in _NUMBERED or (following[:1].isdigit() and at > 0)
            if number and match[2] != ".":
                done[at] = _changed(token, "1" + match[2])
        elif before == "ngày" and following == "tháng" and re.fullmatch(r"[lI1]{2}", token.text):
            done[at] = _changed(token, "11")
    return done


def _in_small_letters(tokens: Sequence[Token], lexicon: Lexicon) -> list[Token]:
    """Undo a capital inside a sentence: the words around are small, and tesseract weighed the small letter itself."""
    done = list(tokens)
    for at in range(1, len(done) - 1):
        token, before, following = done[at], done[at - 1].text, done[at + 1].text
        word = token.text.rstrip(".,;:)")
        if not (word.isalpha() and word[:1].isupper() and before[-1:].islower() and following[:1].islower()):
            continue
        weighed = token.choices[0] if token.choices else ()
        doubted = any(letter == word[0].lower() and cost <= _WEIGHED_CASE for letter, cost in weighed)
        marked = word.isupper() and len(word) > 1 and not word.isascii() and exact_form(word) in lexicon
        if (doubted and word[1:].islower()) or (marked and _tone_marked(word)):
            done[at] = _changed(token, token.text.lower())
    return done


def _tone_marked(word: str) -> bool:
    """Whether a word carries more than the letters of abbreviations (Đ, Ư): a tone or a hat."""
    return not set(word) <= set("ABCDEGHIKLMNOPQRSTUVXYĐƯ")


# --------------------------------------------------------------------------- parting and joining


def _part(token: Token, lexicon: Lexicon) -> Iterator[Token]:
    """Part what grew together: "Số:04", "ngày4tháng", "sinh:được", "Vềviệc"."""
    text = token.text
    if match := _NUMBER_GLUED.fullmatch(text):
        yield from _cut(token, [match.end(1)])
    elif cuts := sorted({x for m in _DATE_GLUED.finditer(text) for x in m.span()} - {0, len(text)}):
        yield from _cut(token, cuts)
    elif (match := _WORDS_GLUED.fullmatch(text)) and all(exact_form(part) in lexicon for part in match.groups()):
        first, _, second = _cut(token, [match.end(1), match.start(2)])
        yield from (first, second)
    elif at := _seam(text, lexicon):
        yield from _cut(token, [at])
    else:
        yield token


def _seam(text: str, lexicon: Lexicon) -> int:
    """Return where a word that is none falls into two that often follow each other; 0 where it does not."""
    word = text.rstrip(".,;:")
    if len(word) < 4 or not word.isalpha() or exact_form(word) in lexicon or not word[1:].islower():
        return 0
    seams = [at for at in range(2, len(word) - 1) if lexicon.family_follows(word[:at], word[at:])]
    return seams[0] if len(seams) == 1 else 0


def _cut(token: Token, at: Sequence[int]) -> Iterator[Token]:
    """Cut a token before the given letters; its box is shared out by the number of letters."""
    ends = sorted({0, *at, len(token.text)})
    width = (token.box.x1 - token.box.x0) / max(1, len(token.text))
    for start, end in pairwise(ends):
        box = Box(token.box.x0 + start * width, token.box.y0, token.box.x0 + end * width, token.box.y1)
        yield replace(token, text=token.text[start:end], box=box, choices=token.choices[start:end])


def _join(tokens: Sequence[Token], height: float) -> list[Token]:
    """Join dates and symbols that fell apart: "24/1" and "1/2017", "24/2013/NQ-" and "HĐND"."""
    joined: list[Token] = []
    for token in tokens:
        last = joined[-1] if joined else None
        if last and token.box.x0 - last.box.x1 < _JOINED_GAP * height and _belong(last.text, token.text):
            box = Box(last.box.x0, min(last.box.y0, token.box.y0), token.box.x1, max(last.box.y1, token.box.y1))
            joined[-1] = replace(
                last,
                text=last.text + token.text,
                box=box,
                confidence=min(last.confidence, token.confidence),
                raw=f"{last.raw or last.text} {token.raw or token.text}",
                choices=(),
            )
        else:
            joined.append(token)
    return joined


def _belong(before: str, after: str) -> bool:
    if re.search(r"/\d{1,2}/", before + after) and "/" in before and "/" in after:
        return _CUT_DATE[0].fullmatch(before.lstrip("(")) is not None and _CUT_DATE[1].fullmatch(after) is not None
    if _CUT_NUMBER[0].fullmatch(before) and _CUT_NUMBER[1].match(after):
        return True
    return _CUT_SYMBOL[0].fullmatch(before) is not None and _CUT_SYMBOL[1].fullmatch(after) is not None


# --------------------------------------------------------------------------- junk


def _drop(tokens: Sequence[Token], lexicon: Lexicon) -> list[Token]:
    sound = [_is_word(token, lexicon) for token in tokens]
    letters = sum(len(token.text) for token in tokens)
    believed = [token for token, word in zip(tokens, sound, strict=True) if word and token.confidence >= _BELIEVED]
    lost = sum(len(token.text) for token in believed) < _LOST_LINE * letters and not all(sound)
    if lost and not any(len(token.text) > 2 and token.text.isalpha() for token in believed):
        return [_changed(token, "") for token in tokens]
    return [token if word else _changed(token, "") for token, word in zip(tokens, sound, strict=True)]


def _is_word(token: Token, lexicon: Lexicon) -> bool:
    text = token.text
    if not any(map(str.isalnum, text)):
        return _PUNCTUATION.fullmatch(text) is not None and token.confidence >= _DOUBTED
    bare = text.strip(".,;:!?…\"“”'()[]-–/*+")
    if any(character in _SPECKS for character in bare) and not _ADDRESS.search(text):
        return False
    known = all(exact_form(part) in lexicon for part in re.findall(r"[^\W\d_]+", bare))
    if known or any(map(str.isdigit, bare)) or _ABBREVIATION.fullmatch(bare):
        return len(bare) > 1 or token.confidence >= _DOUBTED / 2
    return token.confidence >= _DOUBTED


def _changed(token: Token, text: str) -> Token:
    if text == token.text:
        return token
    return replace(
        token, text=text, raw=token.raw or token.text, choices=() if len(text) != len(token.text) else token.choices
    )
