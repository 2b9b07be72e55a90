"""The model: the names used in code, JSON and the database alike (docs/architecture.md, glossary in the README).

Values that cross a seam are frozen. Those that reach JSON are pydantic models; the words of pages, which come by the
hundred thousand, are plain dataclasses.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

JSON = Any  # a value that json.dumps takes


class Model(BaseModel):
    """A frozen value with a JSON form; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# --------------------------------------------------------------------------- who asks


class Level(StrEnum):
    """How closely a document is kept; each level is above the one before."""

    PUBLIC = "public"
    INTERNAL = "internal"
    RESTRICTED = "restricted"
    SECRET = "secret"  # noqa: S105 - a level, no password

    def and_below(self) -> frozenset[str]:
        """Return what someone cleared for this level may see."""
        levels = list(Level)
        return frozenset(level.value for level in levels[: levels.index(self) + 1])


class Role(StrEnum):
    """What a person or program is in the archive; `core.permits` says what each may do."""

    READER = "reader"
    ARCHIVIST = "archivist"
    ADMINISTRATOR = "administrator"
    INTEGRATOR = "integrator"


class Scope(StrEnum):
    """What a call may do. Every route of the web server declares the one it needs."""

    READ = "read"
    UPLOAD = "upload"
    CORRECT = "correct"
    REMOVE = "remove"
    PURGE = "purge"
    WEBHOOKS = "webhooks"
    METRICS = "metrics"
    AUDIT = "audit"
    ADMIN = "admin"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who a call is made for, what they may see and do, and where they call from (for the events).

    Without a role it is a process of this machine: a worker, the command line, or the one user of open mode.
    `collections` None means all of them; `address` is the network address of the caller.
    """

    name: str
    access: frozenset[str] = frozenset({"public"})
    origin: str = ""
    user_id: str | None = None
    role: Role | None = None
    scopes: frozenset[str] = frozenset({"read"})
    collections: frozenset[str] | None = None
    address: str | None = None

    def may(self, scope: Scope) -> bool:
        """Tell whether the call may do this."""
        return scope in self.scopes


def local_principal(origin: str) -> Principal:
    """Return the one principal of this machine, who may see and do everything, by "cli NAME", "web" or "worker"."""
    return Principal("local", access=Level.SECRET.and_below(), origin=origin, scopes=frozenset(Scope))


# --------------------------------------------------------------------------- reasons


class Reason(Model):
    """Why something failed, warns or needs eyes: a code and its parameters, never a sentence (core.messages)."""

    code: str
    params: dict[str, JSON] = Field(default_factory=dict)


# --------------------------------------------------------------------------- pages of words


class Zone(StrEnum):
    """The cell of NĐ 30/2020 (PL I, mục II) a word stands in."""

    ISSUER = "issuer"
    MOTTO = "motto"
    SYMBOL = "symbol"
    PLACE_DATE = "place_date"
    KIND_SUBJECT = "kind_subject"
    ADDRESSEES = "addressees"
    BODY = "body"
    RECIPIENTS = "recipients"
    SIGNATURE = "signature"
    STAMP = "stamp"
    URGENCY_SECRECY = "urgency_secrecy"
    ANNOTATION = "annotation"
    RUNNING_HEAD = "running_head"
    PAGE_NUMBER = "page_number"
    OTHER = "other"


class TextLayer(StrEnum):
    """What the text inside a PDF page is worth."""

    NONE = "none"
    STAMP_ONLY = "stamp_only"
    GARBAGE = "garbage"
    GOOD = "good"


class Box(NamedTuple):
    """A rectangle in PDF points of the unrotated page, origin top left."""

    x0: float
    y0: float
    x1: float
    y1: float

    def meets(self, other: Box) -> bool:
        """Whether the two have some area in common."""
        return self.x0 < other.x1 and other.x0 < self.x1 and self.y0 < other.y1 and other.y0 < self.y1


@dataclass(frozen=True, slots=True)
class Word:
    """One word as it stands on a page.

    `line` counts lines of the page from 0 in reading order, `paragraph` likewise; `confidence` is 0..1; `box` is None
    for text that was read elsewhere; `raw` is the form before repair where it differs and `cost` what that repair cost
    (natural logarithm of the odds against the slip). Junk that repair took out has an empty `text` and stays in `raw`.
    """

    text: str
    box: Box | None
    confidence: float
    line: int
    paragraph: int
    zone: Zone | None = None
    raw: str | None = None
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A second look at one part of the head of a page: what another reader made of a number, a day or a whole line.

    `part` says of what: the digits between "Số:" and "/" (`number`), between "ngày" and "tháng" (`day`), between
    "tháng" and "năm" (`month`), a whole line (`symbol`, `place_date`), the date in a stamp of arrival (`arrival`: as
    seen, a slash is often a 1), or all that a stamp of arrival says (`stamp`: its lines; a candidate for each time that
    it was looked at). `text` is empty where the place is blank.
    `candidates` has the best readings first, `text` among them; `accepted` says that the reader's own rule believes it.
    """

    part: Literal["number", "day", "month", "symbol", "place_date", "arrival", "stamp"]
    text: str
    confidence: float
    witness: Literal["pen", "best"]
    accepted: bool = False
    candidates: tuple[str, ...] = ()
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Quality:
    """How well a page was read, each a share 0..1; `score` orders pages by how much they need eyes (low first).

    `lexicon`: of the words with letters, those that the lexicon knows; `confidence`: mean of the recogniser, weighted
    by length; `repaired`: words that repair changed or took out.
    """

    score: float
    lexicon: float
    confidence: float
    repaired: float


@dataclass(frozen=True, slots=True)
class PageText:
    """What was read on one page: words in reading order, size in points of the unrotated page.

    `rotation` is the page's own `/Rotate`; `turned` how far its print stands turned beyond that (clockwise, multiples
    of 90). `layer_reason` says why the text layer got its verdict, `blank` that there is no print on the page.
    """

    number: int
    width: float
    height: float
    words: tuple[Word, ...]
    text_layer: TextLayer = TextLayer.NONE
    dpi: int | None = None
    rotation: int = 0
    image_hash: str = ""
    turned: int = 0
    blank: bool = False
    layer_reason: Reason | None = None
    quality: Quality | None = None
    readings: tuple[Reading, ...] = ()

    @property
    def mean_confidence(self) -> float | None:
        """Mean word confidence weighted by length, None on a page without words."""
        total = sum(len(w.text) for w in self.words)
        return sum(w.confidence * len(w.text) for w in self.words) / total if total else None


@dataclass(frozen=True, slots=True)
class Span:
    """Characters [start, end) of a clean text that are word number `word` of page `page` (numbers of the source)."""

    start: int
    end: int
    page: int
    word: int


@dataclass(frozen=True, slots=True)
class CleanText:
    """The text of a document as a reader wants it, and where every piece of it stands on the pages.

    Paragraphs are separated by one newline. `spans` are in text order and do not overlap; a word that was cut in two
    by a line end has two spans. `page_starts` gives (page number, first character) for every page with text.
    """

    text: str
    spans: Sequence[Span]
    page_starts: tuple[tuple[int, int], ...] = ()


class PageInfo(Model):
    """What triage learns of one page before it is read; size in points."""

    number: int
    width: float
    height: float
    rotation: int = 0


class DigitalSignature(Model):
    """A digital signature inside a PDF, as its certificate and the signer's clock tell it.

    `intact`: what it covers is unchanged since it was signed (None where that could not be checked); `whole_file`: it
    covers the file to its end, so nothing was added after it. Who stands behind the certificate is not checked.
    """

    name: str | None = None
    organization: str | None = None
    signed_at: dt.datetime | None = None
    intact: bool | None = None
    whole_file: bool = False


class Triage(Model):
    """What a source holds, learned before any page is read."""

    pages: tuple[PageInfo, ...]
    encrypted: bool = False
    signatures: tuple[DigitalSignature, ...] = ()
    warnings: tuple[Reason, ...] = ()


# --------------------------------------------------------------------------- the record


class Kind(Model):
    """A kind of document (tên loại): code as in NĐ 30/2020 PL III, công văn has CV."""

    code: str
    name: str


class Issuer(Model):
    """The issuing body (cơ quan ban hành); `name` as printed, `id` a path of the gazetteer when it is known."""

    name: str
    parent: str | None = None
    level: Literal["central", "ministry", "province", "district", "commune", "party", "other"] | None = None
    place: str | None = None
    id: str | None = None


class PartialDate(Model):
    """A date of which parts may be unknown; `earliest` and `latest` bound it (inclusive)."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    earliest: dt.date | None = None
    latest: dt.date | None = None
    as_written: str | None = None


class Recipient(Model):
    """One line of Nơi nhận; role b/c (to report), p/h (to cooperate), t/h (to carry out) or None."""

    name: str
    role: str | None = None


class Signer(Model):
    """Who signed: authority lines ("TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH"), title and name."""

    authority: tuple[str, ...] = ()
    title: str | None = None
    name: str | None = None


class Arrival(Model):
    """The arrival stamp (dấu ĐẾN, VĂN BẢN ĐIỆN TỬ): never the document's own number or date."""

    number: str | None = None
    date: str | None = None
    on: dt.date | None = None


class CitationRole(StrEnum):
    """What a document has to do with one that it cites, by the words that lead to the symbol (NĐ 30/2020, PL I)."""

    BASIS = "basis"  # căn cứ
    IMPLEMENTS = "implements"  # thực hiện, triển khai, theo
    ANSWERS = "answers"  # trả lời, phúc đáp
    FOLLOWS = "follows"  # tiếp theo
    AMENDS = "amends"  # sửa đổi, bổ sung
    REPLACES = "replaces"  # thay thế
    REPEALS = "repeals"  # bãi bỏ
    CORRECTS = "corrects"  # đính chính
    REVOKES = "revokes"  # thu hồi
    ENCLOSES = "encloses"  # gửi kèm: the cited one comes with this one
    ATTACHED = "attached"  # (ban hành) kèm theo: this one, an annex, comes with the cited one


class Citation(Model):
    """A document that this one names; `key` is the symbol key (core.symbols), `page` where it is named first.

    `enclosed` says that the text announces a copy of it ("có Công điện kèm theo"), whatever its role. `document_id` is
    found when a document is asked for (`Documents.get`), never stored.
    """

    raw: str
    key: str | None = None
    kind: str | None = None
    date: PartialDate | None = None
    issuer: str | None = None
    role: CitationRole | None = None
    enclosed: bool = False
    page: int | None = None
    document_id: str | None = None


class Due(Model):
    """When something is due, as written, and the interval in which that moment lies (+07:00, both ends included).

    A day is 00:00:00 to 23:59:59; an hour is both ends (core.deadlines says how each form is read). Both ends are None
    for what has no single moment ("hằng ngày trước 15h00") or lacks a year that nothing tells.
    """

    as_written: str
    earliest: dt.datetime | None = None
    latest: dt.datetime | None = None


class TaskProgress(Model):
    """How far a task has come, as a person said (`by`, `at`); nobody has where both are None.

    `replies` are the symbols of the documents that answer: the one that a person entered, else those of the archive
    that cite this document as what they answer.
    """

    done: bool = False
    replies: tuple[str, ...] = ()
    note: str | None = None
    by: str | None = None
    at: dt.datetime | None = None


class Task(Model):
    """What somebody is asked to do.

    `assignees` lead (đơn vị chủ trì), `cooperating` help (phối hợp với), `report_to` gets the result (báo cáo, trình,
    tham mưu cho); `clause` is the id of the clause that says so, `page` where that begins. `progress` is looked up when
    a document is asked for (`Documents.get`), never stored with the record.
    """

    assignees: tuple[str, ...] = ()
    cooperating: tuple[str, ...] = ()
    report_to: tuple[str, ...] = ()
    text: str
    due: Due | None = None
    clause: str | None = None
    page: int | None = None
    progress: TaskProgress | None = None


class ClausePlace(Model):
    """Where a clause stands on one page: a box for each of its lines, in points; none for text read elsewhere."""

    page: int
    boxes: tuple[Box, ...] = ()


class Clause(Model):
    """A numbered part of the body (phần, chương, mục, điều, khoản, điểm, a bullet), or a paragraph without a number.

    `id` is unique in its document ("dieu-2.1.a"); `number` is as printed, None without one; `heading` its title where
    it has one; `text` what it says itself, title included and number not, without its children: characters
    [start, end) of the clean text, the number included. `agencies` are those it is addressed to. `places` says where
    on the pages; without the pages only on which one it begins.
    """

    id: str
    number: str | None = None
    heading: str | None = None
    text: str
    start: int
    end: int
    page: int
    places: tuple[ClausePlace, ...] = ()
    agencies: tuple[str, ...] = ()
    children: tuple[Clause, ...] = ()


class Topic(Model):
    """A topic of the taxonomy; `id` carries the path (y-te/tiem-chung), `reason` what in the text led to it."""

    id: str
    label: str
    score: float = 1.0
    reason: str | None = None


class Record(Model):
    """The structured record of one document. An unknown value is None or empty, never zero.

    `fonds` (phông), `shelf` (where the paper lies) and `copy_status` (mức độ tin cậy: bản gốc, bản chính, bản sao) are
    what people enter; no page says them.
    """

    symbol: str | None = None
    number: str | None = None
    notation: str | None = None
    symbol_key: str | None = None
    kind: Kind | None = None
    issuer: Issuer | None = None
    issued_on: PartialDate | None = None
    place: str | None = None
    subject: str | None = None
    addressees: tuple[str, ...] = ()
    recipients: tuple[Recipient, ...] = ()
    copy_line: str | None = None
    signer: Signer | None = None
    urgency: str | None = None
    secrecy: str | None = None
    arrival: Arrival | None = None
    fonds: str | None = None
    shelf: str | None = None
    copy_status: str | None = None
    citations: tuple[Citation, ...] = ()
    tasks: tuple[Task, ...] = ()
    topics: tuple[Topic, ...] = ()
    pages: int = 0
    language: str | None = "vi"
    warnings: tuple[Reason, ...] = ()


class Evidence(Model):
    """Where a record's value came from: how it was got, where it stands, how sure it is, what else it could be."""

    how: Literal["read", "inferred", "entered"]
    page: int | None = None
    box: tuple[float, float, float, float] | None = None
    confidence: float = 1.0
    confirmed: bool = True
    candidates: tuple[str, ...] = ()
    witness: str | None = None
    by: str | None = None
    at: dt.datetime | None = None


class Extraction(Model):
    """A record with the evidence of each of its values, by the record's keys."""

    record: Record
    evidence: dict[str, Evidence] = Field(default_factory=dict)


# --------------------------------------------------------------------------- the archive's account


class ItemState(StrEnum):
    """The one state of a file; states are counted over items."""

    RECEIVED = "received"
    READING = "reading"
    DONE = "done"
    NEEDS_REVIEW = "needs_review"
    FAILED = "failed"
    DUPLICATE = "duplicate"


class PageState(StrEnum):
    """The state of a page of a source."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


class BatchState(StrEnum):
    """Whether the files of a batch are worked on."""

    ACTIVE = "active"
    PAUSED = "paused"
    CANCELLED = "cancelled"


class DocumentState(StrEnum):
    """Whether a document is in the archive, in the trash, or gone for good."""

    READY = "ready"
    TRASHED = "trashed"
    PURGED = "purged"


class DossierState(StrEnum):
    """Whether what is in a dossier (hồ sơ) may change."""

    OPEN = "open"
    LOCKED = "locked"


OnDuplicate = Literal["link", "reject", "accept"]


class Batch(Model):
    """Files that came in together. `counts` has every ItemState; `pages` and `pages_done` sum over its sources.

    Its documents begin on the level `access` and in `collection`. What may not be seen is not counted.
    """

    id: str
    label: str | None = None
    state: BatchState = BatchState.ACTIVE
    priority: int = 0
    on_duplicate: OnDuplicate = "link"
    access: str = "public"
    collection: str = "default"
    created_at: dt.datetime
    created_by: str
    counts: dict[ItemState, int] = Field(default_factory=dict)
    pages: int = 0
    pages_done: int = 0

    @property
    def finished(self) -> bool:
        """Whether no file of the batch is still to be worked on."""
        return not (self.counts.get(ItemState.RECEIVED, 0) or self.counts.get(ItemState.READING, 0))


class Item(Model):
    """One file as received in one batch; `replaces` names the document that it is a better scan of."""

    id: str
    batch_id: str
    name: str
    external_id: str | None = None
    state: ItemState
    reason: Reason | None = None
    attempts: int = 0
    source_id: str | None = None
    duplicate_of: str | None = None
    replaces: str | None = None
    pages: int | None = None
    pages_done: int = 0
    document_ids: tuple[str, ...] = ()
    created_at: dt.datetime
    updated_at: dt.datetime


class Source(Model):
    """One content, shared by the items that brought it. `sha256` is of the bytes as received."""

    id: str
    sha256: str
    bytes: int
    media_type: str
    pages: int | None = None
    signatures: tuple[DigitalSignature, ...] = ()
    state: DocumentState = DocumentState.READY
    warnings: tuple[Reason, ...] = ()
    created_at: dt.datetime
    items: tuple[Item, ...] = ()
    document_ids: tuple[str, ...] = ()


class PageRun(Model):
    """Pages [first_page, last_page] of a source."""

    first_page: int = Field(ge=1)
    last_page: int = Field(ge=1)


class SplitDocument(PageRun):
    """A document of a source and its pages."""

    id: str


class SourceSplit(Model):
    """How a source is cut into documents.

    `runs` is what a person said, with who and when; None where the machine decides. `documents` are those there are
    now, in page order; `pending` says that they follow the runs soon. `version` grows when a split or the pages change.
    """

    source_id: str
    pages: int
    version: int
    pending: bool
    runs: tuple[PageRun, ...] | None = None
    by: str | None = None
    at: dt.datetime | None = None
    documents: tuple[SplitDocument, ...] = ()


class PageStatus(Model):
    """The account of one page; `quality` is the mean confidence, 0..1; `rotation` as in PageText."""

    id: str
    source_id: str
    number: int
    width: float
    height: float
    rotation: int = 0
    state: PageState
    reason: Reason | None = None
    attempts: int = 0
    text_layer: TextLayer | None = None
    quality: float | None = None


class DossierForm(Model):
    """What people say of a dossier (NĐ 30/2020, PL V): code ("01.TCCB"), title, how long it is kept, fonds and year."""

    code: str = Field(min_length=1, max_length=100)
    title: str = Field(min_length=1, max_length=1000)
    retention: str | None = Field(default=None, max_length=100)
    fonds: str | None = Field(default=None, max_length=200)
    year: int | None = Field(default=None, ge=1000, le=9999)


class DossierRef(Model):
    """The dossier a document lies in."""

    id: str
    code: str


class Dossier(DossierForm):
    """A dossier; code, fonds and year are its identity. `documents` counts those that the asker may see.

    `revision` grows with every change of the dossier, its contents included, and makes the ETag.
    """

    id: str
    state: DossierState = DossierState.OPEN
    revision: int
    documents: int = 0
    created_at: dt.datetime
    created_by: str
    updated_at: dt.datetime
    updated_by: str


class Document(Model):
    """One official document: pages [first_page, last_page] of one source, with its record in force.

    `record` and `evidence` already have the corrections of people laid over what was read. `revision` grows with every
    change and makes the ETag.
    """

    id: str
    source_id: str
    external_id: str | None = None
    first_page: int
    last_page: int
    revision: int
    access: str = "public"
    collection: str = "default"
    state: DocumentState = DocumentState.READY
    item_state: ItemState = ItemState.READING
    file_name: str
    media_type: str
    batch_ids: tuple[str, ...] = ()
    dossiers: tuple[DossierRef, ...] = ()
    record: Record
    evidence: dict[str, Evidence] = Field(default_factory=dict)
    pages: tuple[PageStatus, ...] = ()
    created_at: dt.datetime
    updated_at: dt.datetime


class DocumentRef(Model):
    """A document as lists name it."""

    id: str
    symbol: str | None = None
    kind: Kind | None = None
    issuer: str | None = None
    issued_on: PartialDate | None = None
    subject: str | None = None

    @classmethod
    def of(cls, document_id: str, record: Record) -> DocumentRef:
        """Name a document by its record."""
        return cls(
            id=document_id,
            symbol=record.symbol,
            kind=record.kind,
            issuer=record.issuer.name if record.issuer else None,
            issued_on=record.issued_on,
            subject=record.subject,
        )


class CitedDocument(Model):
    """A citation and the document of the archive that it means, if that is certain.

    `candidates` counts the documents that it may mean: 0 none is here, more than 1 what it says fits several.
    """

    citation: Citation
    document: DocumentRef | None = None
    candidates: int = 0


class CitingDocument(Model):
    """A document that cites another one, in which role, and on which of its pages first."""

    document: DocumentRef
    role: CitationRole | None = None
    page: int | None = None


class Relations(Model):
    """How a document stands to the others of the archive, as of now.

    `cited_by` has the newest, `cited_by_count` says how many there are; `recalled_by` are those that recall it (thu
    hồi). `original` is the numbered document of which this is a copy with a blank number, `copies` are its own such
    copies. `warnings` are those that other documents give cause for.
    """

    cites: tuple[CitedDocument, ...] = ()
    cited_by: tuple[CitingDocument, ...] = ()
    cited_by_count: int = 0
    recalled_by: tuple[DocumentRef, ...] = ()
    original: DocumentRef | None = None
    copies: tuple[DocumentRef, ...] = ()
    warnings: tuple[Reason, ...] = ()


class DifferingPassage(Model):
    """A place where two texts say something else, each folded (without marks, in lower case)."""

    here: str
    there: str


class NearDuplicate(Model):
    """A document that may be another scan of the same paper.

    `shared` is the share (0..1) of the shorter text that the other has too; `only_here` and `only_there` count the
    syllables that one has besides, `passages` are the first places where both say something else. `differs` names what
    else is not the same: `symbol`, `issued_on`, `pages`.
    """

    document: DocumentRef
    file_name: str
    pages: int
    added_at: dt.datetime
    shared: float
    only_here: int = 0
    only_there: int = 0
    differs: tuple[Literal["symbol", "issued_on", "pages"], ...] = ()
    passages: tuple[DifferingPassage, ...] = ()


class NearDuplicates(Model):
    """The documents that may be other scans of the paper of one, the likest first; `apart` are told to be others."""

    document_id: str
    pages: int
    added_at: dt.datetime
    items: tuple[NearDuplicate, ...] = ()
    apart: tuple[DocumentRef, ...] = ()


class MissingDocument(Model):
    """A document that others cite and that the archive cannot have: `count` of them, `cited_by` the newest of those."""

    symbol: str
    key: str
    kind: str | None = None
    issuer: str | None = None
    issued_on: dt.date | None = None
    year: int | None = None
    count: int
    cited_by: tuple[DocumentRef, ...] = ()


class FollowedTask(Model):
    """A task with the document that asks for it; `number` (from 1) is its place there, `revision` the document's.

    `overdue` says that it is not done and that the last moment of its deadline has passed.
    """

    document: DocumentRef
    revision: int
    number: int
    task: Task
    overdue: bool = False


class SymbolCitation(Model):
    """A citation of a symbol: who cites, as which words, in which role and on which page first.

    `meant` is the id of the document of the archive that it means, None where that is not certain or not here;
    `candidates` as in CitedDocument.
    """

    document: DocumentRef
    raw: str
    issuer: str | None = None
    issued_on: dt.date | None = None
    role: CitationRole | None = None
    page: int | None = None
    meant: str | None = None
    candidates: int = 0


class CitedSymbol(Model):
    """What the archive knows of a symbol: the documents that have it, and the citations of it, the newest first.

    A symbol is not an identity (63 provinces share UBND-KGVX), so that `documents` may be several. `symbol` is as
    written, `count` says how many documents cite it, `next` is the cursor of the citations that follow.
    """

    key: str
    symbol: str
    documents: tuple[DocumentRef, ...] = ()
    citations: tuple[SymbolCitation, ...] = ()
    count: int = 0
    next: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentDraft:
    """A document as the record job found it, before the archive gives it an id (or finds the one it has).

    One that is not `scanned` is a row of a register: there is no page of it, whatever its source holds.
    """

    first_page: int
    last_page: int
    extraction: Extraction
    clean: CleanText
    needs_review: tuple[Reason, ...] = ()
    scanned: bool = True


class ReviewTask(Model):
    """A document that a person has to look at: what is open about it, and its place in the queue (an opaque cursor)."""

    document: Document
    questions: tuple[Reason, ...] = ()
    place: str | None = None


class CorrectedValue(Model):
    """One value that a correction is about, before and after it."""

    key: str
    before: JSON = None
    after: JSON = None


class Correction(Model):
    """What a person entered at one time over a document's record; `given`: it came with the upload.

    `witness` is what it was taken from where nobody typed it (a register, the header of a message). One that was
    withdrawn no longer counts and stays listed.
    """

    id: int
    who: str
    at: dt.datetime
    witness: str | None = None
    given: bool = False
    changes: tuple[CorrectedValue, ...]
    withdrawn_at: dt.datetime | None = None
    withdrawn_by: str | None = None


class Change(Model):
    """One line of /changes: what became of a document."""

    cursor: str
    action: Literal["ready", "changed", "moved", "deleted"]
    document_id: str
    revision: int
    at: dt.datetime
    external_id: str | None = None
    moved_to: str | None = None


class Alias(Model):
    """A name that people put in the place of what was read: for an issuer or a signer.

    `reading` is what a reading is known by (core.learnt), `seen` counts the documents in which people said so, `sure`
    whether those are enough for the name to be shown as sure.
    """

    id: int
    kind: Literal["issuer", "signer"]
    reading: str
    name: str
    parent: str | None = None
    seen: int = 1
    sure: bool = False
    at: dt.datetime | None = None


class Event(Model):
    """One append-only line of the log; `hash` covers it and all lines before it."""

    seq: int
    at: dt.datetime
    who: str
    action: str
    subject_type: str
    subject_id: str
    origin: str = ""
    address: str | None = None
    details: dict[str, JSON] = Field(default_factory=dict)
    hash: str


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """Work that a committed transaction made necessary; `queue` is "read", "record" or "index"."""

    id: int
    queue: str
    job: str
    args: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IndexTask:
    """A document whose index entry is older than its revision; `document` is None when it must leave the index."""

    document_id: str
    revision: int
    document: Document | None
    clean: CleanText | None


@dataclass(frozen=True, slots=True)
class DocumentRevision:
    """How far a document has come; one that is not `ready` lies in the trash or was purged."""

    id: str
    revision: int
    ready: bool


class ArchiveStatus(Model):
    """Counts over the whole archive, as `vanban status` prints them."""

    sources: dict[ItemState, int]
    batches: int
    documents: int
    indexed: int
    pages: int
    pages_done: int
    outbox: int
    trashed: int


WORK_QUIET = dt.timedelta(minutes=1)
"""A running work that has said nothing for so long was killed, most likely."""


class LongWork(Model):
    """A work over many things that takes long: records made again, the index built again, a backup, a bulk action.

    `done` of about `total` are through (files of a refresh, blobs of a backup, documents of the others). `updated_at`
    is when it last said so: a process that was killed leaves its work `running` and says nothing more.
    """

    id: str
    kind: Literal["refresh", "reindex", "backup", "bulk"]
    state: Literal["running", "done", "stopped", "failed"]
    done: int = 0
    total: int = 0
    by: str
    started_at: dt.datetime
    updated_at: dt.datetime
    ended_at: dt.datetime | None = None

    @property
    def per_second(self) -> float:
        """How many were done in a second, since it began; 0 while nothing is done."""
        return self.done / max((self.updated_at - self.started_at).total_seconds(), 1e-3)

    @property
    def left(self) -> dt.timedelta | None:
        """How long the rest takes at that pace; None where that cannot be told."""
        if self.state != "running" or not self.done or self.total < self.done:
            return None
        return dt.timedelta(seconds=(self.total - self.done) / self.per_second)


def bounds(words: Sequence[Word]) -> Box | None:
    """Return the box around the words that have one, None where none has."""
    boxes = [w.box for w in words if w.box is not None]
    if not boxes:
        return None
    return Box(min(b.x0 for b in boxes), min(b.y0 for b in boxes), max(b.x1 for b in boxes), max(b.y1 for b in boxes))
