"""What export formats have in common: a head, each page by itself, an end, so that a long file can be streamed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from services.core.model import PageText


@dataclass(frozen=True, slots=True)
class Format:
    """An export format: `head`, then `page(...)` for each page, then `end`; UTF-8."""

    media_type: str
    suffix: str
    head: str
    page: Callable[[PageText], str]
    end: str

    def whole(self, pages: Iterable[PageText]) -> str:
        """Write a whole file."""
        return "".join((self.head, *map(self.page, pages), self.end))


def attributes(**values: object) -> str:
    """Write XML attributes, those that are None left out; ` name="value"` each."""
    return "".join(f" {name}={quoteattr(str(value))}" for name, value in values.items() if value is not None)
