"""Names of index generations: the schema version and the time are in the name, and reading it is the inverse."""

import datetime as dt
import re
from dataclasses import dataclass

from services.search.types import SCHEMA

DEFAULT_ALIAS = "vanban"
_STAMP = "%Y%m%d%H%M%S%f"
_NAME = re.compile(r"(?P<alias>[a-z0-9][a-z0-9_-]*)-(?P<schema>[0-9]+)-(?P<stamp>[0-9]{20})")


@dataclass(frozen=True, slots=True)
class GenerationName:
    """The parts of a generation's name; `made_at` is UTC, to the microsecond."""

    schema: int
    made_at: dt.datetime
    alias: str = DEFAULT_ALIAS

    @property
    def compatible(self) -> bool:
        """Whether this version of vanban can search it."""
        return self.schema == SCHEMA


def build_name(alias: str = DEFAULT_ALIAS, *, schema: int = SCHEMA, made_at: dt.datetime | None = None) -> str:
    """Name a generation, `vanban-<schema>-<timestamp>`; without a time it is now."""
    stamp = (made_at or dt.datetime.now(dt.UTC)).astimezone(dt.UTC).strftime(_STAMP)
    return f"{alias}-{schema}-{stamp}"


def parse_name(name: str) -> GenerationName | None:
    """Read a generation's name; None for the name of something else."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    try:
        made_at = dt.datetime.strptime(match["stamp"], _STAMP).replace(tzinfo=dt.UTC)
    except ValueError:
        return None
    return GenerationName(schema=int(match["schema"]), made_at=made_at, alias=match["alias"])
