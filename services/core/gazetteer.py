"""The gazetteer: central bodies, the bodies every place has, and the paths they make in the issuer facet.

Facts stand in `gazetteer_data/`. An issuer's id is a path whose prefixes are its ancestors in the facet tree:
`dien-bien/ubnd`, `bac-kan/thanh-pho-bac-kan/ubnd`, `trung-uong/bo-y-te`. Old bodies keep ids of their own; `successor`
leads to the one that took over.
"""

import datetime as dt
import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast

from services.core.model import Issuer
from services.core.places import (
    AREA,
    DATA,
    Area,
    Level,
    Province,
    find_area,
    find_province,
    plain_words,
    province_area,
    province_named,
    provinces,
)
from services.core.symbols import Symbol, parse_symbol
from services.core.text import fold, key, nfc, syllables
from services.core.yaml_text import load_yaml


@dataclass(frozen=True, slots=True)
class Body:
    """A central body, or (without group) a kind of body that places have."""

    id: str
    name: str
    level: Level
    abbreviations: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    now: str | None = None
    short: str | None = None


@dataclass(frozen=True, slots=True)
class _Bodies:
    groups: Mapping[str, str]
    central: Mapping[str, Body]
    local: tuple[Body, ...]
    central_names: Mapping[str, Body] = field(default_factory=dict)


@cache
def _bodies() -> _Bodies:
    loaded = load_yaml((DATA / "bodies.yaml").read_text(encoding="utf-8"))
    groups: dict[str, dict[str, str]] = loaded["groups"]
    central = {i: _body(i, b, groups[i.split("/")[0]]["level"]) for i, b in loaded["bodies"].items()}
    local = tuple(_body(b["id"], {**b, "name": b["word"]}, "other") for b in loaded["local"])
    names = {plain_words(n): body for body in central.values() for n in (body.name, *body.also)}
    return _Bodies({i: g["name"] for i, g in groups.items()}, central, local, names)


def _body(body_id: str, entry: dict[str, Any], level: str) -> Body:
    return Body(
        id=body_id,
        name=entry["name"],
        level=cast("Level", entry.get("level", level)),
        abbreviations=tuple(entry.get("abbr", ())),
        also=tuple(entry.get("aka", ())),
        now=entry.get("now"),
        short=entry.get("short"),
    )


def central_bodies() -> tuple[Body, ...]:
    """Return the central bodies, the former ones too."""
    return tuple(_bodies().central.values())


def local_bodies() -> tuple[Body, ...]:
    """Return the kinds of bodies that places have."""
    return _bodies().local


def successor(issuer_id: str) -> tuple[str, str] | None:
    """Return (id, label) of the body that took over since 2025, None where the body still stands or is unknown."""
    body = _bodies().central.get(issuer_id)
    if body and body.now:
        return body.now, _bodies().central[body.now].name
    head, _, rest = issuer_id.partition("/")
    province = provinces().get(head)
    if province is None or province.now is None:
        return None
    now = provinces()[province.now]
    own = next((b for b in _bodies().local if b.id == rest), None)
    return (f"{now.id}/{rest}", _local_label(own, province_area(now))) if own else (now.id, now.label)


def is_listed(issuer_id: str) -> bool:
    """Tell whether an id is of a body that the gazetteer knows, not one made of the printed name of another."""
    bodies = _bodies()
    return issuer_id in bodies.central or any(issuer_id.endswith(f"/{body.id}") for body in bodies.local)


def lookup_issuer(
    name: str | None,
    parent: str | None = None,
    place: str | None = None,
    notation: str | None = None,
    issued: dt.date | None = None,
) -> Issuer | None:
    """Identify an issuing body by its printed name and parent, or by place and notation where the name is lost.

    The returned name is `name` as printed; inferred ones get the gazetteer's name. An unlisted body gets a path below
    its parent or place, or below `khac`; None only when nothing names a body.
    """
    near = _near(parent, place, issued)
    if not name:
        return _inferred(place, notation, issued)
    path, level, area = _path_of(name, parent, near, issued)
    return Issuer(
        name=name,
        parent=parent,
        level=level,
        place=area.province.name if area and area.province else None,
        id=path[-1][0],
    )


def issuer_path(issuer: Issuer, place: str | None = None) -> tuple[tuple[str, str], ...]:
    """Return (id, label) from the root of the facet tree down to the issuer; empty when it has no id."""
    if issuer.id is None:
        return ()
    near = province_named(issuer.place) if issuer.place else _near(issuer.parent, place, None)
    path, _, _ = _path_of(issuer.name, issuer.parent, near, None)
    if path[-1][0] == issuer.id:
        return path
    parts = issuer.id.split("/")
    known = {**dict(path), **_bodies().groups} | {p.id: p.name for p in provinces().values()}
    ids = ["/".join(parts[: n + 1]) for n in range(len(parts))]
    return tuple((i, issuer.name if i == issuer.id else known.get(i, i.rsplit("/")[-1])) for i in ids)


def _near(parent: str | None, place: str | None, issued: dt.date | None) -> Province | None:
    for text in (parent, place):
        area = find_area(text, issued) if text else None
        if area and area.province:
            return area.province
    return None


_Path = tuple[tuple[str, str], ...]


def _path_of(
    name: str, parent: str | None, near: Province | None, issued: dt.date | None
) -> tuple[_Path, Level, Area | None]:
    words = plain_words(name)
    central = _central_named(words)
    if central:
        return _central_path(central), central.level, None
    area = find_area(name, issued, near) if AREA.search(words) else None
    if area is None and parent and not _central_named(plain_words(parent)):
        area = find_area(parent, issued, near)
    area = area or (province_area(near) if near and not parent else None)
    body = _local_named(words, parent)
    if area and body:
        label = _local_label(body, area)
        return (*area.path, (f"{area.path[-1][0]}/{body.id}", label)), _level(body, area), area
    return _unlisted_path(name, parent, area)


def _unlisted_path(name: str, parent: str | None, area: Area | None) -> tuple[_Path, Level, Area | None]:
    owner = _central_named(plain_words(parent)) if parent else None
    base: _Path = _central_path(owner) if owner else area.path if area else (("khac", "Khác"),)
    level: Level = area.level if area and not owner else "other"
    return (*base, (f"{base[-1][0]}/{key(name)}", tidy_name(name))), level, area


def _central_named(words: str) -> Body | None:
    """Return the central body with this folded name; of several bodies that issued jointly, the first."""
    names = _bodies().central_names
    if words in names:
        return names[words]
    close = difflib.get_close_matches(words, names, 1, 0.93) if len(words) > 8 else []
    if close and close[0].split()[0] == words.split()[0]:  # Sở and Bộ of one field differ by a letter
        return names[close[0]]
    starts = [n for n in names if words.startswith(n + " ") and any(words.endswith(" " + other) for other in names)]
    return names[max(starts, key=len)] if starts else None


def _central_path(body: Body) -> _Path:
    group = body.id.split("/")[0]
    return ((group, _bodies().groups[group]), (body.id, body.name))


def _local_named(words: str, parent: str | None) -> Body | None:
    local = _bodies().local
    if words == "van phong" and parent and "uy ban nhan dan" in plain_words(parent):
        return next(b for b in local if b.id == "van-phong-ubnd")
    fitting = [b for b in local if f"{words} ".startswith(f"{plain_words(b.name)} ")]
    body = max(fitting, key=lambda b: len(b.name), default=None)
    rest = words[len(plain_words(body.name)) :].strip() if body else ""
    return body if not rest or AREA.match(rest) or find_province(rest) else None


def _local_label(body: Body, area: Area) -> str:
    name = body.short or body.name
    if body.level == "party":
        return f"{name} {area.province.name}" if area.province else name
    return f"{name} {area.label}"


def _level(body: Body, area: Area) -> Level:
    return body.level if body.level == "party" else area.level


def _inferred(place: str | None, notation: str | None, issued: dt.date | None) -> Issuer | None:
    """Name a body by the issuer group of the notation, and the place for bodies that every place has."""
    symbol = parse_symbol(f"1/{notation}") or parse_symbol(f"1-{notation}") if notation else None
    for token in _issuer_tokens(symbol):
        for body in _bodies().central.values():
            if token in map(_bare, body.abbreviations):
                return Issuer(name=body.name, level=body.level, id=body.id)
        area = find_area(place, issued) if place else None
        for body in _bodies().local if area else ():
            if area and token in map(_bare, body.abbreviations):
                name = f"{body.name} {area.label}" if body.level != "party" else _local_label(body, area)
                home = area.province.name if area.province else None
                return Issuer(name=name, level=_level(body, area), place=home, id=f"{area.path[-1][0]}/{body.id}")
    return None


def _issuer_tokens(symbol: Symbol | None) -> list[str]:
    return [_bare(t) for t in symbol.issuer_tokens] if symbol else []


@cache
def central_fields() -> frozenset[str]:
    """Return the folded fields of the ministries ("ke hoach va dau tu"), which those of sở and phòng share."""
    names = (fold(b.name) for b in _bodies().central.values())
    return frozenset(n.removeprefix("bo ") for n in names if n.startswith("bo "))


def tidy_name(name: str) -> str:
    """Write a name in capitals as running text has it: first letter and names of provinces in capitals."""
    if not name.isupper():
        return name
    lowered = nfc(name).lower()
    for province in provinces().values():
        lowered = re.sub(rf"(?<!\w){re.escape(province.name.lower())}(?!\w)", province.name, lowered)
    return lowered[:1].upper() + lowered[1:]


def _bare(token: str) -> str:
    return token.upper().replace("Đ", "D")


def issuer_abbreviations(issuer_id: str | None) -> tuple[str, ...]:
    """Return the abbreviations under which a body stands in symbols ("UBND", "UB"); empty for bodies without one."""
    if not issuer_id:
        return ()
    bodies = _bodies()
    own = bodies.central.get(issuer_id) or next((b for b in bodies.local if b.id == issuer_id.split("/")[-1]), None)
    return own.abbreviations if own else ()


def repair_issuer_name(printed: str) -> str:
    """Write a body's name as the gazetteer has it where the reader slipped; other names come back as they are.

    `ỦY BANN ÂN DÂN TỈNH QUÁNG NGÃI` becomes `ỦY BAN NHÂN DÂN TỈNH QUẢNG NGÃI`. A name that differs only in where a
    tone mark stands (`UỶ BAN`), or that is abbreviated, stays as printed.
    """
    names = _canonical_names()
    wanted = "".join(syllables(printed))
    if wanted in names.values():
        return printed
    packed = re.sub(r"[^a-z0-9]", "", fold(printed))
    close = difflib.get_close_matches(packed, names, 1, 0.9) if len(packed) > 7 else []
    if not close:
        return _repair_place(printed)
    full = _spelled()[close[0]]
    return full.upper() if printed.isupper() or sum(c.isupper() for c in printed) > len(printed) / 2 else full


def _repair_place(printed: str) -> str:
    """Write the place at the end of an unlisted name as it is spelled ("... THÀNH PHÓ HÒ CHÍ MINH")."""
    words = printed.split()
    for size in (5, 4, 3):
        tail = " ".join(words[-size:])
        area = find_area(tail) if len(words) > size and AREA.match(plain_words(tail)) else None
        if area and area.level == "province":
            same = "".join(syllables(tail)) == "".join(syllables(area.label))
            label = area.label.upper() if printed.isupper() else area.label
            return f"{repair_issuer_name(' '.join(words[:-size]))} {tail if same else label}"
    return printed


@cache
def _spelled() -> Mapping[str, str]:
    """Name without blanks and marks -> the name, for central bodies and those of provinces."""
    bodies = _bodies()
    names = [b.name for b in bodies.central.values()]
    names += [b.name for b in bodies.local]
    for province in provinces().values():
        names += [f"{b.name} {province.label}" for b in bodies.local if b.id in ("ubnd", "hdnd", "mttq")]
        names += [f"{b.short} {province.label}" for b in bodies.local if b.id in ("ubnd", "hdnd")]
        names += [province.label]
    return {re.sub(r"[^a-z0-9]", "", fold(n)): n for n in names}


@cache
def _canonical_names() -> Mapping[str, str]:
    """Name without blanks and marks -> its syllables run together, tones placed by rule."""
    return {packed: "".join(syllables(name)) for packed, name in _spelled().items()}
