"""One change to many documents: what is done, to which of them, and what became of each."""

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum

from pydantic import Field

from services.core.model import JSON, DossierRef, Model, Reason


class BulkKind(StrEnum):
    """What is done to every document."""

    CORRECT = "correct"
    FILE = "file"
    REREAD = "reread"
    TRASH = "trash"


class BulkState(StrEnum):
    """How far a bulk action has come: documents chosen, looked at what it would do, being done, done, and back."""

    CHOSEN = "chosen"
    PLANNED = "planned"
    RUNNING = "running"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"


class EntryState(StrEnum):
    """What becomes of one document: to be done, refused with a reason, done, taken back, or not to be taken back."""

    WAITING = "waiting"
    REFUSED = "refused"
    DONE = "done"
    UNDONE = "undone"
    KEPT = "kept"


class BulkPlan(Model):
    """What to do: `patch` belongs to `correct` (RFC 7396, as for one document), `dossier_id` to `file`."""

    kind: BulkKind
    patch: dict[str, JSON] | None = None
    dossier_id: str | None = Field(default=None, max_length=36)
    why: str = Field(default="", max_length=1000)


class BulkAction(Model):
    """One change to many documents, and how many of them are in which state; `by` did it and took it back."""

    id: str
    kind: BulkKind | None = None
    state: BulkState
    patch: dict[str, JSON] | None = None
    dossier: DossierRef | None = None
    why: str = ""
    by: str
    counts: dict[EntryState, int] = Field(default_factory=dict)
    created_at: dt.datetime
    started_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None

    @property
    def documents(self) -> int:
        """How many documents were chosen."""
        return sum(self.counts.values())

    @property
    def left(self) -> int:
        """How many are still to be done, or to be taken back."""
        return self.counts.get(EntryState.DONE if self.state is BulkState.UNDOING else EntryState.WAITING, 0)

    @property
    def can_start(self) -> bool:
        """Whether there is anything to do."""
        return self.state is BulkState.PLANNED and self.left > 0

    @property
    def can_undo(self) -> bool:
        """Whether it can be taken back: what was read again is not unread."""
        undoable = self.state is BulkState.DONE and self.kind is not BulkKind.REREAD
        return undoable and self.counts.get(EntryState.DONE, 0) > 0


class BulkEntry(Model):
    """What becomes of one document; what the asker may not see (any more) has an id and a reason only.

    `values` are those that the document has now under the keys of the patch.
    """

    document_id: str
    state: EntryState
    reason: Reason | None = None
    at: dt.datetime | None = None
    symbol: str | None = None
    subject: str | None = None
    file_name: str | None = None
    values: Mapping[str, JSON] = Field(default_factory=dict)
