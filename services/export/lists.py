"""Lists that no search makes, as tables: the documents that others cite and that the archive does not have."""

import datetime as dt
from collections.abc import AsyncIterator
from zoneinfo import ZoneInfo

from services.archive import Archive
from services.core.kinds import KINDS
from services.core.model import MissingDocument, Principal
from services.core.settings import Settings
from services.export.registers import Column, Row, Table
from services.export.service import ExportFile, ExportFormat, write_table
from services.export.values import cell, listed

_PART = 500
_MISSING = (
    Column("STT", 6),
    Column("Số, ký hiệu", 20),
    Column("Tên loại", 14),
    Column("Cơ quan ban hành", 30),
    Column("Ngày ban hành", 14),
    Column("Số văn bản viện dẫn", 12),
    Column("Viện dẫn trong", 60),
)


async def missing_file(archive: Archive, p: Principal, settings: Settings, format_: ExportFormat) -> ExportFile:
    """Write the most cited of the missing documents, at most `limits.export_documents`; errors as `write_table`."""
    today = dt.datetime.now(ZoneInfo(settings.timezone)).date()
    most = settings.limits.export_documents
    rows = [row async for row in _missing_rows(archive, p, most)]
    about = (f"Số mục: {len(rows)}. Lập ngày {today:%d/%m/%Y}.",)
    table = Table("VĂN BẢN ĐƯỢC VIỆN DẪN MÀ KHO CHƯA CÓ", about, _MISSING, tuple(rows))
    return await write_table(table, f"van-ban-chua-co-{today}", format_)


async def _missing_rows(archive: Archive, p: Principal, most: int) -> AsyncIterator[Row]:
    number, cursor = 0, None
    while number < most:
        page = await archive.documents.missing(p, limit=min(_PART, most - number), cursor=cursor)
        for one in page.items:
            number += 1
            yield _missing_row(number, one)
        cursor = page.next
        if cursor is None:
            return


def _missing_row(number: int, one: MissingDocument) -> Row:
    kind = KINDS.get(one.kind or "")
    return (
        str(number),
        cell(one.symbol),
        cell(kind.name if kind else None),
        cell(one.issuer),
        f"{one.issued_on:%d/%m/%Y}" if one.issued_on else str(one.year or ""),
        str(one.count),
        listed(ref.symbol for ref in one.cited_by) + (" …" if one.count > len(one.cited_by) else ""),
    )
