"""Vietnamese typed on a keyboard that did not put the marks on: Telex ("tieems") and VNI ("tie6m1") (pure).

Rules: Telex aa ee oo dd, aw ow uw, tones s f r x j, z takes the tone off; VNI 6 7 8 9 and tones 1 to 5.
"""

import re
import unicodedata

from services.core.text import fold, place_tone

_TELEX_TONES = {"s": "\u0301", "f": "\u0300", "r": "\u0309", "x": "\u0303", "j": "\u0323", "z": ""}
_VNI_TONES = {"1": "\u0301", "2": "\u0300", "3": "\u0309", "4": "\u0303", "5": "\u0323", "0": ""}
_VOWELS = "aăâeêioôơuưy"
_ROOF = {"a": "â", "e": "ê", "o": "ô"}
_SYLLABLE = re.compile(
    r"(?:ngh?|nh|gh|gi|kh|ph|qu|th|tr|ch|[bcdghklmnpqrstvx])?"
    r"(?:a[ioyu]?|e[ou]?|i(?:a|eu?|u)?|o(?:[aei]|oi?|a[ioy]|eo)?|u(?:[aeiu]|a[iy]|eu|o[iu]?|y(?:a|e|u)?)?|y(?:eu?)?)"
    r"(?:ng|nh|ch|[cmnpt])?"
)
_LONGEST = 12


def decode(word: str) -> str | None:
    """Return the syllable that a word means as Telex or VNI, None where it means none: "tieems" -> "tiếm"."""
    typed = word.lower()
    if not typed.isascii() or not typed.isalnum() or not typed[:1].isalpha() or len(typed) > _LONGEST:
        return None
    found = _vni(typed) if any(map(str.isdigit, typed)) else _telex(typed)
    if found is None or found == typed or not _SYLLABLE.fullmatch(fold(found)):
        return None
    return found


def _telex(typed: str) -> str | None:
    letters: list[str] = []
    tone = ""
    for key in typed:
        has_vowel = any(letter in _VOWELS for letter in letters)
        if has_vowel and key in _TELEX_TONES:
            tone = _TELEX_TONES[key]
        elif key == "w":
            if not (_horned(letters) or _put(letters, "a", "ă")):
                letters.append("ư")
        elif key == "d" and letters[:1] == ["d"]:
            letters[0] = "đ"
        elif not (key in _ROOF and _put(letters, key, _ROOF[key])):
            letters.append(key)
    return _with_tone(letters, tone)


def _vni(typed: str) -> str | None:
    letters: list[str] = []
    tone = ""
    for key in typed:
        if not key.isdigit():
            letters.append(key)
        elif key in _VNI_TONES:
            tone = _VNI_TONES[key]
        elif not (
            (key == "6" and any(_put(letters, plain, roofed) for plain, roofed in _ROOF.items()))
            or (key == "7" and _horned(letters))
            or (key == "8" and _put(letters, "a", "ă"))
            or (key == "9" and _put(letters, "d", "đ"))
        ):
            return None
    return _with_tone(letters, tone)


def _put(letters: list[str], plain: str, marked: str) -> bool:
    """Write the last such letter with its mark; False where there is none."""
    at = next((at for at in range(len(letters) - 1, -1, -1) if letters[at] == plain), None)
    if at is None:
        return False
    letters[at] = marked
    return True


def _horned(letters: list[str]) -> bool:
    """Give u, o or both together their horns."""
    text = "".join(letters)
    if "uo" in text:
        at = text.index("uo")
        letters[at : at + 2] = "ươ"
        return True
    return _put(letters, "o", "ơ") or _put(letters, "u", "ư")


def _with_tone(letters: list[str], tone: str) -> str | None:
    at = next((at for at, letter in enumerate(letters) if letter in _VOWELS), None)
    if at is None:
        return None
    letters = [*letters[:at], unicodedata.normalize("NFC", letters[at] + tone), *letters[at + 1 :]]
    return place_tone("".join(letters))
