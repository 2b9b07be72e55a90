"""What a check finds: a code with parameters, never a sentence (core.messages makes that, with what to do)."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import Field

from services.archive.blobs import Blobs
from services.archive.database import Database
from services.archive.spool import Spool
from services.core.model import JSON, Model, Reason


class Severity(StrEnum):
    """How bad it is: what only another copy brings back (lost, damaged), what is made again, what is left over."""

    LOST = "lost"
    DAMAGED = "damaged"
    DERIVED = "derived"
    ORPHAN = "orphan"


SEVERITIES: Mapping[str, Severity] = {
    "original_missing": Severity.LOST,
    "original_damaged": Severity.DAMAGED,
    "catalogue_damaged": Severity.DAMAGED,
    "foreign_key_broken": Severity.DAMAGED,
    "correction_damaged": Severity.DAMAGED,
    "item_state_impossible": Severity.DAMAGED,
    "event_missing": Severity.DAMAGED,
    "event_changed": Severity.DAMAGED,
    "event_added": Severity.DAMAGED,
    "page_words_missing": Severity.DERIVED,
    "page_words_damaged": Severity.DERIVED,
    "page_rows_missing": Severity.DERIVED,
    "page_counts_wrong": Severity.DERIVED,
    "text_missing": Severity.DERIVED,
    "text_damaged": Severity.DERIVED,
    "record_missing": Severity.DERIVED,
    "record_damaged": Severity.DERIVED,
    "fingerprint_missing": Severity.DERIVED,
    "fingerprint_damaged": Severity.DERIVED,
    "item_state_wrong": Severity.DERIVED,
    "job_dead": Severity.DERIVED,
    "job_held": Severity.DERIVED,
    "job_missing": Severity.DERIVED,
    "index_unusable": Severity.DERIVED,
    "index_empty": Severity.DERIVED,
    "index_ahead": Severity.DERIVED,
    "index_missing": Severity.DERIVED,
    "index_stale": Severity.DERIVED,
    "index_alien": Severity.DERIVED,
    "index_hidden": Severity.DERIVED,
    "orphan_blob": Severity.ORPHAN,
    "orphan_file": Severity.ORPHAN,
}
"""Every code that a check may give; docs/operations.md has a row for each (a test holds them together)."""


class Finding(Model):
    """One thing that is not as it should be."""

    code: str
    severity: Severity
    subject_type: str = Field(description="What `subject_id` is the id of; a blob has its key, a file its path.")
    subject_id: str
    params: dict[str, JSON] = Field(default_factory=dict)

    @property
    def reason(self) -> Reason:
        """The finding as `core.messages.say` takes it."""
        return Reason(code=self.code, params={"subject": self.subject_id, **self.params})


def finding(code: str, subject_type: str, subject_id: str, **params: JSON) -> Finding:
    """Make a finding; its code says how bad it is."""
    return Finding(
        code=code, severity=SEVERITIES[code], subject_type=subject_type, subject_id=subject_id, params=params
    )


Progress = Callable[[str, int, int], None]
"""Is told what is looked at ("originals"), how many are through and how many there are."""


def silent(what: str, done: int, total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a check looks at. `quick`: nothing that is stored is read, only that it is there and how large it is.

    `whole` has the originals that were read and found right, so that mending their pages reads them once.
    """

    database: Database
    blobs: Blobs
    spool: Spool
    quick: bool = False
    progress: Progress = silent
    whole: set[str] = field(default_factory=set)


Check = Callable[[Look], AsyncIterator[Finding]]
"""One look at one side of the archive; whatever changes while it looks gives no finding."""
