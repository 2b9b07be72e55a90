"""Drafts in the form in which the catalogue keeps documents."""

from dataclasses import dataclass
from typing import Any

from services.archive.blobs import text_key
from services.archive.codec import encode_text
from services.core.fingerprint import fingerprint
from services.core.model import DocumentDraft


@dataclass(frozen=True, slots=True)
class Packed:
    """A draft in the form the catalogue keeps: its JSON values, its clean text's key, bytes and fingerprint."""

    draft: DocumentDraft
    record: dict[str, Any]
    evidence: dict[str, Any]
    review: list[dict[str, Any]]
    clean_key: str
    clean: bytes
    numbers: tuple[int, ...]

    @classmethod
    def of(cls, draft: DocumentDraft) -> "Packed":
        """Pack a draft; a record that does not count its pages gets the length of its run."""
        clean = encode_text(draft.clean)
        record = draft.extraction.record.model_dump(mode="json")
        if draft.scanned:
            record["pages"] = record["pages"] or draft.last_page - draft.first_page + 1
        return cls(
            draft=draft,
            record=record,
            evidence={k: e.model_dump(mode="json") for k, e in draft.extraction.evidence.items()},
            review=[r.model_dump(mode="json") for r in draft.needs_review],
            clean_key=text_key(clean),
            clean=clean,
            numbers=fingerprint(draft.clean.text),
        )

    @property
    def run(self) -> tuple[int, int]:
        """Its pages."""
        return self.draft.first_page, self.draft.last_page

    @property
    def values(self) -> dict[str, Any]:
        """What the row of its document takes over."""
        first, last = self.run
        return {"first_page": first, "last_page": last, "review": self.review, "clean_key": self.clean_key}
