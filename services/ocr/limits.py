"""What the reader child is told when it starts."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from services.core.errors import ReadError
from services.core.settings import Settings


@dataclass(frozen=True, slots=True)
class PageLimits:
    """What the child refuses before the expensive step, how long one page may take it, and how it recognises."""

    file_pages: int
    page_pixels: int
    page_bytes: int
    page_points: float
    cpu_seconds: int
    wall_seconds: float
    recogniser: str = "auto"
    lexicon_file: str = ""

    @classmethod
    def of(cls, settings: Settings) -> PageLimits:
        """Take the limits that concern the child out of the settings."""
        return cls(
            file_pages=settings.limits.file_pages,
            page_pixels=settings.limits.page_pixels,
            page_bytes=settings.limits.page_bytes,
            page_points=settings.limits.page_points,
            cpu_seconds=settings.reader.page_cpu_seconds,
            wall_seconds=settings.reader.page_wall_seconds,
            recogniser=settings.reader.recogniser,
            lexicon_file=str(settings.lexicon_file.absolute()) if settings.lexicon_file else "",
        )

    def check_picture(self, page: int, pixels: int, decoded_bytes: int) -> None:
        """Refuse a picture before it is decoded: a small file can ask for gigabytes, and colour for thrice as many.

        Raises ReadError: image_too_large, image_too_heavy.
        """
        if pixels > self.page_pixels:
            raise ReadError("image_too_large", page=page, pixels=pixels, limit=self.page_pixels)
        if decoded_bytes > self.page_bytes:
            megabytes, limit = round(decoded_bytes / 1e6), round(self.page_bytes / 1e6)
            raise ReadError("image_too_heavy", page=page, megabytes=megabytes, limit=limit)

    def to_json(self) -> str:
        """Write the limits as the one argument of the child; `from_json` is the inverse."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> PageLimits:
        """Read what `to_json` wrote."""
        return cls(**json.loads(text))
