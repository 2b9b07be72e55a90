"""Vietnamese text: one normal form, one folding, one way to cut it into syllables.

Index and query, reader and record all go through this module, so that a form is never compared with another module's
idea of it. Display is never changed: every function returns a form to compare, beside the text as written.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Generic, NamedTuple, TypeVar

_STROKE_D = str.maketrans("ÐƉðɖ", "ĐĐđđ")  # eth and the African D stand in for Đ in old fonts and OCR
_D = str.maketrans("Đđ", "Dd")
_PLAIN = str.maketrans("ÐƉðɖĐđ", "DDddDd") | {
    ord(letter): base
    for base in "aeiouyAEIOUY"
    for quality in ("", "\u0302", "\u0306", "\u031b")
    for tone in ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
    if len(letter := unicodedata.normalize("NFC", base + quality + tone)) == 1
}
"""Every composed letter of Vietnamese (and some more), without its marks."""
_TONES = {"\u0300": 1, "\u0301": 2, "\u0309": 3, "\u0303": 4, "\u0323": 5}
_TONE_MARKS = frozenset(_TONES)
_VOWELS = frozenset("aăâeêioôơuưy")
_QUALITY = frozenset("ăâêôơư")
# A letter or digit of any script with what is combined onto it; "_" is no letter (it joins pairs in the index).
_SYLLABLE = re.compile("[^\\W_]+(?:[\u0300-\u036f]+[^\\W_]*)*")
_SPACES = re.compile(r"\s+")
_MOST_MARKS = 30
_CROWDED = re.compile(r"[^\w\s\x00-\x7f]{31,}")

CAPITALS = "".join(chr(n) for n in range(0x1EFA) if chr(n).isupper())
"""Every capital letter up to those of Vietnamese, for character classes: a range would take small letters in."""

TOKEN_CHARS = 64  # longer runs are junk of a reader; the engines refuse terms of some kilobytes
FORMS_KEPT = 200_000  # distinct syllables remembered at a time: OCR junk must not grow the memory for ever
_LONGEST_KEPT = 100  # characters of one that is remembered

Form = TypeVar("Form")


class Token(NamedTuple):
    """Characters [start, end) of a text that are one syllable or number, and its exact form."""

    start: int
    end: int
    form: str


def nfc(text: str) -> str:
    """Compose the text (NFC) and write Ð and Ɖ as the Vietnamese Đ."""
    return unicodedata.normalize("NFC", thin_marks(text)).translate(_STROKE_D)


def thin_marks(text: str) -> str:
    """Leave 30 combining marks upon a letter (UAX #15, stream-safe text): the time of a normal form grows with the
    square of their number, a megabyte of them takes minutes.
    """
    return _CROWDED.sub(_thin, text)


def _thin(crowd: re.Match[str]) -> str:
    kept, upon = [], 0
    for char in crowd[0]:
        upon = upon + 1 if unicodedata.combining(char) else 0
        if upon <= _MOST_MARKS:
            kept.append(char)
    return "".join(kept)


def strip_marks(text: str) -> str:
    """Drop every mark, đ included; letters keep their case: "Đường số 5" -> "Duong so 5"."""
    if text.isascii():
        return text
    if (plain := text.translate(_PLAIN)).isascii():  # nearly always, and several times as fast
        return plain
    parts = unicodedata.normalize("NFD", text.translate(_STROKE_D))
    return unicodedata.normalize("NFC", "".join(c for c in parts if not unicodedata.combining(c)).translate(_D))


def fold(text: str) -> str:
    """Return the text without marks and in lower case: "Đường số 5" -> "duong so 5"."""
    return strip_marks(text).lower()


def has_marks(text: str) -> bool:
    """Whether the text carries a tone, a vowel mark or a đ."""
    return not text.isascii() and strip_marks(text) != nfc(text)


def strip_tone(text: str) -> str:
    """Drop the five tone marks only: "tiếng" -> "tiêng"."""
    if text.isascii():
        return text
    parts = unicodedata.normalize("NFD", text.translate(_STROKE_D))
    return unicodedata.normalize("NFC", "".join(c for c in parts if c not in _TONE_MARKS))


def place_tone(syllable: str) -> str:
    """Write the tone of one lower-case NFC syllable on the letter that carries it by rule.

    "hoà" and "hòa" both give "hòa", "thuỷ" gives "thủy", "vịêt" gives "việt". What is no Vietnamese syllable, or has
    two tones, is returned as it is.
    """
    if syllable.isascii():
        return syllable
    letters, tone = _take_tone(syllable)
    if tone is None:
        return syllable
    at = _tone_letter(letters)
    if at is None:
        return syllable
    return letters[:at] + unicodedata.normalize("NFC", letters[at] + tone) + letters[at + 1 :]


def exact_form(token: str) -> str:
    """Return the form in which syllables are compared with their marks: NFC, lower case, tone placed."""
    return _exact[token]


def folded_form(token: str) -> str:
    """Return the form in which syllables are compared without marks: lower case, folded."""
    return _folded[token]


def syllables(text: str) -> list[str]:
    """Cut a text into syllables and numbers, each in its exact form, in text order."""
    return list(chain.from_iterable(map(_in_words.__getitem__, text.split())))


def folded_forms(forms: Iterable[str]) -> list[str]:
    """Return the folded form of each syllable."""
    return list(map(_folded.__getitem__, forms))


def tokens(text: str) -> Iterator[Token]:
    """Cut a text like `syllables` and say where each stands; offsets are those of the text as given, NFC or not."""
    for match in _SYLLABLE.finditer(text):
        yield Token(match.start(), match.end(), _exact[match.group()])


def key(text: str) -> str:
    """Return a name's form for comparing and for ids: "Vừ A  Bằng" and "VÙ A BẰNG" both give "vu-a-bang"."""
    return "-".join(map(_folded.__getitem__, _SYLLABLE.findall(text)))


def squeeze(text: str) -> str:
    """Compose the text and write every run of white space as one blank."""
    return _SPACES.sub(" ", nfc(text)).strip()


class BoundedForms(dict[str, Form], Generic[Form]):
    """A bounded memory of one form per spelling: `forms[spelling]` computes what it does not know."""

    def __init__(self, make: Callable[[str], Form], kept: int = FORMS_KEPT) -> None:
        super().__init__()
        self._make = make
        self._kept = kept

    def __missing__(self, spelling: str) -> Form:
        form = self._make(spelling)
        if len(spelling) > _LONGEST_KEPT:
            return form
        if len(self) >= self._kept:
            self.clear()
        self[spelling] = form
        return form


def _make_exact(token: str) -> str:
    form = unicodedata.normalize("NFC", nfc(token).lower())
    return place_tone(form)[:TOKEN_CHARS]


def _make_folded(token: str) -> str:
    return fold(_exact[token])


def _make_in_word(word: str) -> tuple[str, ...]:
    return tuple(map(_exact.__getitem__, _SYLLABLE.findall(word)))


_exact = BoundedForms(_make_exact)
_folded = BoundedForms(_make_folded)
_in_words = BoundedForms(_make_in_word)
"""What stands between two blanks, punctuation included -> its syllables: the same few thousand words come again."""


def _take_tone(syllable: str) -> tuple[str, str | None]:
    """Split a syllable into its letters and its one tone mark; no tone if it has none or several."""
    parts = unicodedata.normalize("NFD", syllable)
    marks = [c for c in parts if c in _TONE_MARKS]
    if len(marks) != 1:
        return syllable, None
    return unicodedata.normalize("NFC", parts.replace(marks[0], "")), marks[0]


def _tone_letter(letters: str) -> int | None:
    """Find the letter that carries the tone in a syllable without one, None if it is no Vietnamese syllable."""
    vowels = [i for i, c in enumerate(letters) if c in _VOWELS]
    if not vowels or vowels[-1] - vowels[0] + 1 != len(vowels):
        return None
    start, end = vowels[0], vowels[-1] + 1
    if end - start > 1 and letters[:start] + letters[start] in ("qu", "gi"):
        start += 1  # that u or i belongs to the onset: quý, già
    nucleus = letters[start:end]
    if len(nucleus) > 3:
        return None
    marked = [i for i, c in enumerate(nucleus) if c in _QUALITY]
    if marked:
        return start + marked[-1]
    if len(nucleus) == 1:
        return start
    if len(nucleus) == 3 or end < len(letters):
        return start + 1  # ngoài, khuỷu; hoàn, tuýp
    return start  # hòa, thủy, mùa
