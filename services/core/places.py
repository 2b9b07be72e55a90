"""Places that have offices: provinces before and after 1 July 2025, districts until then, communes by pattern."""

import csv
import datetime as dt
import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

from services.core.text import fold, key

Level = Literal["central", "ministry", "province", "district", "commune", "party", "other"]

DATA = Path(__file__).parent / "gazetteer_data"
_AREA_LEVELS: dict[str, Level] = {
    "tinh": "province",
    "thanh pho": "district",
    "huyen": "district",
    "quan": "district",
    "thi xa": "district",
    "xa": "commune",
    "phuong": "commune",
    "thi tran": "commune",
    "dac khu": "commune",
}
AREA = re.compile(
    rf"\b(?P<type>{'|'.join(sorted(_AREA_LEVELS, key=len, reverse=True))})"
    r"(?! (?:ly|su|doi|tri|he|khu|trac|hoi)\b) (?P<name>[a-z0-9][a-z0-9 ]*)"  # quản lý, quân sự, xã hội
)
_SHORT_FORMS = (
    (re.compile(r"\bubnd\b"), "uy ban nhan dan"),
    (re.compile(r"\bhdnd\b"), "hoi dong nhan dan"),
    (re.compile(r"\b(?:ubmttq|mttq)\b"), "uy ban mat tran to quoc viet nam"),
    (re.compile(r"\btphcm\b|\btp hcm\b"), "thanh pho ho chi minh"),
    (re.compile(r"\btp\b"), "thanh pho"),
    (re.compile(r"\btx\b"), "thi xa"),
    (re.compile(r"\bgd ?dt\b"), "giao duc va dao tao"),
)
_HUE_MUNICIPALITY_FROM = 2025
MERGED_ON = dt.date(2025, 7, 1)
"""The day from which 63 provinces are 34 (NQ 202/2025/QH15)."""


@dataclass(frozen=True, slots=True)
class Province:
    """A province or centrally governed city; `now` is the id of the one it belongs to since 1 July 2025, or None."""

    id: str
    name: str
    type: str
    now: str | None

    @property
    def label(self) -> str:
        """Its name with its type: "tỉnh Điện Biên"."""
        return f"{self.type} {self.name}"


@dataclass(frozen=True, slots=True)
class Area:
    """A place that has offices: its path in the issuer tree with labels, its level, and its province if known."""

    path: tuple[tuple[str, str], ...]
    level: Level
    label: str
    province: Province | None = None


@cache
def provinces() -> Mapping[str, Province]:
    """All provinces by id: the 63 of before July 2025, those of after, and Hà Tây."""
    with (DATA / "provinces.csv").open(encoding="utf-8", newline="") as file:
        return {r["id"]: Province(r["id"], r["name"], r["type"], r["now"] or None) for r in csv.DictReader(file)}


@cache
def _districts() -> Mapping[tuple[str, str], tuple[tuple[str, str], ...]]:
    """(folded type, folded name) -> (province id, name) of every district that ended in July 2025."""
    found: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {}
    with (DATA / "districts.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            named = (fold(row["type"]), plain_words(row["name"]))
            found[named] = (*found.get(named, ()), (row["province"], row["name"]))
    return found


def province_named(text: str, issued: dt.date | None = None) -> Province | None:
    """Return the province a place line or a name means ("Điện Biên", "tỉnh Điện Biên", "TP. Hồ Chí Minh").

    A city below a province ("TP. Bắc Kạn") is not the province.
    """
    area = find_area(text, issued)
    return area.province if area and area.level == "province" else None


def find_area(text: str, issued: dt.date | None = None, near: Province | None = None) -> Area | None:
    """Return the place that a text names, typed ("huyện Bình Sơn") or bare ("Sơn La").

    `issued` tells Huế the city of a province from Huế the municipality; `near` tells districts of one name apart.
    """
    words = plain_words(text)
    typed = AREA.search(words)
    if typed is None:
        return _bare_area(words, issued, near)
    kind, name = typed["type"], typed["name"].strip()
    if kind in ("tinh", "thanh pho"):
        province = find_province(name, issued, kind)
        if province:
            return province_area(province)
    if _AREA_LEVELS[kind] == "district":
        return _district_area(kind, name, near) or _unlisted_area(kind, name, text, near)
    return None if kind == "tinh" else _unlisted_area(kind, name, text, near)


def _bare_area(words: str, issued: dt.date | None, near: Province | None) -> Area | None:
    province = find_province(words, issued, None)
    if province:
        return province_area(province)
    for kind in ("huyen", "quan", "thi xa", "thanh pho"):
        area = _district_area(kind, words, near)
        if area:
            return area
    return None


def find_province(name: str, issued: dt.date | None = None, kind: str | None = None) -> Province | None:
    """Return the province with this name in plain words, `kind` being the folded type that stood before it."""
    names = _province_names()
    close = [name] if name in names else difflib.get_close_matches(name, names, 1, 0.88) if len(name) > 4 else []
    if not close:
        return None
    province = names[close[0]]
    if kind == "thanh pho" and province.type != "thành phố":
        return None
    if province.id == "hue" and issued and issued.year < _HUE_MUNICIPALITY_FROM:
        return None
    return province


@cache
def _province_names() -> Mapping[str, Province]:
    return {plain_words(p.name): p for p in provinces().values()}


def province_area(province: Province) -> Area:
    """Return the place that a province is."""
    return Area(((province.id, province.name),), "province", province.label, province)


def _district_area(kind: str, name: str, near: Province | None) -> Area | None:
    homes = _districts().get((kind, name), ())
    if near:
        homes = tuple(h for h in homes if h[0] == near.id)
    if len(homes) != 1:
        return None
    province = provinces()[homes[0][0]]
    label = f"{_TYPE_NAMES[kind]} {homes[0][1]}"
    return Area(((province.id, province.name), (f"{province.id}/{key(label)}", label)), "district", label, province)


def _unlisted_area(kind: str, name: str, text: str, near: Province | None) -> Area | None:
    """Return a place that no list has (communes): known below its province only."""
    if near is None:
        return None
    at = len(plain_words(text)) - len(name)
    words = text.split()[-len(name.split()) :] if at >= 0 else []
    label = f"{_TYPE_NAMES[kind]} {' '.join(w.capitalize() for w in words)}"
    return Area(((near.id, near.name), (f"{near.id}/{key(label)}", label)), _AREA_LEVELS[kind], label, near)


_TYPE_NAMES = {
    fold(name): name for name in ("tỉnh", "thành phố", "huyện", "quận", "thị xã", "xã", "phường", "thị trấn", "đặc khu")
}


@lru_cache(maxsize=4096)
def plain_words(text: str) -> str:
    """Fold a name to ASCII words with its abbreviations written out."""
    words = " ".join(re.findall(r"[a-z0-9]+", fold(text)))
    for pattern, full in _SHORT_FORMS:
        words = pattern.sub(full, words)
    return words
