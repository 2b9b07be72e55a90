"""Shapes of the JSON API that are not already those of the model (services.core.model)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, model_validator

from services.archive import BatchReport, Page, Register
from services.core.accounts import User
from services.core.bulk import BulkAction, BulkPlan
from services.core.hooks import HookEvent, HookState, Webhook
from services.core.model import (
    Alias,
    Batch,
    Change,
    Clause,
    Correction,
    Document,
    DocumentRef,
    Item,
    Level,
    LongWork,
    Model,
    NearDuplicate,
    PageText,
    Reason,
    Role,
    TextLayer,
    Zone,
)
from services.core.watching import SavedSearch
from services.web.derived import has_copy
from services.web.query import SavedQuery

Rectangle = tuple[float, float, float, float]


class Links(Model):
    """Addresses of what hangs on a document."""

    self: str
    html: str
    text: str
    clauses: str
    citations: str
    near_duplicates: str
    alto: str
    hocr: str
    original: str
    searchable: str | None
    iiif: str | None
    source: str


class DocumentView(Document):
    """A document with its record, the evidence of each value, its pages, and where the rest of it is."""

    links: Links

    @classmethod
    def of(cls, document: Document) -> DocumentView:
        """Add the addresses to a document."""
        here = f"/api/v1/documents/{document.id}"
        source = f"/api/v1/sources/{document.source_id}"
        links = Links(
            self=here,
            html=f"/documents/{document.id}",
            text=f"{here}/text",
            clauses=f"{here}/clauses",
            citations=f"{here}/citations",
            near_duplicates=f"{here}/near-duplicates",
            alto=f"{here}/alto",
            hocr=f"{here}/hocr",
            original=f"{source}/original",
            searchable=f"{source}/searchable.pdf" if has_copy(document.media_type) else None,
            iiif=f"/iiif/{document.id}/manifest" if has_copy(document.media_type) else None,
            source=source,
        )
        return cls(**{name: getattr(document, name) for name in Document.model_fields}, links=links)


class ReviewLine(Model):
    """A document that a person has to look at, and what is open about it."""

    document: DocumentRef
    file_name: str
    questions: tuple[Reason, ...]
    links: ReviewLinks

    @classmethod
    def of(cls, document: Document, questions: tuple[Reason, ...]) -> ReviewLine:
        """Name a document with its questions."""
        links = ReviewLinks(self=f"/api/v1/documents/{document.id}", html=f"/documents/{document.id}/review")
        return cls(
            document=DocumentRef.of(document.id, document.record),
            file_name=document.file_name,
            questions=questions,
            links=links,
        )


class ReviewLinks(Model):
    """Addresses of a document to look at: its record, and the page on which a person corrects it."""

    self: str
    html: str


class ReviewQueue(Model):
    """The documents to look at, those with most to look at first; `total` counts all of them."""

    items: tuple[ReviewLine, ...]
    next: str | None
    total: NonNegativeInt


class Corrections(Model):
    """What people entered over what was read of a document, the newest first."""

    items: tuple[Correction, ...]


class ClauseTree(Model):
    """The clauses of a document's body, in the order in which they are printed."""

    clauses: tuple[Clause, ...]


class BatchView(Batch):
    """A batch with the state of its files and its completeness report; `next` leads to the files that follow.

    `near_duplicates` has, by the id of a document of these files, what may be another scan of its paper: nothing
    before all files of the batch are through.
    """

    items: tuple[Item, ...]
    next: str | None
    files: int
    complete: bool
    reasons: dict[str, int]
    pages_failed: int
    documents: int
    near_duplicates: dict[str, tuple[NearDuplicate, ...]]

    @classmethod
    def of(cls, report: BatchReport, items: Page[Item], near: Mapping[str, tuple[NearDuplicate, ...]]) -> BatchView:
        """Put a report and a page of items together."""
        return cls(
            **{name: getattr(report.batch, name) for name in Batch.model_fields},
            items=items.items,
            next=items.next,
            files=report.items,
            complete=report.complete,
            reasons=report.reasons,
            pages_failed=report.pages_failed,
            documents=report.documents,
            near_duplicates=dict(near),
        )


class WordView(Model):
    """One word of a page."""

    text: str
    box: Rectangle | None
    confidence: float
    line: int
    paragraph: int
    zone: Zone | None = None
    raw: str | None = None
    cost: float | None = None


class ReadingView(Model):
    """A second look at one part of the head of a page: the digits of a number or day, or a whole line."""

    part: Literal["number", "day", "month", "symbol", "place_date", "arrival", "stamp"]
    text: str
    confidence: float
    witness: Literal["pen", "best"]
    accepted: bool
    candidates: tuple[str, ...]
    box: Rectangle | None


class QualityView(Model):
    """How well a page was read; shares 0..1."""

    score: float
    lexicon: float
    confidence: float
    repaired: float


class PageView(Model):
    """What was read on one page: its words in reading order."""

    number: int
    width: float
    height: float
    rotation: int
    text_layer: TextLayer
    dpi: int | None
    turned: int
    blank: bool
    layer_reason: Reason | None
    mean_confidence: float | None
    quality: QualityView | None
    readings: tuple[ReadingView, ...]
    words: tuple[WordView, ...]

    @classmethod
    def of(cls, page: PageText) -> PageView:
        """Give a page its JSON form."""
        words = tuple(
            WordView(
                text=w.text,
                box=w.box,
                confidence=w.confidence,
                line=w.line,
                paragraph=w.paragraph,
                zone=w.zone,
                raw=w.raw,
                cost=w.cost,
            )
            for w in page.words
        )
        return cls(
            number=page.number,
            width=page.width,
            height=page.height,
            rotation=page.rotation,
            text_layer=page.text_layer,
            dpi=page.dpi,
            turned=page.turned,
            blank=page.blank,
            layer_reason=page.layer_reason,
            mean_confidence=page.mean_confidence,
            quality=QualityView(**asdict(page.quality)) if page.quality else None,
            readings=tuple(ReadingView(**asdict(reading)) for reading in page.readings),
            words=words,
        )


class Changes(Model):
    """Lines of the change list, the oldest first; ask with `next` again, also when there were none."""

    items: tuple[Change, ...]
    next: str


class Place(Model):
    """Where in a dossier a document is put."""

    position: int | None = Field(default=None, ge=1, le=1_000_000)


class SavedSearchForm(Model):
    """A search to save."""

    name: str = Field(min_length=1, max_length=200)
    query: SavedQuery


class SavedSearchPatch(Model):
    """What is to be changed of a saved search; another query begins anew."""

    name: str = Field("", min_length=1, max_length=200)
    query: SavedQuery = SavedQuery()
    seen: str = Field("", max_length=1000)


class SearchLinks(Model):
    """Addresses of what a saved search found."""

    self: str
    html: str
    new: str
    json_feed: str
    atom_feed: str


class SavedSearchView(SavedSearch):
    """A saved search, and where to read what it found."""

    links: SearchLinks

    @classmethod
    def of(cls, saved: SavedSearch) -> SavedSearchView:
        """Add the addresses to a saved search."""
        here = f"/api/v1/searches/{saved.id}"
        links = SearchLinks(
            self=here,
            html=f"/searches/{saved.id}",
            new=f"{here}/new",
            json_feed=f"{here}/feed.json",
            atom_feed=f"{here}/feed.atom",
        )
        return cls(**{name: getattr(saved, name) for name in SavedSearch.model_fields}, links=links)


class SavedSearches(Model):
    """The saved searches of the caller."""

    items: tuple[SavedSearchView, ...]


class WebhookForm(Model):
    """A webhook to make."""

    url: str
    events: tuple[HookEvent, ...] = Field(min_length=1)
    searches: tuple[str, ...] = Field(default=(), max_length=1000)


class WebhookPatch(BaseModel):
    """What is to be changed of a webhook."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str | None = None
    events: tuple[HookEvent, ...] | None = Field(default=None, min_length=1)
    searches: tuple[str, ...] | None = Field(default=None, max_length=1000)
    state: HookState | None = None


class Rotation(Model):
    """How a webhook gets a new secret."""

    overlap_hours: float = Field(default=24.0, ge=0, le=168, strict=True)


class Webhooks(Model):
    """The webhooks of the caller."""

    items: tuple[Webhook, ...]


class Aliases(Model):
    """The names that people put in the place of what was read."""

    items: tuple[Alias, ...]


class BulkForm(BulkPlan):
    """A change to many documents: either `documents`, their ids, or all that a `search` finds."""

    documents: tuple[str, ...] | None = Field(default=None, max_length=100_000)
    search: SavedQuery | None = None

    @model_validator(mode="after")
    def _one_choice(self) -> Self:
        if (self.documents is None) == (self.search is None):
            raise ValueError("either documents or search")
        return self


class BulkActionView(BulkAction):
    """A change to many documents, and where its page and its documents are."""

    links: dict[str, str]

    @classmethod
    def of(cls, action: BulkAction) -> Self:
        """Make the shape of an action."""
        address = f"/api/v1/bulk-actions/{action.id}"
        links = {"self": address, "documents": f"{address}/documents", "html": f"/bulk/{action.id}"}
        return cls(**action.model_dump(), links=links)


class LongWorks(Model):
    """Works that take long."""

    items: tuple[LongWork, ...]


class TaskReport(Model):
    """How far a task has come; `reply` is the symbol of the document that answers it."""

    done: bool = False
    reply: str | None = Field(default=None, max_length=1000, examples=["123/SYT-NVY"])
    note: str | None = Field(default=None, max_length=1000)


class Keeping(Model):
    """How closely a document is kept and in which collection; what is left out stays."""

    access: Level | None = None
    collection: str | None = Field(default=None, max_length=100)


class KnownRegisters(Model):
    """The registers that were taken in."""

    items: tuple[Register, ...]


class SamePaper(Model):
    """Whether a person takes two documents for scans of one paper."""

    same: bool = Field(examples=[False])


class Users(Model):
    """All accounts."""

    items: tuple[User, ...]


class UserForm(Model):
    """An account to be made."""

    name: str = Field(max_length=1000)
    role: Role
    clearance: Level
    collections: tuple[str, ...] | None = Field(default=None, max_length=100)


class UserChange(Model):
    """What becomes other of an account; what is left out stays."""

    role: Role = Role.READER
    clearance: Level = Level.INTERNAL
    collections: tuple[str, ...] | None = Field(default=None, max_length=100)
    disabled: bool = False


class Why(Model):
    """Why something is thrown away or destroyed; it is kept in the log."""

    reason: str = Field(default="", max_length=1000)


class Priority(Model):
    """Another place in the order of work; higher is read earlier."""

    priority: int = Field(ge=-1000, le=1000, strict=True)


class Retried(Model):
    """How many files are worked on again."""

    retried: NonNegativeInt


class Health(Model):
    """Whether each thing that the archive stands on answers.

    `stale`: the last edit of its file cannot be read; the one before is used.
    """

    status: Literal["ok", "unavailable"]
    dependencies: dict[str, Literal["ok", "unavailable", "stale"]] = Field(default_factory=dict)
