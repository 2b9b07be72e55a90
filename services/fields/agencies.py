"""Agencies named in running text: where a name begins, how far it goes, and which names make a list.

A name begins with a word of the kinds of bodies and offices ("Sở", "UBND", "Chủ tịch", "các cơ quan") and goes on
until a verb, a word that no name has, or a stop (fields.agency_names). The verbs are those in which orders are given;
they also tell "Sở Y tế chủ trì ..." (an order) from other sentences about Sở Y tế.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.core.gazetteer import central_fields
from services.core.text import fold
from services.fields.agency_names import head_size, name_end
from services.fields.wording import Token, orders, tokens

ASKS = r"(?:(?:kính\s+)?đề nghị|kiến nghị|yêu cầu|giao|phân công|[uủ][yỷ] quyền)(?:\s+(?:nhiệm vụ\s+)?cho)?"
"""Pattern of the words with which something is asked of somebody."""

_LEAD = re.compile(rf"(?:(?:{ASKS}|đối với|(?:trách nhiệm|nhiệm vụ)\s+của)\s+)?(?=\S)", re.IGNORECASE)
_DIRECTS = re.compile(r"chỉ đạo\s+", re.IGNORECASE)
"""Opens "Chỉ đạo Cục X thực hiện:", whose points are for Cục X."""

_ANYBODY = re.compile(r"(?:cac )?(?:co quan|to chuc|don vi|ca nhan)(?:(?:,| va) (?:co quan|to chuc|don vi|ca nhan))*")
_PLURAL = re.compile(
    r"(?P<office>(?:[^\W\d_]+\s+){0,3}?)các\s+(?P<kind>sở|bộ|ban|cục|phòng)\s*:\s*(?P<rest>.+)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Named:
    """The agencies that a text names in one place, `text[start:end]`, each as written."""

    names: tuple[str, ...]
    start: int
    end: int


def read_agencies(text: str, at: int = 0) -> Named | None:
    """Read the agencies that a text names at `at`, a list of them too; None where none begins there."""
    if not head_size(tokens(text, at, head=True), 0):
        return None
    found = tokens(text, at)
    names: list[str] = []
    where = 0
    while True:
        after = name_end(found, where)
        names += _expanded(text[found[where].start : found[after - 1].end])
        following = _next_name(found, after)
        if following is None:
            return Named(_once(names), found[0].start, found[after - 1].end)
        where = following


def addressed_to(text: str, heading: str | None) -> tuple[str, ...]:
    """Return the agencies that a clause speaks to: named alone in its heading, or before what they have to do."""
    first, _, rest = text.partition("\n")
    leads_down = heading is not None and text.rstrip().endswith(":")
    lead = (_DIRECTS.match(first) if leads_down else None) or _LEAD.match(first)
    named = read_agencies(first, lead.end() if lead else 0)
    if named is None or _ANYBODY.fullmatch(fold(named.names[0])):
        return ()
    said = f"{first[named.end :]} {rest}".lstrip(" :,.–-")
    only = heading is not None and not first[named.end :].strip(" :.,;")
    return named.names if only or orders(said) else ()


def _next_name(found: Sequence[Token], after: int) -> int | None:
    """Return where the next name of the list begins, behind a comma, a semicolon, "và" or "cùng với"."""
    if after >= len(found):
        return None
    at = after
    if found[at].form in ("va", "cung") and found[at - 1].mark != ":":
        at += 2 if [t.form for t in found[at : at + 2]] == ["cung", "voi"] else 1
    joined = at > after or found[after - 1].mark in (",", ";")
    return at if joined and at < len(found) and head_size(found, at) else None


def _once(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(n for n in names if len(n) > 2))


def _expanded(written: str) -> list[str]:
    """Return the names that one stretch writes: "Các sở: Y tế, Tài chính" names two."""
    name = re.sub(r"^(?:các\s+)?đồng chí\s+", "", written.strip(' ,;:.–-"“”'), flags=re.IGNORECASE)
    plural = _PLURAL.fullmatch(name)
    if not plural:
        return [name]
    kind = plural["office"] + plural["kind"].capitalize()
    return [f"{kind} {field}" for field in _fields(plural["rest"])]


def _fields(text: str) -> list[str]:
    """Split a list of fields at commas and "và", unless the two sides of it are one field (Kế hoạch và Đầu tư)."""
    fields: list[str] = []
    for part in re.split(r"\s*[,;]\s*", text):
        left, joint, right = part.rpartition(" và ")
        if not part:
            continue
        if part.startswith("và "):
            fields.append(part[3:])
        elif joint and fold(part) not in central_fields() and fold(left) in central_fields():
            fields += [left, right]
        else:
            fields.append(part)
    return _rejoined(fields)


def _rejoined(fields: Sequence[str]) -> list[str]:
    """Put a field together again that has a comma in it (Văn hóa, Thể thao và Du lịch)."""
    whole: list[str] = []
    for field in fields:
        joined = f"{whole[-1]}, {field}" if whole else ""
        if joined and fold(joined) in central_fields():
            whole[-1] = joined
        else:
            whole.append(field)
    return whole
