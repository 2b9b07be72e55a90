"""Values of a record as they stand in the cells of a register (pure)."""

import datetime as dt
import re
from collections.abc import Iterable

from services.core.dates import VIETNAM, date_text
from services.core.messages import field_names
from services.core.model import Document, Evidence, PartialDate, Recipient, Record, Task
from services.core.text import key, squeeze

_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")  # in XML: Word, Excel
_CELL_CHARS = 32_767  # what a cell of Excel holds
_COPY_WORD = re.compile(r"[\W_]*lưu\s*:?\s*", re.IGNORECASE)
_AS_ABOVE = frozenset({"nhu-tren", "nhu-kinh-gui"})
_LEADING_DIGITS = re.compile(r"[0-9]{1,18}")
_WHOLE_DAY = (dt.time(0, 0), dt.time(23, 59))  # the times that stand for a deadline without a time

Order = tuple[dt.date, int, str]
"""Sorts by day and then by number, the unknown last."""


def cell(text: str | None) -> str:
    """Return a text as a cell holds it: composed (NFC), one line, nothing that a file of Word or Excel cannot hold."""
    return squeeze(_UNWRITABLE.sub(" ", text or ""))[:_CELL_CHARS]


def listed(texts: Iterable[str | None], separator: str = "; ") -> str:
    """Return the texts that say something, in one cell."""
    return cell(separator.join(text for text in texts if text))


def kind_and_subject(record: Record) -> str:
    """Return "Tên loại và trích yếu nội dung", both as printed."""
    return listed([record.kind.name if record.kind else None, record.subject], " ")


def full_citation(record: Record) -> str:
    """Return how the document is cited: kind, symbol, date, issuer; the parts that are known."""
    return listed(
        [
            record.kind.name if record.kind else "Văn bản",
            f"số {record.symbol}" if record.symbol else None,
            f"ngày {date_text(record.issued_on)}" if date_text(record.issued_on) else None,
            f"của {record.issuer.name}" if record.issuer else None,
        ],
        " ",
    )


def named_recipients(record: Record) -> list[Recipient]:
    """Return the lines of Nơi nhận that name somebody; "Như trên" means the addressees."""
    return [recipient for recipient in record.recipients if key(recipient.name) not in _AS_ABOVE]


def receivers(record: Record) -> str:
    """Return everybody the document goes to, once each: addressees, then recipients with their roles."""
    names: dict[str, str] = {key(name): name for name in record.addressees}
    for recipient in named_recipients(record):
        shown = f"{recipient.name} ({recipient.role})" if recipient.role else recipient.name
        names.setdefault(key(recipient.name), shown)
    return listed(names.values())


def copy_holder(record: Record) -> str:
    """Return who keeps the file copy: the copy line without its word "Lưu"."""
    return cell(_COPY_WORD.sub("", record.copy_line or "", count=1))


def due_text(task: Task) -> str:
    """Return the deadline as day, and time where one is set, with the words that set it."""
    if task.due is None:
        return ""
    last, words = task.due.latest, cell(task.due.as_written)
    if last is None:
        return words
    day = f"{last:%d/%m/%Y}"
    if last.time().replace(second=0, microsecond=0) not in _WHOLE_DAY:
        day = f"{last:%H:%M} ngày {day}"
    return f"{day} ({words})" if words else day


def progress_text(task: Task) -> str:
    """Return "Tiến độ": done or not, with the day on which a person said so; empty where nobody did."""
    said = task.progress
    if said is None or said.at is None:
        return ""
    return f"{'Đã xong' if said.done else 'Chưa xong'} ({said.at.astimezone(VIETNAM):%d/%m/%Y}, {cell(said.by)})"


def due_day(task: Task) -> dt.date | None:
    """Return the last day of a deadline."""
    return task.due.latest.date() if task.due and task.due.latest else None


def exact_day(date: PartialDate | None) -> dt.date | None:
    """Return the day of a date that is known to the day."""
    return date.earliest if date and date.day and date.earliest == date.latest else None


def order_of(day: dt.date | None, number: str | None) -> Order:
    """Return where a line stands in a register: by day, then by number as a number ("9" before "10", "10a" after)."""
    digits = _LEADING_DIGITS.match(number or "")
    return day or dt.date.max, int(digits.group()) if digits else 1 << 62, number or ""


def unconfirmed(evidence: Evidence | None) -> bool:
    """Whether a value is only a guess."""
    return evidence is not None and not evidence.confirmed


def notes(document: Document, keys: Iterable[str], *more: str | None) -> str:
    """Return "Ghi chú": urgency and secrecy, what is unknown of number and date, which of the shown values are guesses.

    `keys` are those of the record that the line shows. NĐ 30/2020 (PL IV) wants there what a reader must know: that a
    document has no number or date.
    """
    record, names = document.record, field_names("vi")
    guesses = [names[k] for k in keys if unconfirmed(document.evidence.get(k))]
    blank = [] if record.number else ["số"]
    if record.issued_on is None or record.issued_on.day is None:
        blank.append("ngày")
    return listed(
        [
            *more,
            record.urgency,
            record.secrecy,
            f"chưa rõ {' và '.join(blank)}" if blank else None,
            f"chưa đối chiếu: {', '.join(guesses)}" if guesses else None,
        ]
    )
