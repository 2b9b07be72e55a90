"""Several documents in one file: letter with a draft and annexes, decision with what it issues, duplex scans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from services.core.model import PageText, Record, Zone
from tests.corpus.blocks import Block, center
from tests.corpus.content import Dispatch, compose_dispatch
from tests.corpus.fonts import Face, advance
from tests.corpus.layout import A4, RIGHT, Placed, Sheet, set_dispatch
from tests.corpus.make import write_file
from tests.corpus.model import ScanSpec
from tests.corpus.scanning import page_truth

Role = Literal["document", "draft", "form", "regulation", "copy_note"]


@dataclass(frozen=True, slots=True)
class Part:
    """One thing in a file.

    A `document` has a head of its own and so has a `draft`, whose number and day nobody filled in. The others belong to
    the document before them: a `form` of its annex has a head to be filled in ("Mẫu số ..."), a `regulation` is issued
    with a decision and has no number, a `copy_note` certifies a copy (Số: .../SY-...). `note` is printed above a form.
    """

    spec: ScanSpec
    role: Role = "document"
    note: str = "Mẫu số 01"


@dataclass(frozen=True, slots=True)
class Bundle:
    """A PDF of several documents: its bytes, the page run and the record of each, and the words of all pages."""

    name: str
    data: bytes = field(repr=False)
    runs: tuple[tuple[int, int], ...]
    records: tuple[Record, ...] = field(repr=False)
    pages: tuple[PageText, ...] = field(repr=False)


def make_bundle(name: str, parts: Sequence[Part], seed: int = 0, *, duplex: bool = False, draw: bool = True) -> Bundle:
    """Make one file of parts; with `duplex` every sheet has a blank back; without `draw` there are only the words.

    The medium is that of the first part. Raises ValueError where the first part is no document.
    """
    if not parts or parts[0].role not in ("document", "draft"):
        raise ValueError(f"{name}: a file begins with a document")
    sheets: list[Sheet] = []
    starts: list[int] = []
    records: list[Record] = []
    for part in parts:
        dispatch = _dispatch(part, seed)
        if part.role in ("document", "draft"):
            starts.append(len(sheets) + 1)
            records.append(dispatch.record)
        for sheet in _sheets(part, dispatch):
            sheets += [sheet, Sheet(*A4)] if duplex else [sheet]
    ends = [*(start - 1 for start in starts[1:]), len(sheets)]
    spec = parts[0].spec
    pages = tuple(_page(sheet, number, spec) for number, sheet in enumerate(sheets, start=1))
    data = write_file(spec, sheets, pages, seed) if draw else b""
    return Bundle(f"{name}.pdf", data, tuple(zip(starts, ends, strict=True)), tuple(records), pages)


def _page(sheet: Sheet, number: int, spec: ScanSpec) -> PageText:
    page = page_truth(sheet, number, spec)
    return page if page.words else replace(page, blank=True)


def _dispatch(part: Part, seed: int) -> Dispatch:
    dispatch = compose_dispatch(part.spec, seed)
    record = dispatch.record
    place, year = record.place, record.issued_on.year if record.issued_on else None
    match part.role:
        case "draft":
            return replace(dispatch, date_line=f"{place}, ngày      tháng      năm {year}")
        case "form":
            head = (("TÊN CƠ QUAN CHỦ QUẢN", False), ("TÊN CƠ QUAN, TỔ CHỨC", True))
            line = f"Số: .../{record.notation}"
            return replace(dispatch, head=head, symbol_line=line, date_line="..., ngày ... tháng ... năm ...")
        case "regulation":
            note = center(f"(Ban hành kèm theo Quyết định số {record.symbol})", "i")
            title = (Block("QUY CHẾ", zone=Zone.KIND_SUBJECT, style="b", align="center", indent=0), note)
            return replace(dispatch, symbol_line="", date_line="", title=title, side_subject=None)
        case "copy_note":
            return replace(dispatch, symbol_line=f"Số: {record.number}/SY-UBND")
        case _:
            return dispatch


def _sheets(part: Part, dispatch: Dispatch) -> Sequence[Sheet]:
    sheets = set_dispatch(dispatch, part.spec).sheets
    if part.role == "form" and part.note:
        _print_above(sheets[0], part.note)
    return sheets


def _print_above(sheet: Sheet, note: str) -> None:
    """Print a note in the top right corner, before everything else."""
    face = Face("liberation", "b")
    x = RIGHT - advance(face, 13, note)
    placed = []
    for text in note.split():
        placed.append(Placed(text, face, 13, x, 48, Zone.OTHER, -1, -2))
        x += advance(face, 13, f"{text} ")
    sheet.words[:0] = placed


_LETTER = Part(ScanSpec("letter", issuer="lai-chau", clauses=3))
_LONG = Part(ScanSpec("long", issuer="dien-bien", clauses=14))
_ANNEXED = Part(ScanSpec("annexed", issuer="can-tho", landscape_annex=True))
_DECISION = Part(ScanSpec("decision", kind="QĐ", issuer="ben-tre"))
_DRAFT = Part(ScanSpec("draft", kind="QĐ", issuer="lai-chau", blank_number=True, blank_day=True), "draft")
_FORM = Part(ScanSpec("form", kind="BC", issuer="lao-cai", clauses=1), "form")
_BARE_FORM = replace(_FORM, note="")
_REGULATION = Part(ScanSpec("rules", kind="KH", issuer="ben-tre"), "regulation")
_COPY_NOTE = Part(ScanSpec("copy", kind="TB", issuer="ben-tre", clauses=1), "copy_note")
_PROPOSAL = Part(ScanSpec("proposal", kind="TTr", issuer="so-y-te-nghe-an"))

BUNDLES: dict[str, tuple[Part, ...]] = {
    "one letter": (_LETTER,),
    "one long letter": (_LONG,),
    "letter and draft decision": (_LETTER, _DRAFT),
    "long proposal and draft decision": (_LONG, _DRAFT),
    "letter with an annex and forms": (_ANNEXED, _FORM, _BARE_FORM),
    "letter, draft decision, annex with forms": (
        _LETTER,
        replace(_DRAFT, spec=replace(_DRAFT.spec, landscape_annex=True)),
        _FORM,
    ),
    "two letters": (_LETTER, _LONG),
    "letter with an annex, then another letter": (_ANNEXED, _FORM, _LETTER),
    "decision and the rules it issues": (_DECISION, _REGULATION),
    "decision, its rules, then a letter": (_DECISION, _REGULATION, _LETTER),
    "decision with a note that certifies the copy": (_DECISION, _COPY_NOTE),
    "three documents": (_PROPOSAL, _DECISION, _LETTER),
}
