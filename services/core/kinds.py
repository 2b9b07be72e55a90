"""Kinds of documents (tên loại): the 29 of NĐ 30/2020 (PL III), legal normative ones, those of the Party (36-HD/VPTW).

A kind is known by its code in the symbol or by the words of its title. Scans lose the bar of Đ and the case of letters,
so a code is looked up as written first and then on its folded form, unless two kinds share that form.
"""

import difflib
import re
from functools import cache, lru_cache

from services.core.model import Kind
from services.core.text import fold

OFFICIAL_LETTER = "CV"
"""Code of công văn, which NĐ 30/2020 gives none."""

_ADMINISTRATIVE = {
    "NQ": "Nghị quyết",
    "QĐ": "Quyết định",
    "CT": "Chỉ thị",
    "QC": "Quy chế",
    "QyĐ": "Quy định",
    "TC": "Thông cáo",
    "TB": "Thông báo",
    "HD": "Hướng dẫn",
    "CTr": "Chương trình",
    "KH": "Kế hoạch",
    "PA": "Phương án",
    "ĐA": "Đề án",
    "DA": "Dự án",
    "BC": "Báo cáo",
    "BB": "Biên bản",
    "TTr": "Tờ trình",
    "HĐ": "Hợp đồng",
    "CĐ": "Công điện",
    "BGN": "Bản ghi nhớ",
    "BTT": "Bản thỏa thuận",
    "GUQ": "Giấy ủy quyền",
    "GM": "Giấy mời",
    "GGT": "Giấy giới thiệu",
    "GNP": "Giấy nghỉ phép",
    "PG": "Phiếu gửi",
    "PC": "Phiếu chuyển",
    "PB": "Phiếu báo",
    OFFICIAL_LETTER: "Công văn",
    "TCg": "Thư công",
}
_LEGAL = {
    "HP": "Hiến pháp",
    "BL": "Bộ luật",
    "L": "Luật",
    "PL": "Pháp lệnh",
    "LCT": "Lệnh",
    "NĐ": "Nghị định",
    "TT": "Thông tư",
    "TTLT": "Thông tư liên tịch",
    "NQLT": "Nghị quyết liên tịch",
    "VBHN": "Văn bản hợp nhất",
}
_IN_USE = {
    "CTPH": "Chương trình phối hợp",
    "QCPH": "Quy chế phối hợp",
    "SL": "Sắc lệnh",
}
_PARTY = {
    "KL": "Kết luận",
    "QĐi": "Quy định",
    "QTr": "Quy trình",
}
_PARTY_ONLY_MEANING = {"TT": "Thông tri"}

KINDS: dict[str, Kind] = {
    code: Kind(code=code, name=name) for code, name in {**_ADMINISTRATIVE, **_LEGAL, **_IN_USE, **_PARTY}.items()
}
"""Every kind by its code."""

_CLOSE = 0.88  # ratio of a title that is a kind's name but for a letter
_LONGEST_BY = 2 / _CLOSE - 1  # what is longer than a name by more cannot be so close to it

_NOT_IN_SYMBOLS = frozenset({"TCg", "HP", "BL"})
_OTHER_CODES = {"L-CTN": "LCT", "LB": "TTLT", "TTLB": "TTLT", "TTLN": "TTLT"}


def kind(code: str) -> Kind | None:
    """Return the kind with exactly this code."""
    return KINDS.get(code)


def kind_of_code(token: str, *, party: bool = False) -> Kind | None:
    """Return the kind that a symbol's first group names, None where it names none (then it is an issuer).

    `CD` is repaired to CĐ, `ND` to NĐ, because no kind has those codes. `HD`/`HĐ` and `DA`/`ĐA` are both kinds and are
    taken as written.
    """
    if party and token in _PARTY_ONLY_MEANING:
        return Kind(code=token, name=_PARTY_ONLY_MEANING[token])
    token = _OTHER_CODES.get(token, token)
    if token in KINDS and token not in _NOT_IN_SYMBOLS:
        return KINDS[token]
    code = _codes_by_folded_form().get(_bare(token))
    return KINDS[code] if code else None


@cache
def _codes_by_folded_form() -> dict[str, str]:
    """Folded code -> code; where two codes fold alike, the one that is its own folded form wins, else neither."""
    groups: dict[str, list[str]] = {}
    for code in KINDS:
        if code not in _NOT_IN_SYMBOLS:
            groups.setdefault(_bare(code), []).append(code)
    plain = {form: ([c for c in codes if c == form] or codes) for form, codes in groups.items()}
    return {form: codes[0] for form, codes in plain.items() if len(codes) == 1} | {"QD": "QĐ"}


def _bare(token: str) -> str:
    return token.upper().replace("Đ", "D")


def kind_of_title(text: str) -> Kind | None:
    """Return the kind whose name the text begins with ("QUYẾT ĐỊNH Về việc ..."), tone marks being optional.

    A title that is a kind's name but for a letter (`OUYẾT ĐỊNH`) is understood too.
    """
    words = fold(text)
    for form, code in _names_by_length():
        if re.match(rf"{form}(?![a-z0-9])", words):
            return KINDS[code]
    return _kind_of_spoilt_title(words)


@lru_cache(maxsize=10_000)  # the same few lines of capitals are asked for over and over
def _kind_of_spoilt_title(words: str) -> Kind | None:
    names = dict(_names_by_length())
    if not 6 <= len(words) <= _LONGEST_BY * max(map(len, names)):
        return None
    close = difflib.get_close_matches(words, names, 1, _CLOSE)
    return KINDS[names[close[0]]] if close else None


def kind_named(name: str) -> Kind | None:
    """Return the kind with this whole name, tone marks and case being optional."""
    wanted = " ".join(fold(name).split())
    return next((KINDS[code] for form, code in _names_by_length() if form == wanted), None)


@cache
def _names_by_length() -> tuple[tuple[str, str], ...]:
    """(folded name, code), longest first, so that "thong tu lien tich" is met before "thong tu"."""
    names: dict[str, str] = {}
    for code, value in KINDS.items():
        names.setdefault(fold(value.name), code)
    return tuple(sorted(names.items(), key=lambda item: -len(item[0])))
