"""System of record: the catalogue (SQL), the blobs, intake, the account of every file, corrections, events.

`open_archive` is the one way in. Nobody outside this package sees a row, a key or a connection.
"""

from services.archive.account import Account, BatchReport, Original
from services.archive.archive import Archive, open_archive
from services.archive.backup import BackupReport, RestoreReport, VerifyReport, log_heads, restore_archive, verify_backup
from services.archive.blob_keys import BlobKey
from services.archive.documents import Documents
from services.archive.dossiers import Dossiers
from services.archive.edxml import EDXML_MEDIA_TYPE, read_message
from services.archive.events import Events
from services.archive.imports import ELSEWHERE_TYPES, IMPORT_MEDIA_TYPE, REGISTER_MEDIA_TYPE, import_text
from services.archive.intake import Intake
from services.archive.paging import Page
from services.archive.registers.columns import RegisterKind
from services.archive.registers.report import Reconciliation, Register
from services.archive.registers.service import Registers
from services.archive.registers.sheet import read_tables
from services.archive.searches import Searches, Touched
from services.archive.seeing import sees_everything
from services.archive.spool import MEDIA_TYPES
from services.archive.tasks import TaskFilter, TaskPage, TaskState
from services.archive.work import SourceWork, Work

__all__ = [
    "EDXML_MEDIA_TYPE",
    "ELSEWHERE_TYPES",
    "IMPORT_MEDIA_TYPE",
    "MEDIA_TYPES",
    "REGISTER_MEDIA_TYPE",
    "Account",
    "Archive",
    "BackupReport",
    "BatchReport",
    "BlobKey",
    "Documents",
    "Dossiers",
    "Events",
    "Intake",
    "Original",
    "Page",
    "Reconciliation",
    "Register",
    "RegisterKind",
    "Registers",
    "RestoreReport",
    "Searches",
    "SourceWork",
    "TaskFilter",
    "TaskPage",
    "TaskState",
    "Touched",
    "VerifyReport",
    "Work",
    "import_text",
    "log_heads",
    "open_archive",
    "read_message",
    "read_tables",
    "restore_archive",
    "sees_everything",
    "verify_backup",
]
