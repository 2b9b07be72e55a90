"""Documents: their records, texts and pages, people's corrections, the trash and what left it."""

from collections.abc import Mapping, Sequence

from services.core.model import JSON, Change, CleanText, Document, PageText, Principal


class Documents:
    """Read and correct documents, throw them away and get them back."""

    async def get(self, p: Principal, document_id: str) -> Document:
        """Return a document with its pages, from the trash too (`state` says so).

        An id that moved leads to the document it moved to, whose `id` then differs from the one asked for. Raises
        NotFoundError (also when `p` may not see it) and GoneError when it was purged.
        """
        raise NotImplementedError

    async def many(self, p: Principal, ids: Sequence[str]) -> dict[str, Document]:
        """Return those of the documents that are READY and that `p` may see, without their `pages`.

        For indexing and hit lists: `item_state` is the outcome of the reading (done or needs_review), not "reading"
        while the index still has to catch up.
        """
        raise NotImplementedError

    async def clean_text(self, p: Principal, document_id: str) -> CleanText:
        """Return the clean text of one document; errors as `get`."""
        raise NotImplementedError

    async def clean_texts(self, p: Principal, ids: Sequence[str]) -> dict[str, CleanText]:
        """Return the clean texts of those documents that are READY and that `p` may see."""
        raise NotImplementedError

    async def page(self, p: Principal, document_id: str, number: int) -> PageText:
        """Return page `number` (of the source) of a document; NotFoundError when it was not read (yet)."""
        raise NotImplementedError

    async def pages(self, p: Principal, document_id: str, numbers: Sequence[int]) -> dict[int, PageText]:
        """Return those of the pages that were read; errors as `get`."""
        raise NotImplementedError

    async def correct(
        self, p: Principal, document_id: str, patch: Mapping[str, JSON], *, if_revision: int | None = None
    ) -> Document:
        """Lay a person's correction (RFC 7396 merge patch over Record's keys) over what was read.

        Plain strings are taken for `kind`, `issuer`, `issued_on` and `signer` as in `import_line`. `symbol` carries
        `number`, `notation` and `symbol_key` along. Raises InvalidInputError naming the key that makes no sense, and
        ConflictError when the document is no longer at `if_revision` or lies in the trash.
        """
        raise NotImplementedError

    async def set_access(self, p: Principal, document_id: str, access: str) -> Document:
        """Put a document on another access level, one that `p` has too."""
        raise NotImplementedError

    async def reread(self, p: Principal, *, document_id: str | None = None, source_id: str | None = None) -> None:
        """Have a source (or the source of a document) read again from its original; document ids stay."""
        raise NotImplementedError

    async def trash_document(self, p: Principal, document_id: str, why: str = "") -> Document:
        """Move a document to the trash: it leaves the index and lists, and can come back. Idempotent."""
        raise NotImplementedError

    async def trash_source(self, p: Principal, source_id: str, why: str = "") -> None:
        """Move a source and all its documents to the trash; work on it stops. Idempotent."""
        raise NotImplementedError

    async def restore_document(self, p: Principal, document_id: str) -> Document:
        """Take a document out of the trash; ConflictError when its source lies there (restore that)."""
        raise NotImplementedError

    async def restore_source(self, p: Principal, source_id: str) -> None:
        """Take a source, and the documents that went with it, out of the trash; unfinished work goes on."""
        raise NotImplementedError

    async def purge_document(self, p: Principal, document_id: str, why: str = "") -> None:
        """Destroy a trashed document for good; with the last document of a source the source goes too.

        While other documents of the source live, the original stays (its bytes are never changed) and keeps the
        pages' pictures; words, record, text and index entry of this document go. ConflictError when not in the trash.
        """
        raise NotImplementedError

    async def purge_source(self, p: Principal, source_id: str, why: str = "") -> None:
        """Destroy a trashed source for good: original, page results, texts, records. ConflictError when not trashed."""
        raise NotImplementedError

    async def changes(self, p: Principal, cursor: str | None = None, limit: int = 100) -> tuple[list[Change], str]:
        """Return what became of documents after `cursor`, oldest first, and the cursor to ask with next time."""
        raise NotImplementedError

    async def ids(self, p: Principal, *, after: str | None = None, limit: int = 1000) -> list[str]:
        """Return the ids of READY documents that follow `after`, in id order (what a reindex walks over)."""
        raise NotImplementedError
