"""Writing side of the embedded engine: one commit per batch, newest revision wins."""

from collections.abc import Iterable, Sequence
from typing import Self

import tantivy

from services.search.engines.embedded.files import IndexFiles
from services.search.engines.embedded.queries import id_is
from services.search.engines.embedded.schema import open_index, tantivy_document
from services.search.types import IndexDocument

_HEAP_BYTES = 96_000_000
_COMMIT_EVERY = 20_000  # documents, while a generation is filled that nobody reads yet


def indexed_revision(searcher: tantivy.Searcher, document_id: str) -> int | None:
    """Return the revision of a document in the index, None when it is not there."""
    hits = searcher.search(id_is(document_id), 1, count=False).hits
    if not hits:
        return None
    value = searcher.fast_field_values("revision", [hits[0][1]])[0]
    return None if value is None else int(value)


class Writer:
    """The open writer of one generation; the caller holds the writer's lock of the files."""

    def __init__(self, files: IndexFiles, generation: str) -> None:
        self.generation = generation
        self._files = files
        self._index = open_index(files.path(generation))
        self._writer = self._index.writer(_HEAP_BYTES, 1)  # one thread: the order of documents is the order given
        self._gone = files.tombstones(generation)
        self._uncommitted: dict[str, int] = {}

    def write(self, upserts: Sequence[IndexDocument], deletes: Sequence[tuple[str, int]]) -> None:
        """Add to the next commit what is not older than what the index knows."""
        self._index.reload()
        searcher = self._index.searcher()
        wanted = [d for d in newest(upserts) if d.revision >= self._known(searcher, d.id)]
        leaving = [(i, r) for i, r in deletes if r >= self._known(searcher, i)]
        if leaving:
            self._files.bury(self.generation, leaving)
            self._gone |= dict(leaving)
        for document_id, _ in leaving:
            self._writer.delete_documents_by_term("id", document_id)
        for document in wanted:
            if document.revision < self._gone.get(document.id, document.revision):
                continue  # this very batch takes it out at a later revision
            self._writer.delete_documents_by_term("id", document.id)
            self._writer.add_document(tantivy_document(document))
            self._uncommitted[document.id] = document.revision
        if len(self._uncommitted) >= _COMMIT_EVERY:
            self.commit()

    def commit(self) -> None:
        """Make everything written durable and visible to readers that look."""
        self._writer.commit()
        self._uncommitted.clear()

    def close(self) -> None:
        """Wait for merges and release the generation; what was not committed is lost."""
        self._writer.wait_merging_threads()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _known(self, searcher: tantivy.Searcher, document_id: str) -> int:
        indexed = self._uncommitted.get(document_id)
        if indexed is None:
            indexed = indexed_revision(searcher, document_id)
        return max(-1 if indexed is None else indexed, self._gone.get(document_id, -1))


def newest(documents: Iterable[IndexDocument]) -> list[IndexDocument]:
    """Return each document once, at its highest revision."""
    best: dict[str, IndexDocument] = {}
    for document in documents:
        if document.id not in best or document.revision >= best[document.id].revision:
            best[document.id] = document
    return list(best.values())
