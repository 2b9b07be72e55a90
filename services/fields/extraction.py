"""From pages of words to the record."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from services.core.model import JSON, CleanText, Extraction, PageText, Record
from services.fields.topics import Taxonomy


@dataclass(frozen=True, slots=True)
class Hints:
    """What is known of a document besides its words.

    `given` holds values that came with the upload, by the record's keys: plain strings (`issued_on` ISO, `kind` a code
    or the Vietnamese name, `issuer` a name) or the JSON of the model. They are kept as entered; the rest is read.
    """

    file_name: str | None = None
    received_on: dt.date | None = None
    given: Mapping[str, JSON] = field(default_factory=dict)


def extract(pages: Sequence[PageText], clean: CleanText, hints: Hints, taxonomy: Taxonomy) -> Extraction:
    """Read the record of one document from its pages; pure, deterministic, never raises on what a page says.

    Every value that is given has an Evidence under the record's key: how it was got, page, box, confidence; with
    `confirmed=False` and candidates where it is doubtful.
    """
    return Extraction(record=Record(pages=len(pages)))
