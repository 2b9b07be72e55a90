"""Warnings of a registry: what a document says that cannot be so, and what it lacks.

NĐ 30/2020 (Điều 15; PL VI, III) wants number, date, signer and enclosures registered as they are; a warning says where
a person has to look. What takes other documents to tell (a number that repeats) is the archive's to say.
"""

import datetime as dt
from collections.abc import Iterator, Mapping

from services.core.model import CleanText, Evidence, Reason, Record
from services.fields.enclosures import find_enclosure_notes
from services.fields.number import number_in_file_name


def find_warnings(
    record: Record,
    evidence: Mapping[str, Evidence],
    clean: CleanText,
    *,
    file_name: str | None,
    received_on: dt.date | None,
    ends_at_signature: bool,
) -> Iterator[Reason]:
    """Yield what a person should look at; `ends_at_signature`: nothing in the file follows the page that is signed.

    Dates are compared only where they are sure: a guess contradicts nothing.
    """
    if not (record.signer and record.signer.name):
        yield Reason(code="signer_missing")
    if (named := _other_number(record, file_name)) is not None:
        yield Reason(code="file_name_number", params={"number": named, "symbol": record.symbol or ""})
    if record.issued_on and record.issued_on.earliest and _sure(evidence, "issued_on"):
        yield from _impossible_dates(record, evidence, record.issued_on.earliest, received_on)
    if ends_at_signature and (notes := find_enclosure_notes(clean.text)):
        yield Reason(code="enclosure_missing", params={"words": notes[0].words})


def _sure(evidence: Mapping[str, Evidence], key: str) -> bool:
    return key in evidence and evidence[key].confirmed


def _other_number(record: Record, file_name: str | None) -> str | None:
    """Return the number in the file's name when it is not the one read."""
    if record.number is None or record.notation is None:
        return None
    named = number_in_file_name(file_name, record.notation)
    return named if named and named.lstrip("0") != record.number.lstrip("0") else None


def _impossible_dates(
    record: Record, evidence: Mapping[str, Evidence], issued: dt.date, received_on: dt.date | None
) -> Iterator[Reason]:
    arrived = record.arrival.on if record.arrival and _sure(evidence, "arrival") else None
    if arrived and issued > arrived:
        yield Reason(code="date_after_arrival", params={"date": issued.isoformat(), "arrived": arrived.isoformat()})
    if received_on and issued > received_on:
        yield Reason(code="date_in_future", params={"date": issued.isoformat(), "received": received_on.isoformat()})
    latest = record.issued_on.latest if record.issued_on else None
    for citation in record.citations:
        cited = citation.date.earliest if citation.date and citation.date.day else None
        if cited and latest and cited > latest:
            params = {"symbol": citation.raw, "cited": cited.isoformat(), "date": latest.isoformat()}
            yield Reason(code="cites_future", params=params)
