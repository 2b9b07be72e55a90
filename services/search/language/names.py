"""Kinds of documents and issuing bodies that a query names (pure)."""

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from services.core.gazetteer import Body, central_bodies, issuer_path, local_bodies, lookup_issuer
from services.core.kinds import kind_named
from services.core.places import AREA, plain_words, province_named, provinces
from services.core.text import folded_form, key, syllables

_MOST_PLACE_WORDS = 6  # "thành phố Bà Rịa - Vũng Tàu"
_MOST_KIND_WORDS = 4
_MOST_NAME_WORDS = 12
_SHORTEST_ABBREVIATION = 3  # "TU", "CP" and "QH" are words of too many other things


class Named(NamedTuple):
    """The words [start, end) name a kind (its code) or an issuer (its id)."""

    start: int
    end: int
    id: str
    label: str


def kind_at(words: Sequence[str], at: int) -> Named | None:
    """Return the kind whose whole name stands at a word; words are folded."""
    for end in range(min(len(words), at + _MOST_KIND_WORDS), at, -1):
        kind = kind_named(" ".join(words[at:end]))
        if kind:
            return Named(at, end, kind.code, kind.name)
    return None


def issuer_at(words: Sequence[str], at: int) -> Named | None:
    """Return the listed body named from a word on, the longest name first; words are folded."""
    for end in range(min(len(words), at + _MOST_NAME_WORDS), at, -1):
        body = _bodies_by_name().get(" ".join(words[at:end]))
        if body and "/" in body.id:
            return Named(at, end, body.id, body.name)
        for stop in range(min(len(words), end + _MOST_PLACE_WORDS), end, -1) if body else ():
            found = body and _local(body.name, " ".join(words[end:stop]))
            if found:
                return Named(at, stop, *found)
    return None


def issuers_named(value: str) -> tuple[tuple[str, ...], str] | None:
    """Return ids and label of the listed bodies that a whole text means; a body that every province has is all of them.

    Names and abbreviations are known ("Bộ Y tế", "BYT", "UBND tỉnh Bắc Kạn", "Sở Y tế").
    """
    words = [folded_form(form) for form in syllables(value)]
    found = issuer_at(words, 0)
    if found and found.end == len(words):
        return (found.id,), found.label
    body = _bodies_by_name().get(" ".join(words)) or _bodies_by_abbreviation().get("".join(words))
    if body is None:
        return None
    return (body.id,) if "/" in body.id else tuple(f"{province}/{body.id}" for province in provinces()), body.name


@cache
def _bodies_by_name() -> Mapping[str, Body]:
    """Folded name, or abbreviation that means nothing else -> the body."""
    names = {short: body for short, body in _bodies_by_abbreviation().items() if len(short) >= _SHORTEST_ABBREVIATION}
    for body in (*local_bodies(), *central_bodies()):
        for name in filter(None, (body.name, body.short, *body.also)):
            names[" ".join(map(folded_form, syllables(name)))] = body
    return names


@cache
def _bodies_by_abbreviation() -> Mapping[str, Body]:
    bodies = (*local_bodies(), *central_bodies())
    return {"".join(map(folded_form, syllables(short))): body for body in bodies for short in body.abbreviations}


@lru_cache(maxsize=10_000)
def _local(name: str, place: str) -> tuple[str, str] | None:
    """Return (id, label) of a body in a place, where the words are the name of a place and nothing more."""
    plain = plain_words(place)
    if not AREA.match(plain):
        province = province_named(place)
        if province is None or province.id != key(plain):
            return None
        plain = province.label
    issuer = lookup_issuer(f"{name} {plain}")
    path = issuer_path(issuer) if issuer else ()
    if len(path) < 2 or not key(plain).endswith(path[-2][0].rsplit("/")[-1]):
        return None
    return path[-1]
