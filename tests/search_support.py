"""An archive in memory and made-up dispatches for the tests of searching."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

from services.archive import Archive
from services.core.errors import NotFoundError
from services.core.model import (
    Box,
    Change,
    CleanText,
    Document,
    DocumentRevision,
    DocumentState,
    DossierRef,
    Extraction,
    IndexTask,
    Issuer,
    ItemState,
    Kind,
    PageText,
    PartialDate,
    Principal,
    Record,
    Signer,
    Span,
    Topic,
    Word,
)
from services.core.page_boxes import PageBoxes
from services.core.settings import Settings, load_settings
from services.core.symbols import parse_symbol
from services.search import IndexDocument, SearchEngine, build_index_document, open_engine

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
EVERYONE = Principal(name="test")


# --------------------------------------------------------------------------- settings and engines


def settings_for(index_url: str, data_dir: Path) -> Settings:
    return load_settings(data_dir=data_dir, index_url=index_url)


@asynccontextmanager
async def engine_at(index_url: str, data_dir: Path, *, write: bool = True) -> AsyncIterator[SearchEngine]:
    engine = await open_engine(settings_for(index_url, data_dir), write=write)
    try:
        yield engine
    finally:
        await engine.close()


# --------------------------------------------------------------------------- documents


def pages_of_lines(pages: Sequence[str], *, boxes: bool = True) -> list[PageText]:
    """Lay lines out on pages: every word 7 points a letter wide, a line every 14 points."""
    return [_page(number, text, boxes=boxes) for number, text in enumerate(pages, 1)]


def _page(number: int, text: str, *, boxes: bool) -> PageText:
    words = []
    for line, content in enumerate(text.split("\n")):
        left = 50.0
        for word in content.split():
            box = Box(left, 40.0 + 14 * line, left + 7 * len(word), 52.0 + 14 * line) if boxes else None
            words.append(Word(text=word, box=box, confidence=0.9, line=line, paragraph=line))
            left += 7 * len(word) + 5
    return PageText(number=number, width=595.0, height=842.0, words=tuple(words))


def join_pages(pages: Sequence[PageText]) -> CleanText:
    """Join all words of all pages to one paragraph; a hyphen at a line end is taken out with the line end."""
    text, spans, starts = "", [], []
    for page in pages:
        if page.words:
            starts.append((page.number, len(text)))
        for number, word in enumerate(page.words):
            cut = word.text.endswith("-") and number + 1 < len(page.words) and page.words[number + 1].line > word.line
            piece = word.text.removesuffix("-") if cut else word.text
            spans.append(Span(len(text), len(text) + len(piece), page.number, number))
            text += piece if cut else f"{piece} "
    return CleanText(text=text.rstrip(), spans=tuple(spans), page_starts=tuple(starts))


def make_document(
    document_id: str,
    record: Record | None = None,
    *,
    revision: int = 1,
    access: str = "public",
    item_state: ItemState = ItemState.DONE,
    pages: int = 1,
    batch: str = "batch-1",
    dossiers: tuple[DossierRef, ...] = (),
) -> Document:
    return Document(
        id=document_id,
        source_id=f"source-of-{document_id}",
        external_id=f"ext-{document_id}",
        first_page=1,
        last_page=pages,
        revision=revision,
        access=access,
        item_state=item_state,
        file_name=f"{document_id}.pdf",
        media_type="application/pdf",
        batch_ids=(batch,),
        dossiers=dossiers,
        record=record or Record(),
        created_at=NOW,
        updated_at=NOW,
    )


def entry(document_id: str, text: str = "", record: Record | None = None, **given: object) -> IndexDocument:
    """Make an index entry straight from a text."""
    document = make_document(document_id, record, **given)  # type: ignore[arg-type]
    return build_index_document(document, CleanText(text=text, spans=()))


def day(year: int, month: int | None = None, date: int | None = None) -> PartialDate:
    """Make a date of which month or day may be blank, with its bounds."""
    first = dt.date(year, month or 1, date or 1)
    if date:
        last = first
    elif month:
        last = (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
    else:
        last = dt.date(year, 12, 31)
    return PartialDate(year=year, month=month, day=date, earliest=first, latest=last)


# --------------------------------------------------------------------------- made-up dispatches

_PROVINCES = ["Điện Biên", "Lai Châu", "Sơn La", "Bắc Kạn", "Hà Giang", "Cao Bằng", "Lạng Sơn", "Yên Bái"]
_KINDS = [("CV", "Công văn"), ("QĐ", "Quyết định"), ("KH", "Kế hoạch"), ("TB", "Thông báo"), ("CĐ", "Công điện")]
_TOPICS = [("y-te/tiem-chung", "Tiêm chủng"), ("y-te/xet-nghiem", "Xét nghiệm"), ("giao-duc", "Giáo dục")]
_NAMES = ["Vừ A Bằng", "Tống Thanh Hải", "Lê Thị Hồng Anh", "Dương Hữu Bằng", "Mùa A Sơn"]
_TEXT = """
tiêm vắc xin vaccine ưu tiên lực tuyến đầu người cao tuổi phòng chống dịch bệnh xét nghiệm cách ly tập trung giám sát
kiểm tra báo cáo kết quả thực hiện kế hoạch phân bổ kinh phí học sinh trường học giáo dục đào tạo giảm nghèo nông thôn
mới thủy lợi hòa giải ủy ban nhân dân tỉnh huyện xã thông tin truyền thông ô xy y tế bản bán ban
"""
_WORDS = _TEXT.split()


def made_up(count: int, seed: int = 7) -> list[tuple[Document, CleanText]]:
    """Make dispatches with words, symbols, dates (some partial or unknown), issuers and topics; the same every time."""
    random_ = random.Random(seed)
    return [_made_up(random_, number) for number in range(count)]


def _made_up(random_: random.Random, number: int) -> tuple[Document, CleanText]:
    province = random_.choice(_PROVINCES)
    code, kind = random_.choice(_KINDS)
    text = " ".join(random_.choice(_WORDS) for _ in range(random_.randint(0, 120)))
    symbol = f"{number + 1}/{code}-UBND" if code != "CV" else f"{number + 1}/UBND-KGVX"
    parsed = parse_symbol(symbol)
    topic = random_.choice([*_TOPICS, None])
    record = Record(
        symbol=symbol if number % 9 else None,
        number=str(number + 1) if number % 9 else None,
        symbol_key=parsed.key if parsed and number % 9 else None,
        kind=Kind(code=code, name=kind),
        issuer=Issuer(name=f"UBND tỉnh {province}", level="province", place=province, id=None) if number % 7 else None,
        issued_on=random_.choice([day(2021, random_.randint(1, 12), 5), day(2021, 9), day(2020), None]),
        subject=f"V/v {' '.join(random_.choice(_WORDS) for _ in range(8))}" if number % 5 else None,
        signer=Signer(name=random_.choice(_NAMES)),
        topics=(Topic(id=topic[0], label=topic[1]),) if topic else (),
        pages=1,
    )
    document = make_document(f"{number:08x}-0000-7000-8000-{number:012x}", record, revision=1 + number % 3)
    return document, CleanText(text=text, spans=(), page_starts=((1, 0),) if text else ())


# --------------------------------------------------------------------------- an archive in memory


@dataclasses.dataclass
class _Kept:
    document: Document
    clean: CleanText
    pages: dict[int, PageText]


class FakeDocuments:
    """The few methods of `services.archive.Documents` that searching uses, over a dict."""

    def __init__(self) -> None:
        self.kept: dict[str, _Kept] = {}
        self.gone: dict[str, int] = {}
        self.lines: list[Change] = []

    async def get(self, p: Principal, document_id: str) -> Document:
        found = await self.many(p, [document_id])
        if document_id not in found:
            raise NotFoundError(document_id)
        return found[document_id]

    async def many(self, p: Principal, ids: Sequence[str]) -> dict[str, Document]:
        found = {i: self.kept[i].document for i in ids if i in self.kept}
        return {i: d for i, d in found.items() if d.access in p.access and d.state is DocumentState.READY}

    async def shown(self, p: Principal, ids: Sequence[str], known: Mapping[str, Document]) -> dict[str, Document]:
        return await self.many(p, ids)

    async def followed(self, p: Principal, found: Sequence[Document]) -> list[Document]:
        return list(found)

    async def clean_text(self, p: Principal, document_id: str) -> CleanText:
        await self.get(p, document_id)
        return self.kept[document_id].clean

    async def clean_texts(self, p: Principal, ids: Sequence[str]) -> dict[str, CleanText]:
        return {i: self.kept[i].clean for i in await self.many(p, ids)}

    async def pages(self, p: Principal, document_id: str, numbers: Sequence[int]) -> dict[int, PageText]:
        await self.get(p, document_id)
        pages = self.kept[document_id].pages
        return {n: pages[n] for n in numbers if n in pages}

    async def boxes(self, p: Principal, wanted: Mapping[str, Sequence[int]]) -> dict[str, dict[int, PageBoxes]]:
        there = {i: self.kept[i].pages for i in await self.many(p, list(wanted))}
        return {i: {n: PageBoxes.of(pages[n]) for n in wanted[i] if n in pages} for i, pages in there.items()}

    async def ids(self, p: Principal, *, after: str | None = None, limit: int = 1000) -> list[str]:
        ready = sorted(await self.many(p, list(self.kept)))
        return [i for i in ready if after is None or i > after][:limit]

    async def count(self, p: Principal) -> int:
        return len(await self.ids(p, limit=len(self.kept)))

    async def revisions(self, p: Principal, *, after: str | None = None, limit: int = 1000) -> list[DocumentRevision]:
        found = {i: DocumentRevision(i, revision, ready=False) for i, revision in self.gone.items()}
        found |= {i: DocumentRevision(i, kept.document.revision, ready=True) for i, kept in self.kept.items()}
        return [found[i] for i in sorted(found) if after is None or i > after][:limit]

    async def changes(self, p: Principal, cursor: str | None = None, limit: int = 100) -> tuple[list[Change], str]:
        start = int(cursor or 0)
        lines = self.lines[start : start + limit]
        return lines, str(start + len(lines))


class FakeArchive:
    """An archive that holds documents in memory and keeps the line of their changes."""

    def __init__(self) -> None:
        self.documents = FakeDocuments()

    @property
    def as_archive(self) -> Archive:
        return cast(Archive, self)

    def put(self, document: Document, clean: CleanText, pages: Sequence[PageText] = ()) -> IndexTask:
        known = document.id in self.documents.kept
        self.documents.kept[document.id] = _Kept(document, clean, {page.number: page for page in pages})
        self._note("changed" if known else "ready", document)
        return IndexTask(document.id, document.revision, document, clean)

    def put_pages(self, document_id: str, pages: Sequence[str], record: Record | None = None) -> IndexTask:
        laid_out = pages_of_lines(pages)
        document = make_document(document_id, record, pages=len(laid_out))
        return self.put(document, join_pages(laid_out), laid_out)

    def take_out(self, document_id: str) -> tuple[str, int]:
        document = self.documents.kept.pop(document_id).document
        gone = document.model_copy(update={"revision": document.revision + 1})
        self.documents.gone[gone.id] = gone.revision
        self._note("deleted", gone)
        return gone.id, gone.revision

    async def index_all(self, engine: SearchEngine) -> None:
        """Index everything, as the index job does."""
        await engine.apply([build_index_document(k.document, k.clean) for k in self.documents.kept.values()])

    def _note(self, action: str, document: Document) -> None:
        line = {"cursor": str(len(self.documents.lines) + 1), "action": action, "document_id": document.id}
        self.documents.lines.append(Change.model_validate({**line, "revision": document.revision, "at": NOW}))


def extracted(document_id: str, extraction: Extraction, pages: Sequence[PageText]) -> Document:
    """Make the document of an extraction."""
    return make_document(document_id, extraction.record, pages=len(pages))
