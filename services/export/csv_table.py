"""A register as CSV (RFC 4180): UTF-8 with a mark that tells Excel so, the headings first, no title block."""

import csv
from io import TextIOWrapper
from typing import BinaryIO

from services.export.registers import Table

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def write_csv(table: Table, file: BinaryIO) -> None:
    """Write the table into a binary file, which stays open."""
    text = TextIOWrapper(file, encoding="utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow([column.title for column in table.columns])
    writer.writerows([defused(value) for value in row] for row in table.rows)
    text.detach()


def defused(value: str) -> str:
    """Return a text that no spreadsheet program runs as a formula: those that could be one begin with an apostrophe.

    The texts come from scans of strangers (OWASP, "CSV Injection").
    """
    return f"'{value}" if value.startswith(_FORMULA_STARTS) else value
