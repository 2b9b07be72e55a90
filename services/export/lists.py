"""Lists that no search makes, as tables: documents that are cited and not here, and who must do what by when."""

import datetime as dt
from collections.abc import AsyncIterator
from zoneinfo import ZoneInfo

from services.archive import Archive, TaskFilter
from services.core.kinds import KINDS
from services.core.model import FollowedTask, MissingDocument, Principal
from services.core.settings import Settings
from services.export.registers import Column, Row, Table
from services.export.service import ExportFile, ExportFormat, write_table
from services.export.values import cell, due_text, listed, progress_text

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
_TASKS = (
    Column("STT", 6),
    Column("Đơn vị thực hiện", 28),
    Column("Nội dung", 60),
    Column("Thời hạn", 22),
    Column("Tình trạng", 20),
    Column("Văn bản trả lời", 18),
    Column("Theo văn bản", 20),
    Column("Cơ quan ban hành", 26),
    Column("Mục", 12),
    Column("Trang", 8),
    Column("Ghi chú", 24),
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


async def tasks_file(
    archive: Archive, p: Principal, settings: Settings, wanted: TaskFilter, format_: ExportFormat
) -> ExportFile:
    """Write the tasks that are wanted, at most `limits.export_documents`; errors as `write_table`."""
    today = dt.datetime.now(ZoneInfo(settings.timezone)).date()
    rows = [row async for row in _task_rows(archive, p, wanted, settings.limits.export_documents)]
    about = (f"Số mục: {len(rows)}. Lập ngày {today:%d/%m/%Y}.",)
    table = Table("DANH SÁCH NHIỆM VỤ ĐƯỢC GIAO", about, _TASKS, tuple(rows))
    return await write_table(table, f"nhiem-vu-{today}", format_)


async def _task_rows(archive: Archive, p: Principal, wanted: TaskFilter, most: int) -> AsyncIterator[Row]:
    number, cursor = 0, None
    while number < most:
        page = await archive.documents.tasks(p, wanted, limit=min(_PART, most - number), cursor=cursor)
        for one in page.items:
            number += 1
            yield _task_row(number, one)
        cursor = page.next
        if cursor is None:
            return


def _task_row(number: int, one: FollowedTask) -> Row:
    task, progress = one.task, one.task.progress
    with_whom = f"phối hợp: {listed(task.cooperating)}" if task.cooperating else ""
    return (
        str(number),
        listed([*task.assignees, with_whom]),
        cell(task.text),
        due_text(task),
        "Quá hạn" if one.overdue else progress_text(task),
        listed(progress.replies if progress else ()),
        cell(one.document.symbol),
        cell(one.document.issuer),
        cell(task.clause),
        str(task.page or ""),
        cell(progress.note if progress else None),
    )
