"""Checking: does the archive hold what its catalogue says, and nothing else; and mending what can be made again."""

from services.archive.checking.finding import SEVERITIES, Finding, Progress, Severity, finding
from services.archive.checking.service import CHECKS, Checks, Indexed

__all__ = ["CHECKS", "SEVERITIES", "Checks", "Finding", "Indexed", "Progress", "Severity", "finding"]
