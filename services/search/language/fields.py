"""The fields a query may name, in Vietnamese and English, and what their values mean (pure)."""

import re

from services.core.gazetteer import lookup_issuer
from services.core.kinds import KINDS, kind_named
from services.core.text import key, squeeze
from services.search.filters import normal_values
from services.search.language.names import issuers_named
from services.search.language.periods import parse_period
from services.search.types import DateWithin, KeywordIs

_NAMES = {
    "issuer": ("co quan", "co quan ban hanh", "noi ban hanh", "issuer"),
    "kind": ("loai", "loai van ban", "kind"),
    "topic": ("chu de", "topic"),
    "year": ("nam", "year"),
    "signer": ("nguoi ky", "signer"),
    "urgency": ("do khan", "urgency"),
    "addressee": ("noi nhan", "addressee"),
    "assignee": ("giao", "assignee"),
    "cites": ("vien dan", "cites"),
    "arrival_number": ("so den", "arrival_number"),
    "level": ("cap", "level"),
    "province": ("tinh", "province"),
    "state": ("trang thai", "state"),
    "dossier": ("ho so", "dossier"),
    "date_from": ("tu", "tu ngay", "from"),
    "date_to": ("den", "den ngay", "to"),
}
FIELD_NAMES = {written: name for name, names in _NAMES.items() for written in names}
"""Name of a field as it may be typed, without marks -> the filter it means."""

_BARE = re.compile(r"\S+")
_MOST_WORDS = {"kind": 4, "issuer": 10}
"""Words of a bare value that may be one name; of other fields it is one word, and more want quotation marks."""


def value_length(name: str, text: str) -> int:
    """Return how many characters at the beginning of a text are the bare value of a field."""
    words = [match.end() for match in _BARE.finditer(text)][: _MOST_WORDS.get(name, 1)]
    known = _is_kind if name == "kind" else _is_issuer
    return next((end for end in reversed(words[1:]) if known(text[:end])), words[0])


def field_filter(name: str, value: str) -> tuple[KeywordIs | DateWithin, str] | None:
    """Return the filter a field and its value make, with a label for people; None where they make none."""
    value = squeeze(value).strip(" ,;")
    if not key(value):
        return None
    if name in ("date_from", "date_to"):
        return _date_filter(name, value)
    if name == "issuer":
        return _issuer_filter(value)
    if name == "kind":
        (code,) = normal_values(name, (value,))
        return KeywordIs(name, (code,)), KINDS[code].name if code in KINDS else value
    if name == "topic":  # an id is the path of the keys of its names, as a rule
        return KeywordIs(name, ("/".join(map(key, value.split("/"))),)), value
    return KeywordIs(name, normal_values(name, (value,))), value


def _date_filter(name: str, value: str) -> tuple[DateWithin, str] | None:
    period = parse_period(value)
    if period is None:
        return None
    first, last = period
    return DateWithin("issued", *((first, None) if name == "date_from" else (None, last))), value


def _issuer_filter(value: str) -> tuple[KeywordIs, str]:
    """Know an issuer by id, abbreviation or name; one that the gazetteer has not keeps the key of its printed name."""
    known = issuers_named(value)
    if known:
        return KeywordIs("issuer", known[0]), known[1]
    if "/" in value or value == key(value):
        return KeywordIs("issuer", normal_values("issuer", (value,))), value
    made = lookup_issuer(value)
    ids = (made.id,) if made and made.id else ()
    return KeywordIs("issuer", (*ids, key(value))), value


def _is_kind(text: str) -> bool:
    return kind_named(text) is not None


def _is_issuer(text: str) -> bool:
    return issuers_named(text) is not None
