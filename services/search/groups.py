"""Addressees that name a group ("các sở, ban, ngành", "UBND các huyện"), and those whom they reach (pure).

A group is indexed beside the printed name as "*so", and as "*so|dien-bien" where its document comes from that province;
who asks for one office asks for the groups it belongs to as well.
"""

import re
from collections.abc import Iterator

from services.core.places import find_area, plain_words
from services.core.text import key

_COMMITTEES = "uy ban nhan dan cac "
_GROUPS = {
    "so": re.compile(r"\bcac so\b"),
    "bo": re.compile(r"\bcac bo\b"),
    "tinh": re.compile(rf"\b{_COMMITTEES}tinh\b"),
    "huyen": re.compile(rf"\b{_COMMITTEES}(?:huyen|quan|thi xa)\b"),
    "xa": re.compile(rf"\b{_COMMITTEES}(?:xa|phuong)\b"),
}
_EVERYWHERE = re.compile(r"(?P<office>(?:so|cong an|cuc|chi cuc) .+) cac tinh\b")
_MEMBERS = {
    "so": re.compile(r"so (?!cac\b)\w+"),
    "bo": re.compile(r"bo (?!cac\b)\w+"),
    "tinh": re.compile(r"uy ban nhan dan (?:tinh|thanh pho) \w+"),
    "huyen": re.compile(r"uy ban nhan dan (?:huyen|quan|thi xa|thanh pho) \w+"),
    "xa": re.compile(r"uy ban nhan dan (?:xa|phuong|thi tran) \w+"),
}
_OF_ALL_PROVINCES = ("bo", "tinh")


def group_values(name: str, province: str | None) -> Iterator[str]:
    """Yield the values of the groups that an addressee names; `province` is that of the document's issuer."""
    words = plain_words(name)
    if everywhere := _EVERYWHERE.search(words):
        yield key(everywhere["office"])
        return
    for group, pattern in _GROUPS.items():
        if pattern.search(words):
            yield f"*{group}"
            if province and group not in _OF_ALL_PROVINCES:
                yield f"*{group}|{province}"


def groups_of(name: str) -> Iterator[str]:
    """Yield the values of the groups that an office belongs to: of its province where its name says which."""
    words = plain_words(name)
    area = find_area(words) if words.count(" ") > 1 else None
    for group, pattern in _MEMBERS.items():
        if not pattern.match(words):
            continue
        if group == "tinh" and area is not None and area.level != "province":
            continue
        if group == "huyen" and area is not None and area.level == "province":
            continue
        local = area.province.id if area and area.province and group not in _OF_ALL_PROVINCES else None
        yield f"*{group}|{local}" if local else f"*{group}"
