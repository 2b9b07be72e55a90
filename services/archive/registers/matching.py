"""When a row of a register and a scan are the same document, and which values they give differently (pure)."""

from collections.abc import Iterable, Mapping

from services.core.gazetteer import lookup_issuer
from services.core.model import JSON, Evidence, Issuer, Record
from services.core.text import fold, key, squeeze

_COMPARED = ("symbol", "kind", "issuer", "issued_on", "subject", "signer", "urgency", "secrecy", "arrival")


def same_document(row: Record, scan: Record, evidence: Mapping[str, Evidence]) -> bool:
    """Tell whether a row means this scan.

    By its symbol, when issuer or year agree and neither says otherwise; or by number and day of arrival, when the
    symbols do not say otherwise. What was read and nobody confirmed is not enough alone, only both together.
    """
    by_symbol, by_arrival = _symbols_agree(row, scan), _arrivals_agree(row, scan)
    if by_symbol and by_arrival:
        return True
    return (by_symbol and _sure(evidence, "symbol")) or (by_arrival and _sure(evidence, "arrival"))


def rank(row: Record, scan: Record) -> int:
    """Return how well a scan that is the same document fits: several scans of one paper differ in this."""
    days = [r.issued_on.earliest if r.issued_on else None for r in (row, scan)]
    return 2 * _arrivals_agree(row, scan) + (days[0] is not None and days[0] == days[1])


def open_values(
    given: Mapping[str, JSON], record: Mapping[str, JSON], evidence: Mapping[str, Evidence]
) -> dict[str, JSON]:
    """Return the values of a row that the record lacks or that nobody is sure of: the register knows better."""
    return {k: v for k, v in given.items() if v is not None and (not record.get(k) or not _sure(evidence, k))}


def differences(row: Record, scan: Record) -> dict[str, tuple[str, str]]:
    """Return what row and scan both give, and give differently, as (row, scan) by the record's keys."""
    found = {}
    for name in _COMPARED:
        one, other = _shown(row, name), _shown(scan, name)
        if one and other and not _alike(name, one, other, row, scan):
            found[name] = (one, other)
    return found


def arrival_number(number: str | None) -> str | None:
    """Return a number in the form in which numbers are compared."""
    return (squeeze(number).lstrip("0").casefold() or None) if number else None


def _symbols_agree(row: Record, scan: Record) -> bool:
    if row.symbol_key is None or row.symbol_key != scan.symbol_key:
        return False
    said = [_issuers_agree(row.issuer, scan.issuer), _years_agree(row, scan)]
    return True in said and False not in said


def _arrivals_agree(row: Record, scan: Record) -> bool:
    ours, theirs = row.arrival, scan.arrival
    if ours is None or theirs is None or ours.on is None or ours.on != theirs.on:
        return False
    if arrival_number(ours.number) is None or arrival_number(ours.number) != arrival_number(theirs.number):
        return False
    return row.symbol_key is None or scan.symbol_key is None or row.symbol_key == scan.symbol_key


def _issuers_agree(one: Issuer | None, other: Issuer | None) -> bool | None:
    """Whether two issuers are one; None where that cannot be told: a name that no gazetteer has may be any body's."""
    if one is None or other is None:
        return None
    if key(one.name) == key(other.name):
        return True
    ids = [_issuer_id(one), _issuer_id(other)]
    return None if None in ids else ids[0] == ids[1]


def _issuer_id(issuer: Issuer) -> str | None:
    found = None if issuer.id else lookup_issuer(issuer.name, issuer.parent, issuer.place)
    return issuer.id or (found.id if found else None)


def _years_agree(row: Record, scan: Record) -> bool | None:
    years = [r.issued_on.year if r.issued_on else None for r in (row, scan)]
    return None if None in years else years[0] == years[1]


def _sure(evidence: Mapping[str, Evidence], name: str) -> bool:
    return name not in evidence or evidence[name].confirmed


def _shown(record: Record, name: str) -> str:
    value = getattr(record, name)
    match name:
        case "kind" | "issuer" | "signer":
            return (value.name or "") if value else ""
        case "issued_on":
            return "-".join(_parts(value.year, value.month, value.day)) if value else ""
        case "arrival":
            return " · ".join(filter(None, (value.number, value.on and value.on.isoformat()))) if value else ""
        case _:
            return value or ""


def _parts(*parts: int | None) -> Iterable[str]:
    return (f"{part:02d}" for part in parts if part is not None)


def _alike(name: str, one: str, other: str, row: Record, scan: Record) -> bool:
    match name:
        case "symbol" if row.symbol_key:
            return row.symbol_key == scan.symbol_key
        case "issuer":
            return bool(_issuers_agree(row.issuer, scan.issuer))
        case "issued_on":
            return one.startswith(other) or other.startswith(one)
        case "arrival":
            return _arrivals_agree(row, scan) or one in other or other in one
        case "subject":
            return _bare_subject(one) == _bare_subject(other)
        case _:
            return key(one) == key(other)


def _bare_subject(text: str) -> str:
    bare = key(text)
    for opening in ("v-v-", "ve-viec-", "viec-"):
        bare = bare.removeprefix(opening)
    return fold(bare)
