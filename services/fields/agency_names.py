"""One agency's name in running text: where it begins and how far it goes (words: fields.wording)."""

from collections.abc import Sequence

from services.fields.wording import Token, order_size, size, words

_MOST_WORDS = 18
_CAPITAL_FOLLOWS = frozenset(
    ("so", "bo", "cuc", "vu", "phong", "ban", "vien", "truong", "dai", "bao", "hoi", "doan", "to", "doi", "lanh")
)
_VERB_IN_NAME_AFTER = frozenset(("ban", "phong", "cuc", "vu", "chi", "trung", "to", "don"))
"""Ban quản lý dự án, Phòng quản lý đô thị: the verb behind these is the body's business."""

_BUSINESS = frozenset(("ke", "thanh", "kiem", "quan", "dau", "bao"))
"""Kế hoạch, Thanh tra, Kiểm tra, Quản lý, Đầu tư, Bảo hiểm: capitals of a name, not an order that follows it."""

_JOINED_BY = frozenset(("va", "ban", "so", "bo", "phong", "cuc", "vu", "tam", "sat"))
_SECOND_SYLLABLES = frozenset({("cong", "lap"), ("hau", "can"), ("tong", "tham")})
"""Halves of words that are orders elsewhere: sự nghiệp công lập, Tổng cục Hậu cần, Bộ Tổng Tham mưu."""

_AREAS = frozenset(("huyen", "thanh", "thi", "quan", "xa", "phuong", "tinh"))
_OF_AREAS = frozenset(("ubnd", "uy", "chu"))
"""UBND các huyện, các xã: one kind of body, whose areas are listed."""

_OF_THE = frozenset(
    "ubnd dan truong tich doc thu ly phong lanh ban cua dao va hoi doan an tra thuong vien nghiep uy nguoi dau".split()
)
"""What stands before "các" inside one name: Thủ trưởng các sở, Ban Quản lý các khu công nghiệp."""

_AFTER_RELATED = frozenset(("trên", "thuộc", "tại", "của", "đến", "ở", "trực", "và", "tỉnh", "huyện", "thành"))
_AFTER_AREA = frozenset(("truc", "lien", "tren", "khac", "va", "cac", "doi", "hoi"))
_WITH_NUMBERS = frozenset(("khu", "doan", "vuc", "so", "vung", "cap", "truong", "doi"))
_COLON_KINDS = frozenset(("so", "bo", "ban", "cuc", "phong", "huyen", "tinh", "xa", "phuong", "nganh"))


def head_size(found: Sequence[Token], at: int) -> int:
    """Length of the words with which a name begins at `at`, 0 where none does."""
    length = size(found, at, words().heads) if at < len(found) else 0
    if not length or size(found, at, words().never_heads):
        return 0
    first = found[at]
    is_number = first.form == "so" and "ố" in first.text.lower()
    if is_number or not (first.capital or first.form in words().small_heads):
        return 0
    if first.form in _CAPITAL_FOLLOWS and (length == 1 or first.form == "lanh"):
        return length if _names_itself(found, at + length) else 0
    return length


def name_end(found: Sequence[Token], at: int) -> int:
    """Return the index behind the last word of the name that begins at `at`, the names after "các sở:" included."""
    head = at + head_size(found, at)
    end = head
    while end < len(found) and end - at < _MOST_WORDS and not _stops(found, at, end, head):
        end += size(found, end, words().in_names) or 1
    return _colon_list_end(found, end) if _lists_after_colon(found, end) else min(end, len(found))


def _names_itself(found: Sequence[Token], at: int) -> bool:
    following = found[at] if at < len(found) else None
    named = following and (following.capital or following.text[0] == "(" or following.form == "cac")
    return bool(named) and not found[at - 1].mark


def _stops(found: Sequence[Token], at: int, end: int, head: int) -> bool:
    """Whether the name that began at `at` is over before the word at `end`."""
    before, word = found[end - 1], found[end]
    numbered = word.form.isdecimal() and before.form not in _WITH_NUMBERS
    if (before.mark and before.mark != ",") or numbered or _opens_remark(found, end):
        return True
    if size(found, end, words().in_names) or (before.form, word.form) in _SECOND_SYLLABLES:
        return False
    if _begins_order(found, at, end, head):
        return True
    if not word.capital and (size(found, end, words().objects) or _ends_with_area(found, end)):
        return True
    if (found[end - 2].form, before.form) == ("lien", "quan") and word.plain not in _AFTER_RELATED:
        return True
    return _parts(found, at, end)


def _parts(found: Sequence[Token], at: int, end: int) -> bool:
    """Whether a comma, "và", "các" or a word that no name has ends the name."""
    before, word = found[end - 1], found[end]
    areas = end + 1 < len(found) and found[end + 1].form in _AREAS
    if before.mark == ",":
        if word.form == "cac" and found[at].form in _OF_AREAS:
            return not areas
        return head_size(found, end) > 0 or not (word.capital or _is_listed(word))
    if word.form == "va":
        return head_size(found, end + 1) > 0 or (order_size(found, end + 1) > 0 and not found[end + 1].capital)
    if word.form in ("cac", "nhung"):
        return before.form not in _OF_THE and not areas
    return not word.capital and word.plain in words().name_ends


def _opens_remark(found: Sequence[Token], end: int) -> bool:
    """Whether a bracket or a dash opens something else than the second half of the name (Lao động - Thương binh)."""
    word = found[end]
    if word.text[0] not in "(-–":
        return False
    return len(word.text) > 1 or end + 1 >= len(found) or not found[end + 1].capital


def _begins_order(found: Sequence[Token], at: int, end: int, head: int) -> bool:
    before, word = found[end - 1], found[end]
    length = order_size(found, end)
    if not length or (end == head and found[at].form in _VERB_IN_NAME_AFTER and not before.mark):
        return False
    if not word.capital:
        return True
    return length > 1 and not found[end + 1].capital and word.form not in _BUSINESS and before.form not in _JOINED_BY


def _ends_with_area(found: Sequence[Token], end: int) -> bool:
    """Whether the name is complete with "tỉnh", "huyện" before `end`: small words that are no places follow."""
    before, word = found[end - 1], found[end]
    if before.mark or before.capital or before.plain not in ("tỉnh", "huyện", "xã", "phường", "phố"):
        return False
    return not (_is_listed(word) or word.form in _AFTER_AREA)


def _is_listed(word: Token) -> bool:
    return word.form in words().listed and word.plain != "bán"  # ban, the body, is listed; bán sells


def _lists_after_colon(found: Sequence[Token], end: int) -> bool:
    """Tell "các Sở: Y tế, Tài chính" from "các Sở: Chủ trì ..."."""
    if not 1 < end < len(found) or not found[end - 1].text.endswith(":"):
        return False
    several = found[end - 2].form == "cac" and found[end - 1].form in _COLON_KINDS
    return several and found[end].capital and (not order_size(found, end) or found[end].form in _BUSINESS)


def _colon_list_end(found: Sequence[Token], end: int) -> int:
    """Return where the names after "các sở:" end: words of names until a small word that joins nothing."""
    while end < len(found) and found[end].text[0] not in "(-–":
        word, before = found[end], found[end - 1]
        small = not word.capital
        if before.mark in (".", ";") or head_size(found, end + (word.form == "va")):
            break
        if small and (before.mark == "," or order_size(found, end) or word.plain in words().name_ends):
            break
        end += 1
    return end
