"""Writing side of the embedded engine: one commit per batch, newest revision wins."""

from collections.abc import Iterable, Sequence
from typing import Self

import tantivy

from services.search.engines.embedded.files import IndexFiles, sync_folder
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
        documents = newest(upserts)
        known = self._known([*(d.id for d in documents), *(i for i, _ in deletes)])
        leaving = [(i, revision) for i, revision in deletes if revision >= known.get(i, -1)]
        if leaving:
            self._files.bury(self.generation, leaving)
        for document_id, revision in leaving:
            self._gone[document_id] = revision
            self._uncommitted.pop(document_id, None)
            self._writer.delete_documents_by_term("id", document_id)
        for document in documents:
            if document.revision < max(known.get(document.id, -1), self._gone.get(document.id, -1)):
                continue
            if document.id in known:  # a rebuild has nothing to delete, and deletes are dear
                self._writer.delete_documents_by_term("id", document.id)
            self._writer.add_document(tantivy_document(document))
            self._uncommitted[document.id] = document.revision
        if len(self._uncommitted) >= _COMMIT_EVERY:
            self.commit()

    def commit(self) -> None:
        """Make everything written durable and visible to readers that look."""
        self._writer.commit()
        sync_folder(self._files.path(self.generation))  # tantivy syncs the new list of segments, but not its name
        self._uncommitted.clear()

    def close(self) -> None:
        """Wait for merges and release the generation; what was not committed is lost."""
        self._writer.wait_merging_threads()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _known(self, ids: Sequence[str]) -> dict[str, int]:
        """Return the revisions at which documents were written or taken out, whether committed or not."""
        self._index.reload()
        searcher = self._index.searcher()
        known = {i: self._gone[i] for i in ids if i in self._gone}
        for document_id in ids:
            indexed = self._uncommitted.get(document_id)
            if indexed is None and searcher.num_docs:
                indexed = indexed_revision(searcher, document_id)
            if indexed is not None:
                known[document_id] = max(indexed, known.get(document_id, indexed))
        return known


def newest(documents: Iterable[IndexDocument]) -> list[IndexDocument]:
    """Return each document once, at its highest revision."""
    best: dict[str, IndexDocument] = {}
    for document in documents:
        if document.id not in best or document.revision >= best[document.id].revision:
            best[document.id] = document
    return list(best.values())
