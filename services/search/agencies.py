"""Whom a printed name means: a body of the gazetteer, or all bodies of a kind, "các sở, ban, ngành tỉnh" (pure).

The index holds such values beside the key of the name, and a filter asks for them; none of them can be a key:

    =dien-bien/so-y-te        the body;  =so-y-te  a body of that kind, wherever it is
    @province/so/dien-bien    all sở of Điện Biên;  @province/so/all  of all provinces;  @province/so  of some place
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from services.core.gazetteer import Body, central_bodies, is_listed, local_bodies, lookup_issuer
from services.core.places import AREA, DATA, find_area, find_province, plain_words, provinces
from services.core.text import key
from services.core.yaml_text import load_yaml

ALL = "all"
_MINISTRY = "bo"
_AREA_TYPE = re.compile(r"^(?:tinh|thanh pho|huyen|quan|thi xa)\b ?")
_COMMUNE = re.compile(r"(?:xa|phuong|thi-tran|dac-khu)-")
_MOST_NAME_WORDS = 10
_BEFORE_PLACES = ("va", "tich", "dao", "truong", "phuong", "cung", "gui")
"""The last words of "Chủ tịch các huyện", "các sở, ngành và các huyện" and the like, which name no body."""


@dataclass(frozen=True, slots=True)
class Collective:
    """Words that mean all bodies of a kind at a level; `kind` None: of the kind whose name stands before them."""

    words: re.Pattern[str]
    level: str
    kind: str | None
    national: bool


@dataclass(frozen=True, slots=True)
class _Facts:
    collectives: tuple[Collective, ...]
    classes: Mapping[str, frozenset[str]]


@cache
def _facts() -> _Facts:
    loaded = load_yaml((DATA / "collectives.yaml").read_text(encoding="utf-8"))
    collectives = tuple(
        Collective(re.compile(rf"\b(?:{c['words']})\b"), c["level"], c.get("kind"), c.get("national", False))
        for c in loaded["collectives"]
    )
    ids = [body.id for body in local_bodies()]
    classes = {
        name: frozenset(i for i in ids if any(re.fullmatch(pattern, i) for pattern in patterns))
        for name, patterns in loaded["classes"].items()
    }
    return _Facts(collectives, classes)


@lru_cache(maxsize=20_000)
def named_values(name: str, province: str | None) -> tuple[str, ...]:
    """Return the values of the body that a name in a document means: its key, and the body where it is listed.

    `province` is the id of the province that the document comes from: "Sở Y tế" is the one there.
    """
    values = [key(name)]
    issuer = lookup_issuer(name, place=provinces()[province].name if province else None)
    listed = issuer.id if issuer and issuer.id and is_listed(issuer.id) else None
    if listed:
        values.append(f"={listed}")
    kind = listed.split("/")[-1] if listed and listed not in _central() else _kinds_by_name().get(plain_words(name))
    if kind:
        values.append(f"={kind}")
    return tuple(dict.fromkeys(v for v in values if v))


@lru_cache(maxsize=20_000)
def collective_values(name: str, province: str | None) -> tuple[str, ...]:
    """Return the values of all bodies that a name in a document means together; none where it names single ones."""
    values: dict[str, None] = {}
    for part in name.split(";"):
        text = " , ".join(filter(None, map(plain_words, re.split(r"[,:]", part))))
        for collective in _facts().collectives:
            for match in collective.words.finditer(text):
                values.update(
                    dict.fromkeys(_together(collective, text[: match.start()], text[match.end() :], province))
                )
    return tuple(values)


def asked_values(value: str) -> tuple[str, ...]:
    """Return what a filter for a body asks for: its name, the body itself, and whatever means it among others."""
    values = [key(value)]
    body = _body_asked(value)
    if body is None:
        return (*values, *_unplaced(value))
    values.append(f"={body}")
    if body in _central():
        values += [f"@ministry/{_MINISTRY}"] if _central()[body].level == "ministry" else []
        return tuple(values)
    *area, kind = body.split("/")
    if not area:  # wherever: all that say so, of any place
        return (*values, *(f"@province/{name}" for name in (kind, *_classes_of(kind)) if kind.startswith("so-")))
    level = _level_of(area)
    names = (kind, *_classes_of(kind)) if level == "province" else (kind,)
    return (*values, *(f"@{level}/{name}/{scope}" for name in names for scope in (area[0], ALL)))


def _unplaced(value: str) -> Iterator[str]:
    """Yield what means a body of a place that no list has, "UBND xã Mường Phăng": of whatever province."""
    words = plain_words(value).split()
    for size in range(min(len(words) - 1, _MOST_NAME_WORDS), 0, -1):
        kind = _kinds_by_name().get(" ".join(words[:size]))
        area = AREA.match(" ".join(words[size:])) if kind else None
        if area and area["type"] != "tinh":
            yield f"@{'commune' if _COMMUNE.match(key(area['type']) + '-') else 'district'}/{kind}"
            return


def _together(collective: Collective, before: str, after: str, province: str | None) -> Iterator[str]:
    """Yield the values of one mention, single ones where places or fields are listed behind it."""
    kind = collective.kind or _kind_before(before)
    if kind is None:
        return
    listed = list(_listed_after(collective, kind, after, province))
    if listed:
        yield from listed
        return
    yield f"@{collective.level}/{kind}"
    if collective.level != "ministry":
        yield f"@{collective.level}/{kind}/{ALL if collective.national or province is None else province}"


def _listed_after(collective: Collective, kind: str, after: str, province: str | None) -> Iterator[str]:
    """Yield the bodies of "UBND các tỉnh Lai Châu, Điện Biên" or "các sở Y tế, Tài chính"."""
    for word in (word for part in after.split(",") for word in _listed_words(part)):
        if collective.kind:
            own = _kinds_by_name().get(f"so {word}")
            if own and collective.kind in _classes_of(own):
                yield from ((f"={province}/{own}", f"={own}") if province else (f"={own}",))
            continue
        place = _place_of(word, collective, province)
        if place:
            yield from (f"={place}/{kind}", f"={kind}")


def _listed_words(part: str) -> Iterator[str]:
    """Yield what stands between two commas, whole and taken apart: "và" joins names, and words of one name."""
    words = part.strip()
    if words:
        yield words
        yield from words.split(" va ") if " va " in words else ()


def _place_of(word: str, collective: Collective, province: str | None) -> str | None:
    """Return the path of the place of the collective's level that a word names, with or without its type."""
    bare = _AREA_TYPE.sub("", word)
    if AREA.search(bare):
        return None
    if collective.level == "province":
        found = find_province(bare)
        return found.id if found else None
    area = find_area(bare, near=provinces()[province]) if province else None
    return area.path[-1][0] if area and area.level == collective.level else None


def _kind_before(before: str) -> str | None:
    """Return the kind of body whose name ends a text, UBND at its beginning ("các huyện"), None behind other words."""
    words = before.rsplit(",", 1)[-1].split()
    if not words or words[-1] in _BEFORE_PLACES:
        return "ubnd"
    for size in range(min(len(words), _MOST_NAME_WORDS), 0, -1):
        found = _kinds_by_name().get(" ".join(words[-size:]))
        if found:
            return found
    return None


def _body_asked(value: str) -> str | None:
    """Return the id of the one body that a value names, or the kind of body where it says no place."""
    if is_listed(value):
        return value
    words = plain_words(value)
    found = _central_by_abbreviation().get(words) or _kinds_by_name().get(words)
    if found:
        return found
    issuer = lookup_issuer(value)
    if issuer and issuer.id and is_listed(issuer.id):
        return issuer.id
    return _with_province(words)


def _with_province(words: str) -> str | None:
    """Return the id of the body that "so y te dien bien" names."""
    parts = words.split()
    for size in range(min(len(parts) - 1, _MOST_NAME_WORDS), 0, -1):
        kind = _kinds_by_name().get(" ".join(parts[:size]))
        province = find_province(" ".join(parts[size:])) if kind else None
        if province:
            return f"{province.id}/{kind}"
    return None


def _classes_of(kind: str) -> tuple[str, ...]:
    return tuple(name for name, kinds in _facts().classes.items() if kind in kinds)


def _level_of(area: Sequence[str]) -> str:
    if len(area) == 1:
        return "province"
    return "commune" if _COMMUNE.match(area[-1]) else "district"


@cache
def _central() -> Mapping[str, Body]:
    return {body.id: body for body in central_bodies()}


@cache
def _central_by_abbreviation() -> Mapping[str, str]:
    return {plain_words(short): body.id for body in central_bodies() for short in body.abbreviations}


@cache
def _kinds_by_name() -> Mapping[str, str]:
    """Plain name, short name or abbreviation of the bodies that places have -> what kind of body."""
    return {
        plain_words(name): body.id
        for body in local_bodies()
        for name in (*body.abbreviations, *filter(None, (body.short, body.name)))
    }
