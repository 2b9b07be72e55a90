"""What searching keeps of documents it has shown: compact, bounded, and only for those a principal was just let see."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.archive import Archive
from services.core.errors import GoneError, NotFoundError
from services.core.model import Box, CleanText, Document, PageText, Principal
from services.search.folded import FoldedText
from services.search.memory import Memory

_TEXT_BYTES = 96_000_000  # some 1,500 dispatches of three pages
_BOX_BYTES = 32_000_000  # some 5,000 pages
_MISSING = -(1 << 31)


class ReadText:
    """A clean text ready for marking: folded, and its spans as four arrays instead of an object for each word."""

    def __init__(self, clean: CleanText) -> None:
        self.folded = FoldedText(clean.text)
        self.page_starts = clean.page_starts
        self.starts = array("I", (s.start for s in clean.spans))
        self.ends = array("I", (s.end for s in clean.spans))
        self.pages = array("I", (s.page for s in clean.spans))
        self.words = array("I", (s.word for s in clean.spans))

    @property
    def text(self) -> str:
        """The clean text."""
        return self.folded.text

    @property
    def cost(self) -> int:
        """Bytes it takes, about."""
        return 3 * len(self.text) + 16 * len(self.starts) + 1000


@dataclass(frozen=True, slots=True)
class PageBoxes:
    """The boxes of a page's words in tenths of a point, as the archive keeps them: four numbers each."""

    edges: "array[int]"

    @classmethod
    def of(cls, page: PageText) -> "PageBoxes":
        """Take the boxes of a page."""
        return cls(array("i", (edge for word in page.words for edge in _tenths(word.box))))

    def of_words(self, words: Sequence[int]) -> Iterator[tuple[float, float, float, float]]:
        """Yield the boxes of these words, those that have one."""
        edges = self.edges
        for word in words:
            at = 4 * word
            if at < len(edges) and edges[at] != _MISSING:
                yield edges[at] / 10, edges[at + 1] / 10, edges[at + 2] / 10, edges[at + 3] / 10


def _tenths(box: Box | None) -> tuple[int, int, int, int]:
    if box is None:
        return (_MISSING, 0, 0, 0)
    return round(10 * box.x0), round(10 * box.y0), round(10 * box.x1), round(10 * box.y1)


class Shelf:
    """Texts and boxes by document and revision, from the archive where they are not at hand."""

    def __init__(self, archive: Archive) -> None:
        self._documents = archive.documents
        self._texts: Memory[tuple[str, int], ReadText] = Memory(_TEXT_BYTES)
        self._boxes: Memory[tuple[str, int, int], PageBoxes] = Memory(_BOX_BYTES)

    async def texts(self, p: Principal, documents: Sequence[Document]) -> dict[str, ReadText]:
        """Return the texts of documents that `p` was given by the archive; those gone since are left out."""
        found = {d.id: text for d in documents if (text := self._texts.get((d.id, d.revision)))}
        missing = [d for d in documents if d.id not in found]
        if missing:
            cleans = await self._documents.clean_texts(p, [d.id for d in missing])
            for document in missing:
                if document.id in cleans:
                    text = found[document.id] = ReadText(cleans[document.id])
                    self._texts.put((document.id, document.revision), text, cost=text.cost)
        return found

    async def boxes(self, p: Principal, document: Document, numbers: Sequence[int]) -> dict[int, PageBoxes]:
        """Return the boxes of those pages that were read."""
        key = (document.id, document.revision)
        found = {n: boxes for n in numbers if (boxes := self._boxes.get((*key, n)))}
        missing = [n for n in numbers if n not in found]
        if missing:
            try:
                pages = await self._documents.pages(p, document.id, missing)
            except (NotFoundError, GoneError):  # purged since it was found
                return found
            for number, page in pages.items():
                boxes = found[number] = PageBoxes.of(page)
                self._boxes.put((*key, number), boxes, cost=4 * len(boxes.edges) + 300)
        return found
