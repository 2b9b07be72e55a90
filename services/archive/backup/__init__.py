"""Backups: snapshots of the archive in a folder of their own, verified, and put back."""

from services.archive.backup.taking import BackupReport, Backups
from services.archive.backup.verifying import VerifyReport, verify_backup

__all__ = ["BackupReport", "Backups", "VerifyReport", "verify_backup"]
