"""The absolute addresses and ids of one document's IIIF resources (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses of a document as the caller reaches us: `base` has scheme and host, no slash at its end."""

    base: str
    document_id: str
    source_id: str

    @property
    def here(self) -> str:
        """What all ids of this document begin with."""
        return f"{self.base}/iiif/{self.document_id}"

    @property
    def manifest(self) -> str:
        """The manifest."""
        return f"{self.here}/manifest"

    @property
    def page(self) -> str:
        """The page for people."""
        return f"{self.base}/documents/{self.document_id}"

    @property
    def record(self) -> str:
        """The document of the JSON API, under which its text, its words and its pictures are."""
        return f"{self.base}/api/v1/documents/{self.document_id}"

    @property
    def source(self) -> str:
        """The source of the JSON API, under which the original and its searchable copy are."""
        return f"{self.base}/api/v1/sources/{self.source_id}"

    def canvas(self, number: int) -> str:
        """The canvas of a page; an id, nothing is served there."""
        return f"{self.here}/canvas/{number}"

    def picture(self, number: int, width: int) -> str:
        """The JPEG of a page."""
        return f"{self.record}/pages/{number}/image?width={width}"

    def search(self, version: int, **asked: str | int) -> str:
        """The search of version 1 or 2, with what is asked of it."""
        return f"{self.here}/search/{version}" + (f"?{urlencode(asked)}" if asked else "")
