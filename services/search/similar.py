"""Documents like a given one: its most telling terms are what the engine is asked for."""

import asyncio
from collections.abc import Sequence

from pydantic import Field

from services.archive import Archive
from services.core.model import Document, Kind, Model, PartialDate, Principal
from services.search.clearance import counted_for, open_to
from services.search.document import issuer_value, split_boilerplate
from services.search.folded import FoldedText
from services.search.page import IssuerName
from services.search.shelf import ReadText, Shelf
from services.search.telling import Candidate, TellingTerm, candidates, choose, similar_query
from services.search.types import EngineQuery, SearchEngine

TERMS_SHOWN = 8


class SimilarDocument(Model):
    """A document like the one asked about; `terms` are the telling ones that both have, the most telling first."""

    id: str
    score: float
    terms: tuple[str, ...]
    symbol: str | None = None
    kind: Kind | None = None
    issuer: IssuerName | None = None
    issued_on: PartialDate | None = None
    subject: str | None = None
    links: dict[str, str] = Field(default_factory=dict)


class SimilarDocuments(Model):
    """The documents most like one, the most similar first."""

    document_id: str
    items: tuple[SimilarDocument, ...] = ()


class SimilarFinder:
    """Find documents like a given one; `shelf` is the service's own."""

    def __init__(self, engine: SearchEngine, archive: Archive, shelf: Shelf) -> None:
        self._engine = engine
        self._documents = archive.documents
        self._shelf = shelf

    async def find(self, p: Principal, document_id: str, limit: int) -> SimilarDocuments:
        """Return at most `limit` documents that `p` may see; NotFoundError as `Documents.get`."""
        document = await self._documents.get(p, document_id)
        read = (await self._shelf.texts(p, [document])).get(document.id)
        found = await asyncio.to_thread(_candidates_of, document, read)
        tokens = [candidate.term.token for candidate in found]
        counts = await self._engine.frequencies("body_pf", tokens, counted_for(p))
        terms = choose(found, counts, await self._count(p))
        if not terms:
            return SimilarDocuments(document_id=document.id)
        answer = await self._engine.search(similar_query(terms, open_to(p), limit + 1))
        hits = [hit for hit in answer.hits if hit.id != document.id][:limit]
        documents = await self._shelf.documents(p, [hit.id for hit in hits])
        texts = await self._shelf.texts(p, list(documents.values()))
        items = [_item(documents[h.id], h.score, terms, texts.get(h.id)) for h in hits if h.id in documents]
        return SimilarDocuments(document_id=document.id, items=tuple(items))

    async def _count(self, p: Principal) -> int:
        if (access := counted_for(p)) is None:
            return await self._engine.count()
        return (await self._engine.search(EngineQuery(tuple(sorted(access)), sort="newest", limit=0))).total


def _candidates_of(document: Document, read: ReadText | None) -> list[Candidate]:
    body, _ = split_boilerplate(read.text if read else "")
    return candidates(document.record.subject or "", body)


def _item(document: Document, score: float, terms: Sequence[TellingTerm], read: ReadText | None) -> SimilarDocument:
    record = document.record
    texts = [FoldedText(record.subject or ""), *([read.folded] if read else [])]
    shared = (t.words for t in terms if any(_says(text, t) for text in texts))
    return SimilarDocument(
        id=document.id,
        score=round(score, 4),
        terms=tuple(words for words, _ in zip(shared, range(TERMS_SHOWN), strict=False)),
        symbol=record.symbol,
        kind=record.kind,
        issuer=IssuerName(id=issuer_value(record), name=record.issuer.name) if record.issuer else None,
        issued_on=record.issued_on,
        subject=record.subject,
        links={"self": f"/api/v1/documents/{document.id}", "html": f"/documents/{document.id}"},
    )


def _says(text: FoldedText, term: TellingTerm) -> bool:
    return next(iter(text.find_sequence((term.first, term.second), 1)), None) is not None
