"""Backups: snapshots of the archive in a folder of their own, verified, and put back."""

from services.archive.backup.heads import log_heads
from services.archive.backup.restoring import RestoreReport, refuse_unfinished, restore_archive
from services.archive.backup.taking import BackupReport, Backups
from services.archive.backup.verifying import VerifyReport, verify_backup

__all__ = [
    "BackupReport",
    "Backups",
    "RestoreReport",
    "VerifyReport",
    "log_heads",
    "refuse_unfinished",
    "restore_archive",
    "verify_backup",
]
