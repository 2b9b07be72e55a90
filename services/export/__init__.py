"""Exports: everything that answers a query as one file (registers of NĐ 30/2020, JSON lines, edXML)."""

from services.export.batch_search import BatchSearch
from services.export.lists import missing_file, tasks_file
from services.export.registers import REGISTERS, RegisterName, Table
from services.export.service import MEDIA_TYPES, ZIP, ExportFile, ExportFormat, Exports

__all__ = [
    "MEDIA_TYPES",
    "REGISTERS",
    "ZIP",
    "BatchSearch",
    "ExportFile",
    "ExportFormat",
    "Exports",
    "RegisterName",
    "Table",
    "missing_file",
    "tasks_file",
]
