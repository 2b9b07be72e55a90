"""What an import of a register comes to, and how the register and the archive stand to each other."""

import datetime as dt

from services.archive.registers.columns import RegisterKind
from services.core.model import JSON, Model, Reason


class Difference(Model):
    """A value that register and scan give differently, by the record's key."""

    key: str
    register_value: str
    scan_value: str


class RegisterRow(Model):
    """A row of a register: the scan that it was matched with, or the record without a scan that it became.

    `row` is the number the office's own program shows. `reason` says why a row that makes no sense was not taken in.
    """

    sheet: str | None = None
    row: int
    symbol: str | None = None
    subject: str | None = None
    arrival_number: str | None = None
    document_id: str | None = None
    scan_id: str | None = None
    differences: tuple[Difference, ...] = ()
    reason: Reason | None = None


class ScanWithoutRow(Model):
    """A document of the register's period that the register does not have."""

    document_id: str
    symbol: str | None = None
    subject: str | None = None
    arrival_number: str | None = None


class Register(Model):
    """A register that was taken in. `rows` = `matched` (with a scan) + `imported` (without one) + `failed`.

    `batch_id` is the batch of the records without scans; `first_day` and `last_day` bound the register's period.
    `skipped` are sheets in which no header was found.
    """

    id: str
    name: str
    kind: RegisterKind
    office: str | None = None
    batch_id: str
    first_day: dt.date | None = None
    last_day: dt.date | None = None
    skipped: tuple[str, ...] = ()
    rows: int
    matched: int
    imported: int
    failed: int
    created_at: dt.datetime
    created_by: str


class Reconciliation(Register):
    """A register held against the archive as it is now; each list has its first entries, `cut` says that one has more.

    For a register of outgoing documents `without_row` needs the office: nothing else tells whose scans it should have.
    """

    failures: tuple[RegisterRow, ...] = ()
    without_scan: tuple[RegisterRow, ...] = ()
    differing: tuple[RegisterRow, ...] = ()
    without_row: tuple[ScanWithoutRow, ...] = ()
    cut: bool = False


def row_values(given: JSON) -> dict[str, str | None]:
    """Return what a row is shown by, from the values it gave."""
    arrival = given.get("arrival") or {}
    return {
        "symbol": given.get("symbol"),
        "subject": given.get("subject"),
        "arrival_number": arrival.get("number"),
    }
