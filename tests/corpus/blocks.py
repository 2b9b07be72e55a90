"""Paragraphs to set, and the forms that come in every dispatch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from services.core.model import Zone


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph to set: style as in fonts.Face; `indent` (of all lines where `hanging`) and `before` in points."""

    text: str
    zone: Zone = Zone.BODY
    style: str = ""
    align: Literal["justify", "center", "left"] = "justify"
    size: float = 14.0
    indent: float = 28.35
    before: float = 6.0
    hanging: bool = False


def title_of(kind: str, subject: str) -> tuple[Block, ...]:
    """Return tên loại and trích yếu, centred."""
    head = Block(kind, zone=Zone.KIND_SUBJECT, style="b", align="center", indent=0, before=14)
    return head, replace(head, text=subject, before=2)


def center(text: str, style: str) -> Block:
    """Return a line of its own in the middle of the page."""
    return Block(text, style=style, align="center", indent=0, before=10)


def addressed(addressees: list[str]) -> list[Block]:
    """Return the lines of Kính gửi: one addressee on the same line, several on lines with dashes."""
    line = Block("", zone=Zone.ADDRESSEES, align="left", indent=85, before=12, hanging=True)
    if len(addressees) == 1:
        return [replace(line, text=f"Kính gửi: {addressees[0]}.", indent=45)]
    ends = [";"] * (len(addressees) - 1) + ["."]
    rows = [replace(line, text=f"- {a}{e}", indent=110, before=2) for a, e in zip(addressees, ends, strict=True)]
    return [replace(line, text="Kính gửi:"), *rows]
