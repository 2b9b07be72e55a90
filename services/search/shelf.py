"""What searching keeps of documents it has shown: bounded, and given only to whom the archive lets see it now."""

from collections.abc import Sequence

from services.archive import Archive
from services.core.model import CleanText, Document, Principal
from services.core.page_boxes import PageBoxes
from services.core.spans import Spans
from services.search.folded import FoldedText
from services.search.memory import Memory

_DOCUMENTS = 2_000  # records without evidence: some 15 kilobytes each
_TEXT_BYTES = 96_000_000  # some 1,500 dispatches of three pages
_BOX_BYTES = 32_000_000  # some 5,000 pages

Boxes = dict[int, PageBoxes]
"""The boxes of some pages of one document, by page number."""


class ReadText:
    """A clean text ready for marking: folded, and its spans by their columns."""

    def __init__(self, clean: CleanText) -> None:
        self.folded = FoldedText(clean.text)
        self.page_starts = clean.page_starts
        spans = Spans.of(clean.spans)
        self.starts, self.ends, self.pages, self.words = spans.starts, spans.ends, spans.pages, spans.words

    @property
    def text(self) -> str:
        """The clean text."""
        return self.folded.text

    @property
    def cost(self) -> int:
        """Bytes it takes, about."""
        return 3 * len(self.text) + 16 * len(self.starts) + 1000


class Shelf:
    """Documents, and texts and boxes by document and revision, from the archive where they are not at hand."""

    def __init__(self, archive: Archive) -> None:
        self._documents = archive.documents
        self._kept: Memory[str, Document] = Memory(_DOCUMENTS)
        self._texts: Memory[tuple[str, int], ReadText] = Memory(_TEXT_BYTES)
        self._boxes: Memory[tuple[str, int, int], PageBoxes] = Memory(_BOX_BYTES)

    async def documents(self, p: Principal, ids: Sequence[str]) -> dict[str, Document]:
        """Return what `Documents.shown` does: those that are READY and that `p` may see now, as they are now."""
        known = {i: document for i in ids if (document := self._kept.get(i))}
        found = await self._documents.shown(p, ids, known)
        for document in found.values():
            if document is not known.get(document.id):
                self._kept.put(document.id, document)
        return found

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

    async def boxes(self, p: Principal, wanted: Sequence[tuple[Document, Sequence[int]]]) -> dict[str, Boxes]:
        """Return, by document, the boxes of those of its pages that were read; documents gone since have none."""
        found: dict[str, Boxes] = {}
        missing: dict[str, list[int]] = {}
        for document, numbers in wanted:
            of_document = found[document.id] = {}
            for number in numbers:
                if boxes := self._boxes.get((document.id, document.revision, number)):
                    of_document[number] = boxes
                else:
                    missing.setdefault(document.id, []).append(number)
        if missing:
            revisions = {document.id: document.revision for document, _ in wanted}
            for document_id, pages in (await self._documents.boxes(p, missing)).items():
                for number, boxes in pages.items():
                    found[document_id][number] = boxes
                    self._boxes.put((document_id, revisions[document_id], number), boxes, cost=boxes.cost)
        return found
