"""One page in Chromium: its pictures at several sizes, and what axe and the edges of the screen say of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

Scheme = Literal["light", "dark"]

HEIGHTS = {1440: 900, 768: 1024, 390: 844}
"""Widths of a desk, a tablet and a phone, in CSS pixels, and how high each is."""
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
_RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "rules": {"target-size": {"enabled": True}},  # of WCAG 2.2; axe leaves it out unless asked
    "resultTypes": ["violations"],
}


def look(page: Page, widths: Iterable[int], schemes: Sequence[Scheme], pictures: Path) -> Iterator[str]:
    """Look at a page as it stands, at each width in each scheme; yield what is wrong, a line each.

    `pictures` is a folder and the beginning of a name: each look is kept there as a PNG.
    """
    for width in widths:
        if too_wide(page, width):
            yield f"{width}: wider than the screen"
        for scheme in schemes:
            yield from (f"{width} {scheme}: {line}" for line in violations(page, scheme))
            page.screenshot(path=f"{pictures}-{width}-{scheme}.png", full_page=True)


def too_wide(page: Page, width: int) -> bool:
    """Tell whether a page asks for sideways scrolling on a screen of this width."""
    page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
    return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


def violations(page: Page, scheme: Scheme) -> Iterator[str]:
    """Yield each element that breaks a rule of WCAG 2.2 AA that axe can tell, and why."""
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    found: Sequence[Any] = Axe().run(page, options=_RULES).response["violations"]
    for rule in found:
        for node in rule["nodes"]:
            why = " ".join(one["message"] for one in (*node["any"], *node["all"], *node["none"]))
            yield f"{rule['id']}: {' '.join(map(str, node['target']))}: {why}"
