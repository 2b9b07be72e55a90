"""The boxes of a page's words without the words: what marking a hit needs of a page."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from services.core.model import PageText

_MISSING = -(1 << 31)


@dataclass(frozen=True, slots=True)
class PageBoxes:
    """The boxes of a page's words in tenths of a point, as the archive keeps them: four numbers each."""

    edges: "array[int]"

    @classmethod
    def of(cls, page: PageText) -> "PageBoxes":
        """Take the boxes of a page."""
        return cls.of_tenths(None if w.box is None else [round(10 * edge) for edge in w.box] for w in page.words)

    @classmethod
    def of_tenths(cls, boxes: Iterable[Sequence[int] | None]) -> "PageBoxes":
        """Take boxes as the archive keeps them, None for a word without one."""
        return cls(array("i", (edge for box in boxes for edge in box or (_MISSING, 0, 0, 0))))

    @property
    def cost(self) -> int:
        """Bytes it takes, about."""
        return 4 * len(self.edges) + 300

    def of_words(self, words: Sequence[int]) -> Iterator[tuple[float, float, float, float]]:
        """Yield the boxes of these words, those that have one."""
        edges = self.edges
        for word in words:
            at = 4 * word
            if at < len(edges) and edges[at] != _MISSING:
                yield edges[at] / 10, edges[at + 1] / 10, edges[at + 2] / 10, edges[at + 3] / 10
