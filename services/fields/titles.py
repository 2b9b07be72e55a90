"""Titles and offices of signers: the words they are made of, and repair of those the seal or the reader spoilt."""

import difflib
import re
from functools import cache

from services.core.gazetteer import repair_issuer_name
from services.core.text import fold, nfc

_HEADS = (
    "CHỦ TỊCH",
    "CHỦ NHIỆM",
    "GIÁM ĐỐC",
    "TỔNG GIÁM ĐỐC",
    "CỤC TRƯỞNG",
    "TỔNG CỤC TRƯỞNG",
    "VỤ TRƯỞNG",
    "CHÁNH VĂN PHÒNG",
    "CHÁNH THANH TRA",
    "THỦ TƯỚNG",
    "CHÁNH ÁN",
    "VIỆN TRƯỞNG",
    "HIỆU TRƯỞNG",
    "TRƯỞNG BAN",
    "TRƯỞNG PHÒNG",
    "TRƯỞNG ĐOÀN",
    "TRƯỞNG KHOA",
    "BÍ THƯ",
    "THỐNG ĐỐC",
    "TỔNG THANH TRA",
    "CHI CỤC TRƯỞNG",
    "TỔ TRƯỞNG",
    "TỔNG KIỂM TOÁN NHÀ NƯỚC",
    "CHỦ TỊCH NƯỚC",
)
TITLES = (*_HEADS, *(f"PHÓ {t}" for t in _HEADS), "BỘ TRƯỞNG", "THỨ TRƯỞNG", "TỔNG BÍ THƯ", "ỦY VIÊN", "VIỆN PHÓ")
"""Titles in capitals, as they stand above a signature."""

_OFFICES = (
    "ỦY BAN NHÂN DÂN",
    "HỘI ĐỒNG NHÂN DÂN",
    "BAN THƯỜNG VỤ",
    "BAN CHẤP HÀNH",
    "BAN CHỈ ĐẠO",
    "BỘ CHÍNH TRỊ",
    "BAN BÍ THƯ",
    "THƯỜNG TRỰC",
    "VĂN PHÒNG",
)
_TITLE = re.compile(rf"^\W{{0,3}}(?:{'|'.join(sorted((fold(t) for t in TITLES), key=len, reverse=True))})(?![a-z])")
_AUTHORITY = re.compile(r"^\W{0,3}(?P<mark>(?:TM|KT|TL|TUQ|Q|K[IfFrl1])\s?[.,]\s?|[TK]\s?/\s?[MTL]\s+)(?=[^\W\d_])")
_DOTLESS = re.compile(r"^\W{0,3}(?:TM|KT|TL|TUQ)\s+")
_MISREAD_FOR = re.compile(r"^K[IfFrl1](?=\s?[.,])")
_HEAD_OF = {"CHÍNH PHỦ": "THỦ TƯỚNG", "ỦY BAN NHÂN DÂN": "CHỦ TỊCH", "HỘI ĐỒNG NHÂN DÂN": "CHỦ TỊCH"}
_HELD_BY_MINISTERS = frozenset({"CHỦ NHIỆM"})
"""Titles that a minister has besides his own, behind a comma: heads of Văn phòng Chính phủ and of Ủy ban Dân tộc."""
_SPOILT_WORD = 4
_OFFICE_WORDS = re.compile(r"\b(?:van phong|uy ban|hoi dong|chinh phu|nhan dan|quyet dinh|cong bao|noi nhan|so |bo )")


def is_authority(text: str) -> bool:
    """Tell whether a line begins with TM., KT., TL., TUQ. or Q. (NĐ 30) or T/M, K/T, T/L (Party).

    The dot may be lost where what follows is a title or an office that signs.
    """
    if _AUTHORITY.match(text):
        return True
    dotless = _DOTLESS.match(text)
    return dotless is not None and " ".join(fold(text[dotless.end() :]).split()) in _spelled()


def is_title(text: str) -> bool:
    """Tell whether a line is a signer's title, marks aside; its first word may be spoilt by a seal (`ĐÓ CHỦ NHIỆM`)."""
    words = fold(text).split()
    return len(words) <= 9 and (_TITLE.match(" ".join(words)) is not None or spoilt_title(text) is not None)


def spoilt_title(text: str) -> str | None:
    """Return the title that ends a line after one short word that is none of its own, None for a line that is whole."""
    first, _, rest = text.strip().partition(" ")
    if len(first) > _SPOILT_WORD or is_authority(text) or _TITLE.match(" ".join(fold(text).split())):
        return None
    known = _spelled().get(" ".join(fold(rest).split()))
    if known not in TITLES or " " not in known:
        return None
    return f"BỘ TRƯỞNG, {known}" if known in _HELD_BY_MINISTERS and first.endswith(",") else known


def is_mended(text: str) -> bool:
    """Tell whether `tidy_title` puts back what was spoilt in a line: its first word, or the T of KT."""
    return spoilt_title(text) is not None or _MISREAD_FOR.match(text.strip()) is not None


def head_of(office: str) -> str | None:
    """Return the title of who signs TM. this office where nobody is named to sign in their place."""
    return next((title for name, title in _HEAD_OF.items() if fold(office).startswith(fold(name))), None)


def names_office(text: str) -> bool:
    """Tell whether capitals name an office or a part of the page rather than a person."""
    return _OFFICE_WORDS.search(fold(text) + " ") is not None


def tidy_title(printed: str) -> str:
    """Write a title or an authority line as it is spelled where the reader slipped ("KT. BỌ TRƯỞNG", "GIÁM ĐÓC").

    Words that are no known title stay as read; so does the writer's place of tone marks (UỶ, ỦY).
    """
    text = re.sub(r"^\W+|[\s,.;:_—–-]+$", "", nfc(printed))
    if not _AUTHORITY.match(text) and is_authority(text):
        text = re.sub(r"\s+", ". ", text, count=1)
    match = _AUTHORITY.match(text)
    mark = match["mark"] if match else ""
    if not mark and (title := spoilt_title(text)):
        return title
    return _MISREAD_FOR.sub("KT", mark).replace(",", ".") + ", ".join(
        _tidy(part) for part in text[len(mark) :].split(", ")
    )


def deputy_of(title: str) -> str:
    """Return the title of who signs KT. for this one: THỨ TRƯỞNG for BỘ TRƯỞNG, PHÓ CHỦ TỊCH for CHỦ TỊCH."""
    return "THỨ TRƯỞNG" if title == "BỘ TRƯỞNG" else f"PHÓ {title}"


def _tidy(part: str) -> str:
    folded = " ".join(fold(part).split())
    known = _spelled()
    if folded in known:
        return known[folded] if not _same_but_tone_place(part, known[folded]) else part
    close = difflib.get_close_matches(folded, known, 1, 0.9) if len(folded) > 6 else []
    return known[close[0]] if close else repair_issuer_name(part)


def _same_but_tone_place(part: str, spelled: str) -> bool:
    """Tell whether the writer's UỶ stands for our ỦY: the same letters with the same marks, in another order."""
    return sorted(part.casefold()) == sorted(spelled.casefold()) or part.replace("UỶ", "ỦY") == spelled


@cache
def _spelled() -> dict[str, str]:
    return {fold(t): t for t in (*TITLES, *_OFFICES)}
