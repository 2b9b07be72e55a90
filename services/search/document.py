"""From a document and its clean text to what the index holds of it (pure)."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from services.core.dates import VIETNAM
from services.core.model import CleanText, Document, PartialDate, Record, Task
from services.core.places import MERGED_ON, provinces
from services.core.symbols import parse_symbol, symbol_key
from services.core.text import fold, key
from services.search.agencies import collective_values, named_values
from services.search.clearance import access_of
from services.search.due import task_terms
from services.search.types import GAP, UNKNOWN, IndexDocument

_YEARS = range(1900, 2100)
_LONGEST_INTERVAL = 30  # years: a date that could be any of more says nothing
_DUE_DAYS = 400  # a deadline "năm 2021" is that year's days; a wider one is no deadline
_VALUE_CHARS = 500  # an "addressee" of a misread page may be the page; engines refuse terms of some kilobytes
_BOILERPLATE_CHARS = 300  # lines that stand on every document are shorter
_MOTTO = re.compile(
    r"\W*(?:(?:cong hoa xa hoi chu nghia viet nam|doc lap\W+tu do\W+hanh phuc|dang cong san viet nam)\W*)+"
)
_RECIPIENTS = re.compile(r"\W*noi nhan\W*")
_RECIPIENT = re.compile(r"\s*[-–+•]\s*\S|\W*(?:nhu tren|luu)\b")
_COPY_LINE = re.compile(r"\W*luu\s*:")
_AUTHORITY = re.compile(r"\W*(?:(?:tm|kt|tl|tuq|q)\.|[tk]/[mlt])\s*[^\W\d_]")
_SAYS, _REST = 0, 1
_LEVELS_IN_PROVINCES = ("province", "district", "commune")


def build_index_document(document: Document, clean: CleanText) -> IndexDocument:
    """Build the index entry of a document at its present revision."""
    record = document.record
    body, rest = split_boilerplate(clean.text)
    shelving = filter(None, (record.fonds, record.shelf, record.copy_status))
    return IndexDocument(
        id=document.id,
        revision=document.revision,
        texts={
            "symbol": record.symbol or "",
            "subject": record.subject or "",
            "head": GAP.join(filter(None, _head(record))),
            "body": body,
        },
        rest=GAP.join((rest, *shelving)),
        keywords=_keywords(document),
        issued=interval(record.issued_on),
        due=_due_days(record),
        arrived=record.arrival.on if record.arrival else None,
    )


def split_boilerplate(text: str) -> tuple[str, str]:
    """Split a clean text into what it says and what merely stands on every document, a GAP where lines left out stood.

    The second part (recipients, signing authority) still finds the document; the motto and the copy line are dropped
    from both: "cộng hòa" and "VT" are on every page and would let everything through.
    """
    parts: tuple[list[str], list[str]] = ([], [])  # what it says, the rest
    for part, lines in groupby(_sorted_lines(text.replace(GAP, " ")), key=lambda line: line[0]):
        if part is not None:
            parts[part].append("\n".join(line for _, line in lines))
    return GAP.join(parts[_SAYS]), GAP.join(parts[_REST])


def _sorted_lines(text: str) -> Iterator[tuple[int | None, str]]:
    """Yield each line with the part it belongs to, None for what is dropped."""
    in_recipients = False
    for line in text.split("\n"):
        if len(line) > _BOILERPLATE_CHARS:
            in_recipients = False
            yield _SAYS, line
            continue
        folded = fold(line)
        if _MOTTO.fullmatch(folded):
            yield None, line
            continue
        if _RECIPIENTS.fullmatch(folded):
            in_recipients = True
            yield None, line
            continue
        if in_recipients:
            if _COPY_LINE.match(fold(line.lstrip(" -–+•"))):
                yield None, line
                continue
            in_recipients = bool(_RECIPIENT.match(folded)) or not line.strip()
        yield (_REST if in_recipients or _AUTHORITY.match(folded) else _SAYS), line


def interval(date: PartialDate | None) -> tuple[dt.date, dt.date] | None:
    """Return the days a partial date may be, both included; None when nothing is known of it."""
    if date is None:
        return None
    if date.earliest and date.latest:
        return (date.earliest, date.latest) if date.earliest <= date.latest else None
    if date.year is None or date.year not in _YEARS:
        return None
    first = dt.date(date.year, date.month or 1, 1)
    last = dt.date(date.year, date.month or 12, 28)
    if date.month and date.day:
        try:
            first = last = dt.date(date.year, date.month, date.day)
        except ValueError:  # 30 February, as somebody wrote it: the month is still true
            return _month(first)
        return first, last
    return _month(first) if date.month else (first, dt.date(last.year, 12, 31))


def years(date: PartialDate | None) -> tuple[str, ...]:
    """Return every year the date may lie in, ("unknown",) when nothing is known of it."""
    bounds = interval(date)
    if bounds is None or bounds[1].year - bounds[0].year > _LONGEST_INTERVAL:
        return (UNKNOWN,)
    return tuple(str(year) for year in range(bounds[0].year, bounds[1].year + 1))


def months(date: PartialDate | None) -> tuple[str, ...]:
    """Return the month of a date as a branch of its year, "2021/08"; none where the month is not known."""
    bounds = interval(date)
    if bounds is None or (bounds[0].year, bounds[0].month) != (bounds[1].year, bounds[1].month):
        return ()
    return (f"{bounds[0].year}/{bounds[0].month:02}",)


def ancestors(path: str) -> tuple[str, ...]:
    """Return a tree value with everything above it: "a/b/c" -> a, a/b, a/b/c."""
    parts = path.split("/")
    return tuple("/".join(parts[: n + 1]) for n in range(len(parts)))


def issuer_value(record: Record) -> str | None:
    """Return the value of the issuer facet: the gazetteer's path, or the key of the printed name."""
    if record.issuer is None:
        return None
    return record.issuer.id or key(record.issuer.name) or None


def record_symbol_key(record: Record) -> str | None:
    """Return the key of the document's own symbol, None while its number is unknown."""
    symbol = parse_symbol(record.symbol) if record.symbol and not record.symbol_key else None
    return record.symbol_key or (symbol.key if symbol else None)


def number_key(number: str) -> str:
    """Return the value of the `number` keyword: leading zeros do not count."""
    return (symbol_key(number, None, "") or "").split("|")[0]


def _month(first: dt.date) -> tuple[dt.date, dt.date]:
    following = (first + dt.timedelta(days=31)).replace(day=1)
    return first, following - dt.timedelta(days=1)


def _head(record: Record) -> Iterable[str]:
    if record.issuer:
        yield record.issuer.name
        yield record.issuer.parent or ""
    yield record.place or ""
    yield record.kind.name if record.kind else ""
    if record.signer:
        yield record.signer.name or ""
        yield record.signer.title or ""
    yield from record.addressees


def _keywords(document: Document) -> dict[str, tuple[str, ...]]:
    record = document.record
    issuer = issuer_value(record)
    own_key = record_symbol_key(record)
    signer = record.signer.name if record.signer else None
    values: dict[str, Iterable[str | None]] = {
        "access": access_of(document),
        "issuer": ancestors(issuer) if issuer else [],
        "kind": [record.kind.code if record.kind else None],
        "topic": [value for topic in record.topics for value in ancestors(topic.id)],
        "year": (*years(record.issued_on), *months(record.issued_on)),
        "signer": [key(signer) if signer else None],
        "urgency": [key(record.urgency) if record.urgency else None],
        "state": [document.item_state.value],
        "addressee": _bodies(addressees_of(record), record),
        "assignee": _bodies(assignees_of(record), record),
        "task": _tasks(record),
        "symbol_key": [own_key],
        "number": _numbers(record),
        "cites": (c.key for c in record.citations),
        "arrival_number": [record.arrival.number if record.arrival else None],
        "level": [record.issuer.level if record.issuer else None],
        "province": _provinces(record),
        "batch": document.batch_ids,
        "dossier": (fold(value) for d in document.dossiers for value in (d.id, d.code)),
    }
    return {name: tuple(dict.fromkeys(v[:_VALUE_CHARS] for v in found if v)) for name, found in values.items()}


def addressees_of(record: Record) -> list[str]:
    """Return the names of all whom a document is sent to."""
    return [*record.addressees, *(recipient.name for recipient in record.recipients)]


def assignees_of(record: Record) -> list[str]:
    """Return the names of all who are asked to do something."""
    return list(dict.fromkeys(name for task in record.tasks for name in task.assignees))


def home_of(record: Record) -> str | None:
    """Return the id of the province that a document comes from, None for the central bodies and where none is known."""
    province = _province(record)
    return province if province in provinces() else None


def _bodies(names: Iterable[str], record: Record) -> Iterator[str]:
    home = home_of(record)
    for name in names:
        yield from named_values(name, home)
        yield from collective_values(name, home)


def _tasks(record: Record) -> Iterator[str]:
    for task in record.tasks:
        days = _due_interval(task)
        if days:
            yield from task_terms(_bodies(task.assignees, record), *days)


def _provinces(record: Record) -> list[str | None]:
    """Return the province of the issuer, the one that it went into, and for a later document those that it took in."""
    value = _province(record)
    named = provinces().get(value or "")
    issued = interval(record.issued_on)
    merged = [p.id for p in provinces().values() if named and p.now == named.id]
    return [value, named.now if named else None, *(merged if issued and issued[0] >= MERGED_ON else ())]


def _numbers(record: Record) -> list[str]:
    """Return the number alone and with the kind ("1356", "1356|CĐ"), as people ask for it."""
    if not record.number:
        return []
    number = number_key(record.number)
    return [number, f"{number}|{record.kind.code}"] if record.kind else [number]


def _province(record: Record) -> str | None:
    issuer = record.issuer
    if issuer is None:
        return None
    if issuer.id and issuer.level in _LEVELS_IN_PROVINCES:
        return issuer.id.split("/")[0]
    return key(issuer.place) if issuer.place else None


def _due_days(record: Record) -> tuple[dt.date, ...]:
    days: set[dt.date] = set()
    for first, last in filter(None, map(_due_interval, record.tasks)):
        days |= {first + dt.timedelta(days=n) for n in range((last - first).days + 1)}
    return tuple(sorted(days))


def _due_interval(task: Task) -> tuple[dt.date, dt.date] | None:
    if not (task.due and task.due.earliest and task.due.latest):
        return None
    first = task.due.earliest.astimezone(VIETNAM).date()
    last = task.due.latest.astimezone(VIETNAM).date()
    return (first, last) if (last - first).days <= _DUE_DAYS else None
