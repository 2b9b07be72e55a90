"""Which document a citation means, and which documents are the same paper: rules over what both are known by.

The identity of a document is issuer, number, symbol and year (NĐ 30/2020, Điều 15): 63 provinces share UBND-KGVX, and
numbers begin anew each year. What contradicts is not meant, what nothing speaks for stays open, and of several that
would do none is taken.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from services.core.kinds import OFFICIAL_LETTER
from services.core.places import provinces


@dataclass(frozen=True, slots=True)
class Identity:
    """What a document is known by; `earliest` and `latest` bound its date of issue.

    A body that the gazetteer does not list has an id made of its printed name, which another writing does not share.
    """

    document_id: str
    key: str | None
    kind: str | None = None
    issuer_id: str | None = None
    earliest: dt.date | None = None
    latest: dt.date | None = None
    listed: bool = True


@dataclass(frozen=True, slots=True)
class Cited:
    """What a citation says of the document it means, and who cites."""

    by: Identity
    key: str | None
    kind: str | None = None
    issuer_id: str | None = None
    earliest: dt.date | None = None
    latest: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Resolution:
    """The document that is meant, or None with the number of those that may be."""

    document_id: str | None
    candidates: int


def resolve(cited: Cited, known: Sequence[Identity]) -> Resolution:
    """Choose the document that a citation means among those with its symbol."""
    may_be = [i for i in known if _may_be(cited, i)]
    settled = [i for i in may_be if _settled(cited, i)]
    if len(settled) > 1:
        settled = [i for i in settled if _same_issuer(cited, i) and _same_day(cited, i)] or settled
    chosen = settled[0].document_id if len(settled) == 1 else None
    return Resolution(chosen, 1 if chosen else len(may_be))


def repeats(one: Identity, other: Identity) -> bool:
    """Tell whether two documents have number, symbol, issuer and year in common (NĐ 30/2020, PL VI, III.1.h)."""
    if one.key is None or one.key != other.key or one.document_id == other.document_id:
        return False
    return one.issuer_id is not None and one.issuer_id == other.issuer_id and bool(_years(one) & _years(other))


def overlaps(a: Identity | Cited, b: Identity | Cited) -> bool:
    """Tell whether two intervals share a day; an unknown one shares none."""
    if a.earliest is None or a.latest is None or b.earliest is None or b.latest is None:
        return False
    return a.earliest <= b.latest and b.earliest <= a.latest


def _may_be(cited: Cited, it: Identity) -> bool:
    if cited.key is None or it.key != cited.key or it.document_id == cited.by.document_id:
        return False
    if cited.kind and it.kind and cited.kind != it.kind and OFFICIAL_LETTER not in (cited.kind, it.kind):
        return False
    if cited.issuer_id and it.issuer_id and it.listed and cited.issuer_id != it.issuer_id:
        return False
    if cited.earliest and it.earliest:
        return overlaps(cited, it)
    return not (it.earliest and cited.by.latest and it.earliest > cited.by.latest)  # nobody cites the future


def _settled(cited: Cited, it: Identity) -> bool:
    """Tell whether issuer and time speak for a document; the same day does, but for another province's."""
    if _same_issuer(cited, it) or _neighbour(cited, it):
        return _same_time(cited, it)
    return _same_day(cited, it) and _root(it.issuer_id) not in provinces()


def _same_issuer(cited: Cited, it: Identity) -> bool:
    return cited.issuer_id is not None and cited.issuer_id == it.issuer_id


def _neighbour(cited: Cited, it: Identity) -> bool:
    """Tell whether a body that is not named is one of the citing document's own province."""
    return (
        cited.issuer_id is None
        and _root(it.issuer_id) in provinces()
        and _root(it.issuer_id) == _root(cited.by.issuer_id)
    )


def _root(issuer_id: str | None) -> str:
    return (issuer_id or "").split("/")[0]


def _same_day(cited: Cited, it: Identity) -> bool:
    return cited.earliest is not None and cited.earliest == cited.latest == it.earliest == it.latest


def _same_time(cited: Cited, it: Identity) -> bool:
    """Tell whether the dates agree, or the year in the symbol; an undated citation means the year it is written in."""
    if cited.earliest is not None:
        return overlaps(cited, it)
    if cited.key and cited.key.split("|")[1:2] not in ([], [""]):
        return True
    return len(_years(it)) == 1 and _years(it) == _years(cited.by)


def _years(it: Identity) -> frozenset[int]:
    if it.earliest is None or it.latest is None:
        return frozenset()
    return frozenset(range(it.earliest.year, it.latest.year + 1))
