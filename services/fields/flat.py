"""The flat JSON line of `vanban read` (design.md section 8): one line per file, plain strings, unknown as null."""

import re
from collections.abc import Sequence

from services.core.dates import iso
from services.core.model import JSON, Extraction, Record
from services.core.page_runs import run_text
from services.core.symbols import parse_symbol
from services.core.text import fold
from services.fields.citations import cited_pages
from services.fields.documents import FoundDocument

FIRST_PAGES = 2
"""`cites` holds what these pages cite, `cites_later` the rest."""

_BLANK_DAY = re.compile(r"^\w+[\s.…_]*tháng", re.IGNORECASE)
_EVIDENCE_KEYS = {
    "symbol": ("symbol",),
    "issued_on": ("issued_date",),
    "place": ("place",),
    "issuer": ("issuer", "parent_issuer"),
    "kind": ("doc_type",),
    "subject": ("subject",),
    "addressees": ("addressees",),
    "signer": ("signing_authority", "signer_title", "signer_name"),
    "copy_line": ("copy_line",),
    "arrival": ("incoming_stamp",),
    "urgency": ("urgency",),
}


def flat_line(
    file: str, pages: int, extractions: Sequence[Extraction], cited_on: Sequence[Sequence[int]] = ()
) -> dict[str, JSON]:
    """Return the line for a file of `pages` pages; extractions after the first go to `also_in_file`.

    `cited_on` gives, for each extraction, the page of each of its citations (`services.fields.cited_pages`); without
    it all citations count as those of the first pages.
    """
    line: dict[str, JSON] = {"file": file, "pages": pages}
    if not extractions:
        return line
    line.update(_flat(extractions[0], cited_on[0] if cited_on else ()))
    others = [_flat(e, cited_on[n] if n < len(cited_on) else ()) for n, e in enumerate(extractions[1:], start=1)]
    line["also_in_file"] = others
    return line


def flat_lines(file: str, pages: int, found: Sequence[FoundDocument]) -> dict[str, JSON]:
    """Return the line for a file and the documents found in it; those after the first say which pages they are.

    A file of which no page could be read has all keys too, without values.
    """
    cited_on = [
        [page - document.first_page + 1 for page in cited_pages(document.extraction.record)] for document in found
    ]
    extractions = [document.extraction for document in found] or [Extraction(record=Record())]
    line = flat_line(file, pages, extractions, cited_on)
    for other, document in zip(line["also_in_file"], found[1:], strict=True):
        other["pages"] = run_text(document.first_page, document.last_page)
    return line


def _flat(extraction: Extraction, cited_on: Sequence[int]) -> dict[str, JSON]:
    record = extraction.record
    first, later = _cites(record, cited_on)
    unsure = [
        name
        for key, names in _EVIDENCE_KEYS.items()
        if key in extraction.evidence and not extraction.evidence[key].confirmed
        for name in names
    ]
    return {
        "symbol": _symbol(extraction),
        "issued_date": _date(extraction),
        "place": record.place,
        "issuer": record.issuer.name if record.issuer else None,
        "parent_issuer": record.issuer.parent if record.issuer else None,
        "doc_type": record.kind.name if record.kind else None,
        "subject": record.subject,
        "addressees": list(record.addressees),
        **_signer(record),
        "copy_line": record.copy_line,
        "incoming_stamp": _stamp(record),
        "urgency": record.urgency,
        "cites": first,
        "cites_later": later,
        "unconfirmed": unsure,
        "candidates": _candidates(extraction),
    }


def _symbol(extraction: Extraction) -> str | None:
    """A number left blank shows as "?" ("?/UBND-VX"); one that no reader could tell is no symbol at all."""
    record, evidence = extraction.record, extraction.evidence.get("symbol")
    if record.number or record.symbol is None:
        return record.symbol
    return f"?{record.symbol}" if evidence and evidence.confirmed else None


def _date(extraction: Extraction) -> str | None:
    """A day left blank shows as its month ("2021-09"), one that is written and cannot be read as null."""
    date, evidence = extraction.record.issued_on, extraction.evidence.get("issued_on")
    unread = date and date.day is None and evidence and not evidence.confirmed
    return None if unread and date and not _BLANK_DAY.search(date.as_written or "") else iso(date)


def _signer(record: Record) -> dict[str, JSON]:
    signer = record.signer
    return {
        "signing_authority": " / ".join(signer.authority) or None if signer else None,
        "signer_title": signer.title if signer else None,
        "signer_name": signer.name if signer else None,
    }


def _stamp(record: Record) -> dict[str, JSON] | None:
    return {"number": record.arrival.number, "date": record.arrival.date} if record.arrival else None


def _cites(record: Record, cited_on: Sequence[int]) -> tuple[list[str], list[str]]:
    first: dict[str, str] = {}
    later: dict[str, str] = {}
    for at, citation in enumerate(record.citations):
        page = cited_on[at] if at < len(cited_on) else 1
        home = first if page <= FIRST_PAGES else later
        symbol = parse_symbol(citation.raw)
        home.setdefault(citation.key or fold(citation.raw), str(symbol) if symbol else citation.raw)
    return list(first.values()), [raw for key, raw in later.items() if key not in first]


def _candidates(extraction: Extraction) -> dict[str, list[str]]:
    return {
        _EVIDENCE_KEYS[key][0]: list(evidence.candidates)
        for key, evidence in extraction.evidence.items()
        if evidence.candidates and key in _EVIDENCE_KEYS
    }
