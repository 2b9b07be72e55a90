"""The documents of one file: its pages cut into runs, and the record of each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import dropwhile

from services.core.model import CleanText, Extraction, PageStatus, PageText, Reason
from services.fields.extraction import Hints, extract
from services.fields.split import Run, Split, split_pages
from services.fields.topics import Taxonomy


@dataclass(frozen=True, slots=True)
class FoundDocument:
    """One document of a file: pages [first_page, last_page] (numbers of the file), those that failed among `pages`."""

    first_page: int
    last_page: int
    pages: tuple[PageText | PageStatus, ...]
    clean: CleanText
    extraction: Extraction

    @property
    def texts(self) -> tuple[PageText, ...]:
        """Its pages that were read."""
        return tuple(page for page in self.pages if isinstance(page, PageText))


def read_documents(
    pages: Sequence[PageText | PageStatus],
    compose: Callable[[Sequence[PageText]], CleanText],
    hints: Hints,
    taxonomy: Taxonomy,
    *,
    runs: Sequence[Run] | None = None,
) -> tuple[FoundDocument, ...]:
    """Find the documents of a file and read the record of each; `runs` says where they are, else `split_pages` does.

    What came with the upload (`hints.given`, the file's name) speaks of the first document only. A page that may begin
    a further document is no document of its own: the record has a warning that names it.
    """
    split = split_pages(pages) if runs is None else Split(covering(runs, pages))
    found: list[FoundDocument] = []
    for run in split.runs:
        own = tuple(page for page in pages if run[0] <= page.number <= run[1])
        if not own:
            continue  # its pages were purged
        texts = [page for page in own if isinstance(page, PageText)]
        clean = compose(texts)
        known = hints if not found else Hints(received_on=hints.received_on, learnt=hints.learnt)
        known = replace(known, followed=run != split.runs[-1])
        extraction = _warned(_extracted(texts, clean, known, taxonomy), split.doubtful_in(run))
        found.append(FoundDocument(own[0].number, own[-1].number, own, clean, extraction))
    return tuple(found)


def covering(runs: Sequence[Run], pages: Sequence[PageText | PageStatus]) -> tuple[Run, ...]:
    """Return runs that reach over all pages: a file that is read again may have more of them than before."""
    last = max((page.number for page in pages), default=0)
    return (*runs[:-1], (runs[-1][0], max(runs[-1][1], last)))


def _extracted(texts: Sequence[PageText], clean: CleanText, hints: Hints, taxonomy: Taxonomy) -> Extraction:
    """Read the record; blank pages before the first with print are counted and hide no head."""
    printed = list(dropwhile(lambda page: page.blank, texts)) or texts
    extraction = extract(printed, clean, hints, taxonomy)
    record = extraction.record.model_copy(update={"pages": len(texts)})
    return extraction.model_copy(update={"record": record})


def _warned(extraction: Extraction, doubtful: Sequence[int]) -> Extraction:
    if not doubtful:
        return extraction
    reason = Reason(code="split_doubtful", params={"pages": ", ".join(map(str, doubtful))})
    record = extraction.record.model_copy(update={"warnings": (*extraction.record.warnings, reason)})
    return extraction.model_copy(update={"record": record})
